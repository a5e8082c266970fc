"""Tap and loader in a pipe, by files; one of both is killed at some point, and the next run continues."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.crashes import START, wait_until
from tests.faults.judge import Judge, due, visible
from tests.support.tap import ROOT, catalog_of

ENCODINGS: Sequence[dict[str, str]] = (
    {"format": "jsonl"},
    {"format": "jsonl", "compression": "gzip"},
    {"format": "parquet"},
    {"format": "arrow"},
)
KILLS_OF_A_WAREHOUSE = 4
A_RUN = timedelta(minutes=5)
"""What a run may take: later calls are not due at its end."""


@dataclass
class Pipeline:
    """Runs into one DuckDB file.

    Attributes:
        box: the vendors.
        subjects: the streams that are read; of one vendor.
        folder: an empty one.
        dice: chooses what is killed, and when.
    """

    box: Sandbox
    subjects: Sequence[Subject]
    folder: Path
    dice: Random
    state: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
        config: dict[str, Any] = {"start_date": start.isoformat(), "window_hours": 6, "lookback_hours": 1}
        for subject in self.subjects:
            config |= {**subject.of(self.box).config, **subject.small_pages}
        encoding = self.dice.choice(ENCODINGS)
        self.config = config | {
            "batch_config": {"encoding": encoding, "storage": {"root": str(self.folder / "files")}, "batch_size": 9}
        }
        self._warehouse = self.folder / "warehouse.duckdb"
        self._write("tap", self.config)
        self._write("catalog", catalog_of(self.config, [subject.stream for subject in self.subjects]))
        self._write("loader", {"path": str(self._warehouse), "batch_size_rows": self.dice.choice([3, 20, 100_000])})

    def _write(self, name: str, content: object) -> None:
        (self.folder / name).write_text(json.dumps(content))

    def run(self, kill: str | None) -> list[str]:
        """Run once, and kill the `tap` or the `loader` on the way (None: neither); what went wrong."""
        box = self.box
        box.requests.clear()
        box.faults.clear()
        if kill:
            box.faults.add(Fault("slow", delay_seconds=0.02, times=None))
        self._write("state", self.state)
        names = {name: str(self.folder / name) for name in ("tap", "catalog", "state", "loader")}
        tap_line = [
            "-c",
            START,
            "--config",
            names["tap"],
            "--catalog",
            names["catalog"],
            "--state",
            names["state"],
        ]
        errors = self.folder / "errors"
        with errors.open("wb") as stderr:
            tap = _started(tap_line, stdin=subprocess.DEVNULL, stderr=stderr)
            loader = _started(
                ["-m", "target_callrecords_duckdb", "--config", names["loader"]], stdin=tap.stdout, stderr=stderr
            )
        assert tap.stdout
        tap.stdout.close()
        told: list[bytes] = []
        reader = threading.Thread(target=lambda: told.extend(loader.stdout or ()))
        reader.start()
        if kill:
            asked, states = self.dice.randint(1, 40), self.dice.randint(0, 3)
            by_states = self.dice.random() < 0.5
            wait_until(
                lambda: (len(told) >= states if by_states else len(box.requests) >= asked) or tap.poll() is not None
            )
            time.sleep(self.dice.random() * 0.3)
            (tap if kill == "tap" else loader).kill()
        codes = tap.wait(60), loader.wait(60)
        reader.join()
        if told:
            self.state = json.loads(told[-1])
        said = errors.read_text()
        wrong = [f"a traceback: {said[-1500:]}"] if "Traceback" in said else []
        if not kill and codes != (0, 0):
            wrong.append(f"exit codes {codes}: {said[-1500:]}")
        return wrong

    def rows(self, *, all_due: bool) -> list[str]:
        """What is wrong with the rows of the warehouse; all that the vendor has must be there if all are due."""
        wrong = []
        for subject in self.subjects:
            keys = self._keys(subject)
            if len(keys) != len(set(keys)):
                wrong.append(f"{subject}: {len(keys) - len(set(keys))} rows are there twice")
            judge, now = Judge(subject, self.config), datetime.now(UTC)
            wanted = due(visible(self.box, subject), judge.first(None, now), now - judge.settle - A_RUN)
            if all_due and (lost := wanted - set(keys)):
                wrong.append(f"{subject}: {len(lost)} of {len(wanted)} rows lost")
        return wrong

    def _keys(self, subject: Subject) -> list[tuple[str, ...]]:
        if not self._warehouse.exists():
            return []
        columns = ", ".join(f"coalesce({name}::varchar, '')" for name in subject.keys)
        with duckdb.connect(str(self._warehouse)) as warehouse:
            there = warehouse.execute("select table_name from duckdb_tables()").fetchall()
            if (subject.stream,) not in there:
                return []
            return warehouse.execute(f"select {columns} from {subject.stream}").fetchall()


def _started(line: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *line], cwd=ROOT, stdout=subprocess.PIPE, **streams)


def kill_pipelines(box: Sandbox, subjects: Sequence[Subject], dice: Random, kills: int) -> list[str]:
    """Kill so many runs, each warehouse a few times, and look at the rows after each; what went wrong."""
    wrong: list[str] = []
    while kills > 0:
        with TemporaryDirectory() as folder:
            pipeline = Pipeline(box, subjects, Path(folder), dice)
            for _ in range(min(kills, KILLS_OF_A_WAREHOUSE)):
                kill = dice.choice(["tap", "loader", "loader"])
                wrong += [f"{kill} killed: {each}" for each in pipeline.run(kill) + pipeline.rows(all_due=False)]
            wrong += pipeline.run(None) + pipeline.rows(all_due=True)
        kills -= KILLS_OF_A_WAREHOUSE
    return wrong
