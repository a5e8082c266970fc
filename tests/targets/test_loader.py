"""target-callrecords-duckdb: what it makes of any tap's messages, and what is there when it is ended or can't go on."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checks
from hypothesis import strategies as st
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from typing_extensions import override

from target_callrecords_duckdb import warehouse
from target_callrecords_duckdb.columns import column_type, wider
from target_callrecords_duckdb.errors import LoadError
from target_callrecords_duckdb.target import TargetDuckDB
from tests.support.tap import ROOT

Message = dict[str, Any]
TEXT = {"type": ["string", "null"]}
INTEGER = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
INSTANT = {"type": ["string", "null"], "format": "date-time"}
ANYTHING = {"type": ["array", "object", "string", "null"]}
PROGRAM = [sys.executable, "-m", "target_callrecords_duckdb"]


def schema(properties: Mapping[str, Any], keys: Sequence[str] = ("id",), stream: str = "calls") -> Message:
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": dict(properties)},
        "key_properties": list(keys),
    }


def record(stream: str = "calls", /, **values: Any) -> Message:
    return {"type": "RECORD", "stream": stream, "record": values}


def state(value: Any) -> Message:
    return {"type": "STATE", "value": {"bookmarks": value}}


def batch(*files: Path, format: str = "jsonl", compression: str | None = None, stream: str = "calls") -> Message:  # noqa: A002
    encoding = {"format": format} | ({"compression": compression} if compression else {})
    return {"type": "BATCH", "stream": stream, "encoding": encoding, "manifest": [file.as_uri() for file in files]}


def lines(messages: Sequence[Message | str]) -> bytes:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in messages).encode()


class Loader:
    """The target on a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "warehouse.duckdb"

    def config(self, **settings: Any) -> dict[str, Any]:
        return {"path": str(self.file), "default_target_schema": "calls", **settings}

    def __call__(self, *messages: Message | str, **settings: Any) -> None:
        target = TargetDuckDB(config=self.config(**settings))
        try:
            target.listen(io.BytesIO(lines(messages)))  # type: ignore[arg-type]
        finally:
            target.warehouse.close()

    def run(
        self, *messages: Message | str, program: Sequence[str] = PROGRAM, **settings: Any
    ) -> subprocess.CompletedProcess[str]:
        config = self.folder / "config.json"
        config.write_text(json.dumps(self.config(**settings)))
        return subprocess.run(
            [*program, "--config", str(config)],
            input=lines(messages).decode(), text=True, capture_output=True, check=False, cwd=ROOT,
        )  # fmt: skip

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    def rows(self, select: str = "*", stream: str = "calls") -> list[tuple[Any, ...]]:
        return self.query(f"select {select} from calls.{stream} order by all")

    def types(self, stream: str = "calls") -> dict[str, str]:
        return dict(self.query(f"select column_name, data_type from duckdb_columns() where table_name = '{stream}'"))

    def write(self, *records: Any, name: str = "batch.jsonl") -> Path:
        file = self.folder / name
        body = b"".join(json.dumps(each).encode() + b"\n" for each in records)
        file.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
        return file


@pytest.fixture
def load(tmp_path: Path) -> Loader:
    return Loader(tmp_path)


def states(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line)["bookmarks"] for line in capsys.readouterr().out.splitlines() if line.startswith('{"book')]


# Values


EVERY_KIND = {
    "id": {"type": "string"},
    "text": TEXT,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": {"type": ["boolean", "null"]},
    "instant": INSTANT,
    "list": {"type": ["array", "null"], "items": {"type": "string"}},
    "object": {"type": ["object", "null"]},
    "anything": ANYTHING,
}


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


def test_an_integer_may_be_written_as_a_number(load: Loader) -> None:
    written = {"a": "3.0", "b": "1e3", "c": "1e18"}
    load(
        schema({"id": TEXT, "n": INTEGER}),
        *(json.dumps(record(id=key, n=0)).replace("0}", f"{number}}}") for key, number in written.items()),
    )
    assert load.rows() == [("a", 3), ("b", 1000), ("c", 10**18)]


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


@checks(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
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


# Keys, tables, columns


def test_a_record_takes_the_place_of_the_one_with_its_key(load: Loader) -> None:
    head = schema({"a": TEXT, "b": INTEGER, "at": INSTANT, "v": TEXT}, ["a", "b", "at"])
    day, same = "2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"
    load(head, record(a="", b=1, at=day, v="old"), record(a="", b=2, at=day, v="other"))
    load(head, record(a="", b=1, at=same))
    assert load.rows("a, b, v") == [("", 1, None), ("", 2, "other")]


def test_the_last_of_several_records_with_a_key_wins(load: Loader) -> None:
    many = [record(id=str(n % 1000), v=str(n)) for n in range(5000)]
    load(schema({"id": TEXT, "v": TEXT}), *many, batch(load.write({"id": "7", "v": "file"})), record(id="8", v="last"))
    found = dict(load.rows())
    assert len(found) == 1000
    assert (found.pop("7"), found.pop("8")) == ("file", "last")
    assert found == {str(n % 1000): str(n) for n in range(4000, 5000) if n % 1000 not in {7, 8}}


def test_a_stream_without_a_key_is_appended(load: Loader) -> None:
    for _ in range(2):
        load(schema({"v": TEXT}, []), record(v="a"), record(v="a"))
    assert load.rows() == [("a",)] * 4


def test_nothing_is_replaced_where_the_settings_say_so(load: Loader) -> None:
    for _ in range(2):
        load(schema({"id": TEXT}), record(id="a"), load_method="append-only")
    assert load.rows() == [("a",)] * 2


def test_a_stream_without_records_has_its_table(load: Loader) -> None:
    load(schema({"id": TEXT}))
    assert load.rows() == []


def test_a_new_property_becomes_a_new_column(load: Loader) -> None:
    load(schema({"id": TEXT}), record(id="1"))
    load(schema({"id": TEXT, "n": INTEGER}), record(id="2", n=2))
    load(schema({"id": TEXT}), record(id="3"))
    assert load.rows() == [("1", None), ("2", 2), ("3", None)]


def test_a_schema_may_change_in_mid_run(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    load(
        schema({"id": TEXT, "n": INTEGER}), record(id="1", n=1), record(id="2", n=1), state("early"),
        schema({"id": TEXT, "n": NUMBER, "new": TEXT}), record(id="2", n=0.5, new="x"), state("late"),
        schema({"id": TEXT, "n": NUMBER}), record(id="3", n=3),
    )  # fmt: skip
    assert load.rows() == [("1", 1.0, None), ("2", 0.5, "x"), ("3", 3.0, None)]
    assert states(capsys) == ["late"]


@pytest.mark.parametrize(
    ("before", "after", "kind", "values"),
    [
        ((INTEGER, 1), (NUMBER, 0.5), "DOUBLE", [0.5, 1.0]),
        ((NUMBER, 0.5), (INTEGER, 1), "DOUBLE", [0.5, 1.0]),
        ((INTEGER, 1), (TEXT, "x"), "VARCHAR", ["1", "x"]),
        ((TEXT, "x"), (INTEGER, 1), "VARCHAR", ["1", "x"]),
        ((TEXT, "x"), (ANYTHING, {"a": 1}), "JSON", ['"x"', '{"a":1}']),
        ((ANYTHING, {"a": 1}), (TEXT, "x"), "JSON", ['"x"', '{"a":1}']),
        ((INSTANT, "2026-01-31T12:00:00+01:00"), (TEXT, "x"), "VARCHAR", ["2026-01-31T11:00:00.000000Z", "x"]),
        ((TEXT, "x"), (INSTANT, "2026-01-31T12:00:00Z"), "VARCHAR", ["2026-01-31T12:00:00.000000Z", "x"]),
        ((INTEGER, 1), (ANYTHING, [1]), "JSON", ["1", "[1]"]),
        ((ANYTHING, [1]), (INTEGER, 1), "JSON", ["1", "[1]"]),
        (({"type": "boolean"}, True), (TEXT, "x"), "VARCHAR", ["true", "x"]),
        (({"type": "boolean"}, True), (INTEGER, 3), "VARCHAR", ["3", "true"]),
    ],
)
def test_a_column_becomes_wide_enough_for_a_property_s_new_type(
    load: Loader, before: tuple[Any, Any], after: tuple[Any, Any], kind: str, values: list[Any]
) -> None:
    for number, (property_schema, value) in enumerate((before, after)):
        load(schema({"id": TEXT, "v": property_schema}), record(id=str(number), v=value))
    assert load.types()["v"] == kind
    assert sorted(value for (value,) in load.rows("v")) == values


def test_a_column_never_becomes_narrower() -> None:
    kinds = ["VARCHAR", "BOOLEAN", "BIGINT", "HUGEINT", "DOUBLE", "TIMESTAMP", "JSON", "SMALLINT", "DECIMAL(9,2)"]
    for there in kinds:
        for wanted in kinds[:-1]:
            now = wider(there, wanted)
            assert wider(now, wanted) == wider(now, there) == now or there == "DECIMAL(9,2)" == now


def test_a_table_of_the_earlier_target_is_kept_and_added_to(load: Loader) -> None:
    with duckdb.connect(str(load.file)) as warehouse:
        warehouse.execute("create schema calls; create table calls.calls (id varchar, n hugeint, primary key (id))")
        warehouse.execute("insert into calls.calls values ('1', 1), ('2', 2)")
    load(schema({"id": TEXT, "n": INTEGER, "j": ANYTHING}), record(id="2", n=2**62), record(id="3", n=3))
    assert load.rows("id, n") == [("1", 1), ("2", 2**62), ("3", 3)]


def test_names_need_no_special_form(load: Loader) -> None:
    names = ['a "b"', "it's", "select", "Üñí", "with space", "x:y", "{z}", "Caps"]
    load(
        schema(dict.fromkeys(names, TEXT), ['a "b"'], stream="my-stream's"),
        {"type": "RECORD", "stream": "my-stream's", "record": {name: name for name in names}},
    )
    assert load.query('select * from calls."my-stream\'s"') == [tuple(names)]


def test_the_schema_may_have_the_file_s_name(tmp_path: Path) -> None:
    load = Loader(tmp_path)
    load.file = tmp_path / "calls.duckdb"
    for _ in range(2):
        load(schema({"id": TEXT}), record(id="1"))
    assert load.query("select * from calls.calls.calls") == [("1",)]


def test_several_streams_are_loaded_side_by_side(load: Loader) -> None:
    mixed = [record(f"s{n % 3}", id=str(n)) for n in range(300)]
    load(*(schema({"id": TEXT}, stream=f"s{n}") for n in range(3)), *mixed, batch_size_rows=70)
    assert [len(load.rows(stream=f"s{n}")) for n in range(3)] == [100, 100, 100]


def test_a_member_that_the_schema_does_not_name_is_warned_of_once(
    load: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    load(schema({"id": TEXT}), *(record(id=str(n), extra=n) for n in range(9)), batch_size_rows=3)
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == [
        "Stream calls: extra is not in the schema, and is not loaded"
    ]


def test_versions_are_passed_over(load: Loader) -> None:
    load(
        schema({"id": TEXT}),
        {**record(id="1"), "version": 1},
        {"type": "ACTIVATE_VERSION", "stream": "calls", "version": 1},
    )
    assert load.rows() == [("1",)]


def test_the_sdk_s_metadata_columns_are_filled_when_asked_for(load: Loader) -> None:
    given = {**record(id="1"), "time_extracted": "2026-01-31T12:00:00+00:00"}
    load(schema({"id": TEXT}), given, batch(load.write({"id": "2"})), add_record_metadata=True)
    assert load.rows("id, _sdc_extracted_at::varchar, _sdc_received_at is null") == [
        ("1", "2026-01-31 12:00:00", False), ("2", None, False),
    ]  # fmt: skip


@pytest.mark.parametrize("format", ["RECORD", "jsonl", "gzip", "parquet", "arrow"])
def test_stream_maps_and_flattening_work_on_records_and_files(load: Loader, format: str) -> None:  # noqa: A002
    given = {"id": "1", "o": {"a": "x"}, "secret": "s"}
    head = schema({"id": TEXT, "o": {"type": "object", "properties": {"a": TEXT}}, "secret": TEXT})
    message = record(**given) if format == "RECORD" else batch_of(load, [given], format)
    maps = {"calls": {"secret": None, "more": "id + '!'"}}
    load(head, message, stream_maps=maps, flattening_enabled=True, flattening_max_depth=1)
    assert load.rows("id, o__a, more") == [("1", "x", "1!")]
    assert "secret" not in load.types()


class Orders(Stream):
    """A stream as taps of others have it."""

    name = "orders"
    primary_keys = ("id",)
    replication_key = "updated_at"
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        th.Property("updated_at", th.DateTimeType),
        th.Property("day", th.DateType),
        th.Property("price", th.NumberType),
        th.Property("customer", th.ObjectType(th.Property("name", th.StringType))),
        th.Property("tags", th.ArrayType(th.StringType)),
        th.Property("status", th.StringType, allowed_values=["open", "closed"]),
        th.Property("either", th.AnyOf(th.StringType, th.IntegerType)),
    ).to_dict()

    @override
    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        for number in range(25):
            yield {
                "id": number, "updated_at": f"2026-01-31T12:00:{number:02}+01:00", "day": "2026-01-31",
                "price": Decimal("0.10"), "customer": {"name": "é"}, "tags": [], "status": "open", "either": number,
            } if number % 2 else {"id": number, "updated_at": f"2026-01-31T12:00:{number:02}+01:00"}  # fmt: skip


class OtherTap(Tap):
    name = "tap-orders"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    @override
    def discover_streams(self) -> list[Stream]:
        return [Orders(self)]


@pytest.mark.parametrize("by", ["RECORD", "jsonl"])
def test_another_tap_of_the_sdk_is_loaded(load: Loader, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    storage = {"root": load.folder.as_uri(), "prefix": "orders-"}
    config = {"batch_config": {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": storage}}
    OtherTap(config=config if by == "jsonl" else {}).sync_all()
    messages = capsys.readouterr().out.splitlines()
    assert any('"BATCH"' in message for message in messages) == (by == "jsonl")
    for _ in range(1 if by == "jsonl" else 2):
        load(*messages)
    assert load.types("orders")["updated_at"] == "TIMESTAMP"
    rows = load.rows("id, updated_at::varchar, day, price, customer ->> 'name', tags::varchar, either", "orders")
    whole = ("2026-01-31", 0.1, "é", "[]")
    assert rows == [(n, f"2026-01-31 11:00:{n:02}", *((*whole, str(n)) if n % 2 else [None] * 5)) for n in range(25)]


# BATCH


def batch_of(load: Loader, records: Sequence[Mapping[str, Any]], format: str) -> Message:  # noqa: A002
    if format == "jsonl":
        return batch(load.write(*records))
    if format == "gzip":
        return batch(load.write(*records, name="batch.jsonl.gz"), compression="gzip")
    table = pa.Table.from_pylist([dict(each) for each in records])
    file = load.folder / f"batch.{format}"
    if format == "parquet":
        pyarrow.parquet.write_table(table, file)
    else:
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    return batch(file, format=format)


FORMATS = ["jsonl", "gzip", "parquet", "arrow"]
WHOLE: list[dict[str, Any]] = [
    {"id": "1", "text": "", "integer": 2**63 - 1, "number": 0.1, "boolean": True,
     "instant": "2026-01-31T12:00:00+02:00", "list": ["a", "b"], "object": {"a": 1}, "anything": '"x"'},
    {"id": "2", "text": "é\n", "integer": None, "number": None, "boolean": None, "instant": None, "list": None,
     "object": None, "anything": None},
    {"id": "3", "text": None, "integer": -1, "number": 2.0, "boolean": False, "instant": "2026-01-31T12:00:00Z",
     "list": [], "object": {"a": 2}, "anything": "[1]"},
]  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
def test_a_batch_is_loaded_from_each_format(load: Loader, format: str) -> None:  # noqa: A002
    load(schema(EVERY_KIND), batch_of(load, WHOLE, format))
    found = load.rows("id, text, integer, number, boolean, instant::varchar, list::varchar, object::varchar")
    assert found == [
        ("1", "", 2**63 - 1, 0.1, True, "2026-01-31 10:00:00", '["a","b"]', '{"a":1}'),
        ("2", "é\n", None, None, None, None, None, None),
        ("3", None, -1, 2.0, False, "2026-01-31 12:00:00", "[]", '{"a":2}'),
    ]


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_columns_of_a_file_may_have_types_of_their_own(load: Loader, format: str) -> None:  # noqa: A002
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    columns = {
        "id": pa.array(["1"], pa.large_string()),
        "Integer": pa.array([7], pa.int32()),
        "instant": pa.array([at], pa.timestamp("ms", "UTC")),
        "at": pa.array([at.replace(tzinfo=None)], pa.timestamp("ns")),
        "list": pa.array(['["a"]'], pa.string()),
        "object": pa.array(['{"a": "b"}'], pa.string()),
        "anything": pa.array(["plain text"], pa.string()),
        "text": pa.array([["x"]], pa.list_(pa.string())),
        "unknown": pa.array([1]),
    }
    head = schema({**EVERY_KIND, "Integer": INTEGER, "at": INSTANT} | {"integer": None})
    del head["schema"]["properties"]["integer"]
    table = pa.table(columns)
    file = load.folder / f"f.{format}"
    if format == "parquet":
        pyarrow.parquet.write_table(table, file)
    else:
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    load(head, batch(file, format=format))
    found = load.rows(
        '"Integer", instant::varchar, "at"::varchar, list ->> 0, object ->> \'a\', anything::varchar, text'
    )
    assert found == [(7, "2026-01-31 12:00:00", "2026-01-31 12:00:00", "a", "b", '"plain text"', '["x"]')]


def test_files_and_lines_are_loaded_in_the_order_of_their_messages(load: Loader) -> None:
    def written(number: int) -> Path:
        return load.write({"id": "1", "v": f"file {number}"}, {"id": f"f{number}"}, name=f"{number}.jsonl")

    head = schema({"id": TEXT, "v": TEXT})
    load(head, record(id="1", v="line"), batch(written(1), written(2)))
    assert load.rows() == [("1", "file 2"), ("f1", None), ("f2", None)]
    load(head, batch(written(3)), record(id="1", v="line"), batch(written(4)), record(id="1", v="last"))
    assert load.rows()[0] == ("1", "last")
    assert len(load.rows()) == 5


def test_a_file_is_deleted_when_its_records_are_committed(load: Loader) -> None:
    file = load.write({"id": "1"})
    load(schema({"id": TEXT}), batch(file))
    assert (load.rows(), file.exists()) == ([("1",)], False)


def test_a_file_is_kept_where_the_settings_say_so(load: Loader) -> None:
    file = load.write({"id": "1"})
    load(schema({"id": TEXT}), batch(file), clean_up_batch_files=False)
    assert file.exists()


def test_a_file_whose_load_fails_is_kept(load: Loader) -> None:
    file = load.write({"id": "1", "n": "x"})
    with pytest.raises(LoadError):
        load(schema({"id": TEXT, "n": INTEGER}), batch(file))
    assert (file.exists(), load.rows()) == (True, [])


def test_a_file_may_be_empty_or_have_a_space_in_its_name(load: Loader) -> None:
    load(schema({"id": TEXT}), batch(load.write(name="none.jsonl"), load.write({"id": "1"}, name="a %20 b.jsonl")))
    assert load.rows() == [("1",)]


def test_a_file_may_lie_in_another_store(load: Loader) -> None:
    from upath import UPath

    UPath("memory:///batches/1.jsonl").write_bytes(b'{"id": "1"}\n')
    message = batch() | {"manifest": ["memory:///batches/1.jsonl"]}
    load(schema({"id": TEXT}), message)
    assert load.rows() == [("1",)]
    assert not UPath("memory:///batches/1.jsonl").exists()


# State, transactions, endings


def test_state_is_written_after_the_commit_of_all_that_came_before_it(load: Loader) -> None:
    config = load.folder / "config.json"
    config.write_text(json.dumps(load.config(batch_size_rows=10)))
    head = [schema({"id": TEXT}, stream=each) for each in ("a", "b")]
    with subprocess.Popen(
        [*PROGRAM, "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as target:
        assert target.stdin
        assert target.stdout
        target.stdin.write(lines([*head, *(record("a", id=str(n)) for n in range(5)), state(1), record("b", id="x")]))
        target.stdin.write(lines([state(2), *(record("b", id=str(n)) for n in range(4)), state(3)]))
        target.stdin.flush()
        assert json.loads(target.stdout.readline()) == {"bookmarks": 2}
        target.kill()
    assert (len(load.rows(stream="a")), len(load.rows(stream="b"))) == (5, 5)


def test_records_are_committed_by_size_too(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    big = [record(id=str(n), text="x" * 400_000) for n in range(6)]
    load(schema({"id": TEXT, "text": TEXT}), *big[:3], state(1), *big[3:], state(2), batch_size_megabytes=1)
    assert states(capsys) == [1, 2]


def test_records_are_committed_by_age_too(
    load: Loader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", iter(range(int(now), int(now) + 10**6, 100)).__next__)
    load(schema({"id": TEXT}), *(each for n in range(9) for each in (record(id=str(n)), state(n))))
    assert len(states(capsys)) > 2


def test_a_failed_load_changes_nothing_of_any_stream(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    head = [schema({"id": TEXT, "n": INTEGER}, stream=each) for each in ("a", "b")]
    load(*head, record("a", id="1"), state(1))
    with pytest.raises(LoadError):
        load(*head, record("a", id="2"), record("b", id="1", n="many"), state(2))
    assert (load.rows("id", "a"), load.rows("id", "b")) == ([("1",)], [])
    assert states(capsys) == [1]


def test_state_is_given_back_as_it_came(load: Loader, capsys: pytest.CaptureFixture[str]) -> None:
    value = {"calls": {"n": 2**80, "f": 0.1, "t": "é"}}
    load(state(value))
    assert states(capsys) == [value]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_with_what_has_come_so_far(load: Loader, signum: int, code: int) -> None:
    config = load.folder / "config.json"
    config.write_text(json.dumps(load.config()))
    with subprocess.Popen(
        [*PROGRAM, "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as target:
        assert target.stdin
        target.stdin.write(lines([schema({"id": TEXT}), record(id="1"), state(1), record(id="2")]))
        target.stdin.flush()
        while not list(load.folder.glob("*.loading/*.jsonl")):
            time.sleep(0.01)
        time.sleep(0.1)
        target.send_signal(signum)
        assert target.wait(20) == code
        assert target.stdout
        assert json.loads(target.stdout.read()) == {"bookmarks": 1}
    assert load.rows() == [("1",), ("2",)]
    assert not list(load.folder.glob("*.loading"))


KILLS = int(os.environ.get("LOADER_KILLS", "20"))


class Killable:
    """A target in a forked process: it is there in milliseconds."""

    def __init__(self, config: Mapping[str, Any], messages: bytes) -> None:
        (self._input, given), (told, output) = os.pipe(), os.pipe()
        self.process = os.fork()
        if not self.process:
            try:
                sys.stdout = os.fdopen(output, "w")
                logging.disable()
                os.close(given)
                TargetDuckDB(config=dict(config)).listen(os.fdopen(self._input, "rb"))  # type: ignore[arg-type]
            finally:
                os._exit(0)
        os.close(output)
        os.close(self._input)
        self.states = os.fdopen(told)
        self._writer = threading.Thread(target=self._write, args=(given, messages))
        self._writer.start()

    @staticmethod
    def _write(given: int, messages: bytes) -> None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(given, "wb") as pipe:
            pipe.write(messages)

    def end(self) -> list[int]:
        """All states that it has told since."""
        told = [json.loads(line)["bookmarks"] for line in self.states]
        os.waitpid(self.process, 0)
        self._writer.join()
        self.states.close()
        return told


@pytest.mark.slow
def test_a_kill_at_any_point_leaves_what_the_last_state_says(tmp_path: Path) -> None:
    """A run is killed and begun again from the last state that it has told, until it gets through."""
    load, random, size = Loader(tmp_path), Random(os.environ.get("LOADER_SEED", "1")), 50
    windows = 2 * KILLS
    reached = kills = 0
    told: list[int] = []
    while reached < windows:
        messages: list[Message] = [schema({"id": INTEGER, "v": TEXT})]
        for window in range(reached, windows):
            rows = [{"id": window * size + n, "v": f"{kills}"} for n in range(size)]
            if window % 2:
                messages.append(batch(load.write(*rows, name=f"{kills}-{window}.jsonl")))
            else:
                messages += [record(**row) for row in rows]
            messages.append(state(window + 1))
        target = Killable(load.config(batch_size_rows=3 * size), lines(messages))
        if kills < KILLS:
            if line := target.states.readline() if random.random() < 0.6 else "":
                told.append(json.loads(line)["bookmarks"])
            time.sleep(random.random() * 0.02)
            os.kill(target.process, signal.SIGKILL)
            kills += 1
        told += target.end()
        reached = max(told, default=0)
        if load.file.exists():
            keys = [key for (key,) in load.rows("id")] if reached else []
            assert len(keys) == len(set(keys))
            assert set(range(reached * size)) <= set(keys)
    assert [key for (key,) in load.rows("id")] == list(range(windows * size))
    assert told == sorted(told)
    load(schema({"id": INTEGER, "v": TEXT}))
    assert [file.name for file in tmp_path.iterdir() if "warehouse" in file.name] == [load.file.name]


MEASURED = """
import atexit, pathlib, runpy, sys
atexit.register(lambda: sys.stderr.write(pathlib.Path("/proc/self/status").read_text()))
runpy.run_module("target_callrecords_duckdb", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_bounded(load: Loader) -> None:
    """40,000 records of 2 KB in one transaction, twice."""
    body = json.dumps({"text": "x" * 2000})[:-1]
    file = load.folder / "batch.jsonl"
    file.write_text("".join(f'{body}, "id": "{n}"}}\n' for n in range(40_000)))
    messages = [schema({"id": TEXT, "text": TEXT}), batch(file)]
    for _ in range(2):
        done = load.run(*messages, program=[sys.executable, "-c", MEASURED], clean_up_batch_files=False)
        assert done.returncode == 0, done.stderr
        assert int(re.findall(r"VmHWM:\s+(\d+) kB", done.stderr)[-1]) < 300_000
    assert load.query("select count(*) from calls.calls") == [(40_000,)]


# Errors

_ERRORS = re.compile(r"^\| `(.+?)` \| .* \| .* \|$", re.MULTILINE)
DOCUMENTED: list[str] = _ERRORS.findall((ROOT / "docs/targets.md").read_text(encoding="utf-8"))


def told(said: str) -> str:
    """The documented sentence of an error."""
    found = [row for row in DOCUMENTED if re.fullmatch(".+".join(map(re.escape, row.split("…"))), said)]
    assert found, said
    return found[0]


def said(error: Exception) -> str:
    return f"Configuration: {'; '.join(error.errors)}." if isinstance(error, ConfigValidationError) else str(error)


HEAD = schema({"id": TEXT, "n": INTEGER, "at": INSTANT})
NEWER = 0x1FF


def broken(folder: Path) -> dict[str, tuple[list[Message | str], dict[str, Any]]]:
    """Messages and settings that can't be loaded, by the beginning of what is said of them."""
    write = Loader(folder).write
    table = folder / "other.duckdb"
    with duckdb.connect(str(table)) as other:
        other.execute("create schema calls; create table calls.calls (id varchar, n bigint, check (n < 5))")
        other.execute("create table calls.typed (id varchar, n tinyint)")
        other.execute("alter table calls.typed alter n type decimal(3, 0)")
        other.execute("create table calls.indexed (id varchar, n bigint); create index i on calls.indexed (n)")
        other.execute(
            f"create table calls.exact (id varchar, n bigint); insert into calls.exact values ('1', {2**53 + 1})"
        )
    (folder / "text").write_text("no database" * 1000)
    newer_than_this(folder / "newer")
    elsewhere = {"path": str(table)}
    return {
        "Configuration: setting path": ([], {"path": ""}),
        "Configuration: …": ([], {"batch_size_rows": "many"}),
        "… is not a DuckDB file": ([], {"path": str(folder / "text")}),
        "… was made by a newer": ([], {"path": str(folder / "newer")}),
        "… can't be opened": ([], {"path": str(folder / "none" / "file")}),
        "Line …": ([HEAD, "no JSON"], {}),
        "A SCHEMA message": ([{"type": "SCHEMA", "stream": "calls"}], {}),
        "A record of stream": ([record(id="1")], {}),
        "Stream …: a RECORD": ([HEAD, {"type": "RECORD", "stream": "calls"}], {}),
        "Stream …: its schema has no": ([schema({})], {}),
        "Stream …: DuckDB takes": ([schema({"id": TEXT, "Id": TEXT})], {}),
        "DuckDB takes": ([HEAD, schema({"id": TEXT}, stream="Calls")], {}),
        "Stream …: its key": ([schema({"id": TEXT}, ["no"])], {}),
        "Stream …: there are records": ([HEAD, record(n=1)], {}),
        "Stream …: values of": ([HEAD, record(id="1", n=3.7)], {}),
        "Stream …: … can't be read as …": ([HEAD, batch(write("no object"))], {}),
        "Stream …: BATCH files": ([HEAD, batch(format="avro")], {}),
        "Stream …: the BATCH file": ([HEAD, batch(folder / "gone.jsonl")], {}),
        "… can't be read as": ([HEAD, batch(write({"id": "1"}, name="a.arrow"), format="arrow")], {}),
        "Stream …: its table has a constraint": ([HEAD, record(id="1", n=7)], elsewhere),
        "Stream …: a column": ([HEAD | {"stream": "typed"}, record("typed", id="1", n=7777)], elsewhere),
        "Stream …: its table can't": ([schema({"id": TEXT, "n": TEXT}, stream="indexed")], elsewhere),
        "Stream …: column": ([schema({"id": TEXT, "n": NUMBER}, stream="exact")], elsewhere),
    }  # fmt: skip


def newer_than_this(file: Path) -> None:
    """A file as a later DuckDB would make it: the number of its format raised, and its check sum, too."""
    duckdb.connect(str(file)).close()
    content = bytearray(file.read_bytes())
    number = int.from_bytes(content[12:20], "little")
    # The first 8 bytes are the check sum of the block: words multiplied by a constant, xor-ed.
    factor, words = 0xBF58476D1CE4E5B9, content[8:4096]
    before = _xor_of(words, factor)
    content[12:20] = (number + NEWER).to_bytes(8, "little")
    after = _xor_of(content[8:4096], factor)
    content[:8] = (int.from_bytes(content[:8], "little") ^ before ^ after).to_bytes(8, "little")
    file.write_bytes(content)


def _xor_of(words: bytes | bytearray, factor: int) -> int:
    found = 0
    for at in range(0, len(words), 8):
        found ^= int.from_bytes(words[at : at + 8], "little") * factor % 2**64
    return found


BROKEN = (
    "Configuration: setting path", "Configuration: …", "… is not a DuckDB file", "… was made by a newer",
    "… can't be opened", "Line …", "A SCHEMA message", "A record of stream", "Stream …: a RECORD",
    "Stream …: its schema has no", "Stream …: DuckDB takes", "DuckDB takes", "Stream …: its key",
    "Stream …: there are records", "Stream …: values of", "Stream …: … can't be read as …", "Stream …: BATCH files",
    "Stream …: the BATCH file", "… can't be read as", "Stream …: its table has a constraint", "Stream …: a column",
    "Stream …: its table can't", "Stream …: column",
)  # fmt: skip


@pytest.mark.parametrize("begin", BROKEN)
def test_an_error_says_what_is_wrong_and_nothing_of_the_data(load: Loader, begin: str) -> None:
    cases = broken(load.folder)
    assert tuple(cases) == BROKEN
    messages, settings = cases[begin]
    with pytest.raises((LoadError, ConfigValidationError)) as error:
        load(*messages, **settings)
    assert told(said(error.value)).startswith(begin)


def test_every_documented_error_has_been_met() -> None:
    elsewhere = (
        "Stream …: DuckDB has not enough memory",
        "… is in use",
        "…: there is no space",
        "A BATCH of Arrow",
        "Standard output",
    )
    assert [row for row in DOCUMENTED if not row.startswith((*BROKEN, *elsewhere))] == []


WIDE = {f"c{number}": TEXT for number in range(300)}


def wide_rows(load: Loader) -> list[Message]:
    random = Random(1)
    rows = [{"id": str(n), **{name: random.randbytes(6).hex() for name in WIDE}} for n in range(2_000)]
    return [schema({"id": TEXT, **WIDE}), batch(load.write(*rows))]


def test_duckdb_is_given_more_memory_where_rows_need_it(load: Loader) -> None:
    messages = wide_rows(load)
    for _ in range(2):
        load(*messages, memory_limit_megabytes=16, clean_up_batch_files=False)
    assert load.rows("count(*)") == [(2_000,)]


def test_too_little_memory_is_told(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "MORE_MEMORY", 1)
    with pytest.raises(LoadError) as error:
        load(*wide_rows(load), memory_limit_megabytes=16)
    assert told(str(error.value)).startswith("Stream …: DuckDB has not enough memory")


def test_records_do_not_stay_on_the_disk_after_an_error(load: Loader) -> None:
    assert load.run(HEAD, record(id="1", n="many")).returncode == 1
    assert not list(load.folder.glob("*.loading"))


def test_an_error_is_one_line_without_a_traceback(load: Loader) -> None:
    done = load.run(HEAD, record(id="1", n="no 1555123"), state(1))
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = re.findall(r"^\S+ \S+ \| ERROR    \| [\w.-]+ +\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("Stream …: values of")
    assert "Traceback" not in done.stderr
    assert "1555123" not in done.stderr


def test_a_setting_of_the_wrong_type_is_told_in_one_line(load: Loader) -> None:
    done = load.run(batch_size_rows="many")
    (error,) = re.findall(r"ERROR .*\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("Configuration: …")


def test_a_file_that_another_program_has_open_is_told(load: Loader) -> None:
    config = load.folder / "first.json"
    config.write_text(json.dumps(load.config()))
    with subprocess.Popen([*PROGRAM, "--config", str(config)], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as first:
        while not list(load.folder.glob("*.loading")):
            time.sleep(0.01)
        done = load.run(HEAD)
        assert first.stdin
        first.stdin.close()
    assert f"{load.file} is in use by another program (PID {first.pid})" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("kind", ["RECORD", "BATCH"])
def test_a_full_disk_is_told_and_nothing_is_committed(load: Loader, kind: str) -> None:
    """A limit on the size of files stands for the full disk."""
    random = Random(1)
    rows = [{"id": str(n), "text": random.randbytes(4000).hex()} for n in range(1000)]
    messages = [record(**row) for row in rows] if kind == "RECORD" else [batch(load.write(*rows))]
    limited = ["sh", "-c", 'ulimit -f 8000; exec "$@"', "sh", *PROGRAM]
    done = load.run(schema({"id": TEXT, "text": TEXT}), state(1), *messages, state(2), program=limited)
    (error,) = re.findall(r"ERROR .*\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("…: there is no space")
    assert (done.returncode, done.stdout) == (1, "")
    assert load.rows() == []


@pytest.mark.parametrize("output", [">/dev/full", ">&-"])
def test_state_that_can_not_be_told_is_an_error(load: Loader, output: str) -> None:
    done = load.run(HEAD, record(id="1"), state(1), program=["sh", "-c", f'exec "$@" {output}', "sh", *PROGRAM])
    assert done.returncode == 1
    (error,) = re.findall(r"ERROR .*\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("Standard output")


def test_arrow_files_need_pyarrow(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    message = batch_of(load, [{"id": "1"}], "arrow")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LoadError) as error:
        load(HEAD, message)
    assert told(str(error.value)).startswith("A BATCH of Arrow")
