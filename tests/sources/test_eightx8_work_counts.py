"""8x8 Work: what counts the rows of a window, and what is no answer at all (WA 4.1, 4.3)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tests.sources.eightx8_work import (
    LEGS,
    RECORDS,
    assert_nothing_is_lost,
    box,
    call,
    empty,
    ids,
    leg,
    minutes_ago,
    queries,
    read,
)

__all__ = ["box", "empty"]


@pytest.mark.parametrize("form", ["no rows", "rows", "error"])
@pytest.mark.parametrize("after", [0, 1, 5])
def test_an_answer_without_count_and_cursor_is_asked_for_again(box: Sandbox, form: Any, after: int) -> None:
    switches = box.eightx8_work.switches
    switches.bare_answers, switches.bare_after, switches.bare_form = 2, after, form
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("form", ["no rows", "rows", "error"])
def test_an_answer_that_stays_without_count_and_cursor_is_no_quiet_day(empty: Sandbox, form: Any) -> None:
    switches = empty.eightx8_work.switches
    switches.bare_answers, switches.bare_form = 1000, form
    out = read(empty, RECORDS)
    assert "a body that is not what it documents" in str(out.error)
    assert out.states == []


def test_a_first_page_with_fewer_rows_than_it_counts_and_no_cursor_is_not_the_whole_window(empty: Sandbox) -> None:
    work = empty.eightx8_work
    rows = [call(empty, minutes_ago(60 + number)) for number in range(10)]
    work.add_records(rows)
    body = {"meta": {"totalRecordCount": 10}, "data": rows[:4]}
    empty.faults.add(Fault("status", match="call-records", status=200, body=body, after=2))
    out = read(empty, RECORDS)
    assert out.error is None
    assert sorted(ids(out)) == sorted(row["callId"] for row in rows)
    assert len(queries(empty)) == 2 + 4  # two empty windows; the page twice, a second one, the end


@pytest.mark.parametrize("form", ["number", "decimal", "text", "decimal text"])
def test_a_count_is_understood_however_it_is_written(empty: Sandbox, form: Any) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(60 + number)) for number in range(10)])
    work.switches.count_form, work.switches.withhold = form, 2
    out = read(empty, RECORDS)  # short at first, by the count
    assert out.error is None
    assert len(ids(out)) == 10


@pytest.mark.parametrize("counts", ["absent", "null", "more"])
def test_only_the_first_page_counts_a_window(box: Sandbox, counts: Any) -> None:
    box.eightx8_work.switches.later_counts = counts
    assert_nothing_is_lost(box)


def test_a_page_without_rows_is_the_end_whatever_cursor_it_has(box: Sandbox) -> None:
    box.eightx8_work.switches.end_signal = "cursor"
    assert_nothing_is_lost(box)
    assert not any("YV9jdXJzb3I" in request.query.get("scrollId", "") for request in queries(box))


def test_null_in_place_of_no_rows_is_no_row(box: Sandbox) -> None:
    box.eightx8_work.switches.null_data = True
    assert_nothing_is_lost(box)


def test_a_row_that_is_null_is_kept_and_told(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    work = empty.eightx8_work
    work.add_record(call(empty, minutes_ago(60)))
    work.switches.null_row = True
    out = read(empty, RECORDS)
    assert out.error is None
    assert len(out.records(RECORDS)) == 2
    assert sum("lacks its key" in line for line in caplog.messages) == 1


def test_a_row_without_its_id_is_kept_and_told(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    work = empty.eightx8_work
    work.add_record(call(empty, minutes_ago(60), callId=None))
    out = read(empty, RECORDS)
    assert out.error is None
    assert len(out.records(RECORDS)) == 1
    assert sum("lacks its key" in line for line in caplog.messages) == 1


@pytest.mark.parametrize(("stream", "size", "repeats"), [(RECORDS, 4, 1), (RECORDS, 4, 3), (LEGS, 7, 3), (LEGS, 99, 1)])
def test_rows_that_the_vendor_counts_twice_stop_nothing(
    empty: Sandbox, stream: str, size: int, repeats: int, caplog: pytest.LogCaptureFixture
) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(60 + number)) for number in range(20)])
    work.add_legs([leg(empty, minutes_ago(60 + number)) for number in range(20)])
    work.switches.repeated_rows = repeats
    out = read(empty, stream, eightx8_work_page_size=size)
    assert out.error is None
    assert len(ids(out, stream)) == len(set(ids(out, stream))) == 20
    assert sum(f"{repeats} of them repeat others byte for byte" in line for line in caplog.messages) == 1
