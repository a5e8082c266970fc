"""The row builder: two ways that give equal records, nothing dropped, always valid against the schema.

A longer run: `ROWS=2000 pytest tests/test_records.py --hypothesis-seed=1`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_callrecords.rows.builder import RESCUED
from tap_callrecords.rows.conversions import plain_type
from tap_callrecords.rows.privacy import Privacy
from tests.support.rows import STREAMS, Told, body_of, builder_for, schema_of, validator_of, written
from tests.test_schemas import KEYS

few = settings(
    max_examples=int(os.environ.get("ROWS", "6")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


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
