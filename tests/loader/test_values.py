"""Each value of a record is in its column as it was."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checks
from hypothesis import strategies as st

from target_callrecords_duckdb.columns import column_type
from target_callrecords_duckdb.errors import LoadError
from tests.loader.loader import EVERY_KIND, INSTANT, INTEGER, NUMBER, TEXT, Loader, record, schema


def test_each_kind_of_property_has_its_column(load: Loader) -> None:
    load(schema(EVERY_KIND))
    assert load.types() == {
        "id": "VARCHAR",
        "text": "VARCHAR",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "instant": "TIMESTAMP",
        "list": "JSON",
        "object": "JSON",
        "anything": "JSON",
    }


@pytest.mark.parametrize(
    ("property_schema", "column"),
    [
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "TIMESTAMP"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]}, "VARCHAR"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}, {"type": "null"}]}, "DOUBLE"),
        ({"type": ["integer", "string"]}, "VARCHAR"),
        ({"type": ["boolean", "integer"]}, "VARCHAR"),
        ({"type": ["object", "string"]}, "JSON"),
        ({"type": "integer", "maximum": 2**64}, "HUGEINT"),
        ({"type": "string", "format": "date"}, "VARCHAR"),
        ({"type": "string", "format": "time"}, "VARCHAR"),
        ({"enum": ["a", "b", None]}, "VARCHAR"),
        ({"const": 3}, "BIGINT"),
        ({"type": "null"}, "JSON"),
        ({}, "JSON"),
        (True, "JSON"),
    ],
)
def test_a_property_of_another_tap_has_a_column_that_holds_its_values(property_schema: Any, column: str) -> None:
    assert column_type(property_schema) == column


def test_values_are_those_of_the_record(load: Loader) -> None:
    values = {
        "id": "1", "text": 'a "b"\n\\N \0 😀 עברית ,;\t', "integer": 2**63 - 1, "number": 0.1, "boolean": False,
        "instant": "2026-01-31T12:00:00.123Z", "list": ["a", ""], "object": {"a": [1, None]}, "anything": 'a "text"',
    }  # fmt: skip
    load(schema(EVERY_KIND), record(**values), record(id="2", integer=-(2**63)), record(id="3", integer=2**53 + 1))
    (first, second, third) = load.rows()
    assert first[:6] == (*list(values.values())[:5], datetime(2026, 1, 31, 12, 0, 0, 123000))  # noqa: DTZ001
    assert [json.loads(each) for each in first[6:]] == [["a", ""], {"a": [1, None]}, 'a "text"']
    assert (second[2], third[2]) == (-(2**63), 2**53 + 1)


def test_empty_text_stays_empty_text_and_null_is_null(load: Loader) -> None:
    load(
        schema(EVERY_KIND),
        record(id="", text="", list=[], object={}, anything=""),
        record(id="none", **dict.fromkeys(list(EVERY_KIND)[1:])),
        record(id="without"),
    )
    nothing = (None,) * 8
    assert load.rows() == [
        ("", "", None, None, None, None, "[]", "{}", '""'), ("none", *nothing), ("without", *nothing),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31 12:00:00"),
        ("2026-01-31T12:00:00.5+02:00", "2026-01-31 10:00:00.5"),
        ("2026-01-31T12:00:00-0330", "2026-01-31 15:30:00"),
        ("2026-01-31T12:00:00", "2026-01-31 12:00:00"),
        ("2026-01-31 12:00:00.123456", "2026-01-31 12:00:00.123456"),
        ("2026-01-31 12:00:00.123456999", "2026-01-31 12:00:00.123456"),
        ("2026-01-31", "2026-01-31 00:00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31 23:59:59.999"),
    ],
)
def test_an_instant_is_in_utc(load: Loader, given: str, utc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    load(schema({"id": TEXT, "at": INSTANT}), record(id="1", at=given))
    assert load.rows('"at"::varchar') == [(utc,)]


def test_a_record_that_looks_like_a_header_is_loaded(load: Loader) -> None:
    load(schema({"id": TEXT, "name": TEXT}), record(id="id", name="name"), *(record(id=str(n)) for n in range(999)))
    assert len(load.rows()) == 1000


def test_an_integer_of_more_than_64_bits_widens_its_column(load: Loader) -> None:
    load(schema({"id": TEXT, "n": INTEGER}), record(id="1", n=1))
    load(schema({"id": TEXT, "n": INTEGER}), record(id="2", n=2**64 + 1), record(id="3", n=-(2**100)))
    assert load.rows("n") == [(-(2**100),), (1,), (2**64 + 1,)]


def test_an_integer_may_be_written_as_a_number_or_a_text(load: Loader) -> None:
    written = {"a": "3.0", "b": "1e3", "c": "1e18", "d": '"3"', "e": '"3.0"'}
    load(
        schema({"id": TEXT, "n": INTEGER}),
        *(json.dumps(record(id=key, n=0)).replace("0}", f"{number}}}") for key, number in written.items()),
    )
    assert load.rows() == [("a", 3), ("b", 1000), ("c", 10**18), ("d", 3), ("e", 3)]


@pytest.mark.parametrize("written", ["3.7", '"3.7"', "true", '"many"'])
def test_what_is_no_integer_does_not_fit_its_column(load: Loader, written: str) -> None:
    with pytest.raises(LoadError, match="values of n do not fit its column of type BIGINT"):
        load(schema({"id": TEXT, "n": INTEGER}), json.dumps(record(id="1", n=0)).replace("0}", f"{written}}}"))


def test_a_number_that_is_none_of_json_is_loaded_as_python_writes_it(load: Loader) -> None:
    load(schema({"id": TEXT, "n": NUMBER}), record(id="1", n=float("nan")), record(id="2", n=float("-inf")))
    assert [str(n) for (n,) in load.rows("n")] == ["-inf", "nan"]


def test_a_record_may_be_longer_than_duckdb_s_buffer(load: Loader) -> None:
    load(schema({"id": TEXT, "text": TEXT}), record(id="1", text="x" * 20_000_000), record(id="2", text="y"))
    assert load.rows("id, length(text)") == [("1", 20_000_000), ("2", 1)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=6,
)
values_of_columns = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "integer": st.none() | st.integers(-(2**70), 2**70),
        "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.none() | st.booleans(),
        "anything": st.none() | json_values,
    },
)


@checks(max_examples=10, suppress_health_check=list(HealthCheck))
@given(st.lists(values_of_columns, min_size=1, max_size=30))
def test_any_value_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, given: list[dict[str, Any]]) -> None:
    load = Loader(tmp_path_factory.mktemp("any"))
    load(schema(EVERY_KIND), *(record(id=f"{n:03}", **values) for n, values in enumerate(given)))
    found = load.rows("text, integer, number, boolean, anything")
    expected = [tuple(values.get(n) for n in ("text", "integer", "number", "boolean", "anything")) for values in given]
    with duckdb.connect(str(load.file), read_only=True) as warehouse:
        found = warehouse.execute(
            "select text, integer, number, boolean, anything from calls.calls order by id"
        ).fetchall()
    assert [(*row[:4], None if row[4] is None else json.loads(row[4])) for row in found] == expected
