"""An Airbyte source: a manifest with one custom transformation, read by the CDK.

The manifest's own transformations (KeysToSnakeCase, AddFields) would do without Python and cost four times as much.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml  # type: ignore[import-untyped,unused-ignore]
from airbyte_cdk.entrypoint import launch  # type: ignore[import-not-found,unused-ignore]
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (  # type: ignore[import-not-found,unused-ignore]
    ConcurrentDeclarativeSource,
)
from airbyte_cdk.sources.declarative.transformations import (  # type: ignore[import-not-found,unused-ignore]
    RecordTransformation,
)
from typing_extensions import override

from benchmarks.peers.job import INSTANTS, Job

MANIFEST = Path(__file__).with_name("airbyte_cdk.manifest.yaml")


@dataclass
class Converted(RecordTransformation):  # type: ignore[misc,unused-ignore]
    """Our names; instants as text."""

    def __post_init__(self) -> None:
        self._names = Job.read().names

    @override
    def transform(self, record: dict[str, Any], **_: Any) -> None:
        row = dict(record)
        record.clear()
        record.update({self._names[name]: value for name, value in row.items()})
        for name in INSTANTS:
            ms = record[name]
            record[name] = datetime.fromtimestamp(ms / 1000, UTC).isoformat() if ms else None


def main() -> None:
    job = Job.read()
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    manifest["streams"][0]["schema_loader"]["schema"] = job.schema
    config = {
        "url": job.url,
        "key": job.key,
        "username": job.username,
        "password": job.password,
        "params": job.params,
    }
    stream = {
        "stream": {"name": "eightx8_call_legs", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
        "sync_mode": "full_refresh",
        "destination_sync_mode": "append",
    }
    with TemporaryDirectory() as folder:
        files = {"config": config, "catalog": {"streams": [stream]}}
        arguments = ["read"]
        for name, content in files.items():
            path = Path(folder) / f"{name}.json"
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", str(path)]
        source = ConcurrentDeclarativeSource(catalog=None, config=config, state=None, source_config=manifest)
        launch(source, arguments)


if __name__ == "__main__":
    main()
