"""Webex Calling: what its documents leave open loses nothing and repeats nothing (WX 15)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
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
    ended,
    first_requests,
    ids,
    now,
    put,
    read,
    read_well,
    span,
)
from tests.support.tap import Output

SAMPLES = Path(__file__).parents[2] / "sandbox" / "samples"
BOUNDS: list[Literal["[]", "[)", "(]", "()"]] = ["[]", "[)", "(]", "()"]


@pytest.fixture
def full() -> Iterator[Sandbox]:
    with Sandbox(seed=8, days=2, calls_per_day=60) as box:
        yield box


def put_many(box: Sandbox, count: int) -> list[str]:
    """Records a second apart, two days ago."""
    start = now() - 2 * DAY
    return [put(box, start + number * SECOND) for number in range(count)]


def expected(box: Sandbox, out: Output) -> set[str]:
    """The Report IDs up to the last bookmark."""
    bookmark = out.bookmarks(FEED)[-1]
    return {row["Report ID"] for row in box.webex.records if row["Report time"] < bookmark}


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


@pytest.mark.parametrize(("page_size", "cap"), [(1, None), (500, 7), (5000, 3)])
def test_the_end_of_a_window_is_told_by_links_and_not_by_the_length_of_pages(
    box: Sandbox, page_size: int, cap: int | None
) -> None:
    box.webex.switches.page_cap = cap
    wanted = put_many(box, 30)
    assert ids(read_well(box, webex_page_size=page_size)) == wanted


@pytest.mark.parametrize(
    "form", ["correct", "no_space", "unquoted", "malformed", "two_relations", "relative", "query_only", "doubled"]
)
def test_links_are_followed_as_they_are_however_the_header_is_written(box: Sandbox, form: Any) -> None:
    box.webex.switches.link, box.webex.switches.page_cap = form, 4  # the sandbox takes no other than the link it gave
    wanted = put_many(box, 10)
    assert ids(read_well(box)) == wanted


def test_a_link_with_a_filter_of_locations_is_followed_as_it_is(box: Sandbox) -> None:
    box.webex.switches.page_cap = 2
    start, names = now() - 2 * DAY, ["Erlanger Urgent / Primary Care Main", "Zürich"]
    wanted = [put(box, start + n * SECOND, fields={"Location": names[n % 2]}) for n in range(6)]
    assert ids(read_well(box, webex_locations=names)) == wanted


def test_names_in_a_link_may_be_raw_utf8(box: Sandbox) -> None:
    box.webex.switches.page_cap, box.webex.switches.link_text = 2, "raw"
    start, names = now() - 2 * DAY, ["Zürich", "São Paulo / Œuvre", "東京"]
    wanted = [put(box, start + n * SECOND, fields={"Location": names[n % 3]}) for n in range(9)]
    assert ids(read_well(box, webex_locations=names)) == wanted


def test_rows_that_a_link_without_the_filter_brings_are_left_out_if_they_name_another_location(box: Sandbox) -> None:
    box.webex.switches.page_cap, box.webex.switches.link_filter = 2, False
    start, names = now() - 2 * DAY, ["Zürich", "Elsewhere", "", "ZU\u0308RICH "]
    put_in = [put(box, start + n * SECOND, fields={"Location": names[n % 4]}) for n in range(12)]
    # The first page, which Webex filters, has 0 and 4 and leads to 8.
    assert ids(read_well(box, webex_locations=["Zürich"])) == [put_in[n] for n in (0, 4, 8, 10, 11)]


def test_what_webex_itself_filters_is_kept_whatever_the_location_is_called_by_now(box: Sandbox) -> None:
    old = box.webex.new_record(ended(now() - DAY, Location="its name of last week"))
    box.faults.add(Fault("status", match="/cdr_feed", status=200, body={"items": [old]}))
    assert ids(read_well(box, webex_locations=["its name of today"])) == [old["Report ID"]]


def test_a_link_to_another_host_is_an_error_and_carries_no_token_there(box: Sandbox) -> None:
    box.webex.switches.link, box.webex.switches.page_cap = "foreign", 4
    put_many(box, 10)
    out = read(box)
    assert "leads to example.invalid, where credentials must not go" in str(out.error)


@pytest.mark.parametrize(
    "url",
    [
        "http://analytics-calling.webexapis.com/v1/cdr_feed",
        "https://evil.example/.webexapis.com/",
        "https://webexapis.com.evil.example/",
        "https://evil.example\\.webexapis.com/",
        "https://evil.example@analytics.webexapis.com/",
        "https://analytics.webexapis.com@evil.example/",
        "https://evilwebexapis.com/",
        "https://127.0.0.1.evil.example/",
        "/v1/cdr_feed",
        "",
    ],
)
def test_the_token_goes_to_webex_only(box: Sandbox, url: str) -> None:
    assert not TapCallRecords(config=box.webex.config).api(WebexApi).may_follow(url)


def test_regional_hosts_and_the_configured_one_may_be_followed(box: Sandbox) -> None:
    api = TapCallRecords(config=box.webex.config).api(WebexApi)
    assert api.may_follow("https://analytics-calling-eu.webexapis.com/v1/cdr_feed?startTime=2026-03-02T06:00:00.000Z")
    assert api.may_follow(f"{box.webex.url}/cdr_feed?max=500")


@pytest.mark.parametrize("order", ["ascending", "shuffled"])
def test_records_repeated_at_page_edges_are_emitted_once(box: Sandbox, order: Any) -> None:
    switches = box.webex.switches
    switches.page_edge, switches.page_cap, switches.order = "repeat", 5, order
    wanted = put_many(box, 23)
    assert sorted(ids(read_well(box))) == sorted(wanted)


def test_a_count_in_the_link_that_is_not_reached_is_warned_of_and_fails_nothing(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    box.webex.switches.overcount, box.webex.switches.page_cap = 3, 5
    wanted = put_many(box, 12)
    with caplog.at_level(logging.WARNING):
        assert ids(read_well(box)) == wanted
    assert "counts 15 rows" in caplog.text
    assert "sent 12 different ones" in caplog.text


def test_a_window_is_read_in_halves_when_the_cursor_is_too_coarse_for_its_records(box: Sandbox) -> None:
    switches = box.webex.switches
    switches.page_cap, switches.cursor_seconds = 40, 300
    start = now() - 2 * DAY
    wanted = {put(box, start + n * 4 * SECOND) for n in range(100)}
    out = read_well(box, **span(start - 1800 * SECOND, start + 1800 * SECOND))
    assert set(ids(out)) == wanted
    assert len(ids(out)) == len(wanted)


@pytest.mark.parametrize("stream", [FEED, LIVE])
@pytest.mark.parametrize("page_size", [3, 10])
def test_a_full_page_without_a_link_is_not_the_end_where_a_proxy_removes_links(
    box: Sandbox, page_size: int, stream: str
) -> None:
    box.webex.switches.link, box.webex.switches.page_cap = "removed", page_size
    wanted = {put(box, now() - 3 * HOUR - n * 300 * SECOND) for n in range(12)}
    out = read_well(box, stream, webex_page_size=page_size)
    assert set(ids(out, stream)) == wanted
    assert len(ids(out, stream)) == len(wanted)


def test_a_full_page_without_a_link_is_the_end_where_links_come(box: Sandbox) -> None:
    box.webex.switches.page_cap = 4
    wanted = put_many(box, 12)
    late = [put(box, now() - HOUR - n * SECOND) for n in reversed(range(4))]
    out = read_well(box, webex_page_size=4)
    assert ids(out) == [*wanted, *late]
    assert len(first_requests(box)) == len(out.bookmarks(FEED))


def test_a_link_that_can_not_be_read_is_not_the_end(box: Sandbox) -> None:
    box.webex.switches.link, box.webex.switches.page_cap = "no_relation", 5
    put_many(box, 12)
    out = read(box, webex_page_size=5, max_attempts=2)
    assert "a body that is not what it documents" in str(out.error)
    assert all(mark < instants.to_text(now() - 2 * DAY) for mark in out.bookmarks(FEED))


def test_a_link_that_leads_in_circles_is_an_error_and_the_bookmark_stays(box: Sandbox) -> None:
    box.webex.switches.repeat_link, box.webex.switches.page_cap = True, 2
    put(box, now() - 4 * DAY)
    put_many(box, 10)
    out = read(box, start_date=(now() - 5 * DAY).isoformat())
    assert "repeated a cursor" in str(out.error)
    assert instants.parse(out.bookmarks(FEED)[-1]) <= now() - 2 * DAY + SECOND


def test_links_that_lead_on_for_ever_and_bring_nothing_are_an_error_and_the_bookmark_stays(box: Sandbox) -> None:
    box.webex.switches.endless_links = True
    wanted = put_many(box, 3)
    out = read(box, start_date=(now() - 3 * DAY).isoformat(), end_date=(now() - DAY).isoformat(), window_hours=48)
    assert "brought no new row" in str(out.error)
    assert len(data_requests(box)) < 1000
    assert set(ids(out)) <= set(wanted)
    assert not [mark for mark in out.bookmarks(FEED) if mark > instants.to_text(now() - 2 * DAY)]


def test_a_window_whose_links_are_refused_is_read_in_halves(box: Sandbox) -> None:
    box.webex.switches.link_status, box.webex.switches.page_cap = 400, 6
    wanted = put_many(box, 10)
    start = now() - 2 * DAY
    out = read(box, **span(start - 300 * SECOND, start + 300 * SECOND))
    assert "history" in str(out.error)  # ten records in ten seconds: no half holds fewer
    start -= 3 * HOUR
    spread = [put(box, start + n * 600 * SECOND) for n in range(10)]
    assert ids(read_well(box, **span(start - HOUR, start + 2 * HOUR))) == spread
    assert not set(wanted) & set(spread)


@pytest.mark.parametrize("empty", ["200", "204", "404"])
def test_an_empty_window_is_told_in_any_of_three_ways(box: Sandbox, empty: Any) -> None:
    box.webex.switches.empty = empty
    wanted = put_many(box, 3)
    out = read_well(box)
    assert ids(out) == wanted
    assert len(out.bookmarks(FEED)) == len(first_requests(box))


def test_a_wrong_path_is_not_taken_for_an_empty_window(box: Sandbox) -> None:
    out = read(box, webex_api_url=f"{box.webex.url}/elsewhere")
    assert "Check setting webex_api_url" in str(out.error)
    assert not out.states


def test_a_page_without_records_but_with_a_link_does_not_end_the_window(box: Sandbox) -> None:
    box.webex.switches.empty_pages, box.webex.switches.page_cap = True, 4
    wanted = put_many(box, 10)
    assert ids(read_well(box)) == wanted


@pytest.mark.parametrize("missing", [False, True])
def test_keys_in_the_documents_spelling_give_the_same_records(full: Sandbox, *, missing: bool) -> None:
    bounds = span(now() - 2 * DAY, now() - HOUR)
    real = read_well(full, **bounds).records(FEED)
    full.webex.switches.spelling = "docs"
    documented = read_well(full, **bounds).records(FEED)
    assert real == documented
    assert not any(record["_rescued_data"] for record in real)
    full.webex.switches.missing_keys = missing
    without_empty = read_well(full, **bounds).records(FEED)
    assert [_told(record) for record in without_empty] == [_told(record) for record in real]


def _told(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value not in ("", None)}


def test_all_fields_of_the_newest_real_answer_have_a_typed_column() -> None:
    with Sandbox(days=2, calls_per_day=0, samples=True) as box:
        records = read_well(box).records(FEED)
    assert len(records) == 8
    assert len(records[0]) == 88  # 87 and _rescued_data
    assert all(record["_rescued_data"] is None for record in records)
    call = next(each for each in records if each["related_reason"] == "CallQueue")
    typed = {name: call[name] for name in ("answered", "duration", "ring_duration", "hold_duration", "site_timezone")}
    assert typed == {
        "answered": True,
        "duration": 5413,
        "ring_duration": 10,
        "hold_duration": 61,
        "site_timezone": -300,
    }
    assert call["wxcc_consult_merge_status"] == "No"
    assert call["queue_type"] == "Customer Assist"
    unanswered = next(each for each in records if each["caller_reputation_score"] is not None)
    assert unanswered["caller_reputation_score"] == 4.5
    assert unanswered["answer_time"] is None
    assert unanswered["wxcc_consult_merge_status"] == "NA"


def test_the_documented_sample_fits_with_a_blank_in_a_time_and_a_number_for_a_duration(box: Sandbox) -> None:
    documented: dict[str, Any] = json.loads((SAMPLES / "webex_cdr_feed_docs_spelling.json").read_text())["items"][0]
    at = instants.to_text(now() - DAY)
    box.webex.add_record({**documented, "Start time": at, "Report time": at})
    (record,) = read_well(box).records(FEED)
    assert record["_rescued_data"] is None
    assert record["release_time"] == "2023-10-12T21:22:32.621Z"
    assert (record["ring_duration"], record["hold_duration"], record["route_list_calls_overage"]) == (23, 10, 2)
    assert record["call_transfer_time"] == "2023-06-05T18:21:29.707Z"
    assert record["pstn_vendor_name"] == "Cisco Calling Plans"


def test_values_of_unexpected_types_stop_nothing_and_are_kept(full: Sandbox) -> None:
    full.webex.switches.odd_values = full.webex.switches.unknown_fields = True
    out = read_well(full)
    assert expected(full, out) <= set(ids(out))
    rescued = {name for record in out.records(FEED) for name in record["_rescued_data"] or ()}
    assert {"Sandbox field", "Sandbox object", "Duration", "Answer time", "Answered", "User"} <= rescued
    one = next(record for record in out.records(FEED) if "Duration" in record["_rescued_data"])
    assert one["duration"] is None
    assert one["_rescued_data"]["Duration"] == "a while"
    assert one["called_number"] == "2002"


def test_a_field_that_webex_documents_is_named_when_its_value_does_not_fit(
    full: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    full.webex.switches.odd_values = True
    read_well(full)
    assert "Field 'Caller Reputation Score' is new or does not fit its type" in caplog.text


def test_a_record_without_its_id_is_emitted_under_a_key_of_its_content(box: Sandbox) -> None:
    for second in range(2):
        row = box.webex.new_record(ended(now() - DAY + second * SECOND))
        del row["Report ID"]
        box.webex.add_record(row)
    first, again = (ids(read_well(box)) for _ in range(2))
    assert first == again
    assert len(set(first)) == 2


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_records_whose_id_is_empty_stay_apart_and_keep_their_keys_when_a_name_changes(box: Sandbox, empty: Any) -> None:
    rows = [
        box.webex.new_record(
            ended(now() - DAY + number * SECOND, **{"Report ID": empty, "Local call ID": f"{number}:0"})
        )
        for number in range(3)
    ]
    box.webex.add_records(rows)
    first = ids(read_well(box))
    box.webex.records.clear()
    box.webex.add_records([{**row, "User": "Another Name"} for row in rows])
    assert ids(read_well(box)) == first
    assert len({*first}) == 3
    assert all(each.strip() for each in first)


def test_a_record_without_report_time_is_emitted(box: Sandbox) -> None:
    box.webex.switches.filter_field = "start"
    row = box.webex.new_record(ended(now() - DAY))
    del row["Report time"]
    box.webex.add_record(row)
    (record,) = read_well(box).records(FEED)
    assert record["report_time"] is None


def test_a_record_that_changed_is_emitted_again(box: Sandbox) -> None:
    put(box, at := now() - 2 * HOUR)
    first = read_well(box)
    box.webex.replace(box.webex.new_record(ended(at, **{"Call outcome": "Failure"})))
    (changed,) = read_well(box, state=first.bookmark).records(FEED)
    assert changed["call_outcome"] == "Failure"


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


def test_feed_and_live_stream_give_the_same_records(full: Sandbox) -> None:
    bounds = span(now() - 10 * HOUR, now() - HOUR)
    full.webex.switches.filter_field = "inserted"
    feed, live = (read_well(full, stream, **bounds).records(stream) for stream in (FEED, LIVE))
    assert live
    for record in live:
        assert record.pop("inserted_before")
    assert sorted(map(str, feed)) == sorted(str(record) for record in live)
