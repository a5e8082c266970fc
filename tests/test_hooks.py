"""What a stream's rows become by what its source, the settings and its schema say; no request is made."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from typing import Any

import pytest

from tap_callrecords.rows.builder import Record
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords

CONFIG = {
    "voiso_api_key": "a key for tests",
    "voiso_cluster": "of-tests",
    "webex_access_token": "a token for tests",
    "eightx8_contact_center_api_key": "a key for tests",
    "eightx8_contact_center_token": "a token for tests",
    "eightx8_contact_center_tenant_id": "acme",
}
FEED = "webex_detailed_call_history"


def built(stream: str, *rows: dict[str, Any], **settings: Any) -> list[Record]:
    """What becomes of a page's rows."""
    found = TapCallRecords(config={**CONFIG, **settings}).streams[stream]
    assert isinstance(found, CallRecordStream)
    name = {"voiso_cdr": "records", "eightx8_recent_calls": "data", FEED: "items"}[stream]
    return found.builder.read(json.dumps({name: rows}).encode())[1]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("mode", [{}, {"pii_mode": "hash", "pii_hash_key": "a key of sixteen"}, {"pii_mode": "drop"}])
def test_personal_data_leaves_as_the_settings_say_and_a_hash_is_made_with_their_key(mode: dict[str, str]) -> None:
    (row,) = built("voiso_cdr", {"uuid": "1", "agent": "Ada Example"}, **mode)
    key = mode.get("pii_hash_key", "").encode()
    hashed = hmac.new(key, b"Ada Example", hashlib.sha256).hexdigest()
    assert row.agent == {"hash": hashed, "drop": None}.get(mode.get("pii_mode", ""), "Ada Example")


def test_a_row_without_its_key_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    rows = built("voiso_cdr", {"agent": "A"}, {"uuid": 5, "agent": "B"}, {"uuid": "1", "agent": "C"})
    assert len({row.uuid for row in rows}) == 3
    assert warnings(caplog) == [
        "A row lacks its key, or has one of another type, and is given one made from what identifies it."
    ]


def test_a_key_that_the_settings_tell_stands_for_one_that_a_row_lacks() -> None:
    (row,) = built("eightx8_recent_calls", {"callId": 1})
    assert row.tenant_id == "acme"


def test_fields_are_found_in_any_case_where_the_vendor_writes_them_otherwise_than_it_documents() -> None:
    (row,) = built(FEED, {"report id": "1", "CALL ID": "2"})
    assert (row.report_id, row.call_id) == ("1", "2")


def test_a_documented_field_is_named_as_it_is_and_of_another_name_only_what_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    (row,) = built(FEED, {"Report ID": "1", "Duration": "many", "Ada": 1})
    assert row._rescued_data == {"Duration": "many", "Ada": 1}
    assert sorted(warnings(caplog)) == [
        "Field 'Duration' is new or does not fit its type; its values are kept in _rescued_data.",
        "Field '[redacted]' is new or does not fit its type; its values are kept in _rescued_data.",
    ]
