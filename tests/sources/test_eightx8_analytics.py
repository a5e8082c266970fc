"""Detailed reports: what their documents leave open loses nothing (CC D1 to D9), and refusals are told in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from sandbox.app import LoggedRequest
from sandbox.eightx8_analytics.rows import METRICS, created_ms, iso, running
from tap_callrecords.settings import CONFIG_SCHEMA
from tap_callrecords.sources import eightx8_analytics
from tap_callrecords.tap import TapCallRecords
from tests.support.tap import Output, sync

STREAM = "eightx8_interactions"
NOW = datetime.now(UTC).replace(microsecond=0)
END = NOW - timedelta(minutes=20)


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(eightx8_analytics, "PAGE_SIZE", 7)
    with Sandbox(seed=8, days=2, calls_per_day=30) as box:
        yield box


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(eightx8_analytics, "PAGE_SIZE", 7)
    with Sandbox(empty=True) as box:
        yield box


def read(box: Sandbox, state: dict[str, Any] | None = None, **more: Any) -> Output:
    config = {
        **box.eightx8_analytics.config,
        "start_date": (NOW - timedelta(days=3)).isoformat(),
        "end_date": END.isoformat(),
        "max_attempts": 3,
        **more,
    }
    return sync(config, state=state, streams=[STREAM])


def ids(out: Output) -> list[str]:
    return [record["interaction_id"] for record in out.records(STREAM)]


def expected(box: Sandbox) -> set[str]:
    """Ids of the interactions that were created before the end date."""
    end = END.timestamp() * 1000
    return {row["interactionId"] for row in box.eightx8_analytics.interactions if created_ms(row) <= end}


def assert_nothing_is_lost(box: Sandbox, **more: Any) -> Output:
    out = read(box, **more)
    assert out.error is None
    assert expected(box) <= set(ids(out))
    assert len(ids(out)) == len(set(ids(out)))
    return out


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def created(box: Sandbox) -> list[dict[str, Any]]:
    """The bodies with which reports were created."""
    return [json.loads(each.body) for each in requests_for(box, "/detailed-reports")]


def requests_for(box: Sandbox, path_end: str) -> list[LoggedRequest]:
    return [request for request in box.requests if request.path.endswith(path_end)]


# What a row becomes


def test_every_interaction_arrives_once(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    assert len(ids(out)) > 30


def test_a_row_of_keys_and_values_becomes_a_record(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    by_id = {record["interaction_id"]: record for record in out.records(STREAM)}
    checked = 0
    for row in box.eightx8_analytics.interactions:
        if not (record := by_id.get(row["interactionId"])):
            continue
        checked += 1
        assert record["transaction_id"] == row["transactionId"]
        assert record["creation_time_utc"] == record["creation_time"] == row["creationTime"].replace("+00:00", "Z")
        assert record["interaction_duration"] == row["interactionDuration"]["value"]
        assert record["interaction_labels"] == row["interactionLabels"]
        assert record["participant_id"] == [each["participantId"] for each in row["participants"]]
        assert record["_rescued_data"] is None
    assert checked > 30


def test_participants_are_nested_with_their_durations_in_milliseconds(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    found = 0
    by_id = {row["interactionId"]: row for row in box.eightx8_analytics.interactions}
    for record in out.records(STREAM):
        for ours, theirs in zip(record["participants"], by_id[record["interaction_id"]]["participants"], strict=True):
            found += 1
            assert ours["participant_name"] == theirs["participantName"]
            assert ours["participant_handling_duration"] == theirs["participantHandlingDuration"]["value"]
            assert ours["participant_handling_duration_ongoing"] is False
    assert found > 10


def test_the_vendors_samples_lose_nothing() -> None:
    with Sandbox(calls_per_day=0, samples=True) as box:
        start = datetime.now(UTC) - timedelta(days=6)
        out = read(box, start_date=start.isoformat(), end_date=datetime.now(UTC).isoformat(), settle_minutes=0)
        assert out.error is None
        records = out.records(STREAM)
        assert len(records) == len(box.eightx8_analytics.interactions) >= 2
    assert {record["_rescued_data"] is None for record in records} == {True}
    [current] = [record for record in records if record["interaction_duration"] is not None]
    assert (current["interaction_duration"], current["interaction_duration_ongoing"]) == (32281, False)
    assert current["transaction_id"] == ""


def test_without_a_transaction_the_key_is_empty_text_and_never_null(empty: Sandbox) -> None:
    api = empty.eightx8_analytics
    api.add_interactions(api.new_interaction(minutes_ago(60), transactionId=None))
    [record] = read(empty).records(STREAM)
    assert record["transaction_id"] == ""


def test_the_next_run_goes_on_from_the_bookmark_less_the_lookback(box: Sandbox) -> None:
    first = read(box)
    assert first.bookmarks(STREAM)[-1] == END.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    box.requests.clear()
    read(box, state=first.bookmark, lookback_hours=2)
    [body] = created(box)
    assert body["dateRange"]["start"] == (END - timedelta(hours=2, seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


# What is asked for


def test_a_report_is_asked_for_in_utc_with_all_metrics_and_participants_and_no_time_zone(box: Sandbox) -> None:
    read(box)
    for body in created(box):
        assert body.keys() == {"type", "title", "dateRange", "metrics", "includeParticipants"}
        assert body["includeParticipants"] is True
        assert all(end.endswith("Z") for end in body["dateRange"].values())


def test_the_metrics_asked_for_are_those_that_the_schema_knows(box: Sandbox) -> None:
    read(box)
    for body in created(box):
        assert sorted(body["metrics"]) == sorted(METRICS)


def test_a_new_metric_changes_nothing_by_itself(box: Sandbox) -> None:
    box.eightx8_analytics.switches.new_metrics = True
    out = assert_nothing_is_lost(box)
    assert {record["_rescued_data"] is None for record in out.records(STREAM)} == {True}


def test_a_field_that_was_not_asked_for_is_kept(box: Sandbox) -> None:
    box.eightx8_analytics.switches.unknown_fields = True
    out = assert_nothing_is_lost(box)
    assert all("sandboxNewMetric" in record["_rescued_data"] for record in out.records(STREAM))


@pytest.mark.parametrize(("region", "path"), [("us", ""), ("eu", "/eu"), ("au", "/au"), ("ca", "/ca")])
def test_the_region_is_a_part_of_the_address(region: str, path: str) -> None:
    credentials = {"eightx8_analytics_key": "k", "eightx8_analytics_secret": "s"}
    tap = TapCallRecords(config={**credentials, "eightx8_analytics_region": region})
    url = tap.api(eightx8_analytics.AnalyticsApi).url
    assert url == f"https://api.8x8.com{path}/analytics/cc/v8/historical-metrics"


def test_every_region_that_may_be_configured_has_an_address() -> None:
    allowed = CONFIG_SCHEMA["properties"]["eightx8_analytics_region"]["enum"]
    assert set(eightx8_analytics.REGIONS) == {region for region in allowed if region}


def test_pages_are_as_large_as_the_vendor_allows() -> None:
    with Sandbox(empty=True) as box:
        read(box)
        assert {request.query["size"] for request in requests_for(box, "/data")} == {"1000"}


# D1, D2: what the date range selects


@pytest.mark.parametrize("reading", ["creation", "finish"])
def test_interactions_that_cross_a_window_arrive_whichever_time_the_range_selects_by(
    empty: Sandbox, reading: Any
) -> None:
    api = empty.eightx8_analytics
    api.switches.select_by = reading
    for hours in range(4, 60):
        api.add_interactions(api.new_interaction(NOW - timedelta(hours=hours, minutes=40), seconds=9000))
    assert_nothing_is_lost(empty, window_hours=1)


@pytest.mark.parametrize("reading", ["creation", "finish"])
def test_an_interaction_that_finishes_after_the_cut_arrives_with_the_next_run(empty: Sandbox, reading: Any) -> None:
    api = empty.eightx8_analytics
    api.switches.select_by = reading
    row = api.new_interaction(minutes_ago(60), seconds=45 * 60)
    api.add_interactions({**row, "finishedTime": running(None, ongoing=True)})
    first = read(empty)
    assert ids(first) == []
    api.interactions.replace([row])
    second = read(empty, state=first.bookmark, end_date=minutes_ago(5).isoformat(), settle_minutes=1)
    assert ids(second) == [row["interactionId"]]


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
def test_an_interaction_on_the_edge_of_a_window_arrives_once_under_each_reading_of_bounds(
    empty: Sandbox, bounds: Any
) -> None:
    api = empty.eightx8_analytics
    api.switches.bounds = bounds
    start = NOW - timedelta(days=3)
    for edge in (start, start + timedelta(hours=24), start + timedelta(hours=48), END):
        api.add_interactions(api.new_interaction(edge))
    assert len(ids(assert_nothing_is_lost(empty))) == 4


# D3: the grain of a row


def test_rows_that_share_their_key_but_differ_are_all_emitted_with_a_warning(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_analytics
    row = api.new_interaction(minutes_ago(60))
    api.add_interactions(*({**row, "queueId": queue} for queue in ("1", "2", "3")))
    out = read(empty)
    assert out.error is None
    assert sorted(record["queue_id"] for record in out.records(STREAM)) == ["1", "2", "3"]
    assert any("share their key with a different row" in line for line in caplog.messages)


def test_transactions_of_one_interaction_are_rows_of_their_own(empty: Sandbox) -> None:
    api = empty.eightx8_analytics
    row = api.new_interaction(minutes_ago(60))
    api.add_interactions(*({**row, "transactionId": number} for number in ("1", "2", "3")))
    out = read(empty)
    assert [record["transaction_id"] for record in out.records(STREAM)] == ["1", "2", "3"]


# D4: how a report is created


@pytest.mark.parametrize("form", ["object", "array"])
@pytest.mark.parametrize("polls", [0, 1, 3])
def test_a_report_is_read_when_it_is_done_and_not_before(box: Sandbox, form: Any, polls: int) -> None:
    switches = box.eightx8_analytics.switches
    switches.create_answer, switches.polls = form, polls
    assert_nothing_is_lost(box)
    assert len(requests_for(box, "/status")) == polls * len(created(box))


def test_a_report_that_is_never_done_ends_the_run(empty: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eightx8_analytics, "STATUS_REQUESTS", 4)
    empty.eightx8_analytics.switches.polls = 1000
    out = read(empty)
    assert "not finished a report after 4 inquiries" in str(out.error)
    assert "window_hours" in str(out.error)
    assert len(requests_for(empty, "/status")) == 4
    assert out.states == []


@pytest.mark.parametrize("form", ["object", "array"])
@pytest.mark.parametrize("polls", [0, 2])
def test_a_report_that_fails_ends_the_run_with_the_reason(empty: Sandbox, form: Any, polls: int) -> None:
    switches = empty.eightx8_analytics.switches
    switches.create_answer, switches.polls, switches.fail_reason = form, polls, "Too many interactions"
    out = read(empty)
    assert "FAILED: Too many interactions" in str(out.error)
    assert requests_for(empty, "/data") == []
    assert out.states == []


@pytest.mark.parametrize("body", [{}, [], [{"id": 1, "status": "DONE"}] * 2, {"id": 1}, "DONE", {"status": "DONE"}])
def test_an_answer_to_creation_that_is_no_report_is_asked_for_again(empty: Sandbox, body: Any) -> None:
    body = json.dumps(body)
    empty.faults.add(Fault("status", match="/detailed-reports", status=200, body=body, times=2))
    out = read(empty)
    assert out.error is None


# D5: how long reports and tokens live


def test_a_report_that_is_forgotten_is_made_again(box: Sandbox) -> None:
    switches = box.eightx8_analytics.switches
    switches.forget_after, switches.forget_times = 1, 2
    assert_nothing_is_lost(box)
    assert len(created(box)) > 3


def test_a_report_that_is_always_forgotten_ends_the_run(box: Sandbox) -> None:
    switches = box.eightx8_analytics.switches
    switches.forget_after, switches.forget_times = 0, None
    out = read(box)
    assert "no longer knows the report" in str(out.error)
    assert out.states == []
    assert len(created(box)) == 3


def test_a_token_that_expires_while_paging_is_renewed(box: Sandbox) -> None:
    box.eightx8_analytics.switches.token_requests = 2
    assert_nothing_is_lost(box)
    assert len(requests_for(box, "/token")) > 3


def test_a_token_is_used_until_shortly_before_it_expires(box: Sandbox) -> None:
    assert_nothing_is_lost(box)
    assert len(requests_for(box, "/token")) == 1


def test_a_report_that_was_short_once_is_made_again(box: Sandbox) -> None:
    box.eightx8_analytics.switches.withhold = 2
    assert_nothing_is_lost(box)


def test_a_report_that_stays_short_of_its_count_fails_with_both_numbers(empty: Sandbox) -> None:
    api = empty.eightx8_analytics
    api.add_interactions(
        *(api.new_interaction(minutes_ago(minutes), transactionId=str(minutes)) for minutes in range(60, 70))
    )
    api.switches.withhold, api.switches.withhold_reports = 3, None
    out = read(empty)
    assert "announced 10 rows" in str(out.error)
    assert "sent 7" in str(out.error)


# D6: the shapes of values


@pytest.mark.parametrize("shapes", ["v8", "old", "mixed"])
def test_durations_are_milliseconds_in_each_shape(empty: Sandbox, shapes: Any) -> None:
    api = empty.eightx8_analytics
    api.switches.shapes = shapes
    rows = [
        api.new_interaction(
            minutes_ago(minutes),
            interactionDuration=running(79_000),
            queueWaitDuration=running(3_661_000, ongoing=True),
            participants=[{"participantHoldDuration": running(41_000), "participantOfferTime": iso(0)}],
        )
        for minutes in (60, 61)
    ]
    api.add_interactions(*rows)
    for record in read(empty).records(STREAM):
        assert (record["interaction_duration"], record["queue_wait_duration"]) == (79_000, 3_661_000)
        assert record["participants"][0]["participant_hold_duration"] == 41_000
        assert record["participants"][0]["participant_offer_time"] == "1970-01-01T00:00:00.000Z"
        assert record["finished_time"] > record["creation_time"]
        assert record["_rescued_data"] is None
        if record["queue_wait_duration_ongoing"] is not None:
            assert record["queue_wait_duration_ongoing"] is True
            assert record["interaction_duration_ongoing"] is False
        assert (record["queue_wait_duration_ongoing"] is None) == (shapes == "old") or shapes == "mixed"


def test_a_duration_in_a_shape_that_nobody_knows_is_kept(empty: Sandbox) -> None:
    api = empty.eightx8_analytics
    strange = {"value": 5, "ongoing": False, "unit": "fortnights"}
    api.add_interactions(api.new_interaction(minutes_ago(60), interactionDuration=strange))
    [record] = read(empty).records(STREAM)
    assert record["interaction_duration"] is None
    assert record["_rescued_data"] == {"interactionDuration": strange}


# D7: the next page


@pytest.mark.parametrize("links", ["documented", "absent", "other_host", "relative"])
@pytest.mark.parametrize("header", ["raw", "percent"])
def test_the_next_page_is_found_however_it_is_named(box: Sandbox, links: Any, header: Any) -> None:
    switches = box.eightx8_analytics.switches
    switches.links, switches.cursor_header = links, header
    assert_nothing_is_lost(box)
    assert any("lastDocumentId" in request.query for request in box.requests)


def test_the_first_page_is_asked_for_without_a_cursor(box: Sandbox) -> None:
    read(box)
    seen: set[str] = set()
    for request in requests_for(box, "/data"):
        assert ("lastDocumentId" in request.query) == (request.path in seen)
        seen.add(request.path)


def test_a_link_to_another_host_without_a_cursor_ends_the_run(empty: Sandbox) -> None:
    link = '<https://elsewhere.invalid/data?size=1>; rel="next"'
    empty.faults.add(Fault("status", match="/data", status=200, body=[], headers={"Link": link}))
    out = read(empty)
    assert "names the next page at elsewhere.invalid" in str(out.error)


def test_a_repeated_cursor_ends_the_window_with_an_error(box: Sandbox) -> None:
    box.eightx8_analytics.switches.repeat_cursor = True
    out = read(box)
    assert "repeated a cursor" in str(out.error)


def test_an_empty_page_that_names_a_next_one_is_not_the_end(box: Sandbox) -> None:
    for report in (2_710_192, 2_710_193):
        link = (
            f'</eightx8-analytics/analytics/cc/v8/historical-metrics/detailed-reports/{report}/data?size=8>; rel="next"'
        )
        box.faults.add(Fault("status", match=f"/{report}/data", status=200, body=[], headers={"Link": link}))
    assert_nothing_is_lost(box)


# D8: the zone of instants


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata", "UTC"])
def test_instants_are_utc_whatever_the_tenants_zone_is(box: Sandbox, zone: str) -> None:
    box.eightx8_analytics.switches.render_zone = zone
    out = assert_nothing_is_lost(box)
    by_id = {row["interactionId"]: row for row in box.eightx8_analytics.interactions}
    for record in out.records(STREAM):
        assert record["creation_time_utc"] == by_id[record["interaction_id"]]["creationTime"].replace("+00:00", "Z")


# Refusals and troubles


def test_the_tenant_is_sent_with_every_request_when_it_is_set(box: Sandbox) -> None:
    api = box.eightx8_analytics
    api.switches.multitenant = True
    assert_nothing_is_lost(box, eightx8_analytics_tenant_id=api.tenant)
    assert {request.headers["x-tenant-info"] for request in box.requests} == {api.tenant}


def test_no_tenant_is_sent_when_none_is_set(box: Sandbox) -> None:
    assert_nothing_is_lost(box)
    assert not any("x-tenant-info" in request.headers for request in box.requests)


def test_a_missing_tenant_names_the_setting(box: Sandbox) -> None:
    box.eightx8_analytics.switches.multitenant = True
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    assert "Set eightx8_analytics_tenant_id" in str(out.error)


def test_a_wrong_tenant_names_the_setting(box: Sandbox) -> None:
    out = read(box, eightx8_analytics_tenant_id="another")
    assert isinstance(out.error, ConfigurationError)
    assert "Check setting eightx8_analytics_tenant_id" in str(out.error)


@pytest.mark.parametrize("setting", ["eightx8_analytics_key", "eightx8_analytics_secret"])
def test_wrong_credentials_name_the_settings(box: Sandbox, setting: str) -> None:
    wrong: dict[str, Any] = {setting: "not-the-right-one"}
    out = read(box, **wrong)
    assert isinstance(out.error, ConfigurationError)
    assert setting in str(out.error)
    assert "not-the-right-one" not in str(out.error)
    assert len(box.requests) == 1


def test_an_app_without_the_product_is_told_so(box: Sandbox) -> None:
    box.eightx8_analytics.has_product = False
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    assert "add the product Analytics for Contact Center" in str(out.error)


def test_a_wrong_address_names_region_and_url(box: Sandbox) -> None:
    url = box.eightx8_analytics.config["eightx8_analytics_api_url"] + "/wrong"
    out = read(box, eightx8_analytics_api_url=url)
    assert isinstance(out.error, ConfigurationError)
    assert "eightx8_analytics_region" in str(out.error)


def test_a_token_that_is_refused_at_once_is_renewed_once_and_then_reported(box: Sandbox) -> None:
    box.eightx8_analytics.switches.token_requests = 0
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    assert len(requests_for(box, "/token")) == 2


def test_a_refused_report_is_quoted(box: Sandbox) -> None:
    body = {"message": "Bad request: the dateRange is too long"}
    box.faults.add(Fault("status", match="/detailed-reports", status=400, body=body))
    out = read(box)
    assert "status 400: Bad request: the dateRange is too long" in str(out.error)


@pytest.mark.parametrize("match", ["/token", "/detailed-reports", "/data"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, retry_after="0", times=2),
        Fault("status", status=502, times=2),
        Fault("reset", times=2),
        Fault("truncated_json", times=2),
        Fault("html", times=2),
        Fault("empty", times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_passing_trouble_loses_nothing(box: Sandbox, match: str, fault: Fault) -> None:
    box.faults.add(Fault(**{**fault.__dict__, "match": match}))
    assert_nothing_is_lost(box)


@pytest.mark.parametrize(
    "body", ["{}", '[{"total": null}]', '[{"items": [{"value": 1}]}]', '[{"items": null}]', "null"]
)
def test_a_page_that_is_no_list_of_rows_is_asked_for_again_and_never_an_empty_page(box: Sandbox, body: str) -> None:
    box.faults.add(Fault("status", match="/data", status=200, body=body, times=None))
    out = read(box)
    assert "not what it documents" in str(out.error)
    assert out.states == []


def test_what_json_in_the_wild_has_is_read(empty: Sandbox) -> None:
    created_at = iso(int(minutes_ago(60).timestamp() * 1000))
    items = f'{{"key": "interactionId", "value": "a"}}, {{"key": "creationTime", "value": "{created_at}"}}'
    body = f'[{{"items": [{items}, {{"key": "participantHold", "value": NaN}}]}}]'
    empty.faults.add(Fault("status", match="/data", status=200, body=body))
    [record] = read(empty).records(STREAM)
    assert record["interaction_id"] == "a"
    assert record["_rescued_data"] == {"participantHold": "NaN"}


def test_a_total_that_is_not_null_is_kept(empty: Sandbox) -> None:
    created_at = iso(int(minutes_ago(60).timestamp() * 1000))
    items = [{"key": "interactionId", "value": "a"}, {"key": "creationTime", "value": created_at}]
    empty.faults.add(Fault("status", match="/data", status=200, body=[{"total": 3, "items": items}]))
    [record] = read(empty).records(STREAM)
    assert record["_rescued_data"] == {"total": 3}


def test_windows_may_be_read_at_once(box: Sandbox) -> None:
    assert_nothing_is_lost(box, parallel_windows=4, window_hours=5)
