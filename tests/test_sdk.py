"""What stands between the SDK and the streams: bookmarks of windows, catalogs, stream maps; each without a process."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError, MapExpressionError, MappingError

from sandbox import Fault, Sandbox
from tap_callrecords.sdk import WindowCheckpoints, settings_from_environment
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from tests.support.tap import Output, sync

VOISO = {"voiso_api_key": "a key for tests", "voiso_api_url": "http://127.0.0.1:1", "max_attempts": 1}
CALLS = "voiso_cdr"
AT = "2026-01-31T00:00:00.000Z"
State = dict[str, Any]


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=25) as box:
        yield box


@pytest.fixture
def box(served: Sandbox) -> Sandbox:
    served.faults.clear()
    return served


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The catalog that the tap offers."""
    catalog: dict[str, Any] = TapCallRecords(config=VOISO).catalog_dict
    return catalog


@pytest.fixture
def catalog(whole: dict[str, Any]) -> dict[str, Any]:
    """The catalog with the stream of calls only, to be changed."""
    return {"streams": [deepcopy(entry) for entry in whole["streams"] if entry["stream"] == CALLS]}


def stream(
    name: str = CALLS, *, state: State | None = None, catalog: dict[str, Any] | None = None
) -> WindowCheckpoints:
    found = TapCallRecords(config=VOISO, state=state, catalog=catalog).streams[name]
    assert isinstance(found, WindowCheckpoints)
    return found


def state_of(**bookmark: Any) -> State:
    return {"bookmarks": {CALLS: bookmark}}


def config_of(box: Sandbox, **more: Any) -> dict[str, Any]:
    start = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    return {**box.eightx8_work.config, "start_date": start, "max_attempts": 1, **more}


# Bookmarks


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ({}, None),
        (state_of(), None),
        (state_of(replication_key="timestamp_utc", replication_key_value=AT), AT),
        (state_of(replication_key_value="2026-01-31T02:00:00+02:00"), AT),
        (state_of(replication_key="another_time", replication_key_value=AT), None),
        (state_of(replication_key_value="0001-01-01T00:00:00Z"), "1970-01-01T00:00:00.000Z"),
    ],
    ids=str,
)
def test_a_bookmark_is_read_in_our_form_where_it_is_that_of_our_key(state: State, read: str | None) -> None:
    calls = stream(state=state)
    before = deepcopy(calls.tap.state)
    assert calls.read_bookmark() == read
    assert calls.tap.state == before, "a stream that fails leaves no bookmark behind"


def test_an_old_bookmark_is_gone_on_from_with_all_of_its_look_back() -> None:
    """Where the vendor states no limit, that is before what a first run begins with."""
    config = {**VOISO, "lookback_hours": 30}
    calls = TapCallRecords(config=config, state=state_of(replication_key_value="2021-01-31T06:00:00.000Z")).streams[
        CALLS
    ]
    assert isinstance(calls, CallRecordStream)
    assert calls.plan()[0].start == datetime(2021, 1, 30, tzinfo=UTC)


def test_a_list_and_a_stream_that_is_asked_for_as_a_full_table_have_no_bookmark(
    catalog: dict[str, Any], whole: dict[str, Any]
) -> None:
    asked_for = [{**entry, "replication_method": "INCREMENTAL"} for entry in deepcopy(whole["streams"])]
    for agents in (stream("voiso_agents"), stream("voiso_agents", catalog={"streams": asked_for})):
        assert agents.replication_method == "FULL_TABLE"
        assert not agents.is_incremental
    assert stream().is_incremental
    catalog["streams"][0]["replication_method"] = "FULL_TABLE"
    calls = stream(catalog=catalog, state=state_of(replication_key_value=AT))
    assert not calls.is_incremental
    assert calls.read_bookmark() is None


def test_what_is_kept_beside_a_bookmark_is_read_by_the_next_run_and_gone_with_it() -> None:
    first = stream()
    first.checkpoint(AT, {"kept": 1})
    kept: State = dict(first.tap.state)
    second = stream(state=deepcopy(kept))
    assert (second.read_bookmark(), second.read_beside_bookmark("kept")) == (AT, 1)
    assert second.read_beside_bookmark("nothing") is None
    second.checkpoint(AT)
    assert "kept" not in second.tap.state["bookmarks"][CALLS]


def test_a_checkpoint_is_all_that_the_state_holds_of_the_stream(capsys: pytest.CaptureFixture[str]) -> None:
    calls = stream(state=state_of(replication_key_value="2025-01-01", progress_markers={"note": 1}, partitions=[]))
    calls.checkpoint(AT)
    assert calls.tap.state["bookmarks"][CALLS] == {"replication_key": "timestamp_utc", "replication_key_value": AT}
    assert AT in capsys.readouterr().out


@pytest.mark.parametrize("maps", [{}, {"eightx8_call_records": {"added": "'x'"}}], ids=["pages", "records"])
def test_no_record_moves_a_bookmark_and_none_is_left_of_a_stream_that_finished_no_window(
    box: Sandbox, maps: dict[str, Any]
) -> None:
    config = config_of(box, stream_maps=maps, window_hours=48)
    box.faults.add(Fault("status", match="/v2/call-records", status=500, after=1, times=None))
    out = sync({**config, "eightx8_work_page_size": 3}, streams=["eightx8_call_records"])
    assert out.error is not None
    assert len(out.records("eightx8_call_records")) == 3
    assert "eightx8_call_records" not in out.bookmark.get("bookmarks", {})


def moved(out: Output) -> list[State]:
    """The bookmarks, in order, without milliseconds: two runs do not end at the same."""
    return [
        {name: each["replication_key_value"][:16] for name, each in state["bookmarks"].items()} for state in out.states
    ]


def test_records_that_go_through_the_sdk_leave_the_bookmarks_that_pages_leave(box: Sandbox) -> None:
    config = config_of(box, end_date=(datetime.now(UTC) - timedelta(hours=1)).isoformat(), window_hours=7)
    maps = {"stream_maps": {"eightx8_call_*": {"added": "'x'"}}}
    outs = [sync(config), sync({**config, **maps})]
    assert moved(outs[0]) == moved(outs[1])
    assert len(moved(outs[0])) > 7
    kept = {frozenset(each) for out in outs for state in out.states for each in state["bookmarks"].values()}
    assert kept == {frozenset({"replication_key", "replication_key_value"})}


def test_what_ends_a_stream_is_told_once(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    box.faults.add(Fault("status", match="/v2/call-records", status=500, times=None))
    assert sync(config_of(box), streams=["eightx8_call_records"]).error is not None
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "gave up" in errors[0]


def test_settings_in_variables_are_read_by_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WITH_NUMBER", "5"), ("WITH_LIST", '["a"]'), ("OTHER", "x")):
        monkeypatch.setenv(name, value)
    properties = {"number": {"type": ["integer"]}, "list": {"type": ["array"], "items": {"type": ["string"]}}}
    assert settings_from_environment(properties, "WITH_") == {"number": 5, "list": ["a"]}


# Catalogs


@pytest.mark.parametrize("keys", [None, [], ["uuid", "agent"], ["nothing"], "uuid", 5, [5]], ids=str)
def test_another_key_than_the_stream_s_is_refused(catalog: dict[str, Any], keys: Any) -> None:
    catalog["streams"][0]["key_properties"] = keys
    for each in catalog["streams"][0]["metadata"]:
        each["metadata"].pop("table-key-properties", None)
    with pytest.raises(ConfigurationError) as told:
        stream(catalog=catalog)
    assert str(told.value) == (
        "Catalog: stream voiso_cdr lacks its key properties, uuid. Make the catalog again with --discover."
    )


def test_a_key_that_is_no_column_is_refused(catalog: dict[str, Any]) -> None:
    del catalog["streams"][0]["schema"]["properties"]["uuid"]
    with pytest.raises(ConfigurationError, match="lacks its key properties, uuid"):
        stream(catalog=catalog)


def test_a_key_in_the_metadata_alone_is_that_of_the_entry(catalog: dict[str, Any]) -> None:
    del catalog["streams"][0]["key_properties"]
    entries = stream(catalog=catalog).tap.input_catalog
    assert entries is not None
    assert [*(entries[CALLS].key_properties or ())] == ["uuid"]


def test_a_catalog_may_have_the_key_only(catalog: dict[str, Any]) -> None:
    catalog["streams"][0]["schema"]["properties"] = {"uuid": {"type": ["string"]}}
    assert stream(catalog=catalog).selected


def test_a_stream_that_is_not_selected_is_not_looked_at(catalog: dict[str, Any]) -> None:
    catalog["streams"][0]["key_properties"] = ["nothing"]
    for each in catalog["streams"][0]["metadata"]:
        each["metadata"]["selected"] = False
    assert not stream(catalog=catalog).selected


def test_columns_that_the_catalog_lacks_are_left_out_with_one_warning(
    catalog: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("sla", "agent"):
        del catalog["streams"][0]["schema"]["properties"][name]
    calls = stream(catalog=catalog)
    left_out = {place[:2] for place, selected in calls.mask.items() if not selected}
    assert left_out == {("properties", "agent"), ("properties", "sla")}
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        "The catalog lacks columns of stream voiso_cdr: agent, sla. They are left out; to have them make the catalog "
        "again with --discover."
    ]
    caplog.clear()
    stream()
    assert caplog.records == []


def test_a_catalog_without_metadata_selects_what_it_has(catalog: dict[str, Any]) -> None:
    catalog["streams"][0]["metadata"] = []
    catalog["streams"][0]["schema"]["properties"].pop("agent")
    calls = stream(catalog=catalog)
    assert calls.selected
    assert [place for place, selected in calls.mask.items() if not selected] == [("properties", "agent")]


def test_members_that_are_left_out_are_left_out_of_objects_in_objects_and_lists(catalog: dict[str, Any]) -> None:
    entries = catalog["streams"][0]["metadata"]
    member = ["properties", "sla", "properties", "time_to_reply"]
    entries.append({"breadcrumb": member, "metadata": {"inclusion": "available"}})
    for entry in entries:
        entry["metadata"]["selected"] = entry["breadcrumb"] not in (member, ["properties", "agent"])
    calls = stream(catalog=catalog)
    assert not calls.can_write_pages
    for sla, left in (
        ({"time_to_reply": 1, "time_to_resolution": 2}, {"time_to_resolution": 2}),
        ([{"time_to_reply": 1}, {"new": 2}, None], [{}, {"new": 2}, None]),
        (None, None),
        ("text", "text"),
        ({"time_to_resolution": 2}, {"time_to_resolution": 2}),
    ):
        record = {"uuid": "1", "sla": sla, "time_to_reply": 3, "agent": "the SDK leaves this out"}
        assert calls.without_deselected_members(record) == {**record, "sla": left}
    assert calls.without_deselected_members({"uuid": "1"}) == {"uuid": "1"}


def test_pages_are_written_at_once_where_the_sdk_has_nothing_to_do() -> None:
    assert stream().can_write_pages


# Stream maps


def mapped(config: Mapping[str, Any], record: dict[str, Any] | None = None) -> list[dict[str, Any] | None]:
    """What the maps of the stream of calls make of a record."""
    tap = TapCallRecords(config={**VOISO, **config})
    return [each.transform(dict(record or {"uuid": "1", "agent": None})) for each in tap.mapper.stream_maps[CALLS]]


@pytest.mark.parametrize(
    ("expression", "where", "kind"),
    [
        ({"from_party": "1 / 0"}, "from_party", "ZeroDivisionError"),
        ({"from_party": "nothing.such"}, "from_party", "NameNotDefined"),
        ({"__filter__": "int(agent) > 1"}, "__filter__", "TypeError"),
    ],
)
def test_an_expression_that_fails_is_told_with_its_stream_and_property(
    expression: dict[str, str], where: str, kind: str
) -> None:
    with pytest.raises(MapExpressionError) as told:
        mapped({"stream_maps": {CALLS: expression}})
    assert str(told.value) == (
        f"Stream map of voiso_cdr, property {where}: its expression fails on a value ({kind}). Write it so that it "
        "takes null and every other value, or remove it."
    )


def test_an_expression_that_does_not_fail_is_what_it_says() -> None:
    maps = {CALLS: {"added": "uuid + 'x'", "agent": None, "type": "self + 'y'"}}
    (record,) = mapped({"stream_maps": maps}, {"uuid": "1", "agent": "A", "type": "2"})
    assert record == {"uuid": "1", "added": "1x", "type": "2y"}


@pytest.mark.parametrize(
    ("maps", "begin"),
    [
        ({CALLS: {"from_party": "1 +"}}, "Stream maps of voiso_cdr: Failed to parse expression"),
        ({CALLS: {"uuid": "__NULL__"}}, "Stream maps of voiso_cdr: "),
        (
            {CALLS: {"__alias__": "1 / 0"}},
            "Stream maps of voiso_cdr can't be used (ZeroDivisionError). Check the settings stream_maps, "
            "flattening_max_depth and flattening_max_key_length.",
        ),
    ],
)
def test_maps_that_can_not_be_used_are_told_with_their_stream(maps: dict[str, Any], begin: str) -> None:
    with pytest.raises(MappingError) as told:
        mapped({"stream_maps": maps})
    assert str(told.value).startswith(begin)
    assert "\n" not in str(told.value)


def test_a_flattened_record_has_the_columns_of_its_schema_and_no_others() -> None:
    flat = {"flattening_enabled": True, "flattening_max_depth": 1}
    (record,) = mapped(flat, {"uuid": "1", "sla": None, "agent": None})
    assert record is not None
    assert record["uuid"] == "1"
    assert record["agent"] is None
    assert "sla" not in record
    (record,) = mapped(flat, {"uuid": "1", "sla": {"time_to_reply": "x"}})
    assert record is not None
    assert record["sla__time_to_reply"] == "x"


def test_maps_that_change_nothing_are_told_and_others_are_not(caplog: pytest.LogCaptureFixture) -> None:
    mapped(
        {
            "stream_maps": {
                "voiso_cdrs": {"from_party": "__NULL__"},
                CALLS: {"from_partyy": "__NULL__", "agentt": None, "to_party": "__NULL__", "new": "'x'"},
                "copy": {"__source__": CALLS, "agent": None},
                "copies": {"__source__": "voiso_cdrr", "agent": None},
                "voiso_t*": {"name": "__NULL__"},
                "voiso_queues": {"id": "id", "__else__": None},
                "webex_*": {"name": "__NULL__"},
                "webex_detailed_call_history": None,
            }
        }
    )
    told = [record.getMessage() for record in caplog.records if "nothing: " in record.getMessage()]
    assert told == [
        "The stream map of voiso_cdrs changes nothing: there is no such stream.",
        "The stream map of voiso_cdr removes nothing: it has no from_partyy.",
        "The stream map of voiso_cdr removes nothing: it has no agentt.",
        "The stream map of copies changes nothing: there is no such stream.",
    ]
