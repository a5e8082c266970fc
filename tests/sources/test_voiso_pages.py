"""Voiso: no refused, repeated, empty or endless page lets a record be lost without a word (VO 4, 5, 10)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from sandbox import Fault, Sandbox
from sandbox.voiso.switches import Switches
from tests.sources.voiso import SMALL_BLOCK, STREAM, ago, all_of, asked, box, fill, read, small_block, uuids

__all__ = ["box", "small_block"]
READINGS = ("A", "B1", "B2", "B3", "D")
REFUSALS = (400, 404, 422)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(("status", "after"), [(400, 1), (404, 3), (422, 6)])
def test_a_page_that_is_refused_once_is_asked_for_again(
    small_block: Sandbox, reading: Any, status: int, after: int
) -> None:
    fill(small_block, 45)
    small_block.voiso.switches.reading = reading
    small_block.faults.add(Fault("status", match="/cdr", status=status, body={"error": "Bad request"}, after=after))
    assert uuids(read(small_block, voiso_page_size=5)) == all_of(small_block)
    urls = [each.query for each in asked(small_block)]
    assert urls[after] == urls[after + 1]


@pytest.mark.parametrize("page_size", [1000, 10_000])
def test_a_later_windows_first_page_that_is_refused_once_is_asked_for_again(box: Sandbox, page_size: int) -> None:
    fill(box, 30, start=ago(days=4), hours=90)
    box.faults.add(Fault("status", match="/cdr", status=400, body={"error": "Bad request"}, after=3))
    assert uuids(read(box, start=ago(days=4), voiso_page_size=page_size)) == all_of(box)
    assert asked(box)[3].query == asked(box)[4].query


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("cap", [None, 7])
@pytest.mark.parametrize(("page_size", "page"), [(5, 3), (10_000, 2)])
def test_a_page_that_is_refused_for_good_loses_nothing(
    small_block: Sandbox, reading: Any, cap: int | None, page_size: int, page: int
) -> None:
    fill(small_block, 45)
    switches = small_block.voiso.switches
    switches.reading, switches.page_cap, switches.refused_page = reading, cap, page
    assert uuids(read(small_block, voiso_page_size=page_size)) == all_of(small_block)


WEEK: dict[str, Any] = {"start": ago(days=6, hours=1), "window_hours": 168}


@pytest.mark.parametrize(
    ("count", "page_size", "cap", "page"), [(3000, 10_000, 1000, 2), (3000, 10_000, 500, 3), (12_000, 1000, None, 3)]
)
def test_at_the_real_block_size_a_page_refused_for_good_is_read_in_shorter_windows(
    box: Sandbox, count: int, page_size: int, cap: int | None, page: int
) -> None:
    fill(box, count, start=ago(days=6), hours=6 * 24 - 1)
    box.voiso.switches.page_cap, box.voiso.switches.refused_page = cap, page
    assert uuids(read(box, voiso_page_size=page_size, **WEEK)) == all_of(box)


@pytest.mark.parametrize(("page_size", "cap"), [(10_000, 1000), (1000, None)])
def test_at_the_real_block_size_one_refused_page_costs_one_request_under_every_reading(
    box: Sandbox, page_size: int, cap: int | None
) -> None:
    fill(box, 12_000, start=ago(days=6), hours=6 * 24 - 1)
    switches = box.voiso.switches
    switches.page_cap = cap
    for switches.reading in READINGS:
        switches.refused_page, switches.refused_times = 3, 1
        before = len(asked(box))
        assert uuids(read(box, voiso_page_size=page_size, **WEEK)) == all_of(box)
        assert len(asked(box)) - before <= 21


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 16])
def test_a_vendor_that_refuses_pages_behind_the_last_one_is_read_without_halves(box: Sandbox, count: int) -> None:
    fill(box, count, start=ago(hours=5), hours=0.0)
    box.voiso.switches.beyond_end = "refuse"
    assert uuids(read(box)) == all_of(box)
    assert len({each.query["start_datetime"] for each in asked(box)}) == 1


def test_records_of_one_moment_on_a_refused_page_end_the_run_before_the_window(small_block: Sandbox) -> None:
    fill(small_block, 12, start=ago(hours=5), hours=0.0)
    small_block.voiso.switches.refused_page = 2
    out = read(small_block, voiso_page_size=5)
    assert isinstance(out.error, FatalAPIError)
    assert "Voiso refuses pages of its records at" in str(out.error)
    assert "(status 400)" in str(out.error)
    assert out.bookmarks(STREAM) == []


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("page_size", [4, 10, 10_000])
@pytest.mark.parametrize("hidden", ["[13579]$", "[3-9]$", "row-000(1|2[0-3]|5[0-4])"])
def test_records_that_are_left_out_of_pages_hide_no_others(
    small_block: Sandbox, reading: Any, page_size: int, hidden: str
) -> None:
    fill(small_block, 75)
    switches = small_block.voiso.switches
    switches.reading, switches.hidden = reading, hidden
    visible = [uuid for uuid in all_of(small_block) if not re.search(hidden, uuid)]
    assert uuids(read(small_block, voiso_page_size=page_size)) == visible


@pytest.mark.parametrize(("page_size", "most"), [(10_000, 11), (1000, 12)])
def test_at_the_real_block_size_hidden_records_cost_at_most_the_pages_of_a_block(
    box: Sandbox, page_size: int, most: int
) -> None:
    fill(box, 4000)
    box.voiso.switches.hidden = "[2-9]$"
    assert len(uuids(read(box, voiso_page_size=page_size))) == 800
    assert len(asked(box)) <= most


ANY_SERVER = st.fixed_dictionaries(
    {
        "reading": st.sampled_from(READINGS),
        "page_cap": st.sampled_from([None, None, 3, 4, 7, 10, 19]),
        "offset_by": st.sampled_from(["capped", "asked"]),
        "beyond_block": st.sampled_from(["refuse", "empty", "last"]),
        "reach": st.sampled_from(["begin", "end"]),
        "beyond_end": st.sampled_from(["empty", "refuse", "last"]),
        "token_on": st.sampled_from(["every", "last", "never"]),
        "short_token": st.booleans(),
        "final": st.sampled_from(["null", "token", "repeat"]),
        "refused_page": st.sampled_from([None, 2, 3, 4, 5]),
        "pages_ignored": st.sampled_from([False] * 9 + [True]),
        "refused_status": st.sampled_from(REFUSALS),
        "refused_times": st.sampled_from([None, 1, 2, 4, 9]),
        "endless_tokens": st.booleans(),
        "total": st.sampled_from(["pages", "records", "block_pages", "block_records", "unknown"]),
    }
)
TRANSIENT = st.lists(st.tuples(st.sampled_from(REFUSALS), st.integers(1, 25)), max_size=4)


@settings(max_examples=15)
@given(ANY_SERVER, TRANSIENT, st.integers(0, 75), st.sampled_from([4, 5, 10, 10_000]))
def test_random_servers_with_refusals_lose_nothing_in_silence(
    small_block: Sandbox, server: dict[str, Any], transient: list[tuple[int, int]], count: int, page_size: int
) -> None:
    small_block.faults.clear()
    small_block.requests.clear()
    small_block.voiso.cdr.remove(all_of(small_block))
    small_block.voiso.switches = Switches(block=SMALL_BLOCK, **server)
    fill(small_block, count)
    for status, after in transient:
        small_block.faults.add(Fault("status", match="/cdr", status=status, body={"error": "no"}, after=after))
    out = read(small_block, voiso_page_size=page_size)
    if out.error is None:
        assert uuids(out) == all_of(small_block)
    else:
        assert out.bookmarks(STREAM) == []
        assert isinstance(out.error, FatalAPIError)
    assert len(asked(small_block)) < 2000


@pytest.mark.parametrize("total_as", ["number", "text", "decimal"])
def test_a_first_page_without_the_rows_that_its_total_counts_is_asked_for_again(box: Sandbox, total_as: Any) -> None:
    fill(box, 5)
    switches = box.voiso.switches
    switches.rowless, switches.total, switches.total_as = 2, "records", total_as
    assert uuids(read(box)) == all_of(box)


def test_a_first_page_that_stays_without_its_rows_ends_the_run_before_the_window(box: Sandbox) -> None:
    fill(box, 5)
    box.voiso.switches.rowless, box.voiso.switches.total = 100, "records"
    out = read(box, max_attempts=2)
    assert isinstance(out.error, FatalAPIError)
    assert out.bookmarks(STREAM) == []


@pytest.mark.parametrize("total", ["pages", "records"])
def test_an_empty_search_is_no_broken_body(box: Sandbox, total: Any) -> None:
    box.voiso.switches.total = total
    assert uuids(read(box)) == []
    assert len(asked(box)) == 1


def test_null_records_of_a_search_that_counts_none_are_an_empty_page(box: Sandbox) -> None:
    box.voiso.switches.null_records, box.voiso.switches.total = True, "records"
    out = read(box)
    assert uuids(out) == []
    assert len(asked(box)) == 1
    assert out.bookmarks(STREAM) != []


@pytest.mark.parametrize(("total", "told"), [("unknown", 1), ("pages", 0), ("records", 0), ("block_records", 0)])
def test_a_total_that_fits_neither_rows_nor_pages_is_warned_of(
    box: Sandbox, total: Any, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    fill(box, 50)
    box.voiso.switches.total = total
    assert uuids(read(box)) == all_of(box)
    assert caplog.text.count("is 176, which fits neither the 50 records that came nor their pages") == told
    assert caplog.text.count("which fits neither") == told


def test_a_total_of_one_record_more_than_came_is_warned_of(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    fill(box, 50)
    box.voiso.switches.total = "records"
    body = {"records": [box.voiso.new_interaction(uuid="one")], "total": 2, "search_token": None}
    box.faults.add(Fault("status", match="/cdr", status=200, body=body, content_type="application/json"))
    box.faults.add(
        Fault("status", match="/cdr", status=200, body={**body, "records": []}, content_type="application/json")
    )
    read(box)
    assert "is 2, which fits neither the 1 records that came" in caplog.text


@pytest.mark.parametrize("reading", READINGS)
def test_tokens_without_end_end_the_reading_of_a_window(small_block: Sandbox, reading: Any) -> None:
    fill(small_block, 45)
    small_block.voiso.switches.reading = reading
    small_block.voiso.switches.endless_tokens = True
    assert uuids(read(small_block)) == all_of(small_block)
    assert len(asked(small_block)) < 50


@pytest.mark.parametrize("cap", [5, 6, 10, None])
def test_a_vendor_that_answers_every_page_alike_is_read_in_shorter_windows(
    small_block: Sandbox, cap: int | None
) -> None:
    fill(small_block, 45)
    small_block.voiso.switches.page_cap, small_block.voiso.switches.pages_ignored = cap, True
    assert uuids(read(small_block)) == all_of(small_block)
    assert len(asked(small_block)) < 200


@pytest.mark.parametrize("cause", ["status", "timeout"])
def test_large_pages_that_bring_the_vendor_down_are_asked_for_smaller(box: Sandbox, cause: str) -> None:
    fill(box, 1500)
    if cause == "status":
        box.voiso.switches.overload_above = 1000
    else:
        box.faults.add(Fault("slow", match="per_page=10000", delay_seconds=1.3, times=None))
    out = read(box, start=ago(days=4), max_attempts=2, request_timeout_seconds=1)
    assert uuids(out) == all_of(box)
    assert [each.query["per_page"] for each in asked(box)].count("10000") == 2


@pytest.mark.parametrize("reading", ["A", "B1", "D"])
def test_null_rows_and_rows_without_a_uuid_stop_no_sync(small_block: Sandbox, reading: Any) -> None:
    fill(small_block, 45)
    switches = small_block.voiso.switches
    switches.reading, switches.null_rows, switches.total_as = reading, True, "text"
    found = uuids(read(small_block, voiso_page_size=5))
    assert [uuid for uuid in found if uuid.startswith("row-")] == all_of(small_block)
    assert len(found) == 46
