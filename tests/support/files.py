"""What a run has put into files: BATCH messages read as a target reads them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import parquet

from tests.support.tap import Output


def rows_of(message: Mapping[str, Any], *, columns: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The records of a BATCH message.

    Args:
        message: the BATCH message.
        columns: properties of the stream's SCHEMA, where the file has columns: to read its JSON text and its times as
            what they stand for.
    """
    assert message["type"] == "BATCH"
    encoding, rows = message["encoding"], []
    for url in message["manifest"]:
        path = Path(unquote(urlsplit(url).path))
        if encoding["format"] == "jsonl":
            data = path.read_bytes()
            data = gzip.decompress(data) if encoding["compression"] == "gzip" else data
            rows += [json.loads(line) for line in data.splitlines()]
        else:
            table = parquet.read_table(path) if encoding["format"] == "parquet" else pa.ipc.open_file(path).read_all()
            rows += [_as_sent(row, columns or {}) for row in table.to_pylist()]
    return rows


def _as_sent(row: dict[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for name, value in row.items():
        declared = columns[name].get("type", ())
        kinds = ({declared} if isinstance(declared, str) else set(declared)) - {"null"}
        if value is None:
            sent[name] = None
        elif columns[name].get("format") == "date-time":
            sent[name] = value.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        elif len(kinds) == 1 and kinds <= {"string", "integer", "number", "boolean"}:
            sent[name] = value
        else:
            sent[name] = json.loads(value)
    return sent


def with_files_read(output: Output) -> Output:
    """The same output with a RECORD message for each record of each file, where its BATCH message stands."""
    return Output([*_read(output.messages)], output.exit_code, output.stderr, output.error, output.raw)


def _read(messages: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    schemas: dict[str, Any] = {}
    for message in messages:
        if message["type"] == "SCHEMA":
            schemas[message["stream"]] = message["schema"]["properties"]
        if message["type"] != "BATCH":
            yield message
            continue
        for row in rows_of(message, columns=schemas[message["stream"]]):
            yield {"type": "RECORD", "stream": message["stream"], "record": row}
