"""The server in a process of its own, and the files that tell the programs to read from it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measure import ROOT

LEGS = "eightx8_call_legs"


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        folder: for the files.
        url: of the sandbox.
        config: the tap settings that reach it.
        start: the first instant of the data.
        end: the last instant of the data.
        days: how many days have rows, each about the same number.
        rows: how many rows there are.
        few_end: the data up to here has only `few` rows.
    """

    folder: Path
    url: str
    config: Mapping[str, Any]
    bearer: str
    start: datetime
    end: datetime
    days: int
    rows: int
    few_end: datetime
    few: int

    def write(self, name: str, content: Any) -> str:
        """Write a file of JSON; its path."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def tap(self, name: str, *, end: datetime | None = None, catalog: str, **settings: Any) -> list[str]:
        """The tap's command line for the data up to `end`."""
        config = {
            **self.config,
            "start_date": self.start.isoformat(),
            "end_date": (end or self.end).isoformat(),
            **settings,
        }
        config_file = self.write(f"config-{name}.json", config)
        return [sys.executable, "-m", "tap_callrecords", "--config", config_file, "--catalog", catalog]

    def catalog(self, stream: str, *, without: tuple[str, ...] = ()) -> str:
        """A catalog that selects one stream, without some of its properties."""
        discovered = subprocess.run(
            [sys.executable, "-m", "tap_callrecords", "--discover"], capture_output=True, check=True, cwd=ROOT
        )
        content = json.loads(discovered.stdout)
        content["streams"] = [each for each in content["streams"] if each["tap_stream_id"] == stream]
        for entry in content["streams"][0]["metadata"]:
            entry["metadata"]["selected"] = entry["breadcrumb"][1:] != list(without)[:1] or not without
        return self.write(f"catalog-{len(without)}.json", content)

    def job(self, name: str, *, end: datetime | None = None, page_size: int) -> str:
        """The job of the other programs, in a file."""
        config = self.config
        vendor = next(name.removesuffix("_api_url") for name in config if name.endswith("_api_url"))
        content = {
            "url": config[f"{vendor}_api_url"],
            "key": config.get(f"{vendor}_api_key", self.bearer),
            "username": config.get(f"{vendor}_username", ""),
            "password": config.get(f"{vendor}_password", ""),
            "start": f"{self.start:%Y-%m-%d %H:%M:%S}",
            "end": f"{end or self.end:%Y-%m-%d %H:%M:%S}",
            "page_size": page_size,
        }
        return self.write(f"job-{name}.json", content)

    def answer_after(self, seconds: float) -> None:
        """Let every answer take so much longer."""
        connection = HTTPConnection(urlsplit(self.url).netloc)
        connection.request("DELETE", "/_sandbox/faults")
        connection.getresponse().read()
        if seconds:
            fault = {"kind": "slow", "delay_seconds": seconds, "times": None}
            connection.request("POST", "/_sandbox/faults", json.dumps(fault), {"Content-Type": "application/json"})
            connection.getresponse().read()
        connection.close()


@contextmanager
def served(*, rows: int, windows: int, vendor: str = "eightx8_work") -> Iterator[Served]:
    """Serve so many rows in so many days."""
    print(f"making {rows:,} rows of {vendor} in {windows} days ...", flush=True)
    command = [sys.executable, "-m", "benchmarks.server", "--rows", str(rows), "--windows", str(windows)]
    command += ["--vendor", vendor]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process,
    ):
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield Served(
            folder=Path(folder),
            url=ready["url"],
            config=ready["config"],
            bearer=ready["bearer"],
            start=datetime.fromisoformat(ready["start"]),
            end=datetime.fromisoformat(ready["end"]),
            days=windows,
            rows=ready["rows"],
            few_end=datetime.fromisoformat(ready["few_end"]),
            few=ready["few"],
        )
        assert process.stdin is not None
        process.stdin.close()
