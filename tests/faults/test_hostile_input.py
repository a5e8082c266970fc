"""Whatever a vendor sends: no crash, no silent loss, and no more memory than a page may take.

A longer run: `BODIES=100000 pytest tests/faults/test_hostile_input.py --hypothesis-seed=1`.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from singer_sdk.exceptions import ConfigurationError, FatalAPIError

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tap_callrecords.errors import BrokenBody
from tap_callrecords.http import session
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tests.faults.subjects import VENDORS
from tests.support.streams import DESELECTED
from tests.support.tap import sync
from tests.test_records import body_of, builder_for, validator_of

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

BIG = "9" * 400
EVILS = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "2^64": str(2**64),
    "400 digits": BIG,
    "5000 digits": "9" * 5000,
    "1e400": "1e400",
    "lone surrogate": r'"a\ud800b"',
    "surrogates the wrong way round": r'"\udc00\ud800"',
    "nul": r'"a\u0000b"',
    "raw control characters": '"a\tb\nc\x01"',
    "line separators": '"a\u2028b\u2029"',
    "beyond the first plane": '"\U0001f4de"',
    "huge text": json.dumps("x" * 3_000_000),
    "long list": "[" + "1," * 5_000 + "1]",
    "nested list": "[" * 90 + "]" * 90,
    "nested deeply": "[" * 500 + "]" * 500,
    "nested object": '{"a":' * 500 + "1" + "}" * 500,
    "object": '{"a":{"b":[1,null,"c"]}}',
    "list of objects": '[{"a":1},null,[]]',
    "true": "true",
    "float": "1.5",
}
PLACES = ("callTime", "callerName", "departments", "startTimeUTC", "missed", "newField", "callId")


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


# Whole runs


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as box:
        yield box


def config_of(box: Sandbox, **more: Any) -> dict[str, Any]:
    box.faults.clear()
    start = datetime.now(UTC) - timedelta(hours=12)
    return {**box.eightx8_work.config, "start_date": start.isoformat(), "max_attempts": 2, **more}


@pytest.mark.parametrize("maps", [None, {"eightx8_call_records": {"added": "'x'"}}], ids=["pages", "records"])
@pytest.mark.parametrize("mode", ["keep", "hash", "drop"])
def test_a_run_over_all_evils_ends_well_and_writes_what_every_reader_of_json_takes(
    box: Sandbox, maps: dict[str, Any] | None, mode: str
) -> None:
    evils = [value for name, value in EVILS.items() if "huge" not in name and "long" not in name]
    rows = ",".join(
        f'{{"pbxId":"p","callId":"{number}-{place}","{place}":{value}}}'
        for number, value in enumerate(evils)
        for place in PLACES[:-1]
    )
    body = f'{{"meta":{{"totalRecordCount":{len(evils) * len(PLACES[:-1])}}},"data":[{rows}]}}'
    config = config_of(box, pii_mode=mode, pii_hash_key="k", **({"stream_maps": maps} if maps else {}))
    box.faults.add(Fault("status", status=200, body=body, match="call-records", content_type="application/json"))
    out = sync(config, streams=["eightx8_call_records"])
    assert out.error is None
    assert len(out.records("eightx8_call_records")) == len(evils) * len(PLACES[:-1])
    validator = Draft202012Validator(next(each["schema"] for each in out.messages if each["type"] == "SCHEMA"))
    for record in out.records("eightx8_call_records"):
        assert not [*validator.iter_errors(record)]
    for line in out.raw.splitlines():
        json.loads(line, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))


def test_objects_whose_members_come_in_another_order_are_no_different_rows(box: Sandbox) -> None:
    members = ('"a":{"x":1,"y":[{"p":1,"q":2}]},"b":2', '"b":2,"a":{"y":[{"q":2,"p":1}],"x":1}')
    rows = ",".join(f'{{"pbxId":"p","callId":"1","new":{{{each}}},{each}}}' for each in members)
    box.faults.clear()
    config = config_of(box)
    body = f'{{"meta":{{"totalRecordCount":1}},"data":[{rows}]}}'
    box.faults.add(Fault("status", status=200, body=body, match="call-records", content_type="application/json"))
    out = sync(config, streams=["eightx8_call_records"])
    assert len(out.records("eightx8_call_records")) == 1
    assert "share their key" not in out.stderr


@pytest.mark.parametrize("blank", ['""', '" "', "null", "false", '{"a":1}'])
def test_calls_without_a_usable_id_are_told_apart_and_keep_their_keys_when_a_name_changes(
    box: Sandbox, blank: str
) -> None:
    found: list[set[str]] = []
    for name in ("A", "B"):
        config = config_of(box)
        began = int(datetime.now(UTC).timestamp()) // 86400 * 86_400_000
        rows = ",".join(
            f'{{"pbxId":"p","callId":{blank},"startTimeUTC":{began + call},"callerName":"{name}"}}' for call in (1, 2)
        )
        body = f'{{"meta":{{"totalRecordCount":2}},"data":[{rows}]}}'
        box.faults.add(Fault("status", status=200, body=body, match="call-records", content_type="application/json"))
        out = sync(config, streams=["eightx8_call_records"])
        assert out.error is None
        assert len(out.records("eightx8_call_records")) == 2
        found.append({record["call_id"] for record in out.records("eightx8_call_records")})
    assert found[0] == found[1]
    assert len(found[0]) == (1 if blank.startswith("{") else 2)


ROWS_THAT_ARE_NONE = 'null,5,"text",[1],true'


@pytest.mark.parametrize("subject", [each for each in VENDORS if each.around], ids=str)
def test_rows_that_are_no_objects_stop_no_sync_and_are_rescued(subject: Subject) -> None:
    match, around = subject.around or ("", "")
    with Sandbox(empty=True) as served:
        body = around % ROWS_THAT_ARE_NONE
        counted = {"X-Total-Elements": "5"}
        served.faults.add(
            Fault("status", status=200, body=body, match=match, content_type="application/json", headers=counted)
        )
        start = datetime.now(UTC) - timedelta(hours=6)
        config = {**subject.of(served).config, "start_date": start.isoformat(), "max_attempts": 2}
        out = sync({**config, "webex_initial_request_interval_seconds": 0}, streams=[subject.stream])
    assert out.error is None
    rescued = [message["record"]["_rescued_data"] for message in out.messages if message["type"] == "RECORD"]
    assert rescued == [{"": None}, {"": 5}, {"": "text"}, {"": [1]}, {"": True}]


# Size


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LARGEST_BODY", 2**20)
    monkeypatch.setattr(session, "LARGEST_REFUSAL", 2**16)


def page_of_blanks(size: int) -> bytes:
    return b'{"meta":{"totalRecordCount":0},"data":[' + b" " * size + b"]}"


TOO_LARGE = (
    "127.0.0.1 sent an answer of more than 1 MiB, more than the tap takes into memory. Lower the page size "
    "of the source and run again: nothing was skipped."
)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_page_over_the_limit_ends_the_run_in_words_and_at_once(
    box: Sandbox, small_limits: None, packed: bool
) -> None:
    config = config_of(box)
    for size, error in ((2**20 - 100, "None"), (2**20 + 100, TOO_LARGE)):
        box.faults.clear()
        body = page_of_blanks(size)
        fault = Fault("status", status=200, body=body, match="call-records", content_type="application/json", times=1)
        if packed:
            fault.body, fault.headers = gzip.compress(body), {"content-encoding": "gzip"}
        box.faults.add(fault)
        out = sync(config, streams=["eightx8_call_records"])
        assert str(out.error) == error
        assert fault.struck == 1


def test_a_refusal_without_end_is_read_no_further_than_it_can_tell_something(box: Sandbox, small_limits: None) -> None:
    config = config_of(box)
    body = b'{"message":"Invalid timeZone' + b" and more" * 10**6 + b'"}'
    box.faults.add(Fault("status", status=422, body=body, match="call-records", times=None))
    out = sync(config, streams=["eightx8_call_records"])
    assert isinstance(out.error, FatalAPIError)
    assert "8x8 Work refused a request with status 422" in str(out.error)
    assert len(str(out.error)) < 300


@contextmanager
def endless(head: bytes) -> Iterator[tuple[str, list[int]]]:
    """A server that answers without end: its URL, and how many bytes it got rid of."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                sent.append(0)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
                    while True:
                        connection.sendall(
                            b"10000\r\n" + b" " * 0x10000 + b"\r\n" if b"chunked" in head else b" " * 0x10000
                        )
                        sent[-1] += 0x10000
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "head",
    [b"", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 99999999999999\r\n"],
    ids=["open", "chunked", "length"],
)
def test_an_answer_without_end_is_not_read_to_the_end_of_memory(small_limits: None, head: bytes) -> None:
    with endless(head) as (url, sent):
        config = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": url, "max_attempts": 2}
        out = sync(config, streams=["voiso_cdr"])
    assert str(out.error) == TOO_LARGE
    assert len(sent) == 1
    assert sent[0] < 16 * 2**20  # what the sockets' buffers hold besides


def test_an_answer_with_two_lengths_is_asked_for_again(small_limits: None) -> None:
    with endless(b"Content-Length: 5\r\nContent-Length: 6\r\n") as (url, sent):
        config = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": url, "max_attempts": 2}
        out = sync(config, streams=["voiso_cdr"])
    assert "gave up after 2 tries" in str(out.error)
    assert len(sent) == 2


@pytest.mark.parametrize("token", ["", "a\r\nX-More: b", "\u20ac", "\ud800", "two words"])
def test_a_token_that_no_header_takes_is_a_broken_body(box: Sandbox, token: str) -> None:
    config = config_of(box)
    body = json.dumps({"access_token": token})
    box.faults.add(Fault("status", status=200, body=body, match="oauth", content_type="application/json", times=None))
    out = sync(config, streams=["eightx8_call_records"])
    box.faults.clear()
    assert isinstance(out.error, FatalAPIError)
    assert "gave up after 2 tries" in str(out.error)
    assert token.strip() == "" or token not in str(out.error)
