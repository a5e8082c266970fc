"""Of what a schema does not foresee nothing is lost: it is rescued, whole and once, whichever way its row is built."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tap_callrecords.errors import BrokenBody
from tap_callrecords.rows.builder import RESCUED
from tests.support.rows import Told, body_of, builder_for, schema_of, told, written
from tests.test_schemas import KEYS

__all__ = ["told"]


def record_of(stream: str, *, told: Told | None = None, **fields: Any) -> dict[str, Any]:
    keys = {schema_of(stream)["properties"][key]["x-source"]: f"{key}-1" for key in KEYS[stream]}
    _, records = builder_for(stream, told=told).read(body_of([{**keys, **fields}]))
    found: dict[str, Any] = json.loads(msgspec.json.encode(records[0]))
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("callTime", 2**64),
        ("callTime", 12.5),
        ("callTime", "many"),
        ("missed", True),
        ("departments", "Sales"),
        ("departments", [None, 7]),
        ("startTimeUTC", 10**15),
        ("callerName", {"first": "J"}),
        ("newField", [{"score": 4}]),
    ],
)
def test_what_does_not_fit_is_rescued_as_it_came(field: str, value: Any, told: Told) -> None:
    record = record_of("eightx8_call_records", told=told, **{field: value})
    assert record[RESCUED] == {field: value}
    assert told.rescued == [field]


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, -(2**63)])
def test_whole_numbers_of_64_bits_keep_every_digit(number: int) -> None:
    for spelling in (number, str(number), f"{number}.0"):
        record = record_of("eightx8_call_records", callTime=spelling)
        assert (record["call_time"], record[RESCUED]) == (number, None)


def test_a_float_too_large_to_be_exact_is_rescued() -> None:
    body = b'{"rows":[{"pbxId":"p","callId":"c","callTime":9007199254740994.0}]}'
    _, (record,) = builder_for("eightx8_call_records").read(body)
    assert (record.call_time, record._rescued_data) == (None, {"callTime": 9007199254740994.0})


@pytest.mark.parametrize("spelling", ["REPORT ID", "report id", "ReportID", "Report  ID", " report\tid"])
def test_webex_names_match_in_any_case_and_spacing(spelling: str) -> None:
    builder = builder_for("webex_detailed_call_history")
    page = body_of([{spelling: "r1", "call id": "c1"}])
    for _ in range(2):
        _, (record,) = builder.read(page)
        assert (record.report_id, record.call_id, record._rescued_data) == ("r1", "c1", None)


def test_two_spellings_of_one_name_keep_both_values() -> None:
    builder = builder_for("webex_detailed_call_history")
    page = body_of([{"Report ID": "r1", "Call ID": "", "call id": "c1", "CALL ID": "c2"}])
    for _ in range(2):
        _, (record,) = builder.read(page)
        assert (record.call_id, record._rescued_data) == ("c1", {"CALL ID": "c2"})


def test_other_vendors_names_match_as_they_are_written() -> None:
    record = record_of("eightx8_call_records", CALLTIME=5)
    assert (record["call_time"], record[RESCUED]) == (None, {"CALLTIME": 5})


def test_a_page_of_surprises_is_read_fast_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = builder_for("eightx8_call_records")
    page = body_of([{"pbxId": "p", "callId": "c", "callTime": "12", "newField": 1}])
    builder.read(page)
    monkeypatch.setattr(builder, "build", lambda _: pytest.fail("built field by field again"))
    _, (record,) = builder.read(page)
    assert (record.call_time, record._rescued_data) == (12, {"newField": 1})


@pytest.mark.parametrize("value", [None, 0, "", [], {}], ids=repr)
def test_an_unknown_field_is_rescued_even_if_it_is_empty_whichever_way_its_row_is_built(value: Any) -> None:
    builder = builder_for("eightx8_call_records")
    page = body_of([{"pbxId": "p", "callId": "c", "newField": value}])
    for _ in range(2):  # the second time on the fast way
        assert builder.read(page)[1][0]._rescued_data == {"newField": value}


def test_a_member_that_has_the_name_of_a_derived_one_does_not_take_its_place() -> None:
    sla = {"time_to_reply": "00:00:05", "time_to_reply_seconds": "soon", "extra": 1}
    record = record_of("voiso_cdr", sla=sla)
    assert record["sla"]["time_to_reply_seconds"] == 5
    assert record["sla"]["extra"] == 1
    assert record[RESCUED] == {"sla": sla}


def test_of_several_objects_where_one_is_documented_none_is_lost() -> None:
    sla = [{"time_to_reply": "00:00:05"}, {"time_to_reply": "00:00:06"}]
    record = record_of("voiso_cdr", sla=sla)
    assert record["sla"]["time_to_reply"] == "00:00:05"
    assert record[RESCUED] == {"sla": sla}


def test_items_that_are_no_objects_are_rescued_with_their_list() -> None:
    participants = [{"participantId": "p1"}, None, 5]
    record = record_of("eightx8_interactions", participants=participants)
    assert [each["participant_id"] for each in record["participants"]] == ["p1"]
    assert record[RESCUED] == {"participants": participants}


@pytest.mark.parametrize("field", ["newField", "callTime"])
def test_what_is_nested_too_deeply_for_many_readers_is_rescued_as_text(field: str) -> None:
    builder = builder_for("eightx8_call_records")
    deep = "[" * 300 + "]" * 300
    body = b'{"rows":[{"pbxId":"p","callId":"c","%b":%b}]}' % (field.encode(), deep.encode())
    for _ in range(2):
        (record,) = builder.read(body)[1]
        assert record._rescued_data == {field: deep}


def test_rescued_fields_stand_in_one_order_so_that_equal_rows_stay_equal() -> None:
    builder = builder_for("eightx8_call_records")
    one, other = {"b": 1, "a": 2}, {"a": 2, "b": 1}
    keys = {"pbxId": "p", "callId": "c"}
    lines = {written(builder.read(body_of([{**keys, **new}]))[1])[0] for new in (one, other, one)}
    assert len(lines) == 1


def test_rows_with_ever_new_fields_lose_none_and_are_told_of_within_reason(told: Told) -> None:
    builder = builder_for("eightx8_call_records", told=told)
    rows = [{"pbxId": "p", "callId": str(n), f"new{n}": n} for n in range(1000)]
    for page in range(0, 1000, 100):
        for record in builder.read(body_of(rows[page : page + 100]))[1]:
            assert record._rescued_data == {f"new{record.call_id}": int(record.call_id)}
    assert len(told.rescued) == len(set(told.rescued)) == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"rows":null}', b'{"rows":{}}', b"<html>", b'{"rows":[]}x'])
def test_what_is_not_the_envelope_is_a_broken_body_and_never_an_empty_page(body: bytes) -> None:
    with pytest.raises(BrokenBody):
        builder_for("eightx8_call_records").read(body)


def test_of_a_name_that_stands_twice_the_last_value_counts_in_both_ways() -> None:
    builder = builder_for("eightx8_call_records")
    for new in ("", ',"new":1'):
        body = b'{"rows":[{"pbxId":"p","callId":"c","callTime":1,"callTime":2%b}]}' % new.encode()
        for _ in range(2):
            assert builder.read(body)[1][0].call_time == 2
