"""Which rows and columns a table has after records, schemas and tables of any tap."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from typing_extensions import override

from target_callrecords_duckdb import warehouse
from target_callrecords_duckdb.columns import wider
from tests.loader.loader import (
    ANYTHING,
    INSTANT,
    INTEGER,
    NUMBER,
    TEXT,
    Loader,
    batch,
    batch_of,
    record,
    schema,
    state,
    states,
)


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
            assert wider(now, wanted) == wider(now, there) == now


def test_a_table_of_the_earlier_target_is_kept_and_added_to(load: Loader) -> None:
    with duckdb.connect(str(load.file)) as warehouse:
        warehouse.execute("create schema calls; create table calls.calls (id varchar, n hugeint, primary key (id))")
        warehouse.execute("insert into calls.calls values ('1', 1), ('2', 2)")
    load(schema({"id": TEXT, "n": INTEGER, "j": ANYTHING}), record(id="2", n=2**62), record(id="3", n=3))
    assert load.rows("id, n") == [("1", 1), ("2", 2**62), ("3", 3)]


def test_a_table_packed_in_large_groups_by_others_is_added_to_in_small_ones(load: Loader, tmp_path: Path) -> None:
    with duckdb.connect(str(load.file)) as warehouse:
        warehouse.execute(
            "create schema calls; create table calls.calls as "
            "select i::varchar as id, 0::bigint as n from range(150_000) r(i)"
        )
    lines = tmp_path / "calls.jsonl"
    lines.write_text("".join(f'{{"id":"{number}","n":1}}\n' for number in range(100_000, 200_000)))
    load(schema({"id": TEXT, "n": INTEGER}), batch(lines))
    found = "select n, count(*), count(distinct id), min(id::int), max(id::int) from calls.calls group by n order by n"
    groups = "select count(distinct row_group_id) >= 6 from pragma_storage_info('calls.calls')"
    assert load.query(found) == [(0, 100_000, 100_000, 0, 99_999), (1, 100_000, 100_000, 100_000, 199_999)]
    assert load.query(groups) == [(True,)]


def test_a_long_load_goes_on_in_the_file_that_is_opened_again(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    first = warehouse.Warehouse._open

    def again(file: warehouse.Warehouse) -> duckdb.DuckDBPyConnection:
        opened.append(file)
        return first(file)

    monkeypatch.setattr(warehouse, "ROWS_OF_AN_OPENING", 2)
    monkeypatch.setattr(warehouse.Warehouse, "_open", again)
    monkeypatch.setenv("TZ", "America/New_York")
    at = [f"2026-01-0{day}T23:30:00-05:00" for day in range(1, 6)]
    records = [record(id=str(number % 4), at=instant) for number, instant in enumerate(at)]
    load(schema({"id": TEXT, "at": INSTANT}), *records, batch_size_rows=1)
    assert len(opened) == 3
    assert [(key, f"{instant:%d %H}") for key, instant in load.rows()] == [
        ("0", "06 04"),
        ("1", "03 04"),
        ("2", "04 04"),
        ("3", "05 04"),
    ]


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


def test_the_last_record_of_a_key_wins_among_more_than_duckdb_holds_together(load: Loader) -> None:
    """DuckDB keeps rows in groups of 122,880, and writes full ones before the commit."""
    last = dict[int, int]()
    for first, end in ((0, 130_000), (100_000, 260_000)):
        numbers = [*range(first, end), *range(first, first + 1000)]
        file = load.folder / "batch.jsonl"
        file.write_text("".join(f'{{"id": "{number}", "v": {place}}}\n' for place, number in enumerate(numbers)))
        load(schema({"id": TEXT, "v": INTEGER}), batch(file))
        last |= {number: place for place, number in enumerate(numbers)}
    assert load.rows("id::int, v") == sorted(last.items())


def test_repeats_go_into_a_table_whose_keys_are_held_by_a_constraint(load: Loader) -> None:
    with duckdb.connect(str(load.file)) as warehouse:
        warehouse.execute("create schema calls; create table calls.calls (v bigint, id varchar)")
        warehouse.execute("create unique index one on calls.calls (id); insert into calls.calls values (1, '1')")
    load(schema({"id": TEXT, "v": INTEGER}), *(record(id=str(n % 2), v=n) for n in range(5)))
    assert load.rows("id, v") == [("0", 4), ("1", 3)]


def test_what_has_to_be_looked_over_takes_nothing_of_the_other_streams(load: Loader) -> None:
    heads = [schema({"n": INTEGER}, [], stream=f"s{number}") for number in range(3)]
    numbers = [1, 2**70, 3.0]
    load(*heads, *(record(f"s{number}", n=each) for number, each in enumerate(numbers)))
    assert [load.rows(stream=f"s{number}") for number in range(3)] == [[(1,)], [(2**70,)], [(3,)]]
