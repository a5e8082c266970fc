"""Recent Calls: what its documents leave open loses nothing (CC R1 to R14), and its refusals are told in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Clock, Fault, Sandbox
from sandbox.eightx8_contact_center import EightX8ContactCenter
from tests.support.tap import Output, sync

STREAM = "eightx8_recent_calls"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed=8, days=2, calls_per_day=40) as box:
        yield box


@pytest.fixture
def empty() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as box:
        yield box


def read(box: Sandbox, state: dict[str, Any] | None = None, **more: Any) -> Output:
    config = {
        **box.eightx8_contact_center.config,
        "start_date": (NOW - timedelta(days=3)).isoformat(),
        "end_date": (NOW - timedelta(minutes=20)).isoformat(),
        "eightx8_contact_center_page_size": 7,
        "max_attempts": 3,
        **more,
    }
    return sync(config, state=state, streams=[STREAM])


def ids(out: Output) -> list[str]:
    return [record["call_id"] for record in out.records(STREAM)]


def expected(api: EightX8ContactCenter) -> set[str]:
    """Ids of the calls that started before the end date."""
    end = (NOW - timedelta(minutes=20)).timestamp() * 1000
    return {row["callId"] for row in api.calls if int(row["callId"].split("-")[1], 16) <= end}


def bodies(box: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in box.requests]


def assert_nothing_is_lost(box: Sandbox, **more: Any) -> Output:
    out = read(box, **more)
    assert out.error is None
    assert expected(box.eightx8_contact_center) <= set(ids(out))
    assert len(ids(out)) == len(set(ids(out)))
    return out


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


# What a row becomes


def test_every_call_arrives_once(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    assert len(ids(out)) > 30


def test_the_vendors_sample_gets_its_types(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    row = api.new_call(minutes_ago(90), tenantId="tenantName", postCallSurvey='[{"question": 1}]', voiceComment="{}")
    api.add_calls(row)
    out = read(empty)
    [record] = out.records(STREAM)
    assert record["call_date_utc"] == minutes_ago(90).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert (record["call_duration"], record["time_in_ivr"], record["mute_duration"]) == (335566, 19657, 10462)
    assert record["transfer_count"] == 0
    assert record["post_call_survey"] == [{"question": 1}]
    assert record["voice_comment"] == {}
    assert record["tenant_id"] == "tenantName"
    assert record["_rescued_data"] is None


@pytest.mark.parametrize("tenant", [None, ""])
def test_a_row_without_a_tenant_belongs_to_the_configured_one(empty: Sandbox, tenant: str | None) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(api.new_call(tenantId=tenant))
    row = api.new_call(minutes_ago(70))
    del row["tenantId"]
    api.add_calls(row)
    out = read(empty)
    assert [record["tenant_id"] for record in out.records(STREAM)] == [api.tenant] * 2


def test_a_field_that_is_not_documented_is_kept(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.unknown_fields = True
    out = assert_nothing_is_lost(box)
    assert all("sandboxNewField" in record["_rescued_data"] for record in out.records(STREAM))


def test_an_endless_duration_and_an_id_beyond_the_calendar_stop_nothing(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(
        api.new_call(minutes_ago(80), callDuration=str(2**62)),
        api.new_call(minutes_ago(70), callId=f"int-{2**62:x}-far-phone-01-acmecorp01"),
    )
    out = read(empty)
    assert len(out.records(STREAM)) == 2


def test_the_next_run_goes_on_from_the_bookmark_less_the_lookback(box: Sandbox) -> None:
    first = read(box)
    assert first.bookmarks(STREAM)[-1] == (NOW - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    box.requests.clear()
    read(box, state=first.bookmark, lookback_hours=2)
    [low] = {body["timeRange"].split("-")[0] for body in bodies(box)}
    assert int(low) == int((NOW - timedelta(minutes=20, hours=2, seconds=1)).timestamp() * 1000)


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


def test_windows_leave_no_gap(box: Sandbox) -> None:
    read(box, window_hours=7)
    spans = sorted({tuple(map(int, body["timeRange"].split("-"))) for body in bodies(box)})
    assert all(later[0] < earlier[1] for earlier, later in pairwise(spans))


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
    out = read(box)
    assert out.error is None
    assert there | expected(api) <= set(ids(out))


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


# R7: the zone of times


def test_times_are_asked_for_in_a_zone_without_daylight_saving(box: Sandbox) -> None:
    read(box)
    assert {body["timezone"] for body in bodies(box)} == {"GMT"}


def test_an_answer_in_another_zone_ends_the_run(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.render_zone = "America/Los_Angeles"
    out = read(box)
    assert "America/Los_Angeles" in str(out.error)
    assert out.records(STREAM) == []
    assert out.states == []


def test_without_an_echo_of_the_zone_the_time_in_the_id_is_trusted(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.switches.render_zone, api.switches.echo_zone = "America/New_York", False
    row = api.new_call(minutes_ago(90))
    api.add_calls(row)
    [record] = read(empty).records(STREAM)
    assert record["call_date_utc"] == minutes_ago(90).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_time_that_the_id_contradicts_is_taken_from_the_id_and_told_once(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_contact_center
    created = int(minutes_ago(100).timestamp() * 1000) + 123
    for minutes in (90, 91):
        api.add_calls(api.new_call(minutes_ago(minutes), callId=f"int-{created:x}-own{minutes}-phone-00-x"))
    out = read(empty)
    assert {record["call_date_utc"] for record in out.records(STREAM)} == {
        minutes_ago(100).strftime("%Y-%m-%dT%H:%M:%S.123Z")
    }
    assert len([line for line in caplog.messages if "differs from its callDate" in line]) == 1


def test_a_time_within_two_seconds_of_the_id_stays(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    created = int(minutes_ago(90).timestamp() * 1000) + 1999
    api.add_calls(api.new_call(minutes_ago(90), callId=f"int-{created:x}-own-phone-00-x"))
    [record] = read(empty).records(STREAM)
    assert record["call_date_utc"] == minutes_ago(90).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize("call_id", ["42", "int-zzz-own", "int-ffffffffffffffff-own", ""])
def test_an_id_without_a_time_leaves_the_rendered_one(empty: Sandbox, call_id: str) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(api.new_call(minutes_ago(90), callId=call_id))
    [record] = read(empty).records(STREAM)
    assert record["call_id"] == call_id
    assert record["call_date_utc"] == minutes_ago(90).strftime("%Y-%m-%dT%H:%M:%S.000Z")


# R10, R11, R12: rows


def test_ids_in_a_list_are_kept_raw_with_a_clean_list_beside(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(api.new_call(agentId="agA,agB,", transactionId="6264 6270 6273", queueId=""))
    [record] = read(empty).records(STREAM)
    assert (record["agent_id"], record["agent_ids"]) == ("agA,agB,", ["agA", "agB"])
    assert (record["transaction_id"], record["transaction_ids"]) == ("6264 6270 6273", ["6264", "6270", "6273"])
    assert (record["queue_id"], record["queue_ids"]) == ("", [])


@pytest.mark.parametrize("form", ["as documented", "text", "numbers"])
def test_each_form_of_a_number_gives_the_same_number(empty: Sandbox, form: Any) -> None:
    api = empty.eightx8_contact_center
    api.switches.numbers = form
    api.add_calls(api.new_call(minutes_ago(90)), api.new_call(minutes_ago(91), callId="second"))
    records = read(empty).records(STREAM)
    assert [record["call_duration"] for record in records] == [335566] * 2
    assert [record["hold_duration"] for record in records] == [155960] * 2
    assert [record["mute_duration"] for record in records] == [10462] * 2
    assert [record["_rescued_data"] for record in records] == [None] * 2


def test_an_empty_text_for_a_number_is_null(empty: Sandbox) -> None:
    api = empty.eightx8_contact_center
    api.switches.numbers = "empty"
    api.add_calls(api.new_call())
    [record] = read(empty).records(STREAM)
    assert record["wait_time"] is None


def test_two_rows_with_one_call_id_are_both_emitted_with_a_warning(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_contact_center
    row = api.new_call(minutes_ago(90))
    api.add_calls(row, {**row, "transactionId": "2", "agentId": "other"})
    out = read(empty)
    assert out.error is None
    assert [record["agent_id"] for record in out.records(STREAM)] == ["ag7rcjEueDRuGblqngmiaaa", "other"]
    assert any("share their key with a different row" in line for line in caplog.messages)


# R13, R14: refusals and troubles


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_when_the_endpoint_is_gone_the_error_names_the_successor_and_its_settings(box: Sandbox, status: int) -> None:
    box.eightx8_contact_center.switches.status = status
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    for word in ("eightx8_interactions", "eightx8_analytics_key", "eightx8_analytics_secret"):
        assert word in str(out.error)
    assert len(box.requests) == 1


@pytest.mark.parametrize("setting", ["token", "tenant_id", "api_key"])
def test_wrong_credentials_name_the_settings(box: Sandbox, setting: str) -> None:
    wrong: dict[str, Any] = {f"eightx8_contact_center_{setting}": "not-the-right-one"}
    out = read(box, **wrong)
    assert isinstance(out.error, ConfigurationError)
    assert f"eightx8_contact_center_{setting}" in str(out.error)
    assert "not-the-right-one" not in str(out.error)


def test_the_gateways_invalid_key_names_the_api_key(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.bad_key = "SHA001"
    out = read(box, eightx8_contact_center_api_key="wrong-key")
    assert isinstance(out.error, ConfigurationError)
    assert "does not know the API key. Check setting eightx8_contact_center_api_key" in str(out.error)


def test_a_region_is_a_part_of_the_path(box: Sandbox) -> None:
    read(box, eightx8_contact_center_region="uk")
    assert {request.path for request in box.requests} == {"/customerexperience/v1/recentCallData/uk"}


def test_key_and_token_go_in_headers_of_their_own(box: Sandbox) -> None:
    read(box)
    api = box.eightx8_contact_center
    for request in box.requests:
        assert request.headers["8x8-apikey"] == api.api_key
        assert request.headers["token"] == api.token
        assert "authorization" not in request.headers


@pytest.mark.parametrize("body", ["plain words", "<html>maintenance</html>", "", "[]", '{"strange": []}'])
def test_a_refusal_in_any_form_is_readable(box: Sandbox, body: str) -> None:
    box.faults.add(Fault("status", status=400, body=body))
    out = read(box)
    assert "refused a request with status 400" in str(out.error)
    assert ("plain words" in str(out.error)) == (body == "plain words")
    assert "html" not in str(out.error)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, retry_after="0", times=2),
        Fault("status", status=503, times=2),
        Fault("reset", times=2),
        Fault("truncated_json", times=2),
        Fault("html", times=2),
        Fault("empty", times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_passing_trouble_loses_nothing(box: Sandbox, fault: Fault) -> None:
    box.faults.add(Fault(**{**fault.__dict__, "after": 1}))
    assert_nothing_is_lost(box)


@pytest.mark.parametrize(
    "body", [{"data": []}, {"hits": 0}, {"hits": 0, "data": None}, [], {"hits": "many", "data": []}]
)
def test_a_body_that_is_not_the_envelope_is_asked_for_again_and_never_an_empty_page(box: Sandbox, body: Any) -> None:
    box.faults.add(Fault("status", status=200, body=body, times=None))
    out = read(box)
    assert "not what it documents" in str(out.error)
    assert out.states == []


def test_windows_may_be_read_at_once(box: Sandbox) -> None:
    assert_nothing_is_lost(box, parallel_windows=3, window_hours=5)


def test_a_frozen_clock_and_an_empty_tenant_give_a_bookmark_and_no_records() -> None:
    with Sandbox(empty=True, clock=Clock()) as box:
        out = read(box)
    assert out.error is None
    assert out.records(STREAM) == []
    assert out.bookmarks(STREAM)[-1] == (NOW - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
