"""Recent Calls: what a row becomes, in whatever zone and form its values come (CC R7, R10 to R12)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox
from tests.sources.eightx8_contact_center import STREAM, assert_nothing_is_lost, bodies, box, empty, minutes_ago, read

__all__ = ["box", "empty"]


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


@pytest.mark.parametrize("call_id", ["42", "int-zzz-own", "int-ffffffffffffffff-own"])
def test_an_id_without_a_time_leaves_the_rendered_one(empty: Sandbox, call_id: str) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(api.new_call(minutes_ago(90), callId=call_id))
    [record] = read(empty).records(STREAM)
    assert record["call_id"] == call_id
    assert record["call_date_utc"] == minutes_ago(90).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize("call_id", ["", " ", None])
def test_a_row_without_its_id_is_kept_and_told(
    empty: Sandbox, call_id: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(api.new_call(minutes_ago(90), callId=call_id))
    out = read(empty)
    assert out.error is None
    [record] = out.records(STREAM)
    assert record["call_date_utc"] == minutes_ago(90).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert sum("lacks its key" in line for line in caplog.messages) == 1


def test_a_row_that_is_null_is_kept_and_told(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    api = empty.eightx8_contact_center
    api.add_calls(api.new_call(minutes_ago(90)))
    api.switches.null_row = True
    out = read(empty)
    assert out.error is None
    assert len(out.records(STREAM)) == 2
    assert sum("lacks its key" in line for line in caplog.messages) == 1


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


def test_a_row_that_the_vendor_counts_and_sends_twice_does_not_stop_the_run(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    api = empty.eightx8_contact_center
    row = api.new_call(minutes_ago(90))
    api.add_calls(row, row, api.new_call(minutes_ago(91), callId="second"))
    out = read(empty)
    assert out.error is None
    assert len(out.records(STREAM)) == 2
    assert any("1 of them repeat others byte for byte" in line for line in caplog.messages)
