"""Where the bookmark of a run stands after each window, and what a source keeps beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from tap_callrecords import instants
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.windows.plan import Span, TimeWindow
from tests.support.work import RECORDS, box, emptied, ms, put_record, run

__all__ = ["box", "emptied"]


def test_a_state_follows_each_window_s_records(box: Sandbox) -> None:
    now = ms(datetime.now(UTC))
    for hours in range(1, 30):
        put_record(box, hours, now - hours * 3_600_000, now - hours * 3_600_000)
    out = run(box, window_hours=5)
    latest = ""
    for message in out.messages:
        if message["type"] == "RECORD":
            assert message["record"]["start_time_utc"] >= latest
        elif message["type"] == "STATE":
            latest = message["value"]["bookmarks"][RECORDS]["replication_key_value"]
    assert len(out.records(RECORDS)) == 29
    assert len(out.states) == 6
    assert out.states[-1]["bookmarks"][RECORDS].keys() == {"replication_key", "replication_key_value"}


def test_a_source_whose_windows_end_too_late_does_not_take_the_bookmark_past_what_has_settled(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows_of = CallRecordStream.windows_of

    def too_long(stream: CallRecordStream[Any], span: Span) -> list[TimeWindow]:
        return [replace(each, end=each.end + timedelta(days=1)) for each in windows_of(stream, span)]

    monkeypatch.setattr(CallRecordStream, "windows_of", too_long)
    (bookmark,) = run(box, window_hours=40).bookmarks(RECORDS)
    assert bookmark <= instants.to_text(datetime.now(UTC) - timedelta(minutes=15))
    end_date = instants.to_text(datetime.now(UTC) - timedelta(hours=9))
    assert run(box, window_hours=40, end_date=end_date).bookmarks(RECORDS) == [end_date]


def test_a_source_finds_what_it_kept_beside_the_bookmark_of_the_same_replication_key(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []
    plan = CallRecordStream.plan

    def plan_and_look(stream: CallRecordStream[Any]) -> Any:
        found.append(stream.read_beside_bookmark("windows"))
        return plan(stream)

    monkeypatch.setattr(CallRecordStream, "beside_bookmark", lambda _, window, __: {"windows": window.index})
    monkeypatch.setattr(CallRecordStream, "plan", plan_and_look)
    first = run(box, window_hours=10)
    kept = [state["bookmarks"][RECORDS]["windows"] for state in first.states]
    run(box, state=first.bookmark)
    first.bookmark["bookmarks"][RECORDS]["replication_key"] = "another"
    run(box, state=first.bookmark)
    assert kept == [0, 1, 2]
    assert found == [None, 2, None]


def test_empty_windows_move_the_bookmark_too(box: Sandbox) -> None:
    out = run(box, window_hours=10)
    assert len(out.bookmarks(RECORDS)) == 3


def test_a_bounded_back_fill_never_moves_the_bookmark_backwards(box: Sandbox) -> None:
    first = run(box)
    end = datetime.now(UTC) - timedelta(hours=20)
    second = run(box, state=first.bookmark, end_date=end.isoformat())
    assert set(second.bookmarks(RECORDS)) == {first.bookmarks(RECORDS)[-1]}


def test_a_failing_window_leaves_the_bookmark_of_the_windows_before_it(box: Sandbox) -> None:
    from sandbox import Fault

    box.faults.add(Fault("status", match="/v2/call-records", status=500, retry_after="0", after=2, times=None))
    out = run(box, window_hours=10, max_attempts=2, may_fail=True)
    box.faults.clear()
    assert len(out.bookmarks(RECORDS)) == 2
    assert "answered 500; gave up after 2 tries" in str(out.error)
