"""A dlt pipeline over its rest_api source: to JSON lines in a folder, extracted only, or merged into a warehouse.

`--duckdb FILE` and `--postgres URL` name the warehouse; the rows go into the table `callrecords.eightx8_call_legs`.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dlt  # type: ignore[import-not-found,unused-ignore]
from dlt.sources.helpers.rest_client.paginators import (  # type: ignore[import-not-found,unused-ignore]
    JSONResponseCursorPaginator,
)
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found,unused-ignore]
from typing_extensions import override

from benchmarks.peers.job import END_OF_PAGES, INSTANTS, KEYS, STREAM, Job


class ScrollIdPaginator(JSONResponseCursorPaginator):  # type: ignore[misc,unused-ignore]
    """A cursor in the body, which ends with a word instead of null."""

    @override
    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        if self._next_reference == END_OF_PAGES:  # type: ignore[has-type,unused-ignore]
            self._next_reference = None


FILES = {"duckdb": "parquet", "postgres": "csv"}
"""What the destination loads fastest, by dlt's documentation."""


def main() -> None:
    job = Job.read()
    names = job.names
    warehouse = next((kind for kind in FILES if f"--{kind}" in sys.argv), None)

    def converted(row: dict[str, Any]) -> dict[str, Any]:
        record = {names[name]: value for name, value in row.items()}
        for name in INSTANTS:
            ms = record[name]
            record[name] = datetime.fromtimestamp(ms / 1000, UTC).isoformat() if ms else None
        return record

    source = rest_api_source(
        {
            "client": {
                "base_url": job.url,
                "headers": {"8x8-apikey": job.key},
                "auth": {"type": "bearer", "token": job.token()},
                "paginator": ScrollIdPaginator(cursor_path="meta.scrollId", cursor_param="scrollId"),
            },
            "resources": [
                {
                    "name": STREAM,
                    "primary_key": list(KEYS),
                    "write_disposition": "merge" if warehouse else "append",
                    "max_table_nesting": 0,
                    "endpoint": {"path": "v2/call-legs", "params": job.params, "data_selector": "data"},
                    "processing_steps": [{"map": converted}],
                }
            ],
        }
    )
    with TemporaryDirectory() as folder:
        os.environ.update(
            RUNTIME__DLTHUB_TELEMETRY="false",
            DESTINATION__FILESYSTEM__BUCKET_URL=(Path(folder) / "out").as_uri(),
            DATA_WRITER__DISABLE_COMPRESSION="true",
            NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION="true",
        )
        if warehouse:
            place = sys.argv[sys.argv.index(f"--{warehouse}") + 1]
            load = dlt.pipeline(
                "call_legs",
                destination=getattr(dlt.destinations, warehouse)(place),
                dataset_name="callrecords",
                pipelines_dir=str(Path(folder) / "work"),
            )
            load.run(source, loader_file_format=FILES[warehouse])
            return
        pipeline = dlt.pipeline(
            "call_legs", destination="filesystem", dataset_name="calls", pipelines_dir=str(Path(folder) / "work")
        )
        if "--extract-only" in sys.argv:
            pipeline.extract(source)
            written = (Path(folder) / "work").rglob(f"{STREAM}.*.typed-jsonl")
        else:
            pipeline.run(source, loader_file_format="jsonl")
            written = (Path(folder) / "out").rglob(f"{STREAM}/*.jsonl")
        if "--show" in sys.argv:
            for file in written:
                sys.stdout.write(file.read_text())


if __name__ == "__main__":
    main()
