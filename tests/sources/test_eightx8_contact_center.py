"""Recent Calls: what its documents leave open loses nothing (CC R1 to R6, R8, R9)."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Clock, Sandbox
from tests.sources.eightx8_contact_center import (
    NOW,
    STREAM,
    assert_nothing_is_lost,
    bodies,
    box,
    empty,
    expected,
    ids,
    minutes_ago,
    read,
)

__all__ = ["box", "empty"]


def test_every_call_arrives_once(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    assert len(ids(out)) > 30


def test_the_next_run_goes_on_from_the_bookmark_less_the_lookback(box: Sandbox) -> None:
    first = read(box)
    assert first.bookmarks(STREAM)[-1] == (NOW - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    box.requests.clear()
    read(box, state=first.bookmark, lookback_hours=2)
    [low] = {body["timeRange"].split("-")[0] for body in bodies(box)}
    assert int(low) == int((NOW - timedelta(minutes=20, hours=2, seconds=1)).timestamp() * 1000)


def test_windows_may_be_read_at_once(box: Sandbox) -> None:
    assert_nothing_is_lost(box, parallel_windows=3, window_hours=5)


def test_a_frozen_clock_and_an_empty_tenant_give_a_bookmark_and_no_records() -> None:
    with Sandbox(empty=True, clock=Clock()) as box:
        out = read(box)
    assert out.error is None
    assert out.records(STREAM) == []
    assert out.bookmarks(STREAM)[-1] == (NOW - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


# R1, R2, R8, R9: the query


@pytest.mark.parametrize("precedence", ["duration", "timeRange"])
def test_whichever_of_duration_and_range_wins_the_range_is_what_is_read(box: Sandbox, precedence: Any) -> None:
    box.eightx8_contact_center.switches.precedence = precedence
    assert_nothing_is_lost(box)
    assert not any("duration" in body for body in bodies(box))


def test_no_filter_narrows_the_query(box: Sandbox) -> None:
    read(box)
    assert {frozenset(body) for body in bodies(box)} == {
        frozenset({"tenantId", "page", "rows", "timeRange", "timezone"})
    }


def test_if_the_filters_were_needed_the_run_fails_and_keeps_the_bookmark(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.filters_required = True
    out = read(box)
    assert "status 400" in str(out.error)
    assert "duration" in str(out.error)
    assert out.states == []


@pytest.mark.parametrize("blanks", ["reject", "ignore_range"])
def test_a_range_is_written_without_blanks(box: Sandbox, blanks: Any) -> None:
    box.eightx8_contact_center.switches.blanks = blanks
    assert_nothing_is_lost(box)
    assert not any(" " in body["timeRange"] for body in bodies(box))


def test_an_ignored_range_ends_the_run_instead_of_reading_all_history(box: Sandbox) -> None:
    api = box.eightx8_contact_center
    api.add_calls(api.new_call(NOW - timedelta(days=40)))
    api.switches.ignore_range = True
    out = read(box)
    assert "ignores the time range" in str(out.error)
    assert out.records(STREAM) == []
    assert out.states == []
    assert len(box.requests) == 1


def test_a_range_that_is_ignored_a_little_ends_the_run_too(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(*(api.new_call(minutes_ago(minutes), callId=f"x{minutes}") for minutes in range(60, 70)))
    api.switches.ignore_range = True
    out = read(empty)
    assert "ignores the time range" in str(out.error)
    assert out.records(STREAM) == []
    assert len(empty.requests) == 2  # the second one for a range without calls


@pytest.mark.parametrize("minutes", [130, 60 * 30])
def test_calls_that_ended_long_before_their_window_are_kept_and_told_once(
    empty: Sandbox, minutes: int, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_contact_center
    api.switches.range_filter, api.switches.closing_minutes = "end", minutes
    rows = [api.new_call(NOW - timedelta(hours=hours), callId=f"x{hours}") for hours in range(32, 70)]
    api.add_calls(*rows)
    out = read(empty, window_hours=1)
    assert out.error is None
    late = [row["callId"] for row in rows if int(row["callId"][1:]) * 60 - minutes < 72 * 60]
    assert set(late) <= set(ids(out))
    assert sum("sent one of" in line and "It is kept" in line for line in caplog.messages) == 1


def test_windows_leave_no_gap(box: Sandbox) -> None:
    read(box, window_hours=7)
    spans = sorted({tuple(map(int, body["timeRange"].split("-"))) for body in bodies(box)})
    assert all(later[0] < earlier[1] for earlier, later in pairwise(spans))


def test_a_region_is_a_part_of_the_path(box: Sandbox) -> None:
    read(box, eightx8_contact_center_region="uk")
    assert {request.path for request in box.requests} == {"/customerexperience/v1/recentCallData/uk"}


# R3: what the range filters on, and its bounds


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
def test_a_call_on_the_edge_of_a_window_arrives_under_each_reading_of_bounds(empty: Sandbox, bounds: Any) -> None:
    api = empty.eightx8_contact_center
    api.switches.bounds = bounds
    start = NOW - timedelta(days=3)
    edges = [start, start + timedelta(hours=24), start + timedelta(hours=48), NOW - timedelta(minutes=20)]
    api.add_calls(*(api.new_call(edge, callId=f"int-{int(edge.timestamp() * 1000):x}-edge") for edge in edges))
    assert len(ids(assert_nothing_is_lost(empty))) == 4


@pytest.mark.parametrize("reading", ["start", "end"])
def test_calls_that_cross_a_window_arrive_whichever_time_the_range_selects_by(empty: Sandbox, reading: Any) -> None:
    api = empty.eightx8_contact_center
    api.switches.range_filter = reading
    for hours in range(4, 60):
        started = NOW - timedelta(hours=hours, minutes=40)
        api.add_calls(
            api.new_call(started, callId=f"int-{int(started.timestamp() * 1000):x}-own", callDuration="9000000")
        )
    assert_nothing_is_lost(empty, window_hours=1)


@pytest.mark.parametrize("reading", ["start", "end"])
def test_a_call_that_ends_after_the_cut_arrives_with_the_next_run(empty: Sandbox, reading: Any) -> None:
    api = empty.eightx8_contact_center
    api.switches.range_filter = reading
    first = read(empty)
    row = api.new_call(minutes_ago(60), callDuration=str(45 * 60_000))  # ended 15 minutes ago
    api.add_calls(row)
    second = read(empty, state=first.bookmark, end_date=(NOW - timedelta(minutes=5)).isoformat(), settle_minutes=1)
    assert ids(second) == [row["callId"]]


# R4, R5, R6: pages over a live set


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("switch", ["arrivals", "departures"])
def test_rows_that_shift_while_pages_are_read_make_none_go_missing(box: Sandbox, order: Any, switch: str) -> None:
    api = box.eightx8_contact_center
    there = expected(api)
    api.switches.order = order
    setattr(api.switches, switch, 4)
    out = read(box, window_hours=96)  # a window of one page is read before a row can land in it
    assert out.error is None
    assert there | expected(api) <= set(ids(out))


@pytest.mark.parametrize("order", ["ascending", "descending", "unstable"])
@pytest.mark.parametrize("exchange", ["hides", "repeats", "anywhere"])
def test_a_row_that_leaves_and_one_that_lands_between_two_pages_hide_no_other(
    box: Sandbox, order: Any, exchange: Any
) -> None:
    api = box.eightx8_contact_center
    there = expected(api)
    api.switches.order, api.switches.exchange, api.switches.exchanges = order, exchange, 6
    out = read(box)
    assert out.error is None
    assert api.switches.exchanges == 0
    assert there & expected(api) <= set(ids(out))


@pytest.mark.parametrize("cap", [None, 3])
def test_another_order_at_each_request_loses_nothing(box: Sandbox, cap: int | None) -> None:
    api = box.eightx8_contact_center
    api.switches.order, api.switches.page_cap = "unstable", cap
    assert_nothing_is_lost(box)


def test_a_window_that_fits_on_one_page_costs_one_request(box: Sandbox) -> None:
    assert_nothing_is_lost(box, eightx8_contact_center_page_size=1000)
    assert [body["page"] for body in bodies(box)] == [1, 1, 1]


def test_a_row_that_has_left_does_not_stand_in_for_one_that_is_never_sent(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(*(api.new_call(minutes_ago(minutes), callId=f"x{minutes}") for minutes in range(60, 80)))
    api.switches.withhold, api.switches.withhold_reads, api.switches.departures = 1, None, 2
    out = read(empty)
    assert "announced" in str(out.error)
    assert len(out.bookmarks(STREAM)) == 2  # of the empty windows before


# Counts


@pytest.mark.parametrize("form", ["number", "decimal", "text", "decimal text"])
def test_a_count_is_understood_however_it_is_written(box: Sandbox, form: Any) -> None:
    switches = box.eightx8_contact_center.switches
    switches.hits_form, switches.withhold = form, 2  # short at first, by the count
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("hits", ["absent", "null", "more"])
def test_only_the_first_page_counts_a_window(box: Sandbox, hits: Any) -> None:
    box.eightx8_contact_center.switches.later_hits = hits
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("error", [False, True])
def test_an_answer_without_a_count_is_asked_for_again(box: Sandbox, error: bool) -> None:
    switches = box.eightx8_contact_center.switches
    switches.bare_answers, switches.bare_error = 2, error
    assert_nothing_is_lost(box)


def test_null_in_place_of_no_rows_is_no_row(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.null_data = True
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("size", [4, 7, 100])
def test_rows_that_the_vendor_counts_twice_stop_nothing(
    empty: Sandbox, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_contact_center
    rows = [api.new_call(minutes_ago(minutes), callId=f"x{minutes}") for minutes in range(60, 80)]
    api.add_calls(*rows)
    api.switches.repeated_rows = 3
    out = read(empty, eightx8_contact_center_page_size=size)
    assert out.error is None
    assert sorted(ids(out)) == sorted(row["callId"] for row in rows)
    assert sum("3 of them repeat others byte for byte" in line for line in caplog.messages) == 1


# Movement


def test_a_row_that_lands_while_its_window_is_read_is_found_by_counting_again(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    for minutes in range(60, 75):
        api.add_calls(api.new_call(minutes_ago(minutes)))
    late = api.new_call(minutes_ago(59.5))  # in the part of the range that has been read
    api.switches.order = "descending"
    start = (NOW - timedelta(hours=2)).isoformat()
    api.add_calls(late, after_requests=2)
    out = read(empty, start_date=start)
    assert out.error is None
    assert late["callId"] in ids(out)


def test_a_window_that_stays_short_of_its_count_fails_with_both_numbers(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(*(api.new_call(minutes_ago(minutes), callId=f"x{minutes}") for minutes in range(60, 70)))
    api.switches.withhold, api.switches.withhold_reads = 2, None
    out = read(empty)
    assert "announced 10 rows" in str(out.error)
    assert "sent 8" in str(out.error)
    assert len(out.bookmarks(STREAM)) == 2  # of the empty windows before


def test_a_window_that_was_short_once_is_read_again(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.withhold = 3
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("cap", [1, 3, 6])
def test_a_clamped_page_size_loses_nothing(box: Sandbox, cap: int) -> None:
    box.eightx8_contact_center.switches.page_cap = cap
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_page_past_the_end_that_is_refused_is_the_end(empty: Sandbox, status: int) -> None:
    api = empty.eightx8_contact_center
    api.switches.status_past_end = status
    api.add_calls(*(api.new_call(minutes_ago(minutes), callId=f"x{minutes}") for minutes in range(60, 74)))
    out = read(empty)  # two full pages of 7: a third one is asked for
    assert out.error is None
    assert len(ids(out)) == 14


@pytest.mark.parametrize("hits", ["total", "zero", "more"])
def test_what_a_page_past_the_end_counts_does_not_matter(empty: Sandbox, hits: Any) -> None:
    api = empty.eightx8_contact_center
    api.switches.hits_past_end = hits
    api.add_calls(*(api.new_call(minutes_ago(minutes), callId=f"x{minutes}") for minutes in range(60, 74)))
    out = read(empty)  # two full pages of 7: a third one is asked for
    assert out.error is None
    assert len(ids(out)) == 14
    assert 3 in {body["page"] for body in bodies(empty)}


def test_a_server_that_ignores_the_page_number_ends_the_run(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.ignore_page = True
    out = read(box)
    assert "same page" in str(out.error)


def test_the_page_size_never_exceeds_what_the_vendor_allows(box: Sandbox) -> None:
    out = read(box, eightx8_contact_center_page_size=5001)
    assert isinstance(out.error, ConfigurationError)
    assert "eightx8_contact_center_page_size must be at most 5000" in str(out.error)
