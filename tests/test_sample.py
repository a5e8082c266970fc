"""`--sample` writes records that tell of nobody: all that could is replaced by something of the same shape."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Fault, Sandbox
from sandbox.directory import offices
from sandbox.registry import VENDORS
from tap_callrecords.commands.masks import Masks, shape
from tap_callrecords.commands.sample import ROWS, sample
from tap_callrecords.rows.builder import RESCUED
from tap_callrecords.rows.schemas import declared
from tests.support.forked import forked
from tests.support.streams import DESELECTED, KEYS
from tests.support.tap import Output, sync
from tests.test_schemas import walk

SEED = 8
SUBJECTS = [subject.stream for vendor in VENDORS for subject in vendor.streams]
quick = settings(max_examples=60)


@pytest.fixture(scope="module")
def config() -> Iterator[dict[str, Any]]:
    """All vendors, with values that do not fit and fields that nobody knows."""
    with Sandbox(seed=SEED, days=2, calls_per_day=60, samples=True) as box:
        for vendor in box.vendors.values():
            for switch in ("unknown_fields", "odd_values"):
                if hasattr(vendor.switches, switch):
                    setattr(vendor.switches, switch, True)
        box.webex.add_record(box.webex.new_record(), inserted_at=box.clock.now_ms() - 3_600_000)  # at night, too
        yield {**box.config, "optional_streams": sorted(DESELECTED)}


@pytest.fixture(scope="module")
def taken(config: dict[str, Any]) -> Output:
    """A sample of every stream."""
    out = forked(config, "--sample")
    assert out.exit_code == 0, out.stderr
    return out


@pytest.fixture(scope="module")
def read(config: dict[str, Any]) -> Output:
    """What a run reads of the same accounts."""
    return sync({**config, "start_date": (datetime.now(UTC) - timedelta(days=2)).isoformat()})


def leaves(value: Any) -> Iterator[str]:
    """Texts and numbers of a value, and names of members, as text."""
    if isinstance(value, Mapping):
        yield from (str(name) for name in value)
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def at(value: Any, path: list[str]) -> Iterator[Any]:
    """The values of a property in a record, in each object of a list."""
    if isinstance(value, list):
        for item in value:
            yield from at(item, path)
    elif isinstance(value, dict) and path:
        yield from at(value.get(path[0]), path[1:])
    elif not path:
        yield value


def tells(stream: str, record: Mapping[str, Any]) -> Iterator[str]:
    """What a record tells of people and of the account."""
    for each in walk(declared(stream).schema):
        if "x-pii" in each.schema or each.schema.get("x-not-pii") in ("id", "unit"):
            for value in at(record, each.path.split(".")):
                yield from leaves(value)
    for value in (record[RESCUED] or {}).values():
        yield from leaves(value)


def record_type(stream: str) -> Any:
    return msgspec.defstruct("Record", [*declared(stream).schema["properties"]])


def sample_of(stream: str, **fields: Any) -> dict[str, Any]:
    """The masked record of one record."""
    record = record_type(stream)(**{**dict.fromkeys(declared(stream).schema["properties"]), **fields})
    (line,) = sample({stream: [record]}, {stream: declared(stream).schema})
    masked: dict[str, Any] = json.loads(line)["record"]
    return masked


def test_every_stream_has_a_few_records_with_all_of_its_columns(taken: Output) -> None:
    assert {each["stream"] for each in taken.messages} == {*KEYS} >= {*SUBJECTS}
    for stream in KEYS:
        records = taken.records(stream)
        assert 1 <= len(records) <= ROWS
        assert all(record.keys() == declared(stream).schema["properties"].keys() for record in records)


def test_nobody_is_named_or_called(taken: Output) -> None:
    text = taken.raw.decode()
    assert [
        value
        for office in offices(SEED)
        for person in office.people
        for value in (person.name, json.dumps(person.name), person.number, person.number[1:], person.email)
        if value in text
    ] == []


def test_nothing_that_a_run_reads_of_people_and_the_account_is_in_a_sample(taken: Output, read: Output) -> None:
    told = {
        value
        for stream in KEYS
        for record in read.records(stream)
        for value in tells(stream, record)
        if any(char.isalnum() for char in value)
    }
    assert len(told) > 1000
    shown = {value for stream in KEYS for record in taken.records(stream) for value in tells(stream, record)}
    assert len(shown) > 100
    assert {value for value in told & shown if len(value) > 3} == set()
    text = taken.raw.decode()
    assert [value for value in told if len(value) > 9 and value in text] == []


def test_unknown_fields_are_there_by_name_and_never_by_value(taken: Output) -> None:
    rescued = [taken.records(stream)[-1][RESCUED] for stream in KEYS]
    assert all(rescued)
    assert all(name.isprintable() for each in rescued for name in each)
    assert {"sandbox_field": "new"} not in rescued
    legs = taken.records("eightx8_call_legs")
    assert all(shape(each[RESCUED]["newText"]).startswith("aaa 9") for each in legs)


def test_times_counts_and_the_vendors_own_words_are_kept(taken: Output, read: Output) -> None:
    kept = {
        (stream, column)
        for stream in KEYS
        for column, schema in declared(stream).schema["properties"].items()
        if schema.get("format") == "date-time" or "boolean" in schema["type"] or schema.get("x-not-pii") == "time"
    } | {("voiso_cdr", "type"), ("webex_detailed_call_history", "direction"), ("eightx8_call_legs", "cause")}
    kept |= {("eightx8_interactions", "outcome"), ("webex_detailed_call_history", "redirect_reason")}
    for stream, column in kept - {("webex_live_call_history", "inserted_before")}:
        known = {json.dumps(record[column]) for record in read.records(stream)}
        assert {json.dumps(record[column]) for record in taken.records(stream)} <= known, (stream, column)


def test_a_value_has_the_same_mask_in_all_streams_and_others_have_other_ones(taken: Output, read: Output) -> None:
    masks = set()
    for stream in ("eightx8_call_legs", "eightx8_call_records"):
        values = {row["start_time_utc"]: row["pbx_id"] for row in read.records(stream)}  # times are kept
        masks |= {(values[row["start_time_utc"]], row["pbx_id"]) for row in taken.records(stream)}
    assert masks
    assert len(masks) == len({value for value, _ in masks}) == len({mask for _, mask in masks})
    for stream, keys in KEYS.items():
        rows = taken.records(stream)
        assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("type", "Marta Caller"),
        ("disposition", "answered by Marta"),
        ("timestamp", "020-79-46-0000"),
        ("duration", "5550147"),
        ("num_segments", 12125550147),
        ("duration_seconds", 12125550147),
        ("timestamp_utc", "Marta"),
    ],
)
def test_a_column_of_words_times_or_numbers_with_something_else_in_it_is_masked(column: str, value: Any) -> None:
    masked = sample_of("voiso_cdr", **{column: value})[column]
    assert type(masked) is type(value)
    assert masked != value
    assert shape(str(masked)) == shape(str(value))


@pytest.mark.parametrize("name", ["+12125550147", "marta@people.example", "Marta Caller", "Марта"])
def test_a_field_whose_name_may_tell_of_somebody_has_another_name(name: str) -> None:
    masked = sample_of("voiso_cdr", **{RESCUED: {name: 1, "call_quality": 1}, "sla": {name: "x"}})
    assert sorted(map(shape, masked[RESCUED])) == sorted([shape(name), "aaaa_aaaaaaa"])
    assert "call_quality" in masked[RESCUED]
    assert name not in json.dumps(masked, ensure_ascii=False)


@pytest.mark.parametrize("names", ["¢¥҂", "ÉÈÊË", "éèêë", "一二三四"])
def test_as_many_fields_of_an_object_are_shown_as_there_are(names: str) -> None:
    masked = sample_of("voiso_cdr", **{RESCUED: {"call_quality": dict.fromkeys(names)}})
    assert [shape(name) for name in masked[RESCUED]["call_quality"]] == [shape(name) for name in names]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@quick
@given(st.dictionaries(st.sampled_from(["call_quality", "cpc", "New field"]), JSON))
def test_whatever_an_unknown_field_holds_its_shape_is_kept_and_nothing_else(values: dict[str, Any]) -> None:
    masked = sample_of("voiso_cdr", **{RESCUED: values})[RESCUED]

    def same_shape(before: Any, after: Any) -> bool:
        if isinstance(before, Mapping):
            pairs = zip(before.items(), after.items(), strict=True)
            return all(shape(name) == shape(other) and same_shape(value, its) for (name, value), (other, its) in pairs)
        if isinstance(before, list):
            return all(map(same_shape, before, after)) and len(before) == len(after)
        if isinstance(before, str):
            return shape(before) == shape(after)
        return type(before) is type(after) or (before is not None and isinstance(before, (int, float)))

    assert masked.keys() == values.keys()
    for name, value in values.items():
        assert same_shape(value, masked[name])
    told = {each for value in values.values() for each in leaves(value) if sum(map(str.isalnum, each)) > 2}
    assert told & {each for value in masked.values() for each in leaves(value)} == set()


@quick
@given(st.lists(st.text(alphabet=string.printable + "éÖß李٣½\u200e🙂", min_size=2), min_size=1, unique=True))
def test_a_mask_has_the_shape_of_its_value_is_none_of_them_and_stands_for_one_only(values: list[str]) -> None:
    masks = Masks(values)
    made = {value: masks.text(value) for value in values}
    for value, mask in made.items():
        assert len(mask) == len(value)
        assert shape(mask) == shape(value)
        assert masks.text(value) == mask
    telling = {value for value in values if sum(char.isalnum() for char in value if char.isascii()) > 2}
    assert {made[value] for value in telling} & {*values} == set()
    assert len({made[value] for value in telling}) == len(telling)


def test_where_there_are_too_few_of_a_shape_they_stand_for_each_other() -> None:
    digits = [*string.digits]
    masks = Masks(digits)
    assert {masks.text(each) for each in digits[:9]} <= {*digits}
    assert len({masks.text(each) for each in digits[:9]}) == 9


@quick
@given(st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_the_mask_of_a_number_is_another_one_of_as_many_digits(values: list[float]) -> None:
    masks = Masks({repr(value).partition("e")[0] for value in values})
    for value in values:
        mask = masks.number(value)
        assert mask != value or abs(value) < 10
        assert (mask < 0) == str(value).startswith("-")
        if isinstance(value, int):
            assert len(str(mask)) == len(str(value))


def test_a_sample_goes_into_a_file_and_says_what_it_saw(config: dict[str, Any], tmp_path: Path) -> None:
    only = {name: value for name, value in config.items() if name.startswith("voiso")}
    out = forked(only, "--sample", str(tmp_path / "sample.jsonl"))
    assert (out.exit_code, out.raw) == (0, b"")
    assert "OK      voiso_cdr: a record of " in out.stderr
    lines = (tmp_path / "sample.jsonl").read_text().splitlines()
    assert {json.loads(line)["stream"] for line in lines} == {name for name in KEYS if name.startswith("voiso")}


def test_what_can_be_read_is_written_where_a_stream_fails(tmp_path: Path) -> None:
    with Sandbox(days=1, calls_per_day=20) as box:
        box.faults.add(Fault("status", match="/cdr/teams", status=404, times=None))
        out = forked(box.voiso.config, "--sample")
    assert out.exit_code == 1
    assert "FAILED  voiso_teams: " in out.stderr
    assert {each["stream"] for each in out.messages} == {
        name for name in KEYS if name.startswith("voiso") and name != "voiso_teams"
    }
