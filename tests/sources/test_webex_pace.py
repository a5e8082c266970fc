"""Webex Calling: its allowances are kept and never tried out (WX 7), and its waits are waited for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox import Fault, Sandbox
from tap_callrecords.http import pacing
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tests.sources.webex import DAY, FEED, HOUR, LIVE, SECOND, data_requests, ids, now, put, read, read_well
from tests.support.tap import sync


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch, box: Sandbox) -> list[float]:
    """Waits pass at once: the sandbox's clock jumps, and the tap paces itself by that clock. How long they were."""
    pauses: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            pauses.append(seconds)
            box.clock.skew_seconds += seconds + 0.002  # a clock of whole milliseconds

    monkeypatch.setattr(pacing, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: box.clock.now_ms() / 1000))
    monkeypatch.setattr(time, "sleep", sleep)
    return pauses


def paced(box: Sandbox, **more: Any) -> dict[str, Any]:
    """The vendor's allowances, enforced by the sandbox, and the settings' defaults."""
    box.webex.switches.initial_interval_seconds = 60
    box.webex.switches.pages_per_minute = 10
    box.webex.switches.page_cap = 2
    config = {**box.webex.config, "start_date": (now() - 2 * DAY).isoformat(), **more}
    del config["webex_initial_request_interval_seconds"], config["webex_page_requests_per_minute"]
    return config


def test_windows_are_read_one_at_a_time_and_that_is_told(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    config = {**paced(box, parallel_windows=4), "window_hours": 1}
    stream = cast("CallRecordStream[Any]", TapCallRecords(config=config).streams[FEED])
    windows = stream.plan()[1]
    assert len(windows) > 4
    with caplog.at_level("INFO"):
        assert stream.windows_at_once(windows) == 1
    assert "Windows are read one at a time" in caplog.text


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize("parallel_windows", [1, 4])
def test_the_allowances_are_kept_over_windows_streams_and_threads(box: Sandbox, parallel_windows: int) -> None:
    wanted = {put(box, now() - 40 * HOUR + number * HOUR / 2) for number in range(60)}
    recent = {put(box, now() - 4 * HOUR + number * SECOND) for number in range(30)}
    state = {"bookmarks": {LIVE: {"replication_key_value": (now() - 5 * HOUR).isoformat()}}}
    out = sync(paced(box, parallel_windows=parallel_windows), streams=[FEED, LIVE], state=state)
    assert out.error is None
    assert set(ids(out)) == wanted | recent
    assert set(ids(out, LIVE)) >= recent
    assert Counter(request.status for request in data_requests(box)) == {200: len(data_requests(box))}
    assert len(data_requests(box)) > 50


@pytest.mark.usefixtures("slept")
def test_tries_after_a_failure_count_too(box: Sandbox) -> None:
    wanted = [put(box, now() - 30 * HOUR + number * SECOND) for number in range(40)]
    box.faults.add(
        Fault("reset", match="/cdr_feed", after=1),
        Fault("reset_mid_body", match="startTimeForNextFetch", after=2, times=3),
        Fault("truncated_json", match="startTimeForNextFetch", after=12),
    )
    box.webex.switches.token_requests = 7
    out = sync(paced(box), streams=[FEED])
    assert out.error is None
    assert ids(out) == wanted
    assert 429 not in {request.status for request in data_requests(box)}
    assert 401 in {request.status for request in data_requests(box)}


@pytest.mark.parametrize("status", [423, 429])
@pytest.mark.parametrize(("retry_after", "seconds"), [(None, 60), ("7", 7)])
def test_a_vendor_that_asks_to_wait_is_waited_for_a_minute_where_it_says_no_time(
    box: Sandbox, slept: list[float], status: int, retry_after: str | None, seconds: int
) -> None:
    wanted = put(box, now() - DAY)
    box.faults.add(Fault("status", match="/cdr_feed", status=status, retry_after=retry_after))
    assert ids(read_well(box)) == [wanted]
    assert slept == [seconds]
    first, second = data_requests(box)[:2]
    assert first.query["endTime"] == second.query["endTime"]


def test_a_second_reader_of_the_organisation_is_waited_for(box: Sandbox, slept: list[float]) -> None:
    config = paced(box)
    sync(config, streams=[FEED])
    slept.clear()
    out = sync(config, streams=[FEED])
    assert out.error is None
    assert 429 in {request.status for request in data_requests(box)}


def test_a_vendor_that_never_answers_ends_the_run_after_max_attempts(box: Sandbox, slept: list[float]) -> None:
    box.faults.add(Fault("status", match="/cdr_feed", status=503, times=None))
    out = read(box, max_attempts=3)
    assert "gave up after 3 tries" in str(out.error)
    assert len(slept) == 2
