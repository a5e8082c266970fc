"""Voiso: whatever its documents leave open about pages and tokens, every record arrives once (VO 4, 14)."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.exceptions import FatalAPIError

from sandbox import Fault, Sandbox
from tests.sources.voiso import SMALL_BLOCK, STREAM, ago, all_of, asked, box, fill, read, small_block, uuids

__all__ = ["box", "small_block"]
READINGS = ("A", "B1", "B2", "B3", "D")


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("page_size", [5, 20, 10_000])
def test_every_reading_of_pages_and_tokens_is_read_completely(
    small_block: Sandbox, reading: Any, page_size: int
) -> None:
    fill(small_block, 130)
    small_block.voiso.switches.reading = reading
    assert uuids(read(small_block, voiso_page_size=page_size)) == all_of(small_block)


@pytest.mark.parametrize("reading", ["A", "B3", "D"])
def test_the_real_block_is_read_completely(box: Sandbox, reading: Any) -> None:
    rows = fill(box, 10_500)
    box.voiso.switches.reading = reading
    assert len(uuids(read(box))) == len(rows)
    assert len(asked(box)) <= 5


@pytest.mark.parametrize("total", ["pages", "records", "block_pages", "block_records", "unknown"])
def test_total_steers_nothing(small_block: Sandbox, total: Any) -> None:
    fill(small_block, 50)
    small_block.voiso.switches.total = total
    assert uuids(read(small_block, voiso_page_size=10)) == all_of(small_block)


def test_a_demanded_search_token_is_sent_empty(small_block: Sandbox) -> None:
    fill(small_block, 50)
    small_block.voiso.switches.token_required = True
    assert uuids(read(small_block)) == all_of(small_block)
    assert asked(small_block)[1].query["search_token"] == ""


def test_no_search_token_is_sent_before_one_has_come(box: Sandbox) -> None:
    fill(box, 5)
    read(box)
    assert all("search_token" not in each.query for each in asked(box))


@pytest.mark.parametrize("offset_by", ["capped", "asked"])
@pytest.mark.parametrize("reading", READINGS)
def test_pages_that_are_silently_capped_are_read_completely(small_block: Sandbox, reading: Any, offset_by: Any) -> None:
    fill(small_block, 130)
    switches = small_block.voiso.switches
    switches.reading, switches.page_cap, switches.offset_by = reading, 7, offset_by
    assert uuids(read(small_block)) == all_of(small_block)


def test_a_refused_page_size_falls_back_to_the_default_once_for_all(box: Sandbox) -> None:
    fill(box, 1500)
    box.voiso.switches.largest_page = 1000
    assert uuids(read(box, start=ago(days=4))) == all_of(box)
    assert [each.query["per_page"] for each in asked(box)].count("10000") == 1


@pytest.mark.parametrize("final", ["null", "token", "repeat"])
@pytest.mark.parametrize("short_token", [False, True])
@pytest.mark.parametrize("count", [0, 20, 33])
def test_no_sign_of_the_end_ends_too_early(small_block: Sandbox, final: Any, short_token: bool, count: int) -> None:
    fill(small_block, count)
    switches = small_block.voiso.switches
    switches.final, switches.short_token = final, short_token
    assert uuids(read(small_block, voiso_page_size=10)) == all_of(small_block)


@pytest.mark.parametrize(
    ("token_on", "beyond_block", "reach"),
    [
        ("every", "refuse", "end"),
        ("last", "refuse", "begin"),
        ("last", "empty", "begin"),
        ("every", "last", "begin"),
        ("last", "fail", "end"),
    ],
)
def test_pages_beyond_the_block_may_be_whatever_they_are(
    small_block: Sandbox, token_on: Any, beyond_block: Any, reach: Any
) -> None:
    fill(small_block, 73)
    switches = small_block.voiso.switches
    switches.token_on, switches.beyond_block, switches.reach = token_on, beyond_block, reach
    assert uuids(read(small_block)) == all_of(small_block)


@pytest.mark.parametrize("beyond_end", ["empty", "refuse", "last"])
def test_pages_after_the_last_one_may_be_whatever_they_are(small_block: Sandbox, beyond_end: Any) -> None:
    fill(small_block, 60)
    small_block.voiso.switches.beyond_end = beyond_end
    assert uuids(read(small_block, voiso_page_size=5)) == all_of(small_block)


@pytest.mark.parametrize("count", [SMALL_BLOCK, 130])
def test_a_full_block_without_a_token_is_read_again_in_shorter_windows(small_block: Sandbox, count: int) -> None:
    fill(small_block, count)
    small_block.voiso.switches.token_on = "never"
    assert uuids(read(small_block)) == all_of(small_block)


@pytest.mark.parametrize("damage", ["restart", "empty", "refused"])
@pytest.mark.parametrize("reading", ["A", "B1", "D"])
def test_tokens_that_lead_nowhere_are_found_out_and_done_without(
    small_block: Sandbox, reading: Any, damage: Any
) -> None:
    fill(small_block, 90)
    small_block.voiso.switches.reading = reading
    small_block.voiso.switches.damaged_tokens = damage
    assert uuids(read(small_block)) == all_of(small_block)


@pytest.mark.parametrize("times", [1, 2])
def test_a_token_that_is_no_longer_accepted_lets_the_window_be_read_from_its_first_page(
    small_block: Sandbox, times: int
) -> None:
    fill(small_block, 130)
    switches = small_block.voiso.switches
    switches.damaged_tokens, switches.damaged_times = "refused", times
    assert uuids(read(small_block)) == all_of(small_block)


def test_more_records_in_a_second_than_the_vendor_gives_end_the_run_before_the_window(small_block: Sandbox) -> None:
    fill(small_block, SMALL_BLOCK + 1, start=ago(hours=5), hours=0.0)
    small_block.voiso.switches.token_on = "never"
    out = read(small_block)
    assert isinstance(out.error, FatalAPIError)
    assert "more records at" in str(out.error)
    assert out.bookmarks(STREAM) == []


def test_a_token_arrives_at_the_vendor_as_it_came(small_block: Sandbox) -> None:
    fill(small_block, 50)
    read(small_block)
    tokens = [each.query["search_token"] for each in asked(small_block) if "search_token" in each.query]
    assert tokens
    assert all(token.endswith("+/=") for token in tokens)


@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
def test_records_that_arrive_while_pages_are_read_lose_none(small_block: Sandbox, order: Any) -> None:
    fill(small_block, 70)
    switches = small_block.voiso.switches
    switches.order, switches.arrivals = order, 6
    before = set(all_of(small_block))
    out = read(small_block, voiso_page_size=10)
    assert before <= set(uuids(out))


def test_records_of_one_instant_in_changing_order_lose_none_where_a_page_holds_the_window(box: Sandbox) -> None:
    fill(box, 75, together=15)
    box.voiso.switches.order = "unstable_ties"
    small = read(box, voiso_page_size=10)
    assert set(uuids(small)) < set(all_of(box)), "not held at pages whose edges cut a tie, as the document says"
    assert uuids(read(box, state=small.bookmark)) == all_of(box)


@pytest.mark.parametrize("change", ["changes", "departures"])
def test_a_record_skipped_because_others_left_the_search_comes_with_the_next_run(
    small_block: Sandbox, change: str
) -> None:
    fill(small_block, 70)
    setattr(small_block.voiso.switches, change, 4)
    first = read(small_block, voiso_page_size=10)
    second = read(small_block, state=first.bookmark)
    seen = {record["uuid"] for out in (first, second) for record in out.records(STREAM)}
    assert set(all_of(small_block)) <= seen
    assert set(uuids(second)) == set(all_of(small_block))


def test_a_record_that_changed_while_pages_are_read_arrives_in_its_newest_form(small_block: Sandbox) -> None:
    fill(small_block, 30, disposition="active", type="chat")
    small_block.voiso.switches.changes = 1
    out = read(small_block, voiso_page_size=10)
    again = read(small_block, state=out.bookmark)
    newest = {record["uuid"]: record["disposition"] for record in (*out.records(STREAM), *again.records(STREAM))}
    assert list(newest.values()).count("archived") == 1


def test_windows_in_parallel_read_the_same(small_block: Sandbox) -> None:
    fill(small_block, 300, start=ago(days=9), hours=9 * 24 - 1)
    assert uuids(read(small_block, start=ago(days=9), parallel_windows=4)) == all_of(small_block)


@pytest.mark.parametrize("kind", ["reset", "reset_mid_body", "truncated_json", "html", "empty", "slow"])
def test_troubles_in_the_middle_of_a_block_lose_nothing(small_block: Sandbox, kind: Any) -> None:
    fill(small_block, 70)
    small_block.faults.add(Fault(kind, match="/cdr", after=2, times=2, delay_seconds=0.01))
    assert uuids(read(small_block, voiso_page_size=10)) == all_of(small_block)


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 429, "retry_after": 0}, {"status": 500}, {"status": 424}]
)
def test_limits_and_passing_errors_are_waited_out(small_block: Sandbox, fault: dict[str, Any]) -> None:
    fill(small_block, 70)
    small_block.faults.add(Fault("status", match="search_token", times=2, body={"error": "Too many requests"}, **fault))
    assert uuids(read(small_block)) == all_of(small_block)


def test_rows_of_neighbouring_windows_are_written_once(box: Sandbox) -> None:
    fill(box, 200, start=ago(days=6), hours=6 * 24 - 1)
    out = read(box, start=ago(days=6))
    assert uuids(out) == all_of(box)
    windows = {(each.query["start_datetime"], each.query["end_datetime"]) for each in asked(box)}
    assert len(windows) == 6


def test_samples_and_generated_calls_arrive_once() -> None:
    with Sandbox(days=2, calls_per_day=80, samples=True) as full:
        assert uuids(read(full, start=ago(days=4))) == all_of(full)
