"""Detailed reports: what their documents leave open loses nothing (CC D1, D2, D7, D9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from sandbox.eightx8_analytics.rows import METRICS, running
from tap_callrecords.sources.eightx8_analytics.api import REGIONS, AnalyticsApi
from tap_callrecords.tap import SETTINGS, TapCallRecords
from tests.sources.eightx8_analytics import (
    END,
    NOW,
    STREAM,
    assert_nothing_is_lost,
    box,
    created,
    empty,
    ids,
    minutes_ago,
    read,
    requests_for,
)

__all__ = ["box", "empty"]


def test_every_interaction_arrives_once(box: Sandbox) -> None:
    out = assert_nothing_is_lost(box)
    assert len(ids(out)) > 30


def test_the_next_run_goes_on_from_the_bookmark_less_the_lookback(box: Sandbox) -> None:
    first = read(box)
    assert first.bookmarks(STREAM)[-1] == END.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    box.requests.clear()
    read(box, state=first.bookmark, lookback_hours=2)
    [body] = created(box)
    assert body["dateRange"]["start"] == (END - timedelta(hours=2, seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_windows_may_be_read_at_once(box: Sandbox) -> None:
    assert_nothing_is_lost(box, parallel_windows=4, window_hours=5)


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
    url = tap.api(AnalyticsApi).url
    assert url == f"https://api.8x8.com{path}/analytics/cc/v8/historical-metrics"


def test_every_region_that_may_be_configured_has_an_address() -> None:
    allowed = SETTINGS.properties["eightx8_analytics_region"]["enum"]
    assert set(REGIONS) == {region for region in allowed if region}


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


# D7: the next page


@pytest.mark.parametrize(
    "links", ["documented", "absent", "other_host", "relative", "json", "html", "no_cursor", "broken"]
)
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
    assert "returned the same cursor twice" in str(out.error)


def test_an_empty_page_that_names_a_next_one_is_not_the_end(box: Sandbox) -> None:
    for report in (2_710_192, 2_710_193):
        link = (
            f'</eightx8-analytics/analytics/cc/v8/historical-metrics/detailed-reports/{report}/data?size=8>; rel="next"'
        )
        box.faults.add(Fault("status", match=f"/{report}/data", status=200, body=[], headers={"Link": link}))
    assert_nothing_is_lost(box)
