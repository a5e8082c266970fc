"""target-callrecords-duckdb on a file of its own, and the messages that it is given."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from target_callrecords_duckdb.target import TargetDuckDB
from tests.support.tap import ROOT

Message = dict[str, Any]
TEXT = {"type": ["string", "null"]}
INTEGER = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
INSTANT = {"type": ["string", "null"], "format": "date-time"}
ANYTHING = {"type": ["array", "object", "string", "null"]}
PROGRAM = [sys.executable, "-m", "target_callrecords_duckdb"]
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


def states(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line)["bookmarks"] for line in capsys.readouterr().out.splitlines() if line.startswith('{"book')]


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
