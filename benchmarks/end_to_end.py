"""Whole runs from the vendor into a warehouse: `meltano run` by lines and by files, and a dlt pipeline."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import psutil
import psycopg
from typing_extensions import override

from benchmarks.measure import PLAIN, QUIET, ROOT
from benchmarks.programs import PAGE_SIZE, PEERS, python
from benchmarks.served import LEGS, Served
from tests.support.postgres import PostgresServer, postgres_server
from tests.targets.project import TAP, Project

SAMPLE_SECONDS = 0.05
PARTS = ("tap", "Meltano", "target", "server")


@dataclass
class Parts:
    """CPU seconds of each part of a run, its wall seconds, and the highest memory of all processes together, in MB.

    The memory is that of the tap, of Meltano and of the target, or of dlt: without the server.
    """

    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    wall: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Way:
    """A way into a warehouse.

    Attributes:
        title: for people.
        warehouse: `duckdb` or `postgres`.
        target: its name in Meltano; None: dlt.
        encoding: `encoding` of `batch_config`; None: RECORD lines.
        environment: of the target, if it is another than the project's.
    """

    title: str
    warehouse: str
    target: str | None = None
    encoding: Mapping[str, str] | None = None
    environment: str | None = None


JSONL, PARQUET, ARROW = ({"format": name} for name in ("jsonl", "parquet", "arrow"))
OURS = "target-callrecords-duckdb"
WAYS = (
    Way("DuckDB: target-duckdb 0.8.0, RECORD", "duckdb", "target-duckdb", None, "target-duckdb"),
    Way(f"DuckDB: {OURS}, RECORD", "duckdb", "target-duckdb"),
    Way(f"DuckDB: {OURS}, BATCH jsonl", "duckdb", "target-duckdb", JSONL),
    Way(f"DuckDB: {OURS}, BATCH parquet", "duckdb", "target-duckdb", PARQUET),
    Way(f"DuckDB: {OURS}, BATCH arrow", "duckdb", "target-duckdb", ARROW),
    Way("DuckDB: dlt pipeline", "duckdb"),
    Way("PostgreSQL: target-postgres, RECORD", "postgres", "target-postgres"),
    Way("PostgreSQL: target-postgres, BATCH jsonl", "postgres", "target-postgres", JSONL),
    Way("PostgreSQL: dlt pipeline", "postgres"),
)
IN_THIS_ENVIRONMENT = WAYS[1:3]


def load(data: Served, way: Way, end: datetime, rows: int) -> Parts:
    """Load into an empty warehouse.

    Raises:
        RuntimeError: it has not loaded so many rows.
    """
    with tempfile.TemporaryDirectory() as name, _warehouse(way.warehouse, Path(name)) as warehouse:
        folder = Path(name)
        start = _dlt if way.target is None else _meltano
        process, log = start(data, way, end, folder, warehouse)
        parts = watch(process)
        loaded = warehouse.rows()
        if process.returncode or loaded != rows:
            raise RuntimeError(f"{way.title}: {rows} rows wanted, {loaded} there. {log.read_text()[-3000:]}")
        parts.cpu["server"] = warehouse.cpu()
    return parts


def _meltano(
    data: Served, way: Way, end: datetime, folder: Path, warehouse: _Warehouse
) -> tuple[subprocess.Popen[bytes], Path]:
    assert way.target is not None
    settings: dict[str, Any] = {**data.config, "start_date": data.start.isoformat(), "end_date": end.isoformat()}
    if way.encoding:
        settings["batch_config"] = {"encoding": way.encoding, "storage": {"root": str(folder / "files")}}
    loaders = []
    if way.environment:
        kinds = {"path": "string", "default_target_schema": "string", "batch_size_rows": "integer"}
        loaders = [
            {
                "name": way.target,
                "namespace": "target_duckdb",
                "executable": str(_executable(folder, way)),
                "settings": [{"name": name, "kind": kind} for name, kind in kinds.items()],
            }
        ]
    project = Project(folder / "meltano", loaders)
    target_settings = dict(warehouse.settings)
    if way.environment:
        target_settings |= {"default_target_schema": "callrecords", "batch_size_rows": 100_000}
    process = project.start(way.target, {**settings, "_select": [f"{LEGS}.*"]}, target_settings)
    return process, folder / "meltano" / "meltano.log"


def _executable(folder: Path, way: Way) -> Path:
    """The target of another environment, as the project ran it before it had a loader of its own."""
    assert way.environment
    assert way.target
    script = folder / way.target
    peer = PEERS / f"{way.target.replace('-', '_')}.py"
    script.write_text(f"#!{python(way.environment)}\n{peer.read_text()}")
    script.chmod(0o700)
    return script


def _dlt(
    data: Served, way: Way, end: datetime, folder: Path, warehouse: _Warehouse
) -> tuple[subprocess.Popen[bytes], Path]:
    job = data.job("warehouse", end=end, page_size=PAGE_SIZE)
    command = [python("dlt"), "-m", "benchmarks.peers.dlt", job, f"--{way.warehouse}", warehouse.place]
    log = folder / "dlt.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=ROOT, env={**PLAIN, **QUIET})
    return process, log


class _Warehouse:
    """A DuckDB file.

    Attributes:
        place: for dlt.
        settings: for Meltano's loader.
    """

    def __init__(self, folder: Path) -> None:
        self.place = str(folder / "warehouse.duckdb")
        self.settings: Mapping[str, Any] = {"path": self.place}

    def rows(self) -> int:
        """How many there are; -1 without a table."""
        with suppress(duckdb.Error), duckdb.connect(self.place, read_only=True) as warehouse:
            return int(warehouse.execute(COUNT).fetchall()[0][0])
        return -1

    def cpu(self) -> float:
        """Seconds that a server has used."""
        return 0.0


COUNT = f"select count(*) from callrecords.{LEGS}"


class _Server(_Warehouse):
    """A PostgreSQL server."""

    def __init__(self, server: PostgresServer) -> None:
        self.place = server.url
        self.settings = {name: getattr(server, name) for name in ("host", "port", "user", "password", "database")}
        self._begun = self._used()

    @override
    def rows(self) -> int:
        with suppress(psycopg.Error), psycopg.connect(self.place) as connection:
            return int(connection.execute(COUNT).fetchall()[0][0])
        return -1

    @override
    def cpu(self) -> float:
        return self._used() - self._begun

    def _used(self) -> float:
        """Of the first process and of all its children, also of those that have ended."""
        for each in psutil.process_iter():
            with suppress(psutil.Error):
                if each.name() == "postgres" and f"-p {self.settings['port']} " in " ".join(each.cmdline()):
                    now = sum(sum(child.cpu_times()[:2]) for child in each.children())
                    return float(sum(each.cpu_times()[:4]) + now)
        return 0.0


@contextmanager
def _warehouse(kind: str, folder: Path) -> Iterator[_Warehouse]:
    if kind == "duckdb":
        yield _Warehouse(folder)
        return
    with postgres_server() as server:
        yield _Server(server)


def watch(process: subprocess.Popen[bytes]) -> Parts:
    """What a process and all that it starts use, until it ends.

    The whole CPU time is the operating system's own account of the process and its children; which part of it is the
    tap's and which the target's is looked up while they run.
    """
    parts, cpu = Parts(), dict[psutil.Process, tuple[str, float]]()
    root = psutil.Process(process.pid)
    start = time.perf_counter()
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        memory = 0
        with suppress(psutil.Error):
            for each in [root, *root.children(recursive=True)]:
                with suppress(psutil.Error):
                    memory += each.memory_info().rss
                    part = _part(each.cmdline())
                    if part:
                        cpu[each] = part, sum(each.cpu_times()[:2])
        parts.peak_mb = max(parts.peak_mb, memory / 2**20)
        time.sleep(SAMPLE_SECONDS)
    parts.wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    for part, seconds in cpu.values():
        parts.cpu[part] += seconds
    rest = ended[2].ru_utime + ended[2].ru_stime - sum(parts.cpu.values())
    parts.cpu["Meltano"] = rest
    return parts


def _part(command: Sequence[str]) -> str | None:
    script = Path(command[1]).name if len(command) > 1 else ""
    return "tap" if script == TAP else "target" if script.startswith("target-") else None


def middle(runs: Sequence[Parts]) -> Parts:
    """The median of each figure; the highest peak."""
    cpu = {part: median(run.cpu[part] for run in runs) for part in PARTS}
    return Parts(cpu, median(run.wall for run in runs), max(run.peak_mb for run in runs))


HEAD = ("", "us of CPU a row", *(f"CPU s: {part}" for part in PARTS), "wall s", "peak MB, all")


def line(title: str, rows: int, parts: Parts) -> Sequence[str]:
    """A row of the table."""
    return [
        title,
        f"{sum(parts.cpu.values()) / rows * 1e6:.0f}",
        *(f"{parts.cpu[part]:.1f}" for part in PARTS),
        f"{parts.wall:.1f}",
        f"{parts.peak_mb:.0f}",
    ]


__all__ = ["HEAD", "IN_THIS_ENVIRONMENT", "WAYS", "Parts", "Way", "line", "load", "middle"]
