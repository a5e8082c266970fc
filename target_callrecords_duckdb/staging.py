"""Files are read into tables of their own, where it is seen what does not fit."""

# ruff: noqa: S608 - statements are made of names and file names, all quoted by `quoted` and `text`

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from target_callrecords_duckdb.columns import HUGE_INTEGER, INTEGER, INTEGERS, JSON, TEXT, staged
from target_callrecords_duckdb.errors import KEPT, LoadError, NoKeyError
from target_callrecords_duckdb.expressions import quoted, text, value_of
from target_callrecords_duckdb.files import FORMATS, Part, arrow, longest_line

_LOOKED_AT = 1000
"""Records of each file are looked over for members that the schema does not name."""


@dataclass
class Table:
    """A stream's table.

    Attributes:
        name: of the table, and of the stream.
        columns: the type of each property by its name, as the stream's schema has it.
        keys: names of the key properties; none: rows are appended.
    """

    name: str
    columns: Mapping[str, str]
    keys: Sequence[str] = ()


@dataclass
class Staged:
    """Rows of a stream, read but not yet in its table.

    Attributes:
        table: the stream's, as wide as these rows need it.
        name: of the table that holds them.
        types: of its columns.
        rows: how many they are.
    """

    table: Table
    name: str
    types: dict[str, str]
    rows: int = 0


class Staging:
    """Reads files through a connection to DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, logger: logging.Logger) -> None:
        """Args: connection: to the DuckDB file; logger: where to say what is not loaded."""
        self._connection = connection
        self._logger = logger
        self._warned: dict[str, set[str]] = {}
        self._longest = 16 << 20  # bytes of a record; DuckDB makes its buffers by it

    def fill(self, one: Staged, parts: Sequence[Part]) -> bool:
        """Read the files; whether each value is in its column as it is in its file.

        Raises:
            LoadError: an Arrow file is none.
            duckdb.Error: DuckDB gives up.
        """
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in one.types.items())
        self._connection.execute(f"create or replace temp table {one.name} ({columns})")
        for part in parts:
            try:
                with self._source(part, one.types) as (source, values):
                    self._connection.execute(f"insert into {one.name} select {', '.join(values)} from {source}")
            except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
                if "maximum_object_size" in str(error) and (longest := longest_line(part)) > self._longest:
                    self._longest = longest
                    return self.fill(one, parts)
                return False
            self._warn_of_unnamed(one.table, part)
        checks = ["count(*)"]
        for name, kind in one.types.items():
            if kind == staged(INTEGER):
                column = quoted(name)
                checks.append(f"count(*) filter ({column} <> trunc({column}) or try_cast({column} as bigint) is null "
                              f"and {column} is not null)")  # fmt: skip
        one.rows, *misfits = self._connection.execute(f"select {', '.join(checks)} from {one.name}").fetchall()[0]
        return not any(misfits)

    @contextmanager
    def _source(self, part: Part, types: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
        """What to select from, and what to select: a value for each column."""
        if part.format == "jsonl":
            members = ", ".join(f"{text(name)}: {text(kind)}" for name, kind in types.items())
            yield self._lines(part, f"{{{members}}}"), [quoted(name) for name in types]
        elif part.format == "parquet":
            source = f"read_parquet({text(part.file)})"
            yield source, self._values(source, types)
        else:
            with arrow(part.file) as reader:
                self._connection.register("arrow_file", reader)
                try:
                    yield "arrow_file", self._values("arrow_file", types)
                finally:
                    self._connection.unregister("arrow_file")

    def _lines(self, part: Part, columns: str) -> str:
        return f"read_json({self._file(part)}, records = 'true', columns = {columns})"

    def _file(self, part: Part) -> str:
        compression = "gzip" if part.compression == "gzip" else "none"
        return (
            f"{text(part.file)}, format = 'newline_delimited', compression = '{compression}', "
            f"maximum_object_size = {self._longest}"
        )

    def _values(self, source: str, types: Mapping[str, str]) -> list[str]:
        described = self._connection.execute(f"describe select * from {source}").fetchall()
        there = {name: kind for name, kind, *_ in described}
        return [value_of(name, there[name], kind) if name in there else "null" for name, kind in types.items()]

    def _warn_of_unnamed(self, table: Table, part: Part) -> None:
        """Say which members of a file's first records the stream's schema does not name: they are not loaded."""
        if part.format != "jsonl":
            return
        lines = f"(select json from read_json_objects({self._file(part)}) limit {_LOOKED_AT})"
        query = f"select distinct unnest(json_keys(json)) from {lines}"
        there = {name for (name,) in self._connection.execute(query).fetchall() if not name.startswith("_sdc_")}
        for name in sorted(there - table.columns.keys() - self._warned.setdefault(table.name, set())):
            self._warned[table.name].add(name)
            self._logger.warning("Stream %s: %s is not in the schema, and is not loaded", table.name, name)

    def give_room(self, one: Staged, parts: Sequence[Part]) -> None:
        """Find out what does not fit, and give integers of more than 64 bits a wider column.

        Raises:
            LoadError: what does not fit is something else.
        """
        for part in parts:
            for name, kind, misfits, huge in self._misfits(one, part):
                if misfits:
                    raise LoadError(
                        f"Stream {one.table.name}: values of {name} do not fit its column of type {kind} ({misfits} in "
                        f"{part.name}). {KEPT} Give the property a type that fits, string perhaps; in Meltano "
                        "by the extractor's extra schema."
                    )
                if huge:
                    one.table = replace(one.table, columns={**one.table.columns, name: HUGE_INTEGER})
        one.types = {n: HUGE_INTEGER if k == staged(INTEGER) else k for n, k in one.types.items()}

    def _misfits(self, one: Staged, part: Part) -> Iterator[tuple[str, str, int, int]]:
        """Of each column that is not text: name, type, how many values don't fit, how many need more than 64 bits."""
        kinds = {name: kind for name, kind in one.table.columns.items() if kind not in {TEXT, JSON}}
        checks = []
        for name, kind in kinds.items():
            value = f"({quoted(name)} ->> '$')" if part.format == "jsonl" else quoted(name)
            whole = f"try_cast({value} as hugeint)"
            fits = f"try_cast({value} as {staged(kind)}) is not null"
            if kind in INTEGERS:
                fits = f"{whole} is not null and try_cast({value} as double) = {whole}::double"
            huge = (
                f"{whole} <> try_cast({value} as bigint) or try_cast({value} as bigint) is null and {whole} is not null"
            )
            checks += [f"count(*) filter ({value} is not null and not ({fits}))",
                       f"count(*) filter ({huge})" if kind == INTEGER else "0"]  # fmt: skip
        try:
            # Text and JSON columns are read as well: what can't be read there must be found, too.
            types = dict.fromkeys(one.table.columns, JSON if part.format == "jsonl" else TEXT)
            with self._source(part, types) as (source, values):
                columns = ", ".join(f"{value} as {quoted(name)}" for name, value in zip(types, values, strict=True))
                query = f"select {', '.join(checks) or '0'} from (select {columns} from {source})"
                found = self._connection.execute(query).fetchall()[0]
        except duckdb.InvalidInputException as error:
            why = re.search(r"Malformed JSON in file .*?(at byte.*?)\.?\s*$|(duplicate key)", str(error), re.MULTILINE)
            said = next(filter(None, why.groups()), "") if why else ""
            raise LoadError(
                f"Stream {one.table.name}: {part.name} can't be read as {FORMATS[part.format]}"
                f"{f' ({said})' if said else ''}. {KEPT}"
            ) from None
        for index, (name, kind) in enumerate(kinds.items()):
            yield name, kind, found[2 * index], found[2 * index + 1]

    def check_keys(self, one: Staged) -> None:
        """See that no record lacks a key.

        Raises:
            NoKeyError: one does.
        """
        for key in one.table.keys:
            query = f"select count(*) from {one.name} where {quoted(key)} is null"
            if missing := self._connection.execute(query).fetchall()[0][0]:
                raise NoKeyError(
                    f"Stream {one.table.name}: there are records without {key}, which is part of the key ({missing}). "
                    f"{KEPT} A stream without a key is appended: take the key out of the tap's catalog."
                )

    def as_lines(self, part: Part, file: Path) -> None:
        """Write a Parquet or Arrow file again, as JSON lines."""
        with self._source(part, {}) as (source, _):
            self._connection.execute(f"copy (select * from {source}) to {text(file)} (format json)")
