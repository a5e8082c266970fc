"""Detailed reports: what a row becomes, whatever its grain, shapes and zone are (CC D3, D6, D8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from sandbox.eightx8_analytics.rows import iso, running
from tests.sources.eightx8_analytics import STREAM, assert_nothing_is_lost, box, empty, minutes_ago, read

__all__ = ["box", "empty"]


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


def test_what_json_in_the_wild_has_is_read(empty: Sandbox) -> None:
    created_at = iso(int(minutes_ago(60).timestamp() * 1000))
    items = f'{{"key": "interactionId", "value": "a"}}, {{"key": "creationTime", "value": "{created_at}"}}'
    body = f'[{{"items": [{items}, {{"key": "participantHold", "value": NaN}}]}}]'
    empty.faults.add(Fault("status", match="/data", status=200, body=body, headers={"X-Total-Elements": "1"}))
    [record] = read(empty).records(STREAM)
    assert record["interaction_id"] == "a"
    assert record["_rescued_data"] == {"participantHold": "NaN"}


def test_a_total_that_is_not_null_is_kept(empty: Sandbox) -> None:
    created_at = iso(int(minutes_ago(60).timestamp() * 1000))
    items = [{"key": "interactionId", "value": "a"}, {"key": "creationTime", "value": created_at}]
    headers = {"X-Total-Elements": "1"}
    empty.faults.add(Fault("status", match="/data", status=200, body=[{"total": 3, "items": items}], headers=headers))
    [record] = read(empty).records(STREAM)
    assert record["_rescued_data"] == {"total": 3}


def test_a_row_that_is_null_is_kept_and_told(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    api = empty.eightx8_analytics
    api.add_interactions(api.new_interaction(minutes_ago(60)))
    api.switches.null_row = True
    out = read(empty)
    assert out.error is None
    assert len(out.records(STREAM)) == 2
    assert sum("lacks its key" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("row", ["text", {"items": None}, {"items": [{"value": 1}]}, {"status": 500}, [1]])
def test_what_is_no_row_on_a_page_that_counts_rows_is_kept_and_told(
    empty: Sandbox, row: Any, caplog: pytest.LogCaptureFixture
) -> None:
    good = {"items": [{"key": "interactionId", "value": "a"}]}
    headers = {"X-Total-Elements": "2"}
    empty.faults.add(Fault("status", match="/data", status=200, body=[row, good], headers=headers))
    out = read(empty)
    assert out.error is None
    kept, record = out.records(STREAM)
    assert record["interaction_id"] == "a"
    assert kept["_rescued_data"] == (row if isinstance(row, dict) else {"": row})
    assert any("lacks its key" in line for line in caplog.messages)


def test_an_interaction_without_its_id_is_kept_and_told(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    api = empty.eightx8_analytics
    api.add_interactions({**api.new_interaction(minutes_ago(60)), "interactionId": None})
    out = read(empty)
    assert out.error is None
    assert len(out.records(STREAM)) == 1
    assert sum("lacks its key" in line for line in caplog.messages) == 1


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


# D8: the zone of instants


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata", "UTC"])
def test_instants_are_utc_whatever_the_tenants_zone_is(box: Sandbox, zone: str) -> None:
    box.eightx8_analytics.switches.render_zone = zone
    out = assert_nothing_is_lost(box)
    by_id = {row["interactionId"]: row for row in box.eightx8_analytics.interactions}
    for record in out.records(STREAM):
        assert record["creation_time_utc"] == by_id[record["interaction_id"]]["creationTime"].replace("+00:00", "Z")


def test_a_row_that_the_vendor_counts_and_sends_twice_does_not_stop_the_run(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_analytics
    row = api.new_interaction(minutes_ago(60))
    api.add_interactions(row, row, {**row, "interactionId": "another"})
    out = read(empty)
    assert out.error is None
    assert len(out.records(STREAM)) == 2
    assert any("1 of them repeat others byte for byte" in line for line in caplog.messages)
