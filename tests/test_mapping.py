"""Stream maps, flattening and catalogs: what is sent agrees with its SCHEMA, and slips are told."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from tap_callrecords.tap import TapCallRecords
from tests.support.forked import forked
from tests.support.tap import Output, sync

VOISO = {"voiso_api_key": "a key for tests", "voiso_api_url": "http://127.0.0.1:1", "max_attempts": 1}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(days=1, calls_per_day=25, samples=True) as box:
        yield box


def config_of(box: Sandbox) -> dict[str, Any]:
    start = datetime.now(UTC) - timedelta(days=1)
    return {**box.config, "start_date": start.isoformat()}


def columns_of(out: Output) -> dict[str, dict[str, Any]]:
    return {each["stream"]: each["schema"]["properties"] for each in out.messages if each["type"] == "SCHEMA"}


def beyond_schema(out: Output) -> set[tuple[str, str]]:
    """Stream and column of what a record has and its SCHEMA has not."""
    columns = columns_of(out)
    records = [each for each in out.messages if each["type"] == "RECORD"]
    assert records
    return {
        (each["stream"], name) for each in records for name in each["record"] if name not in columns[each["stream"]]
    }


@pytest.mark.parametrize("depth", [1, 2])
def test_flattened_records_have_the_columns_of_their_schema_only(box: Sandbox, depth: int) -> None:
    out = sync({**config_of(box), "flattening_enabled": True, "flattening_max_depth": depth})
    assert out.error is None
    assert beyond_schema(out) == set()
    assert any(name.startswith("sla__") for name in columns_of(out)["voiso_cdr"])


def test_a_flattened_and_mapped_record_has_the_columns_of_its_schema_only(box: Sandbox) -> None:
    maps = {"voiso_cdr": {"from_party": "__NULL__", "seen_by": "'me'"}}
    out = sync({**config_of(box), "flattening_enabled": True, "flattening_max_depth": 1, "stream_maps": maps})
    assert out.error is None
    assert beyond_schema(out) == set()


def test_a_column_that_the_catalog_lacks_is_left_out_with_one_warning(box: Sandbox) -> None:
    config = config_of(box)
    catalog = deepcopy(TapCallRecords(config=config).catalog_dict)
    for entry in catalog["streams"]:
        if entry["stream"] == "voiso_cdr":
            del entry["schema"]["properties"]["from_party"], entry["schema"]["properties"]["timestamp_utc"]
    out = forked(config, catalog=catalog)
    assert out.exit_code == 0, out.stderr
    assert beyond_schema(out) == set()
    assert out.records("voiso_cdr")
    assert "from_party" not in out.records("voiso_cdr")[0]
    assert out.stderr.count("The catalog lacks columns of stream") == 1
    assert "The catalog lacks columns of stream voiso_cdr: timestamp_utc, from_party. They are left out" in out.stderr
    assert out.bookmarks("voiso_cdr")


def test_a_catalog_without_metadata_reads_what_it_has(box: Sandbox) -> None:
    schema = {"properties": {"uuid": {"type": "string"}}}
    entry = {"tap_stream_id": "voiso_cdr", "stream": "voiso_cdr", "key_properties": ["uuid"], "schema": schema}
    out = sync(config_of(box), catalog={"streams": [entry]})
    assert out.error is None
    assert {*map(tuple, out.records("voiso_cdr"))} == {("uuid",)}


def test_a_key_that_stands_in_the_metadata_alone_is_the_key_of_the_schema(box: Sandbox) -> None:
    config = config_of(box)
    catalog = deepcopy(TapCallRecords(config=config).catalog_dict)
    keys = {entry["stream"]: list(entry.pop("key_properties")) for entry in catalog["streams"]}
    out = sync(config, catalog=catalog)
    assert out.error is None
    told = {each["stream"]: each["key_properties"] for each in out.messages if each["type"] == "SCHEMA"}
    assert told
    assert told.items() <= keys.items()


def test_a_stream_that_is_not_selected_may_lack_its_key() -> None:
    metadata = [{"breadcrumb": [], "metadata": {"selected": False}}]
    entry = {"tap_stream_id": "voiso_cdr", "stream": "voiso_cdr", "metadata": metadata, "schema": {}}
    assert sync(VOISO, catalog={"streams": [entry]}).error is None


def test_a_catalog_entry_with_another_key_than_the_stream_s_is_refused() -> None:
    entry = next(each for each in TapCallRecords(config=VOISO).catalog_dict["streams"] if each["stream"] == "voiso_cdr")
    for each in entry["metadata"]:
        each["metadata"].pop("table-key-properties", None)
    out = forked(VOISO, catalog={"streams": [entry | {"key_properties": ["uuid", "agent"]}]})
    assert out.exit_code == 1
    assert "Catalog: stream voiso_cdr lacks its key properties, uuid." in out.stderr
    assert "Traceback" not in out.stderr
