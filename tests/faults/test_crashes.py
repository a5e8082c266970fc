"""A tap may be killed at any point: the next run continues from the last STATE written, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from sandbox import Fault, Sandbox
from tests.faults.crashes import ENDINGS, Crash, How, Running, wait_until
from tests.faults.pipelines import kill_pipelines
from tests.faults.subjects import KNOWN, SUBJECTS, VENDORS
from tests.support.tap import ROOT


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(seed=6, days=3, calls_per_day=20) as box:
        for subject in VENDORS:
            subject.reset(box)
        yield box


@pytest.fixture(scope="module")
def whole_runs(box: Sandbox) -> dict[str, int]:
    """How many requests a whole run takes, by vendor; filled as they are needed."""
    return {}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("vendor", [subject.vendor for subject in VENDORS])
def test_a_run_that_is_ended_at_any_point_is_resumed_without_loss(
    box: Sandbox, whole_runs: dict[str, int], vendor: str, how: How, at_once: int
) -> None:
    subjects = [subject for subject in SUBJECTS if subject.vendor == vendor]
    crash = Crash(box, subjects, how, at_once)
    if vendor not in whole_runs:
        whole_runs[vendor] = crash.whole_run()
    dice = Random(f"{vendor} {how} {at_once}")
    assert crash.play(dice, whole_runs[vendor]) == []


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("vendor", [subject.vendor for subject in VENDORS])
def test_a_run_that_writes_files_and_is_ended_at_any_point_is_resumed_without_loss(
    box: Sandbox, whole_runs: dict[str, int], vendor: str, how: How, tmp_path: Path
) -> None:
    subjects = [subject for subject in SUBJECTS if subject.vendor == vendor]
    dice = Random(f"files {vendor} {how}")
    crash = Crash(box, subjects, how, dice.choice([1, 4]), files=tmp_path)
    if vendor not in whole_runs:
        whole_runs[vendor] = crash.whole_run()
    assert crash.play(dice, whole_runs[vendor]) == []


@pytest.mark.slow
@pytest.mark.parametrize("vendor", [subject.vendor for subject in VENDORS])
def test_a_loader_or_a_tap_that_is_killed_loses_no_row_and_doubles_none(box: Sandbox, vendor: str) -> None:
    subjects = [subject for subject in SUBJECTS if subject.vendor == vendor and subject.incremental]
    assert kill_pipelines(box, subjects, Random(f"pipeline {vendor}"), 2) == []


WORK = KNOWN["eightx8_call_records"]
GRACE = 12.0
"""Seconds that a tap may take to end whose output is not read: its own five, and some for a busy machine."""


def back(hours: int) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def test_a_target_that_has_stopped_reading_states_does_not_keep_a_signalled_tap_alive() -> None:
    with Sandbox(empty=True) as box:
        config = {**WORK.of(box).config, "start_date": back(24 * 200), "window_hours": 1}
        with Running(config, [WORK.stream], reads=30_000) as running:
            wait_until(running.waits_for_its_reader)
            running.signal("SIGTERM")
            assert running.ended(GRACE).exit_code == 143


def test_a_target_that_has_stopped_reading_records_does_not_keep_a_signalled_tap_alive() -> None:
    with Sandbox(days=3, calls_per_day=400) as box:
        config = {**WORK.of(box).config, "start_date": back(96), "window_hours": 96}
        with Running(config, [WORK.stream], reads=30_000) as running:
            wait_until(running.waits_for_its_reader)
            running.signal("SIGINT")
            assert running.ended(GRACE).exit_code == 130


def test_records_that_still_wait_for_a_stalled_target_do_not_keep_a_signalled_tap_alive() -> None:
    with Sandbox(days=3, calls_per_day=400) as box:
        config = {**WORK.of(box).config, "start_date": back(96), "window_hours": 96, "eightx8_work_page_size": 2}
        box.faults.add(Fault("slow", match=WORK.path, after=1, times=None, delay_seconds=60))
        # Of the schema's 8 KB a pipe of 4 KB keeps the rest: two records find no room any more.
        with Running(config, [WORK.stream], reads=4500) as running:
            running.make_pipe_small()
            wait_until(lambda: any(request.fault for request in box.requests))
            running.signal("SIGTERM")
            assert running.ended(GRACE).exit_code == 143


def test_the_state_of_a_finished_window_reaches_the_target_before_the_next_window_is_read() -> None:
    with Sandbox(empty=True) as box:  # one request for each window, and little that could fill a buffer
        config = {**WORK.of(box).config, "start_date": back(96), "window_hours": 24}
        box.faults.add(Fault("slow", match=WORK.path, after=3, times=None, delay_seconds=60))
        with Running(config, [WORK.stream]) as running:
            wait_until(lambda: any(request.fault for request in box.requests))
            with suppress(TimeoutError):
                wait_until(lambda: running.raw.count(b'"type":"STATE"') >= 3, seconds=20)
            running.signal("SIGKILL")
            out = running.ended()
    ends = [datetime.fromisoformat(each) for each in out.bookmarks(WORK.stream)]
    asked = [each.query["startTime"] for each in box.requests if "startTime" in each.query]
    assert f"{ends[-1] - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}" == asked[-1]


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_signal_in_the_middle_of_a_page_lets_its_last_line_be_whole(*, unbuffered: bool) -> None:
    with Sandbox(days=3, calls_per_day=400) as box:
        config = {**WORK.of(box).config, "start_date": back(96), "window_hours": 96}
        with Running(config, [WORK.stream], reads=30_000, unbuffered=unbuffered) as running:
            wait_until(running.waits_for_its_reader)
            running.signal("SIGTERM")
            running.reads = None
            out = running.ended()
    assert out.exit_code == 143
    assert out.raw.endswith(b"\n")
    assert len(out.records(WORK.stream)) > 100
    assert not out.bookmark


@pytest.mark.parametrize(
    ("redirected", "words"),
    [
        (">/dev/full", "Standard output can't be written (No space left on device)"),
        (">&-", "Standard output is closed"),
        ("| head -c 9000 >/dev/null; exit ${PIPESTATUS[0]}", "The target has stopped reading"),
    ],
    ids=["full", "closed", "gone"],
)
def test_an_output_that_can_not_be_written_ends_the_run_with_one_line(
    box: Sandbox, redirected: str, words: str, tmp_path: Path
) -> None:
    box.faults.clear()
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**WORK.of(box).config, "start_date": back(48), "window_hours": 4}))
    line = f"{sys.executable} -m tap_callrecords --config {config} {redirected}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if " INFO " not in line]
    assert len(errors) == 1
    assert f"{words}; the last STATE that it took is valid." in errors[0]
