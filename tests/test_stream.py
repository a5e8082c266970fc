"""A run reads every call once, whatever the vendor's bounds and pages are like, and its bookmark never runs ahead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from tap_callrecords import instants
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tests.support.work import LEGS, RECORDS, SPAN, box, emptied, empty, ms, put_record, run

__all__ = ["box", "emptied"]
BOUNDS: list[Literal["[]", "[)", "(]", "()"]] = ["[]", "[)", "(]", "()"]


@st.composite
def calls(draw: st.DrawFn) -> list[tuple[int, int]]:
    """(milliseconds before now of the start, length in ms); many of them on whole seconds and hours."""
    before = st.integers(0, int(SPAN.total_seconds()) - 3600).map(lambda seconds: seconds * 1000)
    on_an_hour = st.integers(1, 29).map(lambda hours: hours * 3_600_000)
    start = st.one_of(before, on_an_hour, before.map(lambda each: each + 999), on_an_hour.map(lambda each: each + 1))
    return draw(st.lists(st.tuples(start, st.integers(0, 2 * 3_600_000)), max_size=25))


@settings(max_examples=40)
@given(
    made=calls(),
    bounds=st.sampled_from(BOUNDS),
    selects_by=st.sampled_from(["start", "disconnect"]),
    end_second=st.sampled_from([".000", ".999"]),
    window_hours=st.integers(1, 40),
    settle_minutes=st.integers(0, 90),
    page_size=st.integers(1, 30),
    parallel_windows=st.sampled_from([1, 4]),
    order=st.sampled_from(["newest_first", "shuffled"]),
)
def test_every_settled_call_is_emitted_exactly_once_under_every_reading_of_the_bounds(
    box: Sandbox,
    made: list[tuple[int, int]],
    bounds: Literal["[]", "[)", "(]", "()"],
    selects_by: Literal["start", "disconnect"],
    end_second: Literal[".000", ".999"],
    order: Literal["newest_first", "shuffled"],
    settle_minutes: int,
    **config: Any,
) -> None:
    empty(box)
    work = box.eightx8_work
    work.switches = replace(
        type(work.switches)(), bounds=bounds, record_filter=selects_by, end_second=end_second, order=order
    )
    page_size = config.pop("page_size")
    now = datetime.now(UTC).replace(microsecond=0)
    for number, (before, length) in enumerate(made):
        put_record(box, number, ms(now) - before, ms(now) - before + length)
    out = run(box, settle_minutes=settle_minutes, eightx8_work_page_size=page_size, **config)
    settled = ms(now) - settle_minutes * 60_000
    due = {
        (str(number),)
        for number, (before, length) in enumerate(made)
        if ms(now) - before + (length if selects_by == "disconnect" else 0) <= settled
    }
    emitted = out.keys(RECORDS, "call_id")
    assert due <= set(emitted)
    assert set(emitted.values()) <= {1}
    bookmarks = out.bookmarks(RECORDS)
    assert bookmarks == sorted(bookmarks)
    assert bookmarks[-1] <= instants.to_text(datetime.now(UTC) - timedelta(minutes=settle_minutes))


@settings(max_examples=25)
@given(made=calls(), lookback_hours=st.integers(0, 30), window_hours=st.integers(1, 40))
def test_calls_that_land_late_are_read_by_a_later_run_when_the_lookback_reaches_them(
    box: Sandbox, made: list[tuple[int, int]], lookback_hours: int, window_hours: int
) -> None:
    empty(box)
    now = datetime.now(UTC).replace(microsecond=0)
    for number, (before, length) in enumerate(made):
        if number % 2 == 0:
            put_record(box, number, ms(now) - before, ms(now) - before + length)
    first = run(box, window_hours=window_hours, settle_minutes=0)
    for number, (before, length) in enumerate(made):
        if number % 2:
            put_record(box, number, ms(now) - before, ms(now) - before + length)
    second = run(box, state=first.bookmark, lookback_hours=lookback_hours, window_hours=window_hours, settle_minutes=0)
    reread = instants.parse(first.bookmarks(RECORDS)[-1]) - timedelta(hours=lookback_hours)
    emitted = set(second.keys(RECORDS, "call_id"))
    # The start date of the second run is a little later than that of the first: what lies between may be left out.
    begin, end = max(ms(reread), ms(datetime.now(UTC) - SPAN)), ms(instants.parse(second.bookmarks(RECORDS)[-1]))
    assert {(str(n),) for n, (before, _) in enumerate(made) if begin <= ms(now) - before < end} <= emitted
    assert not {(str(n),) for n, (before, _) in enumerate(made) if ms(now) - before < ms(reread) - 1000} & emitted
    assert second.bookmarks(RECORDS) == sorted(second.bookmarks(RECORDS))
    assert second.bookmarks(RECORDS)[0] >= first.bookmarks(RECORDS)[-1]


def test_a_second_run_reads_again_no_more_than_the_lookback(box: Sandbox) -> None:
    now = ms(datetime.now(UTC))
    for hours in range(1, 30):
        put_record(box, hours, now - hours * 3_600_000, now - hours * 3_600_000)
    first = run(box)
    box.requests.clear()
    second = run(box, state=first.bookmark, lookback_hours=3)
    assert {int(key) for (key,) in second.keys(RECORDS, "call_id")} == {1, 2, 3}
    starts = [each.query["startTime"] for each in box.requests if "startTime" in each.query]
    assert min(starts) >= (datetime.now(UTC) - timedelta(hours=3, minutes=16)).strftime("%Y-%m-%d %H:%M:%S")


def test_who_wants_a_few_records_only_gets_the_newest_and_no_bookmark(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = ms(datetime.now(UTC))
    for hours in (2, 12, 22):
        put_record(box, hours, now - hours * 3_600_000, now - hours * 3_600_000)
    start = datetime.now(UTC) - SPAN
    tap = TapCallRecords(config={**box.eightx8_work.config, "start_date": start.isoformat(), "window_hours": 3})
    monkeypatch.setattr(CallRecordStream, "ABORT_AT_RECORD_COUNT", 3)
    stream = tap.streams[RECORDS]
    assert isinstance(stream, CallRecordStream)
    assert [record["call_id"] for record in stream.get_records(None)] == ["2", "12", "22"]
    assert capsys.readouterr().out == ""


def test_legs_are_read_by_their_disconnect_time(box: Sandbox) -> None:
    work = box.eightx8_work
    now = ms(datetime.now(UTC))
    work.add_legs(
        [
            work.new_leg(
                callId="1", legId=str(number), startTimeUTC=now - 90_000_000, disconnectedTimeUTC=now - 3_600_000
            )
            for number in (1, 2)
        ]
    )
    out = run(box, LEGS, window_hours=3)
    assert out.keys(LEGS, "pbx_id", "call_id", "leg_id").total() == 2
    assert out.bookmark["bookmarks"][LEGS]["replication_key"] == "disconnected_time_utc"


def test_a_stream_that_is_read_by_itself_writes_what_a_run_writes_of_it(
    box: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    now = ms(datetime.now(UTC))
    put_record(box, 1, now - 3_600_000, now - 3_500_000)
    whole = {"start_date": (datetime.now(UTC) - SPAN).isoformat(), "window_hours": 40}
    TapCallRecords(config={**box.eightx8_work.config, **whole}).streams[RECORDS].sync()
    written = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert [*dict.fromkeys(written)] == ["SCHEMA", "RECORD", "STATE"]
