"""Files become rows that DuckDB can select, and it is seen what does not fit."""

# ruff: noqa: S608 - statements are made of names and file names, all quoted by `quoted` and `text`

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from target_callrecords_duckdb.columns import HUGE_INTEGER, INTEGER, INTEGERS, JSON, TEXT, WHOLE, read_as
from target_callrecords_duckdb.errors import KEPT, LoadError
from target_callrecords_duckdb.expressions import exact_value_of, quoted, text, value_of
from target_callrecords_duckdb.files import FORMATS, Part, arrow, longest_line

LOOKED_AT = 1000
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
class Load:
    """Files of a stream that are to go into its table.

    Attributes:
        table: the stream's, as wide as these rows need it.
        parts: the files, in order.
        looked_over: whether each value has been looked at: integers may come as numbers or text then.
        rows: how many were loaded.
    """

    table: Table
    parts: Sequence[Part]
    looked_over: bool = False
    rows: int = 0


class Reading:
    """Makes of files what DuckDB can select from.

    Attributes:
        connection: to the DuckDB file; another one when it has been opened again.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, logger: logging.Logger) -> None:
        """Args: connection: to the DuckDB file; logger: where to say what is not loaded."""
        self.connection = connection
        self._logger = logger
        self._warned: dict[str, set[str]] = {}
        self._longest = 1 << 20  # bytes of a record; DuckDB makes its buffers by it

    @contextmanager
    def rows(self, load: Load, part: Part) -> Iterator[str]:
        """A statement that selects the rows of a file, with a column for each property, in the type that it is read as.

        It fails on an integer that is not written as one (`3.7`, but also `3.0`), since DuckDB would round it without a
        word: such files are looked over first.

        Raises:
            LoadError: an Arrow file is none.
            duckdb.Error: DuckDB gives up.
        """
        types = {name: read_as(kind) for name, kind in load.table.columns.items()}
        with self._source(part, types, looked_over=load.looked_over) as (source, values):
            columns = (f"{value} as {quoted(name)}" for name, value in zip(types, values, strict=True))
            yield f"select {', '.join(columns)} from {source}"

    def needs_longer_lines(self, error: duckdb.Error, parts: Sequence[Part]) -> bool:
        """Whether a line was longer than expected; from now on such are."""
        if "maximum_object_size" not in str(error):
            return False
        longest = max(longest_line(part) for part in parts if part.format == "jsonl")
        is_longer, self._longest = longest > self._longest, max(longest, self._longest)
        return is_longer

    @contextmanager
    def _source(
        self, part: Part, types: Mapping[str, str], *, looked_over: bool = True
    ) -> Iterator[tuple[str, list[str]]]:
        """What to select from, and what to select: a value for each column."""
        value = value_of if looked_over else exact_value_of
        if part.format == "jsonl":
            there = {name: TEXT if kind in WHOLE else kind for name, kind in types.items()}  # 3.0 may stand in quotes
            members = ", ".join(f"{text(name)}: {text(kind)}" for name, kind in there.items())
            yield self._lines(part, f"{{{members}}}"), [value(name, there[name], kind) for name, kind in types.items()]
        elif part.format == "parquet":
            source = f"read_parquet({text(part.file)})"
            yield source, self._values(source, types, value)
        else:
            with arrow(part.file) as reader:
                self.connection.register("arrow_file", reader)
                try:
                    yield "arrow_file", self._values("arrow_file", types, value)
                finally:
                    self.connection.unregister("arrow_file")

    def _lines(self, part: Part, columns: str) -> str:
        return f"read_json({self._file(part)}, records = 'true', columns = {columns})"

    def _file(self, part: Part) -> str:
        compression = "gzip" if part.compression == "gzip" else "none"
        return (
            f"{text(part.file)}, format = 'newline_delimited', compression = '{compression}', "
            f"maximum_object_size = {self._longest}"
        )

    def _values(self, source: str, types: Mapping[str, str], value: Callable[[str, str, str], str]) -> list[str]:
        described = self.connection.execute(f"describe select * from {source}").fetchall()
        there = {name: kind for name, kind, *_ in described}
        return [value(name, there[name], kind) if name in there else "null" for name, kind in types.items()]

    def warn_of_unnamed(self, table: Table, part: Part) -> None:
        """Say which members of a file's first records the stream's schema does not name: they are not loaded."""
        if part.format != "jsonl":
            return
        lines = f"(select json from read_json_objects({self._file(part)}) limit {LOOKED_AT})"
        query = f"select distinct unnest(json_keys(json)) from {lines}"
        there = {name for (name,) in self.connection.execute(query).fetchall() if not name.startswith("_sdc_")}
        for name in sorted(there - table.columns.keys() - self._warned.setdefault(table.name, set())):
            self._warned[table.name].add(name)
            self._logger.warning("Stream %s: %s is not in the schema, and is not loaded", table.name, name)

    def look_over(self, load: Load) -> None:
        """Find out what does not fit, and give integers of more than 64 bits a wider column.

        Raises:
            LoadError: what does not fit is something else.
        """
        stream = load.table.name
        for part in load.parts:
            for name, kind, misfits, huge in self._misfits(load.table, part):
                if misfits:
                    raise LoadError(
                        f"Stream {stream}: values of {name} do not fit its column of type {kind} ({misfits} in "
                        f"{part.name}). {KEPT} Give the property a type that fits, string perhaps; in Meltano "
                        "by the extractor's extra schema."
                    )
                if huge:
                    load.table = replace(load.table, columns={**load.table.columns, name: HUGE_INTEGER})
        load.looked_over = True

    def _misfits(self, table: Table, part: Part) -> Iterator[tuple[str, str, int, int]]:
        """Of each column that is not text: name, type, how many values don't fit, how many need more than 64 bits."""
        kinds = {name: kind for name, kind in table.columns.items() if kind not in {TEXT, JSON}}
        checks = []
        for name, kind in kinds.items():
            value = f"({quoted(name)} ->> '$')" if part.format == "jsonl" else quoted(name)
            whole = f"try_cast({value} as hugeint)"
            fits = f"try_cast({value} as {read_as(kind)}) is not null"
            if kind in INTEGERS:
                fits = f"{whole} is not null and try_cast({value} as double) = {whole}::double"
            huge = (
                f"{whole} <> try_cast({value} as bigint) or try_cast({value} as bigint) is null and {whole} is not null"
            )
            checks += [f"count(*) filter ({value} is not null and not ({fits}))",
                       f"count(*) filter ({huge})" if kind == INTEGER else "0"]  # fmt: skip
        try:
            # Text and JSON columns are read as well: what can't be read there must be found, too.
            types = dict.fromkeys(table.columns, JSON if part.format == "jsonl" else TEXT)
            with self._source(part, types) as (source, values):
                columns = ", ".join(f"{value} as {quoted(name)}" for name, value in zip(types, values, strict=True))
                query = f"select {', '.join(checks) or '0'} from (select {columns} from {source})"
                found = self.connection.execute(query).fetchall()[0]
        except duckdb.InvalidInputException as error:
            why = re.search(r"Malformed JSON in file .*?(at byte.*?)\.?\s*$|(duplicate key)", str(error), re.MULTILINE)
            said = next(filter(None, why.groups()), "") if why else ""
            raise LoadError(
                f"Stream {table.name}: {part.name} can't be read as {FORMATS[part.format]}"
                f"{f' ({said})' if said else ''}. {KEPT}"
            ) from None
        for index, (name, kind) in enumerate(kinds.items()):
            yield name, kind, found[2 * index], found[2 * index + 1]

    def as_lines(self, part: Part, file: Path) -> None:
        """Write a Parquet or Arrow file again, as JSON lines."""
        with self._source(part, {}) as (source, _):
            self.connection.execute(f"copy (select * from {source}) to {text(file)} (format json)")
