"""Run the tap as a user does and look at what comes out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tap_callrecords.tap import TapCallRecords
from tests.support.streams import DESELECTED

ROOT = Path(__file__).parents[2]
FILES: ContextVar[Path | None] = ContextVar("FILES", default=None)
"""A folder: `sync` lets records go into small files there, and gives back what a target would read of them."""


@dataclass
class Output:
    """What a run wrote.

    Attributes:
        messages: the Singer messages, in order.
        exit_code: of the process, or 0 / 1 in process.
        stderr: log lines (of a process).
        error: what ended an in-process run; None for a good end.
    """

    messages: list[dict[str, Any]]
    exit_code: int = 0
    stderr: str = ""
    error: BaseException | None = None
    raw: bytes = field(default=b"", repr=False)

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in order."""
        return [each["record"] for each in self.messages if each["type"] == "RECORD" and each["stream"] == stream]

    def keys(self, stream: str, *names: str) -> Counter[tuple[Any, ...]]:
        """How often each key was emitted."""
        return Counter(tuple(record[name] for name in names) for record in self.records(stream))

    @property
    def states(self) -> list[dict[str, Any]]:
        """The values of the STATE messages, in order."""
        return [each["value"] for each in self.messages if each["type"] == "STATE"]

    def bookmarks(self, stream: str) -> list[str]:
        """The stream's bookmark in each STATE that has one."""
        found = [state["bookmarks"].get(stream, {}).get("replication_key_value") for state in self.states]
        return [value for value in found if value is not None]

    @property
    def bookmark(self) -> dict[str, Any]:
        """The last STATE's value; `{}` without one."""
        return self.states[-1] if self.states else {}


def catalog_of(config: Mapping[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """The discovered catalog with these streams selected only, as a user hands it to the tap; optional ones too."""
    # Without stream maps: the SDK refuses to discover with one for a stream that is not selected by default.
    plain = {name: value for name, value in config.items() if name != "stream_maps"}
    plain["optional_streams"] = sorted(DESELECTED)
    catalog: dict[str, Any] = json.loads(TapCallRecords(config=plain).catalog_json_text)
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["selected"] = entry["stream"] in streams
    return catalog


def sync(
    config: Mapping[str, Any],
    *,
    state: dict[str, Any] | None = None,
    streams: Sequence[str] | None = None,
    catalog: dict[str, Any] | None = None,
) -> Output:
    """Run a sync in this process (no start-up to wait for); an error is returned, not raised."""
    if (folder := FILES.get()) is not None and "batch_config" not in config:
        from tests.support.files import with_files_read

        files = {"storage": {"root": str(folder)}, "batch_size": 9}
        return with_files_read(sync({**config, "batch_config": files}, state=state, streams=streams, catalog=catalog))
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    error: BaseException | None = None
    with redirect_stdout(out):
        try:
            catalog = catalog if streams is None else catalog_of(config, streams)
            tap = TapCallRecords(config=dict(config), state=json.loads(json.dumps(state or {})), catalog=catalog)
            tap.sync_all()
        except (Exception, SystemExit) as caught:  # noqa: BLE001 - the test looks at it
            error = caught
    out.flush()
    out.seek(0)
    text = out.read()
    raw = text.encode()  # whose lines end at line feeds only
    return Output([json.loads(line) for line in raw.splitlines()], 1 if error else 0, error=error, raw=raw)


def command(
    config: Mapping[str, Any] | None,
    *args: str,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> Output:
    """Run the command line in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "tap_callrecords"]
        for option, value in (("--config", config), ("--state", state), ("--catalog", catalog)):
            if value is not None:
                path = Path(folder) / f"{option[2:]}.json"
                path.write_text(json.dumps(dict(value)))
                line += [option, str(path)]
        done = subprocess.run(
            [*line, *args],
            capture_output=True,
            timeout=timeout,
            check=False,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
        )
    messages = []
    for text in done.stdout.splitlines():
        try:
            message = json.loads(text)
        except ValueError:
            continue  # --about, --discover: not Singer messages
        if isinstance(message, dict) and "type" in message:
            messages.append(message)
    return Output(messages, done.returncode, done.stderr.decode(), raw=done.stdout)
