"""Webex Calling: what its documents leave open loses nothing and repeats nothing (WX 15)."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

import pytest
from singer_sdk.exceptions import FatalAPIError

from sandbox import Fault, Sandbox
from tap_callrecords import instants
from tap_callrecords.sources.webex.api import FirstPage, WebexApi
from tap_callrecords.tap import TapCallRecords
from tests.sources.webex import (
    DAY,
    FEED,
    HOUR,
    LIVE,
    MS,
    SECOND,
    data_requests,
    expected,
    first_requests,
    ids,
    now,
    put,
    put_many,
    read,
    read_well,
    span,
)

BOUNDS: list[Literal["[]", "[)", "(]", "()"]] = ["[]", "[)", "(]", "()"]


@pytest.mark.parametrize("version", ["earlier", "2026"])
def test_every_record_arrives_once(full: Sandbox, version: Literal["earlier", "2026"]) -> None:
    full.webex.switches.version = version
    out = read_well(full, webex_history_hours=48, webex_page_size=50)
    oldest = first_requests(full)[0].query["startTime"]
    found = out.keys(FEED, "report_id")
    wanted = {row["Report ID"] for row in full.webex.records if row["Report time"] >= oldest}
    assert wanted & expected(full, out) <= {key for (key,) in found}
    assert set(found.values()) == {1}


@pytest.mark.parametrize("field", ["report", "start", "inserted"])
def test_a_call_that_was_running_when_its_window_was_read_is_found_whatever_time_the_window_selects_by(
    box: Sandbox, field: Literal["report", "start", "inserted"]
) -> None:
    box.webex.switches.filter_field = field
    turn = now() - DAY
    first = read_well(box, **span(turn - DAY, turn))
    began = instants.to_text(turn - 20 * HOUR)
    late = put(box, turn + HOUR, fields={"Start time": began})
    assert late in ids(read_well(box, state=first.bookmark))


def test_a_record_that_was_stored_hours_late_is_found_in_the_look_back(box: Sandbox) -> None:
    first = read_well(box)
    late = put(box, now() - 3 * HOUR)
    assert late in ids(read_well(box, state=first.bookmark))


def test_a_shorter_history_than_configured_fails_with_the_advice_to_set_48(box: Sandbox) -> None:
    box.webex.switches.version = "earlier"
    out = read(box)
    assert isinstance(out.error, FatalAPIError)
    assert "webex_history_hours says (720 hours). Set it to 48" in str(out.error)
    assert "startTime must be between" in str(out.error)
    assert not out.bookmarks(FEED)


def test_a_start_that_leaves_the_history_while_the_tap_waits_moves_up(box: Sandbox) -> None:
    tap = TapCallRecords(config={**box.webex.config, "webex_history_hours": 48})
    reach = timedelta(hours=47, minutes=55)
    with tap.api(WebexApi).turn(FirstPage("/cdr_feed", now() - 2 * DAY, now() - DAY, reach=reach)) as request:
        start = str(request.url).partition("startTime=")[2].partition("&")[0]
    assert timedelta() <= instants.parse(start) - (now() - reach) < timedelta(minutes=1)


@pytest.mark.parametrize(("stream", "hours"), [(FEED, 12), (LIVE, 2)])
@pytest.mark.parametrize("settle_minutes", [0, 15])
def test_windows_stay_within_the_vendors_bounds_overlap_included(
    box: Sandbox, stream: str, hours: int, settle_minutes: int
) -> None:
    read_well(box, stream, settle_minutes=settle_minutes, window_hours=24)
    asked = [
        (instants.parse(each.query["startTime"]), instants.parse(each.query["endTime"])) for each in box.requests[1:]
    ]
    assert len(asked) > 3
    assert max(end - start for start, end in asked) <= timedelta(hours=hours)
    least = timedelta(minutes=5) if stream == FEED else timedelta(minutes=1)
    assert max(end for _, end in asked) <= now() - least
    assert all(later[0] <= earlier[1] - SECOND for earlier, later in pairwise(asked))


def test_times_are_sent_in_the_one_form_that_every_version_takes(box: Sandbox) -> None:
    start = now() - 2 * DAY
    read_well(box, start_date=start.replace(microsecond=123456).isoformat())
    statuses = {request.status for request in data_requests(box)}
    assert statuses == {200}


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize("stream", [FEED, LIVE])
def test_records_on_the_bounds_of_windows_arrive_once(box: Sandbox, stream: str, bounds: Any) -> None:
    box.webex.switches.bounds = bounds
    end = now() - 20 * SECOND * 60
    start = end - 9 * HOUR
    read_well(box, stream, **span(start, end))
    edges = {instants.parse(each.query[name]) for each in first_requests(box) for name in ("startTime", "endTime")}
    edges |= {start, end}
    put_in = {put(box, edge + shift) for edge in edges for shift in (-SECOND, -MS, timedelta(), MS, SECOND)}
    out = read_well(box, stream, **span(start, end))
    inside = {each for each in put_in if instants.to_text(start) <= each.removeprefix("id ") <= instants.to_text(end)}
    found = out.keys(stream, "report_id")
    assert inside <= {key for (key,) in found}
    assert set(found.values()) == {1}


def test_more_locations_than_one_request_takes_are_read_in_several_passes(box: Sandbox) -> None:
    names = [f"Site {number}" for number in range(23)]
    start = now() - 2 * DAY
    wanted = {put(box, start + n * SECOND, fields={"Location": name}) for n, name in enumerate(names)}
    put(box, start, fields={"Location": "Elsewhere", "Report ID": "not asked for"})
    out = read_well(box, **span(start - HOUR, start + HOUR), webex_locations=names)
    assert set(ids(out)) == wanted
    assert [len(request.query["locations"].split(",")) for request in data_requests(box)] == [10, 10, 3]


def test_a_location_with_a_comma_is_filtered_here(box: Sandbox) -> None:
    start = now() - 2 * DAY
    names = ["Paris, Rive Gauche", "Lyon"]
    wanted = [put(box, start + n * SECOND, fields={"Location": name}) for n, name in enumerate(names)]
    put(box, start - SECOND, fields={"Location": "Paris"})
    assert ids(read_well(box, webex_locations=names)) == wanted
    assert not any("locations" in request.query for request in data_requests(box))


def test_page_requests_ask_for_less_after_a_gateway_has_timed_out(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="/cdr_feed", status=504, times=5))
    read_well(box, webex_page_size=5000)
    sizes = [request.query["max"] for request in first_requests(box)[:6]]
    assert sizes == ["5000", "2500", "1250", "625", "500", "500"]


@pytest.mark.parametrize(("bears", "sizes"), [(1300, {"5000", "1250"}), (500, {"5000", "1250", "500"})])
def test_a_window_is_begun_again_with_smaller_pages_when_a_gateway_times_out_on_further_ones(
    box: Sandbox, bears: int, sizes: set[str]
) -> None:
    box.webex.switches.slow_above, box.webex.switches.page_cap = bears, 4
    wanted = put_many(box, 10)
    start = now() - 2 * DAY
    assert ids(read_well(box, webex_page_size=5000, **span(start - HOUR, start + HOUR))) == wanted
    assert {request.query["max"] for request in first_requests(box)} == sizes


def test_a_window_is_read_in_shorter_ones_when_a_gateway_times_out_on_the_smallest_pages(box: Sandbox) -> None:
    box.webex.switches.slow_minutes, box.webex.switches.page_cap = 30, 2
    start = now() - 2 * DAY
    wanted = [put(box, start + n * 300 * SECOND) for n in range(20)]
    assert ids(read_well(box, **span(start - HOUR, start + 2 * HOUR))) == wanted


def test_a_gateway_that_times_out_for_good_ends_the_run_before_the_window(box: Sandbox) -> None:
    box.webex.switches.slow_minutes, box.webex.switches.page_cap = 1e-9, 2
    put_many(box, 10)
    out = read(box)
    assert "did not have a page ready in time (504). Windows down to a minute were tried" in str(out.error)
    assert instants.parse(out.bookmarks(FEED)[-1]) <= now() - 2 * DAY + 20 * SECOND


@pytest.mark.parametrize(
    "words",
    [
        "The difference between startTime and endTime exceeds the allowed range",
        "Requested time range is too long",
        "endTime must be at most 6 hours after startTime",
        "startTime and endTime must be within 6 hours of each other",
        "Date range cannot be more than 360 minutes",
    ],
)
def test_a_window_that_has_become_too_long_is_read_in_shorter_ones_from_then_on(box: Sandbox, words: str) -> None:
    box.webex.switches.longest_minutes, box.webex.switches.longest_words = 361, words
    start = now() - 4 * DAY
    wanted = [put(box, start + n * HOUR) for n in range(48)]
    out = read_well(box, **span(start - HOUR, start + 48 * HOUR))
    assert ids(out) == wanted
    assert sum(request.status == 400 for request in data_requests(box)) == 1


def test_a_range_that_is_refused_down_to_a_minute_ends_the_run_without_advice_to_give_up_history(box: Sandbox) -> None:
    box.webex.switches.longest_minutes = 0
    out = read(box)
    assert "too long. Webex says: The difference between" in str(out.error)
    assert "Windows down to a minute were tried" in str(out.error)
    assert "webex_history_hours" not in str(out.error)
    assert not out.bookmarks(FEED)
    assert len(data_requests(box)) < 20
