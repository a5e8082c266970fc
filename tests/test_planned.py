"""Which time a run reads, and what a person is told of it; no request is made."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from typing_extensions import override

from tap_callrecords.stream import CallRecordStream, planned
from tap_callrecords.tap import TapCallRecords

NOW = datetime(2026, 11, 26, 12, 0, 0, 400_000, tzinfo=UTC)
SETTLED = datetime(2026, 11, 26, 11, 45, tzinfo=UTC)
CALLS, FEED, RECORDS = "voiso_cdr", "webex_detailed_call_history", "eightx8_call_records"
CONFIG = {
    "voiso_api_key": "a key for tests",
    "voiso_cluster": "of-tests",
    "webex_access_token": "a token for tests",
    **{f"eightx8_work_{name}": "of tests" for name in ("api_key", "username", "password")},
    "eightx8_work_pbx_ids": ["1"],
}


class Standing(datetime):
    """A clock that stands still, on a machine in the east."""

    @classmethod
    @override
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz) if tz else (NOW + timedelta(hours=11)).replace(tzinfo=None)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "datetime", Standing)


def stream(name: str = CALLS, bookmark: str | None = None, **settings: Any) -> CallRecordStream[Any]:
    state = {"bookmarks": {name: {"replication_key_value": bookmark}}} if bookmark else {}
    found = TapCallRecords(config={**CONFIG, **settings}, state=state).streams[name]
    assert isinstance(found, CallRecordStream)
    return found


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def bounds(name: str = CALLS, bookmark: str | None = None, **settings: Any) -> tuple[datetime, datetime]:
    """The span of a run."""
    span = stream(name, bookmark, **settings).plan()[0]
    return span.start, span.end


def test_a_run_goes_on_from_its_bookmark_less_the_look_back_to_what_has_settled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    read_up_to = "2026-11-25T06:00:00.000Z"
    there = datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert bounds(bookmark=read_up_to, lookback_hours=3) == (there - timedelta(hours=3), SETTLED)
    later = bounds(bookmark=read_up_to, lookback_hours=0, settle_minutes=30)
    assert later == (there, SETTLED - timedelta(minutes=15))
    ended = bounds(bookmark=read_up_to, lookback_hours=0, end_date="2026-11-26T01:00:00Z")
    assert ended == (there, datetime(2026, 11, 26, 1, tzinfo=UTC))
    assert warnings(caplog) == []


def test_a_run_that_has_nothing_to_read_says_where_it_would_begin_and_end(caplog: pytest.LogCaptureFixture) -> None:
    assert stream(start_date="2026-11-26T13:00:00Z").plan()[1] == []
    assert warnings(caplog) == [
        "There is nothing to read: this run would begin at 2026-11-26T13:00:00.000Z and end at "
        "2026-11-26T11:45:00.000Z (bookmark and settings start_date, end_date, lookback_hours, settle_minutes)."
    ]


def test_a_start_date_that_the_vendor_no_longer_serves_is_told(caplog: pytest.LogCaptureFixture) -> None:
    start, _ = bounds(FEED, start_date="2026-11-01T00:00:00Z", webex_history_hours=48)
    reached = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert timedelta(0) < start - datetime(2026, 11, 24, 12, tzinfo=UTC) < timedelta(hours=1)
    assert warnings(caplog)[:1] == [
        f"Webex Calling has no data before {reached}; calls from 2026-11-01T00:00:00.000Z until then are unavailable."
    ]


def test_where_the_vendor_states_no_limit_a_start_date_holds_however_early_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert bounds(start_date="2003-05-01T00:00:00Z")[0] == datetime(2003, 5, 1, tzinfo=UTC)
    assert bounds(bookmark="2003-05-02T00:00:00.000Z", lookback_hours=24)[0] == datetime(2003, 5, 1, tzinfo=UTC)
    assert warnings(caplog) == []
    assert bounds(start_date="1990-01-01T00:00:00Z", lookback_hours=0)[0] == datetime(2000, 1, 1, tzinfo=UTC)
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("name", [CALLS, RECORDS])
def test_a_first_run_without_a_start_date_begins_two_years_ago(name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert bounds(name)[0] == NOW.replace(microsecond=0) - timedelta(days=731)
    assert warnings(caplog) == []


def test_a_start_date_after_the_bookmark_is_told(caplog: pytest.LogCaptureFixture) -> None:
    start, _ = bounds(bookmark="2026-11-25T06:00:00.000Z", start_date="2026-11-26T01:00:00+01:00")
    assert start == datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert warnings(caplog) == [
        "The start date 2026-11-26T01:00:00+01:00 lies after the bookmark of stream voiso_cdr, "
        "2026-11-25T06:00:00.000Z: what lies between them is read as well. The start date only says where the first "
        "sync begins; to leave calls out, move the bookmark."
    ]


@pytest.mark.parametrize(
    ("name", "hours", "length"),
    [
        (CALLS, 24, timedelta(hours=24)),
        (FEED, 24, timedelta(hours=12, seconds=-2)),
        (FEED, 3, timedelta(hours=3)),
    ],
)
def test_a_window_is_as_long_as_the_settings_say_and_the_vendor_allows(
    name: str, hours: int, length: timedelta
) -> None:
    windows = stream(name, window_hours=hours, start_date="2026-11-24T12:30:00Z").plan()[1]
    assert windows[0].end - windows[0].start == length


def test_a_bookmark_in_the_future_is_set_to_what_has_settled_and_that_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = stream(bookmark="2026-11-26T12:00:00.401Z")
    calls.correct_bookmark()
    assert calls.read_bookmark() == "2026-11-26T11:45:00.400Z"
    assert warnings(caplog) == [
        "The bookmark of stream voiso_cdr, 2026-11-26T12:00:00.401Z, lies in the future, as after a run with a wrong "
        "clock. It is set to 2026-11-26T11:45:00.400Z and the look-back before that is read. If the last good run was "
        "earlier, remove the bookmark from the state, to read from the start date again."
    ]


@pytest.mark.parametrize("bookmark", [None, "2026-11-26T11:59:00.000Z", "2026-11-26T12:00:00.400Z"])
def test_a_bookmark_up_to_now_is_left_as_it_is(bookmark: str | None, caplog: pytest.LogCaptureFixture) -> None:
    calls = stream(bookmark=bookmark)
    calls.correct_bookmark()
    assert calls.read_bookmark() == bookmark
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("name", "wanted", "windows", "at_once"),
    [(CALLS, 1, 5, 1), (CALLS, 3, 5, 3), (FEED, 1, 5, 1), (FEED, 2, 2, 1), (FEED, 4, 5, 1), (FEED, 4, 1, 4)],
)
def test_windows_are_read_one_at_a_time_where_the_vendor_allows_no_more_and_that_is_told_where_it_matters(
    name: str, wanted: int, windows: int, at_once: int, caplog: pytest.LogCaptureFixture
) -> None:
    calls = stream(name, parallel_windows=wanted, window_hours=1, start_date="2026-11-26T00:00:00Z")
    few = calls.plan()[1][:windows]
    caplog.set_level(logging.INFO)
    assert calls.windows_at_once(few) == at_once
    said = [line for line in caplog.messages if "one at a time" in line]
    told = name == FEED and min(wanted, windows) > 1
    assert said == ["Windows are read one at a time: Webex allows one initial request a minute."] * told
