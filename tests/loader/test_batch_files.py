"""BATCH files of each format are loaded as records are, and deleted after the commit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from target_callrecords_duckdb.errors import LoadError
from tests.loader.loader import EVERY_KIND, INSTANT, INTEGER, TEXT, Loader, batch, batch_of, record, schema

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
