"""A window is done when its rows are as many as announced; rows that come again do not stand in for others."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Sandbox
from tap_callrecords import instants
from tap_callrecords.rows.repeats import SeenRows
from tap_callrecords.stream import CallRecordStream
from tests.support.work import RECORDS, box, emptied, ms, put_record, put_row_after, put_rows_of_a_window, run

__all__ = ["box", "emptied"]


def test_of_a_long_run_only_the_rows_of_windows_that_can_meet_them_again_are_remembered(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, seen = ms(datetime.now(UTC)), SeenRows()
    for hours in range(1, 30):
        put_record(box, hours, now - hours * 3_600_000, now - hours * 3_600_000)
    monkeypatch.setattr(CallRecordStream, "seen_rows", lambda _: seen)
    assert len(run(box, window_hours=1).records(RECORDS)) == 29
    assert len(seen._windows) <= 2


def test_a_window_that_is_announced_larger_is_read_again_until_it_is_complete(box: Sandbox) -> None:
    now = ms(datetime.now(UTC))
    for number in range(8):
        put_record(box, number, now - 3_600_000 - number, now - 3_000_000)
    box.eightx8_work.switches.withhold = 2
    box.eightx8_work.switches.withhold_reads = 2
    out = run(box, window_hours=40)
    assert set(out.keys(RECORDS, "call_id").values()) == {1}
    assert len(out.records(RECORDS)) == 8


def test_a_window_without_a_page_to_ask_for_is_complete(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CallRecordStream, "drain", lambda *_: iter(()))
    assert len(run(box, window_hours=10).bookmarks(RECORDS)) == 3


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
    assert "the last 202 had no new records" in str(out.error)  # two pages did
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
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING][-1] == (
        "1 rows share their key with a different row; all were emitted, and a target that upserts keeps the last."
    )
