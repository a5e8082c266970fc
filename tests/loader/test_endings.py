"""What is in the file, and which state is told, after a commit, a failure, a signal and a kill."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from target_callrecords_duckdb.errors import LoadError
from target_callrecords_duckdb.target import TargetDuckDB
from tests.loader.loader import INTEGER, PROGRAM, TEXT, Loader, Message, batch, lines, record, schema, state, states


def test_state_is_written_after_the_commit_of_all_that_came_before_it(load: Loader) -> None:
    config = load.folder / "config.json"
    config.write_text(json.dumps(load.config(batch_size_rows=10)))
    head = [schema({"id": TEXT}, stream=each) for each in ("a", "b")]
    with subprocess.Popen(
        [*PROGRAM, "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as target:
        assert target.stdin
        assert target.stdout
        target.stdin.write(lines([*head, *(record("a", id=str(n)) for n in range(5)), state(1), record("b", id="x")]))
        target.stdin.write(lines([state(2), *(record("b", id=str(n)) for n in range(4)), state(3)]))
        target.stdin.flush()
        assert json.loads(target.stdout.readline()) == {"bookmarks": 2}
        target.kill()
    assert (len(load.rows(stream="a")), len(load.rows(stream="b"))) == (5, 5)


def test_records_are_committed_by_size_too(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    big = [record(id=str(n), text="x" * 400_000) for n in range(6)]
    load(schema({"id": TEXT, "text": TEXT}), *big[:3], state(1), *big[3:], state(2), batch_size_megabytes=1)
    assert states(capsys) == [1, 2]


def test_records_are_committed_by_age_too(
    load: Loader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", iter(range(int(now), int(now) + 10**6, 100)).__next__)
    load(schema({"id": TEXT}), *(each for n in range(9) for each in (record(id=str(n)), state(n))))
    assert len(states(capsys)) > 2


def test_a_failed_load_changes_nothing_of_any_stream(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    head = [schema({"id": TEXT, "n": INTEGER}, stream=each) for each in ("a", "b")]
    load(*head, record("a", id="1"), state(1))
    with pytest.raises(LoadError):
        load(*head, record("a", id="2"), record("b", id="1", n="many"), state(2))
    assert (load.rows("id", "a"), load.rows("id", "b")) == ([("1",)], [])
    assert states(capsys) == [1]


def test_state_is_given_back_as_it_came(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    value = {"calls": {"n": 2**80, "f": 0.1, "t": "é"}}
    load(state(value))
    assert states(capsys) == [value]


@pytest.mark.parametrize("arguments", [(), ("--version",), ("--about", "--format=json")])
def test_nothing_but_the_log_and_what_was_asked_for_is_written(load: Loader, arguments: Sequence[str]) -> None:
    done = load.run(schema({"id": TEXT}), record(id="1"), program=[*PROGRAM, *arguments])
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if " | INFO " not in line] == []


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_with_what_has_come_so_far(load: Loader, signum: int, code: int) -> None:
    config = load.folder / "config.json"
    config.write_text(json.dumps(load.config()))
    with subprocess.Popen(
        [*PROGRAM, "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as target:
        assert target.stdin
        target.stdin.write(lines([schema({"id": TEXT}), record(id="1"), state(1), record(id="2")]))
        target.stdin.flush()
        while not list(load.folder.glob("*.loading/*.jsonl")):
            time.sleep(0.01)
        while psutil.Process(target.pid).status() != psutil.STATUS_SLEEPING:  # it waits for a further line
            time.sleep(0.01)
        target.send_signal(signum)
        assert target.wait(20) == code
        assert target.stdout
        assert json.loads(target.stdout.read()) == {"bookmarks": 1}
    assert load.rows() == [("1",), ("2",)]
    assert not list(load.folder.glob("*.loading"))


KILLS = int(os.environ.get("LOADER_KILLS", "20"))


class Killable:
    """A target in a forked process: it is there in milliseconds."""

    def __init__(self, config: Mapping[str, Any], messages: bytes) -> None:
        (self._input, given), (told, output) = os.pipe(), os.pipe()
        self.process = os.fork()
        if not self.process:
            try:
                sys.stdout = os.fdopen(output, "w")
                logging.disable()
                os.close(given)
                TargetDuckDB(config=dict(config)).listen(os.fdopen(self._input, "rb"))  # type: ignore[arg-type]
            finally:
                os._exit(0)
        os.close(output)
        os.close(self._input)
        self.states = os.fdopen(told)
        self._writer = threading.Thread(target=self._write, args=(given, messages))
        self._writer.start()

    @staticmethod
    def _write(given: int, messages: bytes) -> None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(given, "wb") as pipe:
            pipe.write(messages)

    def end(self) -> list[int]:
        """All states that it has told since."""
        told = [json.loads(line)["bookmarks"] for line in self.states]
        os.waitpid(self.process, 0)
        self._writer.join()
        self.states.close()
        return told


@pytest.mark.slow
def test_a_kill_at_any_point_leaves_what_the_last_state_says(tmp_path: Path) -> None:
    """A run is killed and begun again from the last state that it has told, until it gets through."""
    load, random, size = Loader(tmp_path), Random(os.environ.get("LOADER_SEED", "1")), 50
    windows = 2 * KILLS
    reached = kills = 0
    told: list[int] = []
    while reached < windows:
        messages: list[Message] = [schema({"id": INTEGER, "v": TEXT})]
        for window in range(reached, windows):
            rows = [{"id": window * size + n, "v": f"{kills}"} for n in range(size)]
            if window % 2:
                messages.append(batch(load.write(*rows, name=f"{kills}-{window}.jsonl")))
            else:
                messages += [record(**row) for row in rows]
            messages.append(state(window + 1))
        target = Killable(load.config(batch_size_rows=3 * size), lines(messages))
        if kills < KILLS:
            if line := target.states.readline() if random.random() < 0.6 else "":
                told.append(json.loads(line)["bookmarks"])
            time.sleep(random.random() * 0.02)
            os.kill(target.process, signal.SIGKILL)
            kills += 1
        told += target.end()
        reached = max(told, default=0)
        if load.file.exists():
            keys = [key for (key,) in load.rows("id")] if reached else []
            assert len(keys) == len(set(keys))
            assert set(range(reached * size)) <= set(keys)
    assert [key for (key,) in load.rows("id")] == list(range(windows * size))
    assert told == sorted(told)
    load(schema({"id": INTEGER, "v": TEXT}))
    assert [file.name for file in tmp_path.iterdir() if "warehouse" in file.name] == [load.file.name]


MEASURED = """
import atexit, pathlib, runpy, sys
atexit.register(lambda: sys.stderr.write(pathlib.Path("/proc/self/status").read_text()))
runpy.run_module("target_callrecords_duckdb", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_bounded(load: Loader) -> None:
    """40,000 records of 2 KB in one transaction, twice."""
    body = json.dumps({"text": "x" * 2000})[:-1]
    file = load.folder / "batch.jsonl"
    file.write_text("".join(f'{body}, "id": "{n}"}}\n' for n in range(40_000)))
    messages = [schema({"id": TEXT, "text": TEXT}), batch(file)]
    for _ in range(2):
        done = load.run(*messages, program=[sys.executable, "-c", MEASURED], clean_up_batch_files=False)
        assert done.returncode == 0, done.stderr
        assert int(re.findall(r"VmHWM:\s+(\d+) kB", done.stderr)[-1]) < 300_000
    assert load.query("select count(*) from calls.calls") == [(40_000,)]
