"""A run over whatever a vendor sends ends well, and keeps it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from singer_sdk.exceptions import FatalAPIError

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.evils import EVILS, PLACES, box, config_of
from tests.faults.subjects import VENDORS
from tests.support.tap import sync

__all__ = ["box"]


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
