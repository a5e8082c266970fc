"""Every record has a key: of what it is made where the vendor sends none, and that it stays the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.rows import Told, body_of, builder_for, schema_of, told
from tests.test_schemas import KEYS

__all__ = ["told"]


def test_a_row_without_its_key_gets_the_same_one_whichever_way_it_is_built(told: Told) -> None:
    builder = builder_for("eightx8_call_records", told=told)
    row = {"pbxId": "p", "callTime": 7}
    made = [builder.read(body_of([row]))[1][0].call_id]
    builder.read(body_of([{"pbxId": "p", "callId": 5, "newField": 1}]))  # now the key is not typed
    made += [builder.read(body_of([each]))[1][0].call_id for each in (row, {**row, "callId": None})]
    assert len(set(made)) == 1
    assert made[0].startswith("missing-")
    assert told.missing == 1


def test_rows_without_their_key_get_different_ones_if_they_differ() -> None:
    _, records = builder_for("eightx8_call_records").read(body_of([{"pbxId": "p", "callTime": n} for n in (1, 2)]))
    assert records[0].call_id != records[1].call_id


# What a row without its id is known by, and what may change later

KNOWN_BY: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "eightx8_call_records": (
        {"pbxId": "p", "startTimeUTC": 1643898447493, "caller": "+12125550147", "direction": "Incoming"},
        {"callerName": "A", "talkTimeMS": 5, "disconnectedTimeUTC": 1643898472253, "callee": "x", "newField": 1},
    ),
    "eightx8_call_legs": (
        {"pbxId": "p", "callId": "c", "startTimeUTC": 1643898447493, "callee": "1001"},
        {"calleeName": "A", "status": "Completed", "disconnectedTimeUTC": 1643898472253, "talkTimeMS": 5},
    ),
    "eightx8_recent_calls": (
        {"callDate": "02/03/2022 14:27:27", "callerNumber": "12125550147"},
        {"callerName": "A", "agentId": "ag1", "callDuration": "335566", "postCallSurvey": "[{}]"},
    ),
    "eightx8_interactions": (
        {"creationTime": "2026-01-31T00:00:00.123Z", "origination": "+12125550147"},
        {"customerName": "A", "state": "Finished", "participants": [{"participantId": "p"}]},
    ),
    "webex_detailed_call_history": (
        {"Start time": "2026-01-31T00:00:00.123Z", "Local call ID": "l", "Direction": "ORIGINATING"},
        {"User": "A", "Call outcome": "Success", "Duration": 5, "CALLING NUMBER": "+12125550147"},
    ),
    "voiso_cdr": (
        {"timestamp": "2026-01-31T00:00:00.123Z", "from": "12125550147", "to": "442079460000"},
        {"agent": "A", "cpc": 0.5, "wrapup_code": "0001", "disposition": "answered"},
    ),
}


@pytest.mark.parametrize("stream", KNOWN_BY)
def test_a_row_without_its_id_keeps_its_made_up_key_when_what_may_change_changes(stream: str) -> None:
    known_by, changing = KNOWN_BY[stream]
    builder = builder_for(stream)
    rows = [known_by, *({**known_by, name: value} for name, value in changing.items()), {**known_by, **changing}]
    made = {tuple(getattr(builder.read(body_of([row]))[1][0], key) for key in KEYS[stream]) for row in rows}
    assert len(made) == 1
    assert "missing-" in str(made)


@pytest.mark.parametrize("stream", KNOWN_BY)
def test_rows_without_their_id_that_are_known_by_other_things_get_other_keys(stream: str) -> None:
    known_by, changing = KNOWN_BY[stream]
    builder = builder_for(stream)
    rows = [
        {**known_by, **changing},
        *({**changing, **known_by, name: f"{known_by[name]}1"[-13:]} for name in known_by),
    ]
    made = {tuple(getattr(builder.read(body_of([row]))[1][0], key) for key in KEYS[stream]) for row in rows}
    assert len(made) == len(rows)


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0\u2003"], ids=repr)
@pytest.mark.parametrize("stream", ["eightx8_call_records", "webex_detailed_call_history", "voiso_cdr"])
def test_an_id_that_is_blank_is_no_key(stream: str, blank: str, told: Told) -> None:
    known_by, _ = KNOWN_BY[stream]
    ids = {schema_of(stream)["properties"][key]["x-source"]: blank for key in KEYS[stream]}
    builder = builder_for(stream, told=told)
    without = builder.read(body_of([known_by]))[1]
    for _ in range(2):
        rows = [{**ids, **known_by}, {**known_by, **ids, "newField": 1}]
        with_blanks = builder.read(body_of(rows))[1]
        made = {tuple(getattr(record, key) for key in KEYS[stream]) for record in (*without, *with_blanks)}
        assert all(key.strip() for keys in made for key in keys)
        assert len(made) == (2 if stream == "eightx8_call_records" else 1)  # the second one has no PBX either
    assert told.missing == 1


@pytest.mark.parametrize("blank", [{}, {"tenantId": " "}, {"tenantId": "\t"}], ids=repr)
def test_a_key_that_has_a_default_takes_it_when_it_is_blank(blank: dict[str, Any], told: Told) -> None:
    builder = builder_for("eightx8_recent_calls", told=told)
    for _ in range(2):
        assert builder.read(body_of([{"callId": "c", **blank}]))[1][0].tenant_id == "configured"
    assert told.missing == 0


@pytest.mark.parametrize("other", [1.5, {"id": "x"}, ["x"], 2.0**60], ids=repr)
@pytest.mark.parametrize(
    ("stream", "key"), [("eightx8_call_records", "call_id"), ("eightx8_interactions", "transaction_id")]
)
def test_an_id_of_another_type_makes_the_key_alone(stream: str, key: str, other: Any, told: Told) -> None:
    known_by, changing = KNOWN_BY[stream]
    source = schema_of(stream)["properties"][key]["x-source"]
    builder = builder_for(stream, told=told)
    rows = [
        {**known_by, source: other},
        {**changing, source: other},
        {**known_by, source: "x"},
        {**known_by, source: [other]},
    ]
    for _ in range(2):
        records = builder.read(body_of(rows))[1]
        assert [getattr(record, key) for record in records][1:3] == [getattr(records[0], key), "x"]
        assert len({getattr(record, key) for record in records}) == 3
        assert records[0]._rescued_data[source] == other
    assert told.missing == 1


def test_a_truth_value_is_no_id_since_many_rows_would_share_it() -> None:
    rows = [{"pbxId": "p", "callId": False, "startTimeUTC": number} for number in (1, 2)]
    one, other = builder_for("eightx8_call_records").read(body_of(rows))[1]
    assert one.call_id != other.call_id


def test_a_number_for_an_id_is_the_id() -> None:
    builder = builder_for("eightx8_call_records")
    assert [builder.read(body_of([{"pbxId": "p", "callId": each}]))[1][0].call_id for each in (7, "7")] == ["7", "7"]


def test_a_whole_number_key_is_made_from_an_id_of_another_type_whatever_the_name() -> None:
    rows = [
        {"id": "A-1", "name": "A"},
        {"id": "A-1", "name": "B"},
        {"id": "A-2", "name": "A"},
        {"id": "7", "name": "A"},
    ]
    one, same, other, plain = builder_for("voiso_agents").read(body_of(rows))[1]
    assert one.id == same.id != other.id
    assert 0 <= one.id < 2**53
    assert plain.id == 7


def test_a_made_up_key_fits_its_type() -> None:
    _, (record,) = builder_for("voiso_agents").read(body_of([{"name": "A"}]))
    assert 0 <= record.id < 2**53


@pytest.mark.parametrize("row", [{}, {"tenantId": None}, {"tenantId": ""}])
def test_a_key_that_is_left_empty_takes_its_default(row: dict[str, Any]) -> None:
    _, (record,) = builder_for("eightx8_recent_calls").read(body_of([{"callId": "c", **row}]))
    assert (record.tenant_id, record._rescued_data) == ("configured", None)
