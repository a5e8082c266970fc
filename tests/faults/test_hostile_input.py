"""Whatever a vendor sends is read or refused: no crash, and no silent loss.

A longer run: `BODIES=100000 pytest tests/faults/test_hostile_input.py --hypothesis-seed=1`.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from sandbox import Sandbox
from tap_callrecords.errors import BrokenBody
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tests.faults.evils import EVILS, PLACES
from tests.support.rows import body_of, builder_for, validator_of
from tests.support.streams import DESELECTED

URL = "https://api.vendor.example/v1"
CONFIG: dict[str, Any] = {name: URL if name.endswith("_url") else value for name, value in Sandbox().config.items()}
CONFIG["optional_streams"] = sorted(DESELECTED)
STREAMS = sorted(TapCallRecords(config=CONFIG).streams)
many = settings(
    max_examples=int(os.environ.get("BODIES", "150")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@cache
def stream_of(name: str) -> CallRecordStream[Any]:
    stream = TapCallRecords(config=CONFIG).streams[name]
    assert isinstance(stream, CallRecordStream)
    return stream


def answer(body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url, response.encoding = 200, URL, "utf-8"
    response._content = body
    return response


def read(name: str, body: bytes) -> list[Any] | None:
    """What a stream makes of a body; None for what it takes for a broken one."""
    stream = stream_of(name)
    try:
        _, records = stream.read_body(answer(body))
    except (BrokenBody, ConfigurationError):  # the latter for what tells of a wrong key
        return None
    for record in records:
        json.loads(msgspec.json.encode(record))
        assert all(getattr(record, key) is not None for key in stream.primary_keys or ())
    return records


# Bodies of every kind, for every stream

json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
).map(json.dumps)
ENVELOPES = (
    '{{"meta":{{"totalRecordCount":1}},"data":[{0}]}}',
    '{{"hits":1,"data":[{0}]}}',
    '[{{"items":[{{"key":"a","value":{0}}}]}}]',
    '[{{"total":null,"items":[{0}]}}]',
    '{{"items":[{0}]}}',
    '{{"records":[{0}]}}',
    "[{0}]",
    "{0}",
)
bodies = st.one_of(
    st.builds(lambda envelope, value: envelope.format(value).encode(), st.sampled_from(ENVELOPES), json_texts),
    st.binary(max_size=60),
    st.binary(max_size=20).map(lambda noise: b'{"data":[{"callId":"' + noise + b'"}],"hits":1}'),
)


@given(name=st.sampled_from(STREAMS), body=bodies)
@many
def test_any_body_is_read_or_refused(name: str, body: bytes) -> None:
    read(name, body)


PAGES: dict[str, list[dict[str, Any]]] = {
    "eightx8_call_records": [
        {"pbxId": "p", "callId": "1", "callTime": 5, "departments": ["a"], "new": {"x": [1, "y"]}},
        {"pbxId": "p", "callId": "2", "callerName": "Ü"},
    ],
    "eightx8_recent_calls": [{"callId": "int-1", "tenantId": "t", "postCallSurvey": "[{}]"}],
    "eightx8_interactions": [
        {"key": "interactionId", "label": "I", "value": "i"},
        {"key": "participants", "value": [{"participantId": "p"}]},
        {"key": "queueWaitDuration", "value": {"value": 5, "ongoing": False}},
    ],
    "webex_detailed_call_history": [{"Report ID": "r", "Answered": "true", "Duration": "5", "Site timezone": "-300"}],
    "voiso_cdr": [{"uuid": "u", "duration": "00:00:05", "sla": {"time_to_reply": "0:00:01"}, "cpc": "0.5"}],
    "voiso_agents": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
}
AROUND = dict(zip(PAGES, (ENVELOPES[0], ENVELOPES[1], ENVELOPES[3], *ENVELOPES[4:7]), strict=True))
WEDGES = (
    *(b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\ud800", b"\\u0000", b'"', b"\\", b"[", b"]", b"{"),
    *(b"null", b"NaN", b"-Infinity", b"1e400", b"18446744073709551616", b"-0", b"0.1e-400", b"9" * 5000, b"[" * 2000),
    *(b'{"a":1,"a":2}', b"//", b"'", b",", b":", b"\t", b"\xe2\x80\xa8", b"true", b'"5"', b"5.0", b"}"),
)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_good_before_anything_is_wedged_in(name: str) -> None:
    body = AROUND[name].format(json.dumps(PAGES[name])[1:-1]).encode()
    assert len(read(name, body) or ()) == (1 if "key" in PAGES[name][0] else len(PAGES[name]))


@given(data=st.data())
@many
def test_a_page_with_anything_wedged_in_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PAGES)))
    body = AROUND[name].format(json.dumps(PAGES[name], ensure_ascii=False)[1:-1]).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 12))
        body = body[:start] + data.draw(st.sampled_from(WEDGES)) + body[start + length :]
    read(name, body)


# One evil at a time, in a page that is good otherwise: nothing of it is lost


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("evil", EVILS)
def test_an_evil_value_is_in_its_column_or_rescued_and_its_neighbours_are_whole(evil: str, place: str) -> None:
    builder = builder_for("eightx8_call_records")
    good = '{"pbxId":"p","callId":"1","callTime":7}'
    row = f'{{"pbxId":"p","callTime":8,"callId":"2","{place}":{EVILS[evil]}}}'
    page = f'{{"rows":[{good},{row},{good}]}}'.encode("utf-8", "surrogatepass")
    expected = json.loads(EVILS[evil], strict=False, parse_constant=str, parse_int=str, parse_float=str)
    for _ in range(2):
        before, record, after = builder.read(page)[1]
        assert before.call_time == after.call_time == 7
        found = json.loads(msgspec.json.encode(record), parse_int=str, parse_float=str)
        assert not [*validator_of("eightx8_call_records").iter_errors(json.loads(msgspec.json.encode(record)))]
        column = {"callTime": "call_time", "callerName": "caller_name", "callId": "call_id"}.get(place, place)
        assert told(expected) in (told(found.get(column)), told((found["_rescued_data"] or {}).get(place)))


def told(value: Any) -> str:
    """A value as text, halves of surrogates and what was nested deeply spelled out."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        value = json.loads(value, parse_int=str, parse_float=str)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


@pytest.mark.parametrize(
    "name", [r"\ud800", r"a\"b", r"a\\b", r"a\u0000b", r"\n", "", " ", "é" * 1000, r"\ud83d\ude00"]
)
def test_an_evil_field_name_is_rescued(name: str) -> None:
    builder = builder_for("eightx8_call_records")
    page = f'{{"rows":[{{"pbxId":"p","callId":"1","{name}":5}}]}}'.encode()
    for _ in range(2):
        (record,) = builder.read(page)[1]
        assert [*record._rescued_data.values()] == [5]
        msgspec.json.encode(record)


def test_names_that_differ_in_halves_of_surrogates_only_stay_apart() -> None:
    page = rb'{"rows":[{"pbxId":"p","callId":"1","\ud800":1,"\ud801":2}]}'
    (record,) = builder_for("eightx8_call_records").read(page)[1]
    assert record._rescued_data == {r"\ud800": 1, r"\ud801": 2}


@pytest.mark.parametrize("row", ["null", "5", '"text"', "[1,2]", "[]", "true", "NaN"])
def test_a_row_that_is_no_object_is_rescued_whole(row: str) -> None:
    builder = builder_for("eightx8_call_records")
    (record, other) = builder.read(f'{{"rows":[{row},{{"pbxId":"p","callId":"1"}}]}}'.encode())[1]
    assert record._rescued_data == {"": json.loads(row, parse_constant=str)}
    assert record.call_id.startswith("missing-")
    assert other.call_id == "1"


def test_bytes_that_are_no_utf_8_are_spelled_out() -> None:
    page = b'\xef\xbb\xbf{"rows":[{"pbxId":"p","callId":"1","callerName":"M\xfcller","b\xffd":"\xe2\x82"}]}'
    (record,) = builder_for("eightx8_call_records").read(page)[1]
    assert record.caller_name == r"M\xfcller"
    assert record._rescued_data == {r"b\xffd": r"\xe2\x82"}


@pytest.mark.parametrize("stream", STREAMS)
def test_what_is_nested_without_end_is_a_broken_body(stream: str) -> None:
    for envelope in ENVELOPES:
        for evil in ("[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000):
            assert not read(stream, envelope.format(evil).encode())


def test_a_page_of_very_many_fields_is_built() -> None:
    row = {"pbxId": "p", "callId": "1"} | {f"new{number}": number for number in range(50_000)}
    builder = builder_for("eightx8_call_records")
    for _ in range(2):
        (record,) = builder.read(body_of([row]))[1]
        assert len(record._rescued_data) == 50_000
