"""8x8 Work: what its documents leave open loses nothing (WA A1 to A17), and its refusals are told in words (WA 5).

A15, the deprecated v1/cdr, has a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from sandbox.app import LoggedRequest
from sandbox.table import Row
from tests.support.tap import Output, sync

RECORDS, LEGS = "eightx8_call_records", "eightx8_call_legs"
KEYS = {RECORDS: ("pbx_id", "call_id"), LEGS: ("pbx_id", "call_id", "leg_id")}
NOW = datetime.now(UTC).replace(microsecond=0)
END = NOW - timedelta(minutes=20)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed=8, days=2, calls_per_day=30) as box:
        yield box


@pytest.fixture
def empty() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as box:
        yield box


def read(box: Sandbox, *streams: str, state: dict[str, Any] | None = None, **more: Any) -> Output:
    config = {
        **box.eightx8_work.config,
        "start_date": (NOW - timedelta(days=3)).isoformat(),
        "end_date": END.isoformat(),
        "eightx8_work_page_size": 7,
        "max_attempts": 3,
        **more,
    }
    return sync(config, state=state, streams=streams or (RECORDS, LEGS))


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def due(box: Sandbox, stream: str) -> set[tuple[str, ...]]:
    """Keys of the rows that started and ended before the end date: every reading selects them."""
    table = box.eightx8_work.records if stream == RECORDS else box.eightx8_work.legs
    names = ("pbxId", "callId", "legId")[: len(KEYS[stream])]
    return {tuple(str(row[name]) for name in names) for row in table if row["disconnectedTimeUTC"] <= ms(END)}


def assert_nothing_is_lost(box: Sandbox, **more: Any) -> Output:
    """Every row arrives, and arrives once."""
    out = read(box, **more)
    assert out.error is None
    for stream, key in KEYS.items():
        emitted = out.keys(stream, *key)
        assert due(box, stream) <= set(emitted)
        assert set(emitted.values()) <= {1}
    return out


def call(box: Sandbox, started: datetime, *, seconds: int = 60, **fields: Any) -> Row:
    """A call record, not yet put in."""
    times = {"startTimeUTC": ms(started), "disconnectedTimeUTC": ms(started) + seconds * 1000}
    return box.eightx8_work.new_record(**({"callId": str(ms(started))} | times | fields))


def leg(box: Sandbox, started: datetime, *, seconds: int = 60, **fields: Any) -> Row:
    """A call leg, not yet put in."""
    times = {"startTimeUTC": ms(started), "disconnectedTimeUTC": ms(started) + seconds * 1000}
    return box.eightx8_work.new_leg(**({"callId": str(ms(started)), "legId": "1"} | times | fields))


def ids(out: Output, stream: str = RECORDS) -> list[str]:
    return [record["call_id"] for record in out.records(stream)]


def queries(box: Sandbox) -> list[LoggedRequest]:
    return [request for request in box.requests if request.path.split("/")[-1] in ("call-records", "call-legs")]


def test_every_record_and_leg_arrives_once(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    assert len(out.records(RECORDS)) > 30
    assert len(out.records(LEGS)) > 30


def test_the_vendors_samples_get_their_types() -> None:
    with Sandbox(calls_per_day=0, samples=True) as box:
        out = read(box, RECORDS, LEGS)
        record = next(each for each in out.records(RECORDS) if each["call_id"] == "1635571048351")
        legs = out.records(LEGS)
    assert record["connect_time_utc"] is None
    assert record["connect_time"] == "0"
    assert record["answered_time"] is None
    assert (record["call_leg_count"], record["missed"], record["answered"]) == (1, "Missed", "-")
    assert all(each["_rescued_data"] is None for each in (record, *legs))
    assert len(legs) == 2


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
    assert "repeated a cursor" in str(out.error)


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


# A10: whether keys are unique


def test_two_calls_under_one_key_are_both_emitted_with_a_warning(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(minutes), callId="1") for minutes in (90, 91)])
    out = read(empty, RECORDS)
    assert out.error is None
    assert len({record["start_time_utc"] for record in out.records(RECORDS)}) == 2
    assert any("1 rows share their key with a different row" in line for line in caplog.messages)


def test_one_call_id_in_two_pbxs_is_two_calls(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(90), callId="1", pbxId=pbx) for pbx in ("one", "two")])
    out = read(empty, RECORDS)
    assert sorted(out.keys(RECORDS, "pbx_id")) == [("one",), ("two",)]
    assert not any("share their key" in line for line in caplog.messages)


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
    assert any("serves nothing before" in line for line in caplog.messages)


def test_a_start_within_what_the_vendor_serves_is_not(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    read(empty, RECORDS)
    assert not any("serves nothing before" in line for line in caplog.messages)


# A13: PBXs without access


def test_the_pbxs_that_were_seen_are_reported(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    box.eightx8_work.allowed_pbxes = {"northwindlon"}
    out = read(box, RECORDS)
    assert out.error is None
    assert "PBXs with rows: northwindlon." in caplog.messages


def test_listed_pbxs_without_access_are_an_error_that_names_the_setting(box: Sandbox) -> None:
    box.eightx8_work.allowed_pbxes = {"northwindlon"}
    out = read(box, RECORDS, eightx8_work_pbx_ids=["northwindlon", "northwindnyc"])
    assert isinstance(out.error, ConfigurationError)
    assert "may not read one of the PBXs. Check setting eightx8_work_pbx_ids" in str(out.error)


def test_all_pbxs_with_access_to_some_only_may_be_refused(box: Sandbox) -> None:
    work = box.eightx8_work
    work.allowed_pbxes, work.switches.all_pbxes = {"northwindlon"}, "reject"
    out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert out.states == []


def test_listed_pbxs_are_sent_as_they_are(box: Sandbox) -> None:
    out = read(box, RECORDS, eightx8_work_pbx_ids=["northwindlon", "acmecorppbx"])
    assert out.error is None
    assert {request.query["pbxId"] for request in queries(box)} == {"northwindlon,acmecorppbx"}
    assert set(out.keys(RECORDS, "pbx_id")) == {("northwindlon",)}


# A14: types that drift


@pytest.mark.parametrize("switch", ["leg_count_as_int", "null_arrays", "odd_values", "unknown_fields"])
def test_values_of_other_types_and_new_fields_lose_nothing(box: Sandbox, switch: str) -> None:
    setattr(box.eightx8_work.switches, switch, True)
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("as_int", [False, True])
def test_the_number_of_legs_is_an_integer_either_way(box: Sandbox, as_int: bool) -> None:
    box.eightx8_work.switches.leg_count_as_int = as_int
    out = read(box, RECORDS)
    assert {type(record["call_leg_count"]) for record in out.records(RECORDS)} == {int}


def test_new_fields_are_kept(box: Sandbox) -> None:
    box.eightx8_work.switches.unknown_fields = True
    out = read(box, RECORDS)
    assert all("newText" in record["_rescued_data"] for record in out.records(RECORDS))


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


# A17: rates, counts


def test_requests_that_are_throttled_are_sent_again(box: Sandbox) -> None:
    box.eightx8_work.switches.throttle_every = 3
    assert_nothing_is_lost(box)


def test_a_window_that_stays_throttled_is_never_a_success(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="scrollId", status=429, retry_after="0", times=None))
    out = read(box, RECORDS)
    assert "gave up after 3 tries" in str(out.error)
    assert out.records(RECORDS)
    assert len(out.bookmarks(RECORDS)) <= 1


def test_a_window_that_was_short_of_its_count_is_read_again(box: Sandbox) -> None:
    box.eightx8_work.switches.withhold = 3
    assert_nothing_is_lost(box)


def test_a_window_that_stays_short_of_its_count_fails_with_both_numbers(empty: Sandbox) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(60 + number)) for number in range(10)])
    work.switches.overcount = 2
    out = read(empty, RECORDS)
    assert "announced 12 rows" in str(out.error)
    assert "sent 10" in str(out.error)


# Refusals (WA 5)


@pytest.mark.parametrize("match", ["/oauth/token", "/v2/"])
def test_a_wrong_api_key_names_the_setting(box: Sandbox, match: str) -> None:
    if match == "/oauth/token":
        out = read(box, RECORDS, eightx8_work_api_key="not-the-right-one")
    else:
        body = {"status": 400, "message": "Invalid 8x8-apikey", "code": "SHA001", "details": []}
        box.faults.add(Fault("status", match=match, status=400, body=body))
        out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert "does not know the API key. Check setting eightx8_work_api_key" in str(out.error)
    assert "not-the-right-one" not in str(out.error)


def test_an_unknown_user_names_the_setting(box: Sandbox) -> None:
    out = read(box, RECORDS, eightx8_work_username="nobody@example.com")
    assert isinstance(out.error, ConfigurationError)
    assert "does not know the user. Check setting eightx8_work_username" in str(out.error)


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_password_names_the_setting(box: Sandbox, status: int) -> None:
    box.eightx8_work.switches.wrong_password_status = status
    out = read(box, RECORDS, eightx8_work_password="not-the-right-one")
    assert isinstance(out.error, ConfigurationError)
    assert "refused the password. Check settings eightx8_work_password" in str(out.error)
    assert len(box.requests) == 1


def test_a_user_who_has_never_opened_analytics_is_told_to(box: Sandbox) -> None:
    box.eightx8_work.user_opened_analytics = False
    out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert "open Analytics for 8x8 Work in a browser once" in str(out.error)


def test_a_user_without_licence_or_level_is_told_which(box: Sandbox) -> None:
    box.eightx8_work.user_has_licence = False
    out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert "a licence with Analytics and the access level Supervisor" in str(out.error)
    assert box.eightx8_work.username not in str(out.error)


def test_a_token_that_is_refused_at_once_is_renewed_once_and_then_reported(box: Sandbox) -> None:
    box.eightx8_work.switches.token_requests = 0
    out = read(box, RECORDS)
    assert "refused a token that it has just issued" in str(out.error)
    assert "eyJ" not in str(out.error)
    assert len([request for request in box.requests if request.path.endswith("/oauth/token")]) == 2


def test_key_and_token_go_with_every_query_and_the_key_alone_with_the_login(box: Sandbox) -> None:
    read(box, RECORDS)
    for request in box.requests:
        assert request.headers["8x8-apikey"] == box.eightx8_work.api_key
        assert ("authorization" in request.headers) != request.path.endswith("/oauth/token")
