"""Webex's pages: what its links, counts and empty answers leave open loses nothing, and no link leads elsewhere."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tap_callrecords import instants
from tap_callrecords.sources.webex.api import WebexApi
from tap_callrecords.tap import TapCallRecords
from tests.sources.webex import (
    DAY,
    FEED,
    HOUR,
    LIVE,
    SECOND,
    data_requests,
    ended,
    first_requests,
    ids,
    now,
    put,
    put_many,
    read,
    read_well,
    span,
)


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


def test_a_link_that_is_no_url_is_an_error_in_words(box: Sandbox) -> None:
    put_many(box, 8)
    box.webex.switches.page_cap, box.webex.switches.link = 3, "broken"
    assert "link to the next page leads to no host" in str(read(box).error)


@pytest.mark.parametrize("header", ["null", "<>", "garbage", "<https://vendor.example/?a=1>; next"])
def test_a_header_of_links_that_can_not_be_read_is_not_the_end(box: Sandbox, header: str) -> None:
    body: dict[str, Any] = {"items": []}
    box.faults.add(Fault("status", match="/cdr_feed", status=200, body=body, headers={"Link": header}, times=None))
    out = read(box, max_attempts=2)
    assert "a body that is not what it documents" in str(out.error)
    assert out.bookmarks(FEED) == []


@pytest.mark.parametrize("header", ["", " ", '<https://vendor.example/>; rel="preconnect"', '</a>; REL = "prev"'])
def test_a_header_of_other_links_or_of_none_is_the_end(box: Sandbox, header: str) -> None:
    body: dict[str, Any] = {"items": []}
    box.faults.add(Fault("status", match="/cdr_feed", status=200, body=body, headers={"Link": header}, times=None))
    assert ids(read_well(box, start_date=instants.to_text(now() - 2 * HOUR))) == []


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
    assert "returned the same cursor twice" in str(out.error)
    assert instants.parse(out.bookmarks(FEED)[-1]) <= now() - 2 * DAY + SECOND


def test_links_that_lead_on_for_ever_and_bring_nothing_are_an_error_and_the_bookmark_stays(box: Sandbox) -> None:
    box.webex.switches.endless_links = True
    wanted = put_many(box, 3)
    start = now() - 2 * DAY - HOUR  # in the window of the rows
    out = read(box, start_date=start.isoformat(), end_date=(now() - DAY).isoformat(), window_hours=48)
    assert "had no new records" in str(out.error)
    assert len(data_requests(box)) < 1000
    assert sorted(ids(out)) == sorted(wanted)
    assert out.bookmarks(FEED) == []


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


@pytest.mark.parametrize("status", [204, 404])
@pytest.mark.parametrize("times", [1, 2])
def test_a_page_that_a_link_leads_to_and_that_is_said_to_be_empty_is_asked_for_again(
    box: Sandbox, times: int, status: int
) -> None:
    box.webex.switches.page_cap = 4
    wanted = put_many(box, 10)
    body = "No CDRs found" if status == 404 else b""
    fault = Fault("status", status=status, body=body, match="startTimeForNextFetch", times=times)
    box.faults.add(fault)
    assert ids(read_well(box)) == wanted
    assert fault.struck == times


def test_a_page_without_records_but_with_a_link_does_not_end_the_window(box: Sandbox) -> None:
    box.webex.switches.empty_pages, box.webex.switches.page_cap = True, 4
    wanted = put_many(box, 10)
    assert ids(read_well(box)) == wanted
