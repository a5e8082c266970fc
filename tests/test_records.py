"""The row builder: two ways that give equal records, nothing dropped, always valid against the schema.

A longer run: `ROWS=2000 pytest tests/test_records.py --hypothesis-seed=1`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tap_callrecords.errors import BrokenBody
from tap_callrecords.rows.builder import RESCUED, Record, RecordBuilder
from tap_callrecords.rows.conversions import plain_type
from tap_callrecords.rows.privacy import Privacy
from tests.test_schemas import FILES, KEYS, SCHEMAS, load

Row = TypeVar("Row")
STREAMS = [file.stem for file in FILES]
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "eightx8_interactions": {"transaction_id": ""},
    "eightx8_recent_calls": {"tenant_id": "configured"},
}
few = settings(
    max_examples=int(os.environ.get("ROWS", "6")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Envelope(msgspec.Struct, Generic[Row]):
    rows: list[Row]


class Told:
    """What a builder has said."""

    def __init__(self) -> None:
        self.rescued: list[str] = []
        self.missing = 0

    def missing_key(self) -> None:
        self.missing += 1


@cache
def schema_of(stream: str) -> dict[str, Any]:
    return load(SCHEMAS / f"{stream}.json")


@cache
def validator_of(stream: str) -> Any:
    return Draft202012Validator(schema_of(stream))


def builder_for(
    stream: str, *, privacy: Privacy | None = None, told: Told | None = None, any_case: bool | None = None
) -> RecordBuilder:
    told = told or Told()
    return RecordBuilder(
        schema_of(stream),
        KEYS[stream],
        Envelope,
        privacy=privacy or Privacy("keep"),
        key_defaults=DEFAULTS.get(stream),
        any_case=stream.startswith("webex") if any_case is None else any_case,
        on_rescue=told.rescued.append,
        on_missing_key=told.missing_key,
    )


def body_of(rows: Sequence[Any]) -> bytes:
    return json.dumps({"rows": rows}).encode()


def written(records: Sequence[Record]) -> list[bytes]:
    return [msgspec.json.encode(record) for record in records]


def sources_of(stream: str) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Columns (name, schema) by the vendor's name of the field they are made from."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, each in schema_of(stream)["properties"].items():
        if "x-source" in each:
            found.setdefault(each["x-source"], []).append((name, each))
    return found


# Rows as vendors send them, and worse

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
numbers_in_text = st.integers(-(10**20), 10**20).map(str) | st.decimals(allow_nan=False, allow_infinity=False).map(str)
instants_in_text = st.datetimes(timezones=st.just(UTC)).map(lambda instant: instant.isoformat())
clocks = st.builds("{}:{:02}:{:02}".format, st.integers(0, 400), st.integers(0, 59), st.integers(0, 59))
edges = st.sampled_from(
    [
        *(0, -1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64, 2**70, 1.5, 2.0, 1e300, True, False),
        *(
            "19657.0",
            "true",
            "FALSE",
            "",
            "-",
            " ",
            "1e3",
            "NaN",
            "null",
            "{",
            "[1,2]",
            '{"a":1}',
            "a,b , ,c",
            "1 2\t3",
        ),
        *("00:00:00", "48:16:27", "2026-01-31T00:00:00", "10/25/2026 01:30:00"),
        *([], {}, [None], ["a", 1], [{}], [{"value": 1}]),
        *({"value": 5, "ongoing": True}, {"value": "0:00:01", "ongoing": "false"}),
    ]
)
odd_values = st.one_of(edges, json_values, numbers_in_text, instants_in_text, clocks)


DOCUMENTED: Mapping[str, st.SearchStrategy[Any]] = {
    "epoch_ms": st.integers(0, 4 * 10**12),
    "clock_seconds": clocks,
    "us_datetime": st.datetimes().map(lambda each: each.strftime("%m/%d/%Y %H:%M:%S")),
    "date-time": instants_in_text,
    "string": st.text(max_size=20),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "array": st.lists(st.text(max_size=5), max_size=3),
}


def well_typed(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values as the vendor documents them."""
    inner = schema.get("properties") or schema.get("items", {}).get("properties")
    if inner:
        members = st.fixed_dictionaries(
            {}, optional={each.get("x-source", name): well_typed(each) | odd_values for name, each in inner.items()}
        )
        return st.lists(members, max_size=2) if "array" in schema["type"] else members
    kind = schema.get("x-convert") or schema.get("format") or plain_type(schema)
    return DOCUMENTED.get(kind, odd_values)


@cache
def row_strategy(stream: str) -> st.SearchStrategy[dict[str, Any]]:
    """Rows with some of the known fields, well typed for the most part, and some unknown ones."""
    sources = sources_of(stream)
    values = {
        source: st.one_of(*(well_typed(each) for _, each in columns for _ in range(3)), odd_values)
        for source, columns in sources.items()
    }
    key_sources = [schema_of(stream)["properties"][key]["x-source"] for key in KEYS[stream]]
    whole = all(schema_of(stream)["properties"][key]["type"] == "integer" for key in KEYS[stream])
    keys = st.fixed_dictionaries(
        dict.fromkeys(key_sources, st.integers(0, 99) if whole else st.text(min_size=1, max_size=4))
    )
    names = st.lists(st.sampled_from(sorted(sources)), max_size=8, unique=True)
    known = names.flatmap(lambda chosen: st.fixed_dictionaries({name: values[name] for name in chosen}))
    unknown = st.dictionaries(st.text(max_size=6), json_values, max_size=2)
    return st.builds(lambda a, b, c: {**b, **a, **c}, st.one_of(keys, keys, keys, st.just({})), unknown, known)


def pages(stream: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(row_strategy(stream), min_size=1, max_size=4)


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
@few
def test_the_fast_way_and_the_careful_way_give_equal_records(stream: str, data: st.DataObject) -> None:
    rows = data.draw(pages(stream))
    _, fast = builder_for(stream).read(body_of(rows))
    careful = builder_for(stream).build(json.loads(body_of(rows))["rows"])
    assert written(fast) == written(careful)


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
@few
def test_what_a_builder_has_learned_changes_no_record(stream: str, data: st.DataObject) -> None:
    first, second = data.draw(pages(stream)), data.draw(pages(stream))
    learned = builder_for(stream)
    learned.read(body_of(first))
    for rows in (second, first, second):
        assert written(learned.read(body_of(rows))[1]) == written(builder_for(stream).read(body_of(rows))[1])


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
@few
def test_nothing_is_dropped(stream: str, data: st.DataObject) -> None:
    rows = data.draw(pages(stream))
    builder = builder_for(stream, any_case=False)
    sources = sources_of(stream)
    for _ in range(2):
        _, records = builder.read(body_of(rows))
        assert len(records) == len(rows)
        for row, record in zip(rows, map(msgspec.structs.asdict, records), strict=True):
            rescued = record[RESCUED] or {}
            for name, value in row.items():
                if name in rescued:
                    assert rescued[name] == value
                else:
                    assert name in sources, name
                    for column, schema in sources[name]:
                        assert holds(record[column], value, schema), (column, value, record[column])


def holds(ours: Any, theirs: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a column tells all that the vendor's value tells."""
    conversion = schema.get("x-convert")
    is_empty = theirs is None or (isinstance(theirs, str) and not theirs.strip())
    if is_empty or ours is None:
        return is_empty or conversion is not None
    if conversion == "epoch_ms":
        since = datetime.fromisoformat(ours) - datetime.fromtimestamp(0, UTC)
        return bool(since / timedelta(milliseconds=1) == float(theirs))
    if conversion is not None or schema.get("format") == "date-time" or '"properties"' in json.dumps(schema):
        return True  # what these make of a value stands in the tables of test_conversions.py
    alike: Mapping[str, Callable[[], bool]] = {
        "string": lambda: ours in (theirs, str(theirs), "configured"),
        "integer": lambda: bool(Decimal(str(theirs)) == ours),
        "number": lambda: float(theirs) == ours,
        "boolean": lambda: str(theirs).strip().lower() == str(ours).lower(),
    }
    return alike.get(plain_type(schema), lambda: bool(ours == theirs or ours == [*map(str, theirs)]))()


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
@few
def test_every_record_is_valid_against_its_schema(stream: str, data: st.DataObject) -> None:
    privacy = data.draw(st.sampled_from([Privacy("keep"), Privacy("hash", "k"), Privacy("drop")]))
    builder = builder_for(stream, privacy=privacy)
    for rows in (data.draw(pages(stream)), data.draw(pages(stream))):
        for line in written(builder.read(body_of(rows))[1]):
            record = json.loads(line)
            assert not [*validator_of(stream).iter_errors(record)]
            assert all(record[key] is not None for key in KEYS[stream])


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
@few
def test_a_rescued_field_is_told_once_and_only_when_it_is_rescued(stream: str, data: st.DataObject) -> None:
    told = Told()
    builder = builder_for(stream, told=told)
    rescued: set[str] = set()
    for rows in (data.draw(pages(stream)), data.draw(pages(stream))):
        for _ in range(2):
            rescued |= {name for record in builder.read(body_of(rows))[1] for name in record._rescued_data or {}}
    assert Counter(told.rescued) == Counter(rescued)


# One behaviour each


@pytest.fixture
def told() -> Told:
    return Told()


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


@pytest.mark.parametrize("value", [None, 0, "", [], {}], ids=repr)
def test_an_unknown_field_is_rescued_even_if_it_is_empty_whichever_way_its_row_is_built(value: Any) -> None:
    builder = builder_for("eightx8_call_records")
    page = body_of([{"pbxId": "p", "callId": "c", "newField": value}])
    for _ in range(2):  # the second time on the fast way
        assert builder.read(page)[1][0]._rescued_data == {"newField": value}


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
