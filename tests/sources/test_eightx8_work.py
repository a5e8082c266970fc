"""8x8 Work: what its documents leave open loses nothing (WA A1 to A9, A11, A12, A16).

A15, the deprecated v1/cdr, has a file of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from tests.sources.eightx8_work import (
    END,
    KEYS,
    LEGS,
    NOW,
    RECORDS,
    assert_nothing_is_lost,
    box,
    call,
    due,
    empty,
    ids,
    leg,
    minutes_ago,
    ms,
    queries,
    read,
)

__all__ = ["box", "empty"]


def test_every_record_and_leg_arrives_once(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    assert len(out.records(RECORDS)) > 30
    assert len(out.records(LEGS)) > 30


# A1: which time selects call records


@pytest.mark.parametrize("reading", ["start", "disconnect"])
def test_a_record_that_ends_after_the_cut_arrives_with_the_next_run(empty: Sandbox, reading: Any) -> None:
    work = empty.eightx8_work
    work.switches.record_filter = reading
    first = read(empty, RECORDS)
    work.add_record(call(empty, minutes_ago(60), seconds=45 * 60))  # ended 15 minutes ago
    second = read(empty, RECORDS, state=first.bookmark, end_date=minutes_ago(5).isoformat(), settle_minutes=1)
    assert ids(second) == [str(ms(minutes_ago(60)))]


@pytest.mark.parametrize("reading", ["start", "disconnect"])
def test_records_that_cross_a_window_arrive_whichever_time_selects_them(empty: Sandbox, reading: Any) -> None:
    work = empty.eightx8_work
    work.switches.record_filter = reading
    work.add_records(call(empty, NOW - timedelta(hours=hours, minutes=40), seconds=9000) for hours in range(4, 60))
    assert_nothing_is_lost(empty, window_hours=2)


# A2: which bounds belong to a window


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
@pytest.mark.parametrize("end_second", [".000", ".999"])
def test_rows_on_and_beside_the_edges_arrive_once_under_each_reading_of_bounds(
    empty: Sandbox, bounds: Any, end_second: Any
) -> None:
    work = empty.eightx8_work
    work.switches.bounds, work.switches.end_second = bounds, end_second
    start = NOW - timedelta(days=3)
    edges = (start, start + timedelta(hours=24), start + timedelta(hours=48), END)
    around = [edge + timedelta(milliseconds=shift) for edge in edges for shift in (-1000, -999, -1, 0, 1, 999, 1000)]
    within = [instant for instant in around if start <= instant <= END]
    work.add_records(call(empty, instant, seconds=0) for instant in around)
    work.add_legs([leg(empty, instant, seconds=0) for instant in around])
    out = read(empty)
    assert out.error is None
    for stream in (RECORDS, LEGS):
        assert {str(ms(instant)) for instant in within} <= set(ids(out, stream))
        assert len(ids(out, stream)) == len(set(ids(out, stream)))


# A3: the zone of times


def test_times_are_asked_for_in_a_zone_without_daylight_saving(box: Sandbox) -> None:
    assert_nothing_is_lost(box)
    assert {request.query["timeZone"] for request in queries(box)} == {"UTC"}


@pytest.mark.parametrize("parallel_windows", [1, 4])
def test_where_the_name_utc_is_not_known_another_one_is_used(box: Sandbox, parallel_windows: int) -> None:
    box.eightx8_work.switches.utc_accepted = False
    assert_nothing_is_lost(box, parallel_windows=parallel_windows)


def test_an_answer_in_another_zone_ends_the_run(box: Sandbox) -> None:
    box.eightx8_work.switches.render_zone = "America/New_York"
    out = read(box, RECORDS, window_hours=24 * 9)
    assert "answered in another zone" in str(out.error)
    assert out.records(RECORDS) == []
    assert out.states == []


# A4, A5, A6: pages


@pytest.mark.parametrize("signal", ["No Data", "null", "missing", "empty"])
@pytest.mark.parametrize("on_last_page", [False, True])
def test_each_way_to_tell_the_end_ends_a_window_and_no_earlier(box: Sandbox, signal: Any, on_last_page: bool) -> None:
    switches = box.eightx8_work.switches
    switches.end_signal, switches.end_on_last_page = signal, on_last_page
    assert_nothing_is_lost(box)
    assert not any(request.query.get("scrollId") in ("", "No Data", "null") for request in queries(box))


@pytest.mark.parametrize("cap", [1, 3])
def test_a_clamped_page_size_loses_nothing(box: Sandbox, cap: int) -> None:
    box.eightx8_work.switches.page_cap = cap
    assert_nothing_is_lost(box)


def test_short_pages_are_not_the_end(box: Sandbox) -> None:
    box.eightx8_work.switches.short_pages = 0.5
    assert_nothing_is_lost(box)


def test_a_repeated_cursor_ends_the_window_with_an_error(box: Sandbox) -> None:
    box.eightx8_work.switches.repeat_cursor = True
    out = read(box, RECORDS)
    assert "returned the same cursor twice" in str(out.error)


@pytest.mark.parametrize("needed", ["needed", "optional"])
def test_further_pages_are_asked_for_with_all_parameters_unchanged(box: Sandbox, needed: Any) -> None:
    box.eightx8_work.switches.page2_parameters = needed
    assert_nothing_is_lost(box)
    first: dict[tuple[str, str], dict[str, str]] = {}
    followed = 0
    for request in queries(box):
        window = (request.path, request.query["startTime"])
        rest = {name: value for name, value in request.query.items() if name != "scrollId"}
        assert first.setdefault(window, rest) == rest
        followed += "scrollId" in request.query
    assert followed > 4


@pytest.mark.parametrize("size", [0, 7001])
def test_a_page_size_that_the_vendor_does_not_allow_is_not_sent(box: Sandbox, size: int) -> None:
    out = read(box, RECORDS, eightx8_work_page_size=size)
    assert isinstance(out.error, ConfigurationError)
    assert "eightx8_work_page_size must be at" in str(out.error)
    assert box.requests == []


# A7, A8, A9: order, rows that land while reading or later, rows that change


def test_no_order_of_rows_is_relied_upon(box: Sandbox) -> None:
    box.eightx8_work.switches.order = "shuffled"
    assert_nothing_is_lost(box)


def test_a_run_that_dies_within_a_window_leaves_the_bookmark_before_it_and_the_next_one_loses_nothing(
    box: Sandbox,
) -> None:
    box.faults.add(Fault("status", match="scrollId", status=500, after=3, times=3))
    died = read(box, RECORDS)
    assert died.error is not None
    assert len(died.bookmarks(RECORDS)) < 3
    again = read(box, RECORDS, state=died.bookmark)
    assert again.error is None
    assert due(box, RECORDS) <= set(died.keys(RECORDS, *KEYS[RECORDS])) | set(again.keys(RECORDS, *KEYS[RECORDS]))


@pytest.mark.parametrize("arrivals", [1, 2])
def test_rows_that_land_while_pages_are_read_make_none_go_missing(box: Sandbox, arrivals: int) -> None:
    there = due(box, RECORDS)
    box.eightx8_work.switches.arrivals_per_page = arrivals
    out = read(box, RECORDS)
    assert out.error is None
    emitted = out.keys(RECORDS, *KEYS[RECORDS])
    assert there <= set(emitted)
    assert set(emitted.values()) == {1}


def test_a_row_that_two_pages_have_in_common_is_emitted_once(box: Sandbox) -> None:
    box.eightx8_work.switches.repeat_last_row = True
    assert_nothing_is_lost(box)


def test_a_row_that_lands_late_arrives_with_a_later_run(empty: Sandbox) -> None:
    work = empty.eightx8_work
    first = read(empty)
    work.add_record(call(empty, NOW - timedelta(hours=20)))
    work.add_legs([leg(empty, NOW - timedelta(hours=20))])
    second = read(empty, state=first.bookmark)
    assert len(ids(second)) == len(ids(second, LEGS)) == 1


def test_a_row_that_has_changed_is_emitted_again(empty: Sandbox) -> None:
    work = empty.eightx8_work
    old, new = (leg(empty, minutes_ago(90), status=status) for status in ("In Progress", "Completed"))
    work.add_legs([old])
    first = read(empty, LEGS)
    work.replace(new)
    second = read(empty, LEGS, state=first.bookmark)
    assert [record["status"] for record in (*first.records(LEGS), *second.records(LEGS))] == [
        "In Progress",
        "Completed",
    ]


def test_a_row_without_an_end_moves_no_bookmark(empty: Sandbox) -> None:
    work = empty.eightx8_work
    work.add_record(call(empty, minutes_ago(90), disconnectedTimeUTC=0))
    out = read(empty, RECORDS)
    [record] = out.records(RECORDS)
    assert record["disconnected_time_utc"] is None
    assert out.bookmarks(RECORDS)[-1] == END.strftime("%Y-%m-%dT%H:%M:%S.000Z")


# A11: whether a cursor outlives its token


@pytest.mark.parametrize("bound", [False, True])
def test_a_token_that_expires_while_scrolling_loses_nothing(box: Sandbox, bound: bool) -> None:
    switches = box.eightx8_work.switches
    switches.token_requests, switches.cursor_bound_to_token = 5, bound
    assert_nothing_is_lost(box, eightx8_work_page_size=40)
    assert len([request for request in box.requests if request.path.endswith("/oauth/token")]) > 1


# A12: the vendor's two years


def test_a_start_before_what_the_vendor_serves_is_warned_of(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    start = NOW - timedelta(days=800)
    out = read(empty, RECORDS, start_date=start.isoformat(), window_hours=24 * 365)
    assert out.error is None
    assert any("has no data before" in line for line in caplog.messages)


def test_a_start_within_what_the_vendor_serves_is_not(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    read(empty, RECORDS)
    assert not any("has no data before" in line for line in caplog.messages)


# A16: what narrows a query


def test_nothing_is_asked_for_that_would_drop_rows(box: Sandbox) -> None:
    read(box)
    always = {"pbxId", "startTime", "endTime", "timeZone", "pageSize"}
    for request in queries(box):
        more = request.query.keys() - always - {"scrollId"}
        if request.path.endswith("call-legs"):
            assert more == {"isConnectTime", "isSimplified"}
            assert {request.query[name] for name in more} == {"false"}
        else:
            assert more == set()
