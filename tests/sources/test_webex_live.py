"""Webex Calling's live stream: selected by when a record was stored, which no field tells (WX 13.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tap_callrecords import instants
from tap_callrecords.sources.webex import streams as webex
from tap_callrecords.tap import TapCallRecords
from tests.sources.webex import DAY, FEED, HOUR, LIVE, SECOND, first_requests, ids, now, put, read, read_well, span
from tests.support.tap import sync

MINUTE = timedelta(minutes=1)


def state_of(bookmark: str) -> dict[str, Any]:
    return {"bookmarks": {LIVE: {"replication_key": "inserted_before", "replication_key_value": bookmark}}}


def test_the_live_stream_is_offered_only_when_it_is_named(box: Sandbox) -> None:
    assert list(TapCallRecords(config=box.webex.config).catalog) == [FEED]
    named = TapCallRecords(config={**box.webex.config, "optional_streams": [LIVE]})
    assert {name: stream.selected for name, stream in named.streams.items()} == {FEED: True, LIVE: True}


def test_records_are_read_by_when_they_were_stored_and_marked_with_the_end_of_their_window(box: Sandbox) -> None:
    long_ago, stored = now() - 3 * DAY, now() - 2 * HOUR
    late = put(box, long_ago, inserted_at=int(stored.timestamp() * 1000))
    (record,) = read_well(box, LIVE).records(LIVE)
    assert record["report_id"] == late
    assert record["report_time"] == instants.to_text(long_ago)
    assert instants.to_text(stored) < record["inserted_before"] <= instants.to_text(stored + 2 * HOUR)


def test_the_mark_is_a_bookmark_of_the_run(box: Sandbox) -> None:
    for hours in range(1, 10):
        put(box, now() - hours * HOUR)
    out = read_well(box, LIVE)
    assert {record["inserted_before"] for record in out.records(LIVE)} <= set(out.bookmarks(LIVE))


@pytest.mark.parametrize("through_the_sdk", [False, True])
def test_a_record_met_in_the_overlap_of_two_windows_is_emitted_once(box: Sandbox, *, through_the_sdk: bool) -> None:
    end = now() - HOUR
    start = end - 4 * HOUR
    edge = start + timedelta(hours=2, seconds=-2)
    on_it = [put(box, edge - SECOND / 2), put(box, edge)]
    more: dict[str, Any] = {"stream_maps": {LIVE: {"more": "1"}}} if through_the_sdk else {}
    out = read_well(box, LIVE, **span(start, end), **more)
    assert first_requests(box)[0].query["endTime"] == instants.to_text(edge)
    assert ids(out, LIVE) == on_it
    assert {record["inserted_before"] for record in out.records(LIVE)} == {instants.to_text(edge)}
    assert not [record for record in out.records(LIVE) if through_the_sdk and record["more"] != 1]


def test_a_version_that_comes_back_at_the_end_of_its_window_has_its_mark_too(box: Sandbox) -> None:
    stored = now() - 3 * HOUR
    for second, duration in enumerate((60, 61, 60)):
        when = int((stored + second * SECOND).timestamp() * 1000)
        put(box, stored, fields={"Duration": duration}, inserted_at=when)
    records = read_well(box, LIVE, **span(stored - HOUR, stored + HOUR / 2)).records(LIVE)
    assert [record["duration"] for record in records] == [60, 61, 60]
    assert {record["inserted_before"] for record in records} == {instants.to_text(stored + HOUR / 2)}


def test_the_next_run_begins_a_few_minutes_before_the_bookmark_whatever_the_look_back(box: Sandbox) -> None:
    bookmark = now() - 3 * HOUR
    read_well(box, LIVE, state=state_of(instants.to_text(bookmark)), lookback_hours=24)
    assert first_requests(box)[0].query["startTime"] == instants.to_text(bookmark - 5 * MINUTE - SECOND)


def test_a_record_stored_a_little_before_the_bookmark_but_seen_later_is_found(box: Sandbox) -> None:
    first = read_well(box, LIVE)
    bookmark = instants.parse(first.bookmarks(LIVE)[-1])
    late = put(box, bookmark - 2 * MINUTE)
    assert ids(read_well(box, LIVE, state=first.bookmark), LIVE) == [late]


def test_a_gap_before_the_reach_of_the_live_stream_is_read_from_the_detailed_history(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    bookmark = now() - 60 * HOUR
    wanted = {put(box, now() - hours * HOUR / 2) for hours in range(1, 119)}
    late = put(box, now() - 90 * HOUR, inserted_at=int((now() - 50 * HOUR).timestamp() * 1000))
    out = read_well(box, LIVE, state=state_of(instants.to_text(bookmark)))
    assert "The gap until" in caplog.text
    assert "are unavailable" not in caplog.text
    assert {*ids(out, LIVE)} >= wanted | {late}
    assert len(ids(out, LIVE)) == len({*ids(out, LIVE)})
    marks = [record["inserted_before"] for record in out.records(LIVE)]
    assert marks == sorted(marks)
    assert instants.to_text(bookmark) < min(marks)
    assert set(marks) <= set(out.bookmarks(LIVE))
    assert all(record["report_time"] <= record["inserted_before"] for record in out.records(LIVE)[:-30])
    assert instants.parse(out.bookmarks(LIVE)[-1]) > now() - HOUR
    assert {request.path.rpartition("/")[2] for request in first_requests(box)} == {"cdr_feed", "cdr_stream"}
    assert {request.status for request in first_requests(box)} == {200}


def test_a_gap_longer_than_the_detailed_history_is_warned_of(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    wanted = put(box, now() - 40 * HOUR)
    out = read_well(box, LIVE, state=state_of(instants.to_text(now() - 60 * HOUR)), webex_history_hours=48)
    assert ids(out, LIVE) == [wanted]
    assert "has no data before" in caplog.text
    assert "are unavailable" in caplog.text


@pytest.mark.parametrize("requests", range(0, 14, 2))
def test_a_run_that_dies_within_a_gap_loses_nothing(box: Sandbox, requests: int) -> None:
    """The bookmark never passes what was read, wherever the run ends, and moves over the gap."""
    wanted = {put(box, now() - hours * HOUR / 2) for hours in range(1, 119)}
    state = state_of(instants.to_text(now() - 60 * HOUR))
    box.faults.add(Fault("reset", match="/cdr_", after=requests, times=None))
    first = read(box, LIVE, state=state, max_attempts=1)
    assert first.error is not None
    marked = first.bookmark or state
    box.faults.clear()
    box.requests.clear()
    second = read_well(box, LIVE, state=marked)
    assert {*ids(first, LIVE), *ids(second, LIVE)} >= wanted
    reached = f"id {marked['bookmarks'][LIVE]['replication_key_value']}"
    since = f"id {state['bookmarks'][LIVE]['replication_key_value']}"
    assert {*ids(first, LIVE)} >= {each for each in wanted if since < each < reached}


def test_a_window_that_the_live_stream_no_longer_serves_when_its_turn_comes_is_read_from_the_history(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webex, "LIVE_FROM", 12 * HOUR)
    wanted = {put(box, now() - hours * HOUR / 4) for hours in range(2, 70)}
    out = read_well(box, LIVE, state=state_of(instants.to_text(now() - 18 * HOUR)))
    assert {*ids(out, LIVE)} >= wanted


def test_a_start_date_beyond_the_reach_is_only_warned_of(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    wanted = put(box, now() - HOUR)
    out = read_well(box, LIVE, start_date=instants.to_text(now() - 30 * DAY))
    assert ids(out, LIVE) == [wanted]
    assert "has no data before" in caplog.text


def test_both_streams_keep_bookmarks_of_their_own(box: Sandbox) -> None:
    put(box, now() - HOUR)
    out = sync(box.webex.config, streams=[FEED, LIVE])
    assert out.error is None
    keys = {name: mark["replication_key"] for name, mark in out.bookmark["bookmarks"].items()}
    assert keys == {FEED: "report_time", LIVE: "inserted_before"}
