"""Zoom Phone: whatever its documents leave open, every call arrives, and arrives once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Fault, Sandbox
from tap_callrecords import instants
from tap_callrecords.sources.zoom_phone.months import EDGE, crosses_months, is_cut, is_month, windows_by_day
from tap_callrecords.windows.plan import Span
from tests.faults.clocks import client_clock, in_small
from tests.sources.zoom_phone import (
    CALLS,
    DAY,
    HOUR,
    LATELY,
    LISTS,
    keys,
    lists,
    now,
    once,
    put,
    put_some,
    read,
    read_well,
    span,
    text,
    zoom,
)


@pytest.fixture(scope="module")
def filled() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=30) as box:
        yield box


@pytest.fixture
def company(filled: Sandbox) -> Sandbox:
    """A sandbox with calls of two days, all switches as they are by default."""
    filled.requests.clear()
    zoom(filled).switches = type(zoom(filled).switches)()
    return filled


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        *(("arrays", which) for which in ("call_history", "call_logs", "unequal")),
        *(("last_token", what) for what in ("missing", "then empty page", "then first page", "then refused")),
        *(("total", what) for what in ("page", None)),
        ("overcount", 1),
        ("withhold", 1),
        *(("month", length) for length in ("30 days", "31 days")),
        *(("over_month", what) for what in ("cut silently", "refuse")),
        ("dates", "days"),
        *(("bounds", bounds) for bounds in ("[)", "(]", "()")),
        ("time_type", "ignored"),
        ("recording_default", "recorded"),
        *(("recording_filter", what) for what in ("ignored", "refused")),
        ("page_cap", 2),
        ("empty_pages", 2),
        *(("order", order) for order in ("oldest_first", "ties_shuffled")),
        *(("empties", what) for what in ("null", "empty")),
        ("words", "odd"),
        ("country_codes", "US"),
        ("unknown_fields", True),
        ("odd_values", True),
        ("one_token", True),
        ("token_requests", 3),
    ],
)
def test_every_call_arrives_once_whatever_the_documents_mean(company: Sandbox, switch: str, value: Any) -> None:
    end = now() - HOUR
    wanted = {
        row["call_history_uuid"]
        for row in zoom(company).table("calls")
        if datetime.fromisoformat(row["start_time"]) < end - timedelta(seconds=2)
    }
    zoom(company).set_switches({switch: value})
    out = read_well(company, start_date=(now() - 4 * DAY).isoformat(), end_date=end.isoformat())
    assert wanted <= set(keys(out))
    assert set(keys(out).values()) == {1}


# Which time is asked for

LAST_OF_JULY = datetime(2026, 7, 31, tzinfo=UTC)
IN_AUGUST = datetime(2026, 8, 10, 12, tzinfo=UTC)


@pytest.fixture
def august(box: Sandbox) -> Iterator[Sandbox]:
    """A sandbox in August, with a call at each side of the month's edge and on it."""
    offset = IN_AUGUST - datetime.now(UTC)
    box.clock.skew_seconds = offset.total_seconds()
    for seconds in (-3600, -61, -60, -1, 0, 1, 60, 61, 3600):
        put(box, LAST_OF_JULY + DAY + timedelta(seconds=seconds))
    with client_clock(offset):
        yield box


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
@pytest.mark.parametrize("over_month", ["cut", "cut silently", "refuse"])
def test_no_call_at_the_end_of_a_month_is_lost_where_a_range_is_cut_to_its_last_month(
    august: Sandbox, over_month: str, bounds: str
) -> None:
    zoom(august).set_switches({"over_month": over_month, "bounds": bounds})
    out = read_well(august, **span(LAST_OF_JULY, LAST_OF_JULY + 2 * DAY))
    wanted = {row["call_history_uuid"] for row in zoom(august).table("calls")}
    if over_month == "refuse" and bounds == "()":  # then no range holds the very edge
        wanted.remove(sorted(zoom(august).table("calls"), key=lambda row: row["start_time"])[4]["call_history_uuid"])
    assert keys(out) == once(wanted)


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
@pytest.mark.parametrize("over_month", ["cut", "refuse"])
@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_runs_that_meet_near_the_end_of_a_month_lose_no_call_between_them(
    august: Sandbox, seconds: int, over_month: str, bounds: str
) -> None:
    zoom(august).set_switches({"over_month": over_month, "bounds": bounds})
    meets = LAST_OF_JULY + DAY + timedelta(seconds=seconds)
    first = read_well(august, **span(LAST_OF_JULY, meets))
    second = read_well(august, state=first.bookmark, lookback_hours=0, **span(LAST_OF_JULY, LAST_OF_JULY + 2 * DAY))
    edge = {
        row["call_history_uuid"]
        for row in zoom(august).table("calls")
        if row["start_time"] == text(LAST_OF_JULY + DAY) and over_month == "refuse" and bounds == "()"
    }
    assert {row["call_history_uuid"] for row in zoom(august).table("calls")} - edge <= set(keys(first)) | set(
        keys(second)
    )


def test_a_range_that_is_told_to_end_with_the_last_second_of_a_month_is_no_shorter_one(august: Sandbox) -> None:
    zoom(august).set_switches({"last_second": True})
    out = read_well(august, **span(LAST_OF_JULY, LAST_OF_JULY + 2 * DAY))
    assert keys(out) == once({row["call_history_uuid"] for row in zoom(august).table("calls")})


def test_a_range_that_is_answered_for_less_time_than_it_was_asked_for_is_read_in_parts(august: Sandbox) -> None:
    zoom(august).set_switches({"history_days": 9, "too_old": "cut"})  # the first window begins before that
    put(august, IN_AUGUST - 9 * DAY + timedelta(minutes=1))
    out = read(august, **span(IN_AUGUST - 9 * DAY - HOUR, IN_AUGUST - 8 * DAY))
    assert "Zoom Phone answered for less time than it was asked for." in str(out.error)
    assert out.bookmarks(CALLS) == []
    asked = [each.query["from"] for each in lists(august)]
    assert len(asked) < 20


@pytest.mark.parametrize(
    ("asked", "echoed", "cut"),
    [
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-03T08:00:00Z", "2026-08-04T08:00:00Z"), False),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-03T10:00:00+02:00", "2026-08-04T08:00:00Z"), False),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-03", "2026-08-04"), False),
        (("2026-08-03T20:00:00", "2026-08-04T20:00:00"), ("2026-08-04", "2026-08-05"), False),
        (("2026-08-03T02:00:00", "2026-08-04T02:00:00"), ("2026-08-02", "2026-08-03"), False),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-05", "2026-08-05"), True),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-02", "2026-08-02"), True),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-03T08:00:01Z", "2026-08-04T08:00:00Z"), True),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("2026-08-03T08:00:00Z", "2026-08-04T07:59:59Z"), True),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), (None, None), False),
        (("2026-08-03T08:00:00", "2026-08-04T08:00:00"), ("soon", 5), False),
    ],
)
def test_an_echo_is_compared_as_instants_or_as_days_where_it_has_days(
    asked: tuple[str, str], echoed: tuple[Any, Any], cut: bool
) -> None:
    start, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in asked)
    assert is_cut(start, end, *echoed) is cut


@given(
    since_new_year=st.integers(0, 364 * 86_400),
    seconds=st.integers(0, 70 * 86_400),
    hours=st.integers(1, 24),
    on_an_edge=st.booleans(),
)
def test_windows_leave_no_hole_are_no_longer_than_a_day_and_ask_for_one_month_only(
    since_new_year: int, seconds: int, hours: int, on_an_edge: bool
) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=since_new_year)
    begin = begin.replace(day=1, hour=0, minute=0, second=0) if on_an_edge else begin
    end = begin + timedelta(seconds=seconds)
    windows = windows_by_day(Span(begin, end), timedelta(hours=hours))
    assert [window.index for window in windows] == [*range(len(windows))]
    assert bool(windows) is (seconds > 0)
    if windows:
        assert (windows[0].start, windows[-1].end) == (begin, end)
    for window in windows:
        assert window.query_start <= window.start < window.end <= window.query_end
        crosses = crosses_months(window.query_start, window.query_end)
        assert window.query_end - window.query_start <= (2 * EDGE + timedelta(seconds=2) if crosses else DAY + EDGE)
    for before, after in pairwise(windows):
        assert before.end == after.start
        strictly_inside = [each for each in windows if each.query_start < before.end < each.query_end]
        assert strictly_inside
    edges = {window.query_end for window in windows if is_month(window.query_end)} | {begin, end}
    assert all(any(each.query_start < edge < each.query_end for each in windows) for edge in edges if windows)
    within = [each for each in windows if not crosses_months(each.query_start, each.query_end)]
    for before, after in pairwise(within):  # a range across the end of a month may be refused: none relies on it
        assert after.query_start <= before.query_end
    if windows:
        assert within[0].query_start <= begin
        assert end <= within[-1].query_end


def test_a_run_asks_by_the_start_of_calls_and_for_nothing_but_time_and_pages(company: Sandbox) -> None:
    read_well(company)
    asked = [set(request.query) for request in lists(company) if "recording_status" not in request.query]
    assert asked
    assert set.union(*asked) == {"from", "to", "time_type", "page_size", "next_page_token"}
    assert {request.query["time_type"] for request in lists(company)} == {"start_time"}


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Asia/Tokyo", "America/Los_Angeles"])
def test_instants_that_are_cut_to_days_of_any_zone_lose_no_call_that_the_look_back_reaches(
    box: Sandbox, zone: str
) -> None:
    zoom(box).set_switches({"dates": "days", "zone": zone})
    wanted = put_some(box, 30)
    first = read_well(box, start_date=(now() - 3 * DAY).isoformat(), end_date=(now() - 30 * HOUR).isoformat())
    box.clock.skew_seconds = DAY.total_seconds()  # when the day of the calls has ended in every zone
    with client_clock(DAY):
        late = read_well(box, state=first.bookmark)
    assert wanted <= set(keys(first)) | set(keys(late))
    assert set(keys(late).values()) == {1}


def test_calls_before_the_configured_history_are_not_asked_for(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    read_well(box, start_date=(now() - 20 * DAY).isoformat(), zoom_phone_history_days=2)
    assert min(request.query["from"] for request in lists(box)) >= text(now() - 2 * DAY - timedelta(seconds=5))
    assert "Zoom Phone has no data before" in caplog.text


def test_a_range_that_zoom_finds_too_old_is_told_with_its_setting(box: Sandbox) -> None:
    zoom(box).switches.history_days = 1
    out = read(box)
    assert "Zoom Phone refused a time range: " in str(out.error)
    assert "Check setting zoom_phone_history_days" in str(out.error)


def test_history_that_is_answered_with_nothing_brings_what_there_is(box: Sandbox) -> None:
    zoom(box).set_switches({"history_days": 1, "too_old": "empty"})
    key = put(box, now() - HOUR)
    assert keys(read_well(box, window_hours=1)) == once({key})


# Calls without a recording


def test_calls_without_a_recording_arrive_where_the_list_has_recorded_ones_by_default(box: Sandbox) -> None:
    zoom(box).switches.recording_default = "recorded"
    wanted = put_some(box, 7) | put_some(box, 7, last=now() - 5 * HOUR, recording_status="recorded")
    assert keys(read_well(box)) == once(wanted)


@pytest.mark.parametrize("status", [400, 422])
def test_a_list_of_calls_without_a_recording_that_is_refused_once_is_asked_for_again(box: Sandbox, status: int) -> None:
    zoom(box).switches.recording_default = "recorded"
    wanted = put_some(box, 4)
    body = {"code": 300, "message": "Validation Failed."}
    box.faults.add(Fault("status", status=status, body=body, match="recording_status=non_recorded", times=2))
    start, end = now() - 3 * HOUR, now() - timedelta(minutes=30)  # two windows at most, if a midnight lies between
    assert keys(read_well(box, **span(start, end))) == once(wanted)


def test_a_list_of_calls_without_a_recording_that_came_before_is_not_left_out_when_it_is_refused(box: Sandbox) -> None:
    zoom(box).switches.recording_default = "recorded"
    put_some(box, 1)
    body = {"code": 300, "message": "Validation Failed."}
    box.faults.add(Fault("status", status=400, body=body, match="recording_status=non_recorded", after=1, times=None))
    out = read(box)
    assert "Zoom Phone refused a request with status 400" in str(out.error)
    assert all(each < instants.to_text(now() - HOUR) for each in out.bookmarks(CALLS))


def test_a_day_on_which_no_call_was_recorded_is_no_quiet_day(box: Sandbox) -> None:
    zoom(box).switches.recording_default = "recorded"
    wanted = put_some(box, 4)
    assert keys(read_well(box)) == once(wanted)


def test_a_list_that_shows_a_call_without_a_recording_is_not_asked_for_these_again(box: Sandbox) -> None:
    put(box, now() - HOUR)
    read_well(box, start_date=(now() - 2 * HOUR).isoformat(), end_date=(now() - timedelta(minutes=30)).isoformat())
    windows = {(each.query["from"], each.query["to"]) for each in lists(box)}
    asked = [each for each in lists(box) if "recording_status" in each.query]
    assert len(asked) == len(windows) - 1


@pytest.mark.parametrize("last_token", ["empty", "then refused"])
@pytest.mark.parametrize("withheld", ["recorded", "non_recorded"])
def test_a_call_that_is_counted_and_not_sent_is_missed_in_both_lists(
    box: Sandbox, withheld: str, last_token: str
) -> None:
    zoom(box).set_switches({"recording_default": "recorded", "last_token": last_token})
    put_some(box, 5, last=LATELY, recording_status=withheld)
    zoom(box).set_switches({"withhold": 1, "withhold_reads": None})
    out = read(box)
    said = "Zoom Phone announced 5 rows" if last_token == "empty" else "no longer accepts a page token"
    assert said in str(out.error)
    assert all(each < instants.to_text(LATELY - HOUR) for each in out.bookmarks(CALLS))


# Values


def test_a_call_has_the_vendors_values_in_our_types(box: Sandbox) -> None:
    began = now() - HOUR
    put(box, began, duration=55, hide_caller_id=True, international=False, spam="Maybe Spam", sbc_id="20")
    (record,) = read_well(box).records(CALLS)
    assert record["start_time"] == text(began).replace("Z", ".000Z")
    assert (record["duration"], record["hide_caller_id"], record["international"]) == (55, True, False)
    assert (record["spam"], record["sbc_id"], record["caller_email"]) == ("Maybe Spam", "20", None)
    assert record["account_id"] == zoom(box).account_id
    assert record["_rescued_data"] is None


@pytest.mark.parametrize("empty", ["null", "empty"])
def test_a_missing_instant_is_null_however_it_is_written(box: Sandbox, empty: str) -> None:
    zoom(box).set_switches({"empties": empty})
    put(box, now() - HOUR, answer_time=None, duration=None, caller_name=None)
    (record,) = read_well(box).records(CALLS)
    assert (record["answer_time"], record["duration"]) == (None, None)
    assert record["caller_name"] == (None if empty == "null" else "")
    assert record["_rescued_data"] is None


@pytest.mark.parametrize("records", ["one record", "two records"])
def test_an_internal_call_has_as_many_rows_as_records(records: str) -> None:
    with Sandbox(days=2, calls_per_day=30) as box:
        zoom(box).set_switches({"internal": records})
        out = read_well(box, start_date=(now() - 4 * DAY).isoformat())
        ids = [each["call_id"] for each in out.records(CALLS) if each["connect_type"] == "internal"]
    assert ids
    assert {ids.count(each) for each in ids} == {1 if records == "one record" else 2}


def test_a_record_that_grew_by_a_warm_transfer_comes_again_under_its_key(box: Sandbox) -> None:
    key = put(box, now() - 2 * HOUR)
    first = read_well(box)
    row = dict(zoom(box).table("calls")[0]) | {"end_time": text(now() - HOUR), "recording_status": "recorded"}
    zoom(box).table("calls").replace([row])
    second = read_well(box, state=first.bookmark)
    assert keys(second) == once({key})
    assert second.records(CALLS)[0]["end_time"] > first.records(CALLS)[0]["end_time"]


def test_a_call_that_is_listed_late_arrives_with_the_look_back(box: Sandbox) -> None:
    first = read_well(box)
    key = put(box, now() - 3 * HOUR)
    assert keys(read_well(box, state=first.bookmark)) == once({key})


# Lists


@pytest.mark.parametrize("stream", LISTS)
@pytest.mark.parametrize("last_token", ["empty", "missing", "then empty page", "then first page", "then refused"])
def test_a_list_is_read_whole_whatever_its_last_page_says(company: Sandbox, stream: str, last_token: str) -> None:
    zoom(company).set_switches({"last_token": last_token})
    with in_small():
        out = read_well(company, stream)
    rows = zoom(company).table(stream.removeprefix("zoom_phone_"))
    assert {each["extension_id"] for each in out.records(stream)} == {row["extension_id"] for row in rows}
    assert len(out.records(stream)) == len(rows)


def test_an_extension_number_is_text_as_calls_have_it(company: Sandbox) -> None:
    out = read_well(company, *LISTS)
    user, queue = (out.records(stream)[0] for stream in LISTS)
    assert user["extension_number"].isdigit()
    assert queue["phone_numbers"][0]["source"] == "internal"
    assert user["site"]["name"] in ("London", "New York")


def test_times_of_another_zone_are_told_in_utc(box: Sandbox) -> None:
    at = (now() - HOUR).astimezone(timezone(timedelta(hours=2)))
    put(box, now() - HOUR, start_time=at.isoformat())
    (record,) = read_well(box).records(CALLS)
    assert record["start_time"] == text(at.astimezone(UTC)).replace("Z", ".000Z")
