"""A run reads every call once, whatever the vendor's bounds and pages are like, and its bookmark never runs ahead."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from tap_callrecords import instants
from tap_callrecords.rows.repeats import SeenRows
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tap_callrecords.windows.plan import Span, TimeWindow
from tests.support.tap import Output, sync

SPAN = timedelta(hours=30)
RECORDS, LEGS = "eightx8_call_records", "eightx8_call_legs"
BOUNDS: list[Literal["[]", "[)", "(]", "()"]] = ["[]", "[)", "(]", "()"]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as box:
        yield box


@pytest.fixture(autouse=True)
def emptied(box: Sandbox) -> None:
    empty(box)


def empty(box: Sandbox) -> None:
    work = box.eightx8_work
    work.records.clear()
    work.legs.clear()
    work.switches = type(work.switches)()
    work._pages.reads.clear()  # tests of one second ask for the same windows
    box.requests.clear()


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def put_record(box: Sandbox, call_id: int, start_ms: int, end_ms: int, **fields: Any) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId=str(call_id), startTimeUTC=start_ms, disconnectedTimeUTC=end_ms, **fields))


def run(box: Sandbox, stream: str = RECORDS, state: dict[str, Any] | None = None, **config: Any) -> Output:
    start = datetime.now(UTC) - SPAN
    out = sync({**box.eightx8_work.config, "start_date": start.isoformat(), **config}, streams=[stream], state=state)
    if out.error is not None and not config.get("may_fail"):
        raise out.error
    return out


def put_rows_of_a_window(box: Sandbox, count: int) -> int:
    """Put in rows of one minute, an hour ago; the time now in milliseconds."""
    now = ms(datetime.now(UTC))
    for number in range(count):
        put_record(box, number, now - 3_600_000 - number, now - 3_000_000)
    return now


def put_row_after(box: Sandbox, requests: int, call_id: int) -> None:
    work, now = box.eightx8_work, ms(datetime.now(UTC))
    row = work.new_record(
        callId=str(call_id), startTimeUTC=now - 3_600_000 - call_id, disconnectedTimeUTC=now - 3_000_000
    )
    work.add_record(row, after_requests=requests)


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


def test_of_a_long_run_only_the_rows_of_windows_that_can_meet_them_again_are_remembered(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, seen = ms(datetime.now(UTC)), SeenRows()
    for hours in range(1, 30):
        put_record(box, hours, now - hours * 3_600_000, now - hours * 3_600_000)
    monkeypatch.setattr(CallRecordStream, "seen_rows", lambda _: seen)
    assert len(run(box, window_hours=1).records(RECORDS)) == 29
    assert len(seen._windows) <= 2


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


def test_a_window_that_is_announced_larger_is_read_again_until_it_is_complete(box: Sandbox) -> None:
    now = ms(datetime.now(UTC))
    for number in range(8):
        put_record(box, number, now - 3_600_000 - number, now - 3_000_000)
    box.eightx8_work.switches.withhold = 2
    box.eightx8_work.switches.withhold_reads = 2
    out = run(box, window_hours=40)
    assert set(out.keys(RECORDS, "call_id").values()) == {1}
    assert len(out.records(RECORDS)) == 8


def test_a_window_that_stays_short_fails_with_both_numbers_and_keeps_the_bookmark_before_it(box: Sandbox) -> None:
    now = ms(datetime.now(UTC))
    for number in range(8):
        put_record(box, number, now - 3_600_000 - number, now - 3_000_000)
    box.eightx8_work.switches.overcount = 3
    out = run(box, window_hours=10, may_fail=True)
    assert str(out.error).startswith("8x8 Work announced 11 rows from ")
    assert "sent 8 in 4 readings" in str(out.error)
    first_call = instants.from_epoch_ms(now - 3_600_000 - 7)
    assert all(bookmark < first_call for bookmark in out.bookmarks(RECORDS))


def test_a_window_that_is_announced_too_large_once_is_complete_when_the_next_announcement_fits(box: Sandbox) -> None:
    put_rows_of_a_window(box, 8)
    box.eightx8_work.switches.overcount = 3
    box.eightx8_work.switches.overcount_reads = 1
    out = run(box, window_hours=40)
    assert out.keys(RECORDS, "call_id").total() == 8


def test_a_re_reading_that_is_announced_larger_than_the_one_before_is_held_against_the_larger_number(
    box: Sandbox,
) -> None:
    put_rows_of_a_window(box, 8)
    box.eightx8_work.switches.withhold = 1
    # Two rows land while the window is read again, one of which is withheld then.
    box.eightx8_work.switches.withhold_reads = 2
    put_row_after(box, 2, 8)
    put_row_after(box, 2, 9)
    out = run(box, window_hours=40)
    assert len(out.keys(RECORDS, "call_id")) == 10


@pytest.mark.parametrize("hours_ago", [[1], [29], [11], [21, 20], [26, 5], [12, 11, 10]], ids=str)
@pytest.mark.parametrize("parallel_windows", [1, 2, 4, 16])
def test_a_window_that_stays_short_does_not_keep_those_before_it_from_being_read(
    box: Sandbox, hours_ago: list[int], parallel_windows: int
) -> None:
    now = ms(datetime.now(UTC))
    for hours in range(1, 30):
        for number in range(10 if hours in hours_ago else 2):
            put_record(box, 100 * hours + number, now - hours * 3_600_000, now - hours * 3_600_000)
    box.eightx8_work.switches.withhold = 5
    box.eightx8_work.switches.withhold_from = 10
    box.eightx8_work.switches.withhold_reads = None
    # Windows of an hour, from a start date at half past, in which the rows of an hour lie.
    start = datetime.now(UTC) - timedelta(hours=29.5)
    out = run(box, window_hours=1, start_date=start.isoformat(), parallel_windows=parallel_windows, may_fail=True)
    assert "announced 10 rows" in str(out.error)
    earliest = max(hours_ago)
    due = {(str(100 * hours + number),) for hours in range(earliest + 1, 30) for number in (0, 1)}
    assert due <= set(out.keys(RECORDS, "call_id"))
    reached = [instants.parse(each) for each in out.bookmarks(RECORDS)]
    before = start + timedelta(hours=29 - earliest)
    assert (reached[-1] == before.replace(microsecond=before.microsecond // 1000 * 1000)) if due else not reached


@pytest.mark.parametrize("short", [False, True])
def test_pages_that_bring_nothing_new_end_with_the_bookmark_before_their_window(box: Sandbox, *, short: bool) -> None:
    put_rows_of_a_window(box, 8)
    work = box.eightx8_work
    work.switches.endless = True
    work.switches.overcount = 3 * short
    out = run(box, window_hours=10, eightx8_work_page_size=4, may_fail=True)
    assert "the last 202 brought no new row" in str(out.error)  # two pages did
    assert len(out.bookmarks(RECORDS)) == 2  # the windows before it


@pytest.mark.parametrize("page_size", [5, 7, 5000])
@pytest.mark.parametrize("parallel_windows", [1, 4])
def test_a_row_that_the_vendor_counts_and_sends_twice_does_not_stop_the_run(
    box: Sandbox, page_size: int, parallel_windows: int, caplog: pytest.LogCaptureFixture
) -> None:
    now = put_rows_of_a_window(box, 8)
    put_record(box, 3, now - 3_600_003, now - 3_000_000)
    out = run(box, window_hours=10, eightx8_work_page_size=page_size, parallel_windows=parallel_windows)
    assert out.keys(RECORDS, "call_id") == {(str(number),): 1 for number in range(8)}
    assert len(out.bookmarks(RECORDS)) == 3
    assert "1 of them repeat others byte for byte" in caplog.text


def test_repeats_at_the_edges_of_pages_do_not_stand_in_for_rows_that_are_missing(box: Sandbox) -> None:
    put_rows_of_a_window(box, 12)
    box.eightx8_work.switches.repeat_last_row = True
    box.eightx8_work.switches.withhold = 2
    box.eightx8_work.switches.withhold_reads = None
    out = run(box, window_hours=40, eightx8_work_page_size=5, may_fail=True)  # 10 rows on three pages, 2 of them twice
    assert "announced 12 rows" in str(out.error)
    assert "sent 10 in 4 readings" in str(out.error)
    assert out.bookmarks(RECORDS) == []


def test_repeats_do_not_stand_in_for_missing_rows_where_a_server_ignores_the_page_size(box: Sandbox) -> None:
    put_rows_of_a_window(box, 12)
    box.eightx8_work.switches.repeat_last_row = True
    box.eightx8_work.switches.withhold = 2
    box.eightx8_work.switches.withhold_reads = None
    box.eightx8_work.switches.page_size = 5
    out = run(box, window_hours=40, may_fail=True)
    assert "sent 10 in 4 readings" in str(out.error)


def test_a_row_that_changes_within_a_re_reading_does_not_stand_in_for_a_missing_one(box: Sandbox) -> None:
    put_rows_of_a_window(box, 8)
    work = box.eightx8_work
    work.switches.withhold = 1
    work.switches.withhold_reads = None
    work.switches.repeat_last_row = True
    work.switches.change_repeated_rows = True
    out = run(box, window_hours=40, eightx8_work_page_size=4, may_fail=True)
    assert "sent 7 in 4 readings" in str(out.error)
    assert out.bookmarks(RECORDS) == []


def test_the_version_of_a_row_that_was_read_last_comes_last(box: Sandbox) -> None:
    now = ms(datetime.now(UTC))
    for caller in ("+15555550100", "+15555550101", "+15555550100"):
        put_record(box, 1, now - 3_600_000, now - 3_500_000, caller=caller)
    out = run(box, window_hours=40)
    assert [each["caller"] for each in out.records(RECORDS)] == ["+15555550100", "+15555550101", "+15555550100"]


def test_rows_under_one_key_with_different_content_are_all_emitted_and_counted(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    now = ms(datetime.now(UTC))
    put_record(box, 1, now - 3_600_000, now - 3_500_000, caller="+15555550100")
    put_record(box, 1, now - 3_700_000, now - 3_600_000, caller="+15555550101")
    out = run(box, window_hours=40)
    assert len(out.records(RECORDS)) == 2
    assert "1 rows share their key with a different row" in caplog.text


@pytest.mark.parametrize("maps", [{}, {RECORDS: {"added": "'x'"}}], ids=["pages", "records"])
def test_a_run_says_at_its_end_how_much_it_has_read_and_how_long_requests_took(
    box: Sandbox, maps: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    put_rows_of_a_window(box, 8)
    with caplog.at_level(logging.INFO):
        run(box, window_hours=40, stream_maps=maps)
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if line.startswith(f"{RECORDS}: window 1 of 1, 8 records, ")]
    measured = [line for line in said if "http_request_duration" in line]
    assert len(measured) == sum(1 for request in box.requests if "call-records" in request.path)
    assert all(RECORDS in line and "200" in line and "succeeded" in line for line in measured)


def test_a_field_is_named_in_the_log_but_no_number_that_stands_in_its_name(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    now = ms(datetime.now(UTC))
    put_record(box, 1, now - 3_600_000, now - 3_500_000, **{"+1 (212) 555-0147": "x", "callTime": "many"})
    out = run(box, window_hours=40)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "Field 'callTime' is new or does not fit its type; its values are kept in _rescued_data." in told
    assert len(told) == 2
    assert not [line for line in told if "555" in line]
    assert "555-0147" not in caplog.text
    assert out.records(RECORDS)[0]["_rescued_data"] == {"+1 (212) 555-0147": "x", "callTime": "many"}


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


def test_the_start_date_that_the_vendor_no_longer_serves_is_told(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    start = datetime.now(UTC) - timedelta(days=1000)
    run(box, start_date=start.isoformat(), end_date=(start + timedelta(days=270)).isoformat(), window_hours=9999)
    assert "serves nothing before" in caplog.text


def test_a_failing_window_leaves_the_bookmark_of_the_windows_before_it(box: Sandbox) -> None:
    from sandbox import Fault

    box.faults.add(Fault("status", match="/v2/call-records", status=500, retry_after="0", after=2, times=None))
    out = run(box, window_hours=10, max_attempts=2, may_fail=True)
    box.faults.clear()
    assert len(out.bookmarks(RECORDS)) == 2
    assert "answered 500; gave up after 2 tries" in str(out.error)


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
