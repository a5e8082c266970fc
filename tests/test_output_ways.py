"""Pages written at once and records handed to the SDK one by one: the same records, whatever asks for the slow way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper
from typing import Any

import pytest

from sandbox import Sandbox
from tap_callrecords import stream as stream_module
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tests.support.tap import sync

VENDORS = sorted(Sandbox().vendors)
Records = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(days=1, calls_per_day=25, samples=True) as box:
        for vendor in box.vendors.values():
            for switch in ("unknown_fields", "odd_values"):
                if hasattr(vendor.switches, switch):
                    setattr(vendor.switches, switch, True)
        yield box


@pytest.fixture(scope="module")
def end_date() -> str:
    return (datetime.now(UTC) - timedelta(minutes=30)).isoformat()


@pytest.fixture(params=VENDORS)
def config(request: pytest.FixtureRequest, box: Sandbox, end_date: str) -> dict[str, Any]:
    start = datetime.now(UTC) - timedelta(days=1)
    return {**box.vendors[request.param].config, "start_date": start.isoformat(), "end_date": end_date}


def read(config: Mapping[str, Any], catalog: dict[str, Any] | None = None) -> Records:
    """The records of a sync by stream, in the order of their text."""
    out = TextIOWrapper(BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        TapCallRecords(config=dict(config), catalog=catalog).sync_all()
    out.seek(0)
    found: Records = {}
    for message in map(json.loads, out):
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return {name: sorted(records, key=str) for name, records in found.items()}


@pytest.fixture
def written(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Records:
    """What a sync writes page by page; from then on that way is shut."""
    with monkeypatch.context() as alone:
        alone.setattr(CallRecordStream, "_yielded", lambda *_: pytest.fail("records were handed over one by one"))
        records = read(config)
    assert any(records.values())
    monkeypatch.setattr(
        stream_module.CallRecordStream, "_written", lambda *_: pytest.fail("pages were written at once")
    )
    return records


def test_a_stream_map_changes_only_what_it_maps(config: dict[str, Any], written: Records) -> None:
    maps = {name: {"added": "'new'"} for name in written}
    assert read({**config, "stream_maps": maps}) == {
        name: [record | {"added": "new"} for record in records] for name, records in written.items()
    }


def test_a_deselected_property_is_all_that_is_missing(config: dict[str, Any], written: Records) -> None:
    catalog = TapCallRecords(config=dict(config)).catalog_dict
    left_out: dict[str, str] = {}
    for entry in catalog["streams"]:
        keys = {*entry["key_properties"], entry.get("replication_key")}
        left_out[entry["stream"]] = next(name for name in entry["schema"]["properties"] if name not in keys)
        for each in entry["metadata"]:
            if each["breadcrumb"] == ["properties", left_out[entry["stream"]]]:
                each["metadata"]["selected"] = False
    expected = {
        name: sorted(({key: record[key] for key in record if key != left_out[name]} for record in records), key=str)
        for name, records in written.items()
    }
    assert read(config, catalog) == expected


def test_flattening_changes_only_what_is_nested(config: dict[str, Any], written: Records) -> None:
    flat = read({**config, "flattening_enabled": True, "flattening_max_depth": 1})
    assert flat.keys() == written.keys()
    for name, records in written.items():
        assert len(flat[name]) == len(records)
        keys = TapCallRecords(config=dict(config)).streams[name].primary_keys
        by_key = {tuple(record[key] for key in keys): record for record in flat[name]}
        for record in records:
            flattened = by_key[tuple(record[key] for key in keys)]
            for column, value in record.items():
                if not isinstance(value, (dict, list)):
                    assert flattened.get(column) == value


def test_testing_the_connection_writes_records_like_those_of_a_sync(
    config: dict[str, Any], written: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, stream in TapCallRecords(config=dict(config)).streams.items():
        monkeypatch.setattr(CallRecordStream, "ABORT_AT_RECORD_COUNT", 3)
        if name in written:
            found = next(iter(stream.get_records(None)))
            assert found in written[name]


def test_members_of_objects_can_be_deselected_in_lists_too(box: Sandbox, end_date: str) -> None:
    start = datetime.now(UTC) - timedelta(days=1)
    config = {**box.config, "start_date": start.isoformat(), "end_date": end_date}
    left_out = {
        "voiso_cdr": ("sla", "properties", "time_to_reply"),
        "eightx8_interactions": ("participants", "items", "properties", "participant_name"),
    }
    catalog = TapCallRecords(config=dict(config)).catalog_dict
    catalog["streams"] = [entry for entry in catalog["streams"] if entry["stream"] in left_out]
    for entry in catalog["streams"]:
        breadcrumb = ["properties", *left_out[entry["stream"]]]
        entry["metadata"].append({"breadcrumb": breadcrumb, "metadata": {"inclusion": "available", "selected": False}})
    records = read(config, catalog)
    objects = [record["sla"] for record in records["voiso_cdr"] if record["sla"]]
    objects += [each for record in records["eightx8_interactions"] for each in record["participants"] or ()]
    assert objects
    assert [each for each in objects if "time_to_reply" in each or "participant_name" in each] == []


def test_no_message_asks_a_target_to_delete_rows(config: dict[str, Any]) -> None:
    out = sync({**config, "emit_activate_version_messages": True})
    assert {message["type"] for message in out.messages} == {"SCHEMA", "RECORD", "STATE"}
    assert not [message for message in out.messages if "version" in message]
