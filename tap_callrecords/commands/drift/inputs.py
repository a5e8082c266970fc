"""Where rescued values are read from: Singer lines, BATCH files, exports of a warehouse, a DuckDB file, PostgreSQL."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click
import msgspec
from upath import UPath

from tap_callrecords.errors import as_written
from tap_callrecords.rows.builder import RESCUED
from tap_callrecords.rows.schemas import Declared, declared, names

_GZIP = b"\x1f\x8b"
_DUCKDB = b"DUCK"
"""From the ninth byte of the file."""
_ROWS_AT_ONCE = 10_000


class CantRead(click.ClickException):
    """The input can't be read; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Read:
    """Rows of a stream.

    Attributes:
        stream: its name.
        rows: by column; JSON is decoded. Those in which nothing can be new may be left out.
        looked_at: how many there are with those.
    """

    stream: str
    rows: Sequence[Mapping[str, Any]]
    looked_at: int


def nested_columns(stream: Declared) -> Mapping[str, Mapping[str, Any]]:
    """Columns of objects, or of lists of them, whose members are known: to each the schemas of these."""
    members = {
        name: each.get("properties") or each.get("items", {}).get("properties")
        for name, each in stream.schema["properties"].items()
    }
    return {name: each for name, each in members.items() if each}


def sql_of(stream: str) -> str:
    """What to run in any warehouse, so that the rows can be exported."""
    about = declared(stream)
    nested = nested_columns(about)
    columns = ", ".join([f"'{stream}' AS stream", *filter(None, [about.bookmark]), RESCUED, *nested])
    some = " OR ".join(f"{name} IS NOT NULL" for name in (RESCUED, *nested))
    return f"SELECT {columns} FROM {stream} WHERE {some};"  # noqa: S608 - shown to a person


def read(source: str, *, stream: str | None, schema: str | None) -> Iterator[Read]:
    """What a source holds of our streams.

    Args:
        source: `-` for standard input, a file or the URL of one, or a URL of PostgreSQL.
        stream: that of rows which do not name theirs.
        schema: of a database, the only one to look into; None for all.

    Raises:
        CantRead: it can't be read, or is none of these.
    """
    if source.startswith(("postgresql:", "postgres:")):
        yield from _of_postgresql(source, schema)
        return
    if source == "-":
        yield from _of_lines(sys.stdin.buffer, "standard input", stream)
        return
    name = source.rpartition("/")[2]
    try:
        with _opened(source) as file:
            begin = file.read(12)
            if begin[8:] == _DUCKDB:
                yield from _of_duckdb(Path(source), schema)
                return
            file.seek(0)
            plain: IO[bytes] = gzip.GzipFile(fileobj=file) if begin.startswith(_GZIP) else file  # type: ignore[assignment]
            named = stream or _stream_in(name)
            if name.lower().removesuffix(".gz").endswith(".csv"):
                yield from _of_csv(plain, name, named)
            else:
                yield from _of_lines(plain, name, named)
    except (OSError, EOFError, zlib.error) as error:
        raise CantRead(_cant_be_read(source, error)) from None


def _opened(source: str) -> IO[bytes]:
    try:
        opened: IO[bytes] = UPath(source).open("rb")
    except (ImportError, ValueError) as error:  # the storage that a URL names is not known
        raise CantRead(_cant_be_read(source, error)) from None
    return opened


def _cant_be_read(source: str, error: Exception) -> str:
    return f"{as_written(source)} can't be read ({getattr(error, 'strerror', None) or type(error).__name__})."


def _stream_in(name: str) -> str | None:
    """The stream that the name of a file holds, as those of BATCH files do; the longest of several."""
    return max((each for each in names() if each in name), key=len, default=None)


def _of_lines(file: IO[bytes], called: str, stream: str | None) -> Iterator[Read]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            message = _decoded(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise CantRead(
                f"Line {number} of {as_written(called)} is not JSON of an object. Singer messages and rows as JSON "
                "lines are understood; for other files see --help."
            )
        match message.get("type"):
            case "RECORD" if isinstance(message.get("record"), dict):
                yield Read(str(message.get("stream")), [message["record"]], 1)
            case "BATCH":
                yield from _of_batch(message)
            case "SCHEMA" | "STATE" | "ACTIVATE_VERSION" if len(message) > 1:
                pass
            case _:
                yield _row(message, called, stream)


def _of_batch(message: Mapping[str, Any]) -> Iterator[Read]:
    encoding = message.get("encoding", {}).get("format")
    if encoding != "jsonl":
        raise CantRead(f"BATCH files of format {as_written(encoding)} can't be read here, only jsonl.")
    for url in message.get("manifest", ()):
        yield from read(url, stream=str(message.get("stream")), schema=None)


def _of_csv(file: IO[bytes], called: str, stream: str | None) -> Iterator[Read]:
    csv.field_size_limit(2**31 - 1)
    try:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline="")):
            yield _row(row, called, stream)
    except (csv.Error, UnicodeDecodeError):
        raise CantRead(f"{as_written(called)} is not a CSV file in UTF-8.") from None


def _row(row: Mapping[str, Any], called: str, stream: str | None) -> Read:
    """A row of an export, whose columns may be spelled in capitals."""
    small = {str(name).lower(): value for name, value in row.items()}
    named = small.get("stream") or stream
    if RESCUED not in small or not isinstance(named, str):
        raise CantRead(
            f"{as_written(called)} has rows without {RESCUED}, or without a stream, which --stream can name. The "
            "SQL for such rows is shown with --sql."
        )
    named = named.lower()
    in_json = {RESCUED, *(nested_columns(declared(named)) if named in names() else ())}
    return Read(named, [{name: _json(value) if name in in_json else value for name, value in small.items()}], 1)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return _decoded(value.encode("utf-8", "surrogatepass"))
    except ValueError:
        return None


def _decoded(text: bytes) -> Any:
    """Raises: ValueError: it is no JSON, or nested deeper than can be read."""
    try:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:  # NaN, for example, or half of a character
            return json.loads(text)
    except RecursionError as error:
        raise ValueError from error


# Databases


def _of_duckdb(path: Path, schema: str | None) -> Iterator[Read]:
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ImportError:
        raise CantRead("To read a DuckDB file install tap-callrecords[duckdb].") from None
    try:
        with closing(duckdb.connect(str(path), read_only=True)) as connection:
            yield from _of_tables(connection.cursor(), connection.cursor(), schema)
    except duckdb.Error as error:
        raise CantRead(
            f"{as_written(path)} can't be read by DuckDB ({type(error).__name__}). If another program has it open for "
            "writing, wait until it has ended."
        ) from None


def _of_postgresql(url: str, schema: str | None) -> Iterator[Read]:
    try:
        import psycopg  # noqa: PLC0415 - whoever has PostgreSQL has it
    except ImportError:
        raise CantRead("To read PostgreSQL install tap-callrecords[postgres].") from None
    try:
        with psycopg.connect(url) as connection:
            connection.read_only = True
            yield from _of_tables(connection.cursor(), connection.cursor("drift"), schema)
    except psycopg.Error as error:  # whose words may quote the URL
        raise CantRead(
            f"PostgreSQL can't be read ({type(error).__name__}). Check that psql connects with the same URL, and that "
            "its user may read the tables."
        ) from None


def _of_tables(cursor: Any, rows: Any, schema: str | None) -> Iterator[Read]:
    """What the tables of our streams hold; both databases understand this SQL.

    Args:
        cursor: for small answers.
        rows: another one, for large ones.
        schema: the only one to look into.
    """
    cursor.execute("select table_schema, table_name, column_name from information_schema.columns")
    tables: dict[tuple[str, str], set[str]] = {}
    for where, table, column in cursor.fetchall():
        tables.setdefault((where, table), set()).add(column)
    ours = {
        place: columns
        for place, columns in sorted(tables.items())
        if place[1] in names() and RESCUED in columns and schema in (None, place[0])
    }
    if not ours:
        raise CantRead(
            f"The database has no table of a stream with a column {RESCUED} in "
            f"{'any schema' if schema is None else as_written(schema)}."
        )
    for (where, table), columns in ours.items():
        stream = declared(table)
        nested = [name for name in nested_columns(stream) if name in columns]
        wanted = [RESCUED, *nested, *([stream.bookmark] if stream.bookmark and stream.bookmark in columns else ())]
        place = f"{_quoted(where)}.{_quoted(table)}"
        cursor.execute(f"select count(*) from {place}")  # noqa: S608 - names of the database itself
        yield Read(table, (), cursor.fetchone()[0])
        some = " or ".join(f"{_quoted(name)} is not null" for name in (RESCUED, *nested))
        texts = ", ".join(f"cast({_quoted(name)} as varchar)" for name in wanted)
        rows.execute(f"select {texts} from {place} where {some}")  # noqa: S608
        yield from _in_pages(rows, table, wanted, json_columns={RESCUED, *nested})


def _in_pages(rows: Any, stream: str, columns: Sequence[str], *, json_columns: Collection[str]) -> Iterator[Read]:
    while page := rows.fetchmany(_ROWS_AT_ONCE):
        decoded = [
            {name: _json(value) if name in json_columns else value for name, value in zip(columns, row, strict=True)}
            for row in page
        ]
        yield Read(stream, decoded, 0)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
