"""`meltano run` into real warehouses: what the tap, the pipe and the target each take of it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psutil
import psycopg

from benchmarks.measure import run
from benchmarks.served import LEGS, Served
from tests.support.postgres import postgres_server
from tests.targets.project import TAP, Project

SAMPLE_SECONDS = 0.1
PARTS = ("tap", "Meltano", "target", "server")


@dataclass
class Parts:
    """CPU seconds of each part of a run, its wall seconds, and the highest memory of all parts together, in MB."""

    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    wall: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Load:
    """A way into a warehouse.

    Attributes:
        title: for people.
        target: its name in meltano.yml.
        settings: of the target, beside those of meltano.yml.
    """

    title: str
    target: str
    settings: Mapping[str, Any] = field(default_factory=dict)


AS_SHIPPED = (Load("DuckDB", "target-duckdb"), Load("PostgreSQL", "target-postgres"))
ITS_OWN = {"use_copy": False, "validate_records": True}
WITH_SETTINGS = (
    Load("PostgreSQL, the target's own defaults", "target-postgres", ITS_OWN),
    Load("... with use_copy", "target-postgres", {**ITS_OWN, "use_copy": True}),
    Load("... and without validate_records (as in meltano.yml)", "target-postgres"),
    Load("... and batch_size_rows 50,000", "target-postgres", {"batch_size_rows": 50_000}),
    Load("DuckDB, batch_size_rows 10,000", "target-duckdb", {"batch_size_rows": 10_000}),
    Load("... 100,000 (as in meltano.yml)", "target-duckdb"),
)


def load(data: Served, way: Load, end: datetime, rows: int) -> Parts:
    """Run Meltano into an empty warehouse.

    Raises:
        RuntimeError: it has not loaded so many rows.
    """
    settings = {**data.config, "start_date": data.start.isoformat(), "end_date": end.isoformat()}
    selected = {**settings, "_select": [f"{LEGS}.*"]}
    with tempfile.TemporaryDirectory() as folder, _warehouse(way.target, Path(folder)) as (place, count):
        project = Project(Path(folder) / "meltano")
        begun = time.time()
        with project.start(way.target, selected, {**place, **way.settings}) as process:
            parts = _watch(process, way.target, begun)
        if process.returncode or count() != rows:
            raise RuntimeError(f"{way.title}: {rows} rows wanted. {project.log()[-3000:]}")
    return parts


@contextmanager
def _warehouse(target: str, folder: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """An empty one: the target's settings for it, and a function that counts the rows."""
    count = f"select count(*) from callrecords.{LEGS}"
    if target == "target-duckdb":
        file = str(folder / "warehouse.duckdb")

        def in_file() -> Any:
            with duckdb.connect(file, read_only=True) as warehouse:
                return warehouse.execute(count).fetchall()[0][0]

        yield {"path": file}, in_file
        return
    with postgres_server() as server:

        def in_server() -> Any:
            with psycopg.connect(server.url) as connection:
                return connection.execute(count).fetchall()[0][0]

        yield {name: getattr(server, name) for name in ("host", "port", "user", "password", "database")}, in_server


def _watch(process: subprocess.Popen[bytes], target: str, begun: float) -> Parts:
    """Look again and again what each process of a run has used, until it ends."""
    parts, cpu = Parts(), dict[psutil.Process, tuple[str, float]]()
    names = {TAP: "tap", "meltano": "Meltano", target: "target", "target-callrecords-duckdb": "target"}
    start = time.perf_counter()
    while process.poll() is None:
        memory = 0
        for each in psutil.process_iter():
            try:
                if each.create_time() < begun - 1:
                    continue
                command = each.cmdline()
                script = Path(command[1]).name if len(command) > 1 else ""
                part = "server" if each.name() == "postgres" else names.get(script)
                if part:
                    used = each.cpu_times()
                    cpu[each] = part, used.user + used.system
                    memory += each.memory_info().rss if part != "server" else 0
            except psutil.Error:
                continue
        parts.peak_mb = max(parts.peak_mb, memory / 2**20)
        time.sleep(SAMPLE_SECONDS)
    parts.wall = time.perf_counter() - start
    for part, seconds in cpu.values():
        parts.cpu[part] += seconds
    return parts


HEAD = ("", "rows", "wall s", "rows a second", *(f"CPU s: {part}" for part in PARTS), "tap's share", "peak MB, all")


def line(title: str, rows: int, parts: Parts) -> Sequence[str]:
    """A row of the table."""
    total = sum(parts.cpu.values())
    return [
        title,
        f"{rows:,}",
        f"{parts.wall:.1f}",
        f"{rows / parts.wall:,.0f}",
        *(f"{parts.cpu[part]:.1f}" for part in PARTS),
        f"{parts.cpu['tap'] / total:.0%}",
        f"{parts.peak_mb:.0f}",
    ]


def tap_alone(data: Served) -> Parts:
    """The same rows into nothing."""
    used = run(data.tap("alone", catalog=data.catalog(LEGS)))
    return Parts({**dict.fromkeys(PARTS, 0.0), "tap": used.cpu}, used.wall, used.peak_mb)


__all__ = ["AS_SHIPPED", "HEAD", "WITH_SETTINGS", "line", "load", "tap_alone"]
