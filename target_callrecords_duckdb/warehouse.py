"""The DuckDB file: tables made and widened, files read into it, all of a drain in one transaction."""

# ruff: noqa: S608 - statements are made of names and file names, all quoted by _quoted and _text

from __future__ import annotations

import contextlib
import gzip
import logging
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from singer_sdk.exceptions import MissingKeyPropertiesError

from target_callrecords_duckdb.columns import (
    BOOLEAN,
    HUGE_INTEGER,
    INSTANT,
    INTEGER,
    INTEGERS,
    JSON,
    NUMBER,
    TEXT,
    staged,
    wider,
)

_NO_SPACE = re.compile(
    "No space left|File too large|Disk quota|exceeds .*max_temp_directory_size|failed to offload", re.IGNORECASE
)

_KEPT = "Nothing of this load was kept."
MORE_MEMORY = 16
"""How many times the memory that the settings allow is used at most, before a load is given up."""
_LOOKED_AT = 1000
"""Records of each file are looked over for members that the schema does not name."""
_FORMATS = {"jsonl": "JSON with one object a line", "parquet": "Parquet", "arrow": "an Arrow file"}


class LoadError(Exception):
    """What keeps data from being loaded, in words for the person who can do something about it."""


class NoKeyError(LoadError, MissingKeyPropertiesError):
    """A record has no value for a property of its key."""


@dataclass(frozen=True)
class Part:
    """A file of records.

    Attributes:
        file: on this machine.
        format: `jsonl`, `parquet` or `arrow`.
        compression: `gzip` or nothing, for `jsonl`.
        name: what to call it in an error.
    """

    file: Path
    format: str = "jsonl"
    compression: str | None = None
    name: str = "RECORD lines"


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
class _Staged:
    table: Table
    name: str
    types: dict[str, str]
    rows: int = field(default=0)


class Warehouse:
    """A DuckDB file, open for writing and closed to others.

    Args:
        path: of the file; it is made when it is not there.
        schema: of the tables.
        memory: how many megabytes DuckDB may use; where that is not enough, it is doubled, some times.
        threads: how many it may use.
        logger: where to say what was done.

    Raises:
        LoadError: it can't be opened.
    """

    def __init__(self, path: Path, schema: str, *, memory: int, threads: int, logger: logging.Logger) -> None:
        self.path = path.expanduser().absolute()
        self._logger = logger
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory}MB",
            "threads": threads,
            "autoinstall_known_extensions": False,  # no traffic: JSON and Parquet are built in
        }
        self._new = f".{self.path.name}.new-"
        self._warned: dict[str, set[str]] = {}
        self._memory = memory
        self._most_memory = memory * MORE_MEMORY
        self._longest = 16 << 20  # bytes of a record; DuckDB makes its buffers by it
        self._connection = self._open()
        try:
            self._prepare(schema)
        except duckdb.Error as error:
            raise self.in_words(error) from None
        self._staged: list[_Staged] = []

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            self._make_file()
            return duckdb.connect(str(self.path), config=self._config)
        except (duckdb.Error, OSError) as error:
            raise self.in_words(error) from None

    def _make_file(self) -> None:
        """Make the file in one step, so that a crash leaves a whole one or none."""
        if self.path.exists() and self.path.stat().st_size:
            return
        with tempfile.TemporaryDirectory(prefix=self._new, dir=self.path.parent) as folder:
            file = Path(folder) / self.path.name
            duckdb.connect(str(file)).close()
            self.path.unlink(missing_ok=True)
            try:
                self.path.hardlink_to(file)
            except FileExistsError:  # another program was faster
                return
            except OSError:  # no links on this disk
                file.replace(self.path)

    def _prepare(self, schema: str) -> None:
        self._connection.execute("set TimeZone = 'UTC'")
        (database,) = self._connection.execute("select current_database()").fetchall()[0]
        self._schema = f"{_quoted(database)}.{_quoted(schema)}"  # in full: a schema may have the file's name
        self._where = (database, schema)
        self._connection.execute(f"create schema if not exists {self._schema}")
        self.folder = self.path.with_name(f"{self.path.name}.loading")
        # Left there by crashes: nobody else has this file open.
        for each in (self.folder, *(each for each in self.path.parent.iterdir() if each.name.startswith(self._new))):
            shutil.rmtree(each, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)  # at the latest when the program ends

    def close(self) -> None:
        """Let go of the file, and remove what was only needed for loading."""
        self._connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Tables

    def make(self, table: Table) -> None:
        """Make a stream's table, or give the one that is there the columns that it lacks.

        Raises:
            LoadError: it can't be done.
        """
        there = self._types(table.name)
        statements = []
        if not there:
            columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in table.columns.items())
            statements.append(f"create table {self._name(table)} ({columns})")
        for name, kind in table.columns.items():
            if not there:
                break
            if name.lower() not in there:
                statements.append(f"alter table {self._name(table)} add column {_quoted(name)} {kind}")
            elif (now := wider(there[name.lower()], kind)) != there[name.lower()]:
                statements.append(self._widening(table, name, there[name.lower()], now))
        for statement in statements:
            try:
                self._connection.execute(statement)
            except duckdb.Error as error:
                raise self.in_words(error, f"Stream {table.name}: its table can't be changed") from None

    def _widening(self, table: Table, name: str, there: str, now: str) -> str:
        column = _quoted(name)
        how = f"{column}::{now}"
        if now == JSON:
            how = f"to_json({_in_iso(column) if there == INSTANT else column})"
        elif there == INSTANT:
            how = _in_iso(column)
        elif now == NUMBER and there in INTEGERS:
            query = f"select count(*) from {self._name(table)} where {column}::double::hugeint <> {column}"
            if self._connection.execute(query).fetchall()[0][0]:
                raise LoadError(
                    f"Stream {table.name}: column {name} holds integers that a number of type DOUBLE can't hold exactly"
                    ", and its type in the stream's schema has changed to number. Change the column's type by hand."
                )
        self._logger.info("Column %s of %s was %s and is made %s", name, table.name, there, now)
        return f"alter table {self._name(table)} alter column {column} set data type {now} using {how}"

    def _name(self, table: Table) -> str:
        return f"{self._schema}.{_quoted(table.name)}"

    def _types(self, table: str) -> dict[str, str]:
        found = self._connection.execute(
            "select lower(column_name), data_type from duckdb_columns() "
            "where database_name = ? and lower(schema_name) = lower(?) and lower(table_name) = lower(?)",
            [*self._where, table],
        )
        return dict(found.fetchall())

    # Reading files

    def stage(self, table: Table, parts: Sequence[Part]) -> int:
        """Read files into a table of their own, from which `commit` takes them; how many rows it were.

        Raises:
            LoadError: a file can't be read, or holds what its stream's schema does not allow.
        """
        one = _Staged(table, f"staged_{len(self._staged)}", {n: staged(kind) for n, kind in table.columns.items()})

        def read() -> None:
            if not self._fill(one, parts):
                self._give_room(one, parts)
                self._fill(one, parts)
            self._check_keys(one)

        self._with_memory(read, f"Stream {table.name}")
        self._staged.append(one)
        return one.rows

    def _fill(self, one: _Staged, parts: Sequence[Part]) -> bool:
        """Read the files; whether each value is in its column as it is in its file."""
        columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in one.types.items())
        self._connection.execute(f"create or replace temp table {one.name} ({columns})")
        for part in parts:
            try:
                with self._source(part, one.types) as (source, values):
                    self._connection.execute(f"insert into {one.name} select {', '.join(values)} from {source}")
            except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
                if "maximum_object_size" in str(error) and (longest := _longest_line(part)) > self._longest:
                    self._longest = longest
                    return self._fill(one, parts)
                return False
            self._warn_of_unnamed(one.table, part)
        checks = ["count(*)"]
        for name, kind in one.types.items():
            if kind == staged(INTEGER):
                column = _quoted(name)
                checks.append(f"count(*) filter ({column} <> trunc({column}) or try_cast({column} as bigint) is null "
                              f"and {column} is not null)")  # fmt: skip
        one.rows, *misfits = self._connection.execute(f"select {', '.join(checks)} from {one.name}").fetchall()[0]
        return not any(misfits)

    @contextmanager
    def _source(self, part: Part, types: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
        """What to select from, and what to select: a value for each column."""
        if part.format == "jsonl":
            members = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in types.items())
            yield self._lines(part, f"{{{members}}}"), [_quoted(name) for name in types]
        elif part.format == "parquet":
            source = f"read_parquet({_text(part.file)})"
            yield source, self._values(source, types)
        else:
            with _arrow(part.file) as reader:
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
            f"{_text(part.file)}, format = 'newline_delimited', compression = '{compression}', "
            f"maximum_object_size = {self._longest}"
        )

    def _values(self, source: str, types: Mapping[str, str]) -> list[str]:
        described = self._connection.execute(f"describe select * from {source}").fetchall()
        there = {name: kind for name, kind, *_ in described}
        return [_value(name, there[name], kind) if name in there else "null" for name, kind in types.items()]

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

    def as_lines(self, part: Part, file: Path) -> None:
        """Write a Parquet or Arrow file again, as JSON lines."""
        try:
            with self._source(part, {}) as (source, _):
                self._connection.execute(f"copy (select * from {source}) to {_text(file)} (format json)")
        except duckdb.Error as error:
            raise self.in_words(error, part.name) from None

    def _give_room(self, one: _Staged, parts: Sequence[Part]) -> None:
        """Find out what does not fit, and give integers of more than 64 bits a wider column; all else is an error."""
        for part in parts:
            for name, kind, misfits, huge in self._misfits(one, part):
                if misfits:
                    raise LoadError(
                        f"Stream {one.table.name}: values of {name} do not fit its column of type {kind} ({misfits} in "
                        f"{part.name}). {_KEPT} Give the property a type that fits, string perhaps; in Meltano "
                        "by the extractor's extra schema."
                    )
                if huge:
                    wide = Table(one.table.name, {**one.table.columns, name: HUGE_INTEGER}, one.table.keys)
                    self.make(wide)
                    one.table = wide
        one.types = {n: HUGE_INTEGER if k == staged(INTEGER) else k for n, k in one.types.items()}

    def _misfits(self, one: _Staged, part: Part) -> Iterator[tuple[str, str, int, int]]:
        """Of each column that is not text: name, type, how many values don't fit, how many need more than 64 bits."""
        kinds = {name: kind for name, kind in one.table.columns.items() if kind not in {TEXT, JSON}}
        checks = []
        for name, kind in kinds.items():
            value = f"({_quoted(name)} ->> '$')" if part.format == "jsonl" else _quoted(name)
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
                columns = ", ".join(f"{value} as {_quoted(name)}" for name, value in zip(types, values, strict=True))
                query = f"select {', '.join(checks) or '0'} from (select {columns} from {source})"
                found = self._connection.execute(query).fetchall()[0]
        except duckdb.InvalidInputException as error:
            why = re.search(r"Malformed JSON in file .*?(at byte.*?)\.?\s*$|(duplicate key)", str(error), re.MULTILINE)
            said = next(filter(None, why.groups()), "") if why else ""
            raise LoadError(
                f"Stream {one.table.name}: {part.name} can't be read as {_FORMATS[part.format]}"
                f"{f' ({said})' if said else ''}. {_KEPT}"
            ) from None
        for index, (name, kind) in enumerate(kinds.items()):
            yield name, kind, found[2 * index], found[2 * index + 1]

    def _check_keys(self, one: _Staged) -> None:
        for key in one.table.keys:
            query = f"select count(*) from {one.name} where {_quoted(key)} is null"
            if missing := self._connection.execute(query).fetchall()[0][0]:
                raise NoKeyError(
                    f"Stream {one.table.name}: there are records without {key}, which is part of the key ({missing}). "
                    f"{_KEPT} A stream without a key is appended: take the key out of the tap's catalog."
                )

    # Writing

    def commit(self) -> None:
        """Bring all that was staged into the tables, in one transaction.

        Raises:
            LoadError: it can't be done; nothing was changed then.
        """
        if not self._staged:
            return

        def write() -> None:
            self._connection.execute("begin")
            for one in self._staged:
                self._insert(one)
            self._connection.execute("commit")

        self._with_memory(write, f"Stream {', '.join(dict.fromkeys(one.table.name for one in self._staged))}")
        for one in self._staged:
            self._connection.execute(f"drop table {one.name}")
        self._staged.clear()

    def _with_memory(self, work: Callable[[], None], what: str) -> None:
        """Do it, again with more memory where DuckDB asks for it."""
        while True:
            try:
                work()
            except duckdb.Error as error:
                with contextlib.suppress(duckdb.Error):  # there may be no transaction
                    self._connection.execute("rollback")
                scarce = isinstance(error, duckdb.OutOfMemoryException) and not _NO_SPACE.search(str(error))
                if not scarce or 2 * self._memory > self._most_memory:
                    raise self.in_words(error, what) from None
                self._memory *= 2
                self._logger.info("%s: DuckDB needs more memory, and may use %d MB now", what, self._memory)
                self._connection.execute(f"set memory_limit = '{self._memory}MB'")
            else:
                return

    def _insert(self, one: _Staged) -> None:
        there = self._types(one.table.name)
        values = {name: _written(name, kind, there[name.lower()]) for name, kind in one.table.columns.items()}
        if one.table.keys:
            self._drop_repeated(one)
            same = " and ".join(f"there.{_quoted(key)} = {values[key]}" for key in one.table.keys)
            self._connection.execute(
                f"delete from {self._name(one.table)} as there using {one.name} as new where {same}"
            )
        names = ", ".join(map(_quoted, values))
        selected = ", ".join(values.values())
        self._connection.execute(
            f"insert into {self._name(one.table)} ({names}) select {selected} from {one.name} as new"
        )

    def _drop_repeated(self, one: _Staged) -> None:
        """Keep the last row of each key."""
        keys = ", ".join(map(_quoted, one.table.keys))
        repeated = f"select 1 from {one.name} group by {keys} having count(*) > 1 limit 1"
        if self._connection.execute(repeated).fetchall():
            self._connection.execute(
                f"delete from {one.name} where rowid in (select id from (select rowid as id, row_number() over "
                f"(partition by {keys} order by rowid desc) as place from {one.name}) where place > 1)"
            )

    # Errors

    def in_words(self, error: Exception, what: str = "") -> LoadError:
        """An error of DuckDB or of the disk as one for a person; `what` is what could not be done."""
        said = " ".join(str(error).split())
        begin = f"{what}: " if what else ""
        if _NO_SPACE.search(said):
            text = f"{self.path}: there is no space left on its disk. {_KEPT} Make room and run again."
        elif "Could not set lock" in said:
            holder = re.search(r"PID \d+", said)
            by = f"another program{f' ({holder[0]})' if holder else ''}"
            text = f"{self.path} is in use by {by}. Close it there and run again."
        elif "not a valid DuckDB database file" in said:
            text = f"{self.path} is not a DuckDB file. Correct the setting path, or move that file away."
        elif "newer version" in said or "can only read version" in said:
            newer = f"a newer DuckDB than this one ({duckdb.__version__})"
            text = f"{self.path} was made by {newer}. Upgrade the package duckdb beside this target."
        elif isinstance(error, OSError) or (not what and isinstance(error, duckdb.IOException)):
            reason = error.strerror if isinstance(error, OSError) else said.rsplit(": ", 1)[-1]
            check = "Check the setting path, the folder and its rights."
            text = f"{self.path} can't be opened for writing ({reason}). {check}"
        elif isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
            fault = "a column of its table has been given another type by hand, which not all values fit"
            text = f"{begin}{fault}. {_KEPT}"
        elif isinstance(error, duckdb.ConstraintException):
            fault = "its table has a constraint that new rows would break"
            text = f"{begin}{fault}. {_KEPT} Drop the constraint."
        elif isinstance(error, duckdb.OutOfMemoryException):
            fault = f"DuckDB has not enough memory ({self._memory} MB)"
            text = f"{begin}{fault}. {_KEPT} Raise the setting memory_limit_megabytes, or lower batch_size_rows."
        else:
            named = isinstance(error, duckdb.IOException | duckdb.CatalogException | duckdb.BinderException)
            reason = f": {said}" if named else ""  # others may quote values
            text = f"{begin}DuckDB gave up ({type(error).__name__}{reason}). {_KEPT}"
        return LoadError(text)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _in_iso(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"


def _value(name: str, there: str, kind: str) -> str:
    """A column of a file with types of its own, as the type in which it is staged."""
    column = _quoted(name)
    if kind == JSON:
        if there == JSON:
            return column
        if there == TEXT:  # JSON as text, as files have it that know no objects; or a plain text
            return f"case when json_valid({column}) then {column}::json else to_json({column}) end"
        return f"to_json({column})"
    if kind == TEXT and there.startswith(("STRUCT", "MAP")) | there.endswith("]"):
        return f"to_json({column})::varchar"
    return column if there == kind else f"{column}::{kind}"


def _written(name: str, kind: str, there: str) -> str:
    """A staged column of a type, as the type that the table's column has."""
    column = f"new.{_quoted(name)}"
    if kind == INSTANT:
        if there == INSTANT:
            return f"timezone('UTC', {column})"
        if there in {TEXT, JSON}:
            iso = _in_iso(f"timezone('UTC', {column})")
            return f"to_json({iso})" if there == JSON else iso
        return f"{column}::{there}"
    if there == JSON:
        value = f"{column}::{kind}" if kind == INTEGER else column
        return column if kind == JSON else f"to_json({value})"
    if kind == INTEGER and there in {TEXT, *INTEGERS}:
        return f"{column}::{kind}::{there}"
    return column if kind == there and kind in {TEXT, BOOLEAN, NUMBER, HUGE_INTEGER} else f"{column}::{there}"


@contextmanager
def _arrow(file: Path) -> Iterator[Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - not everybody has it
    except ImportError:
        raise LoadError(
            "A BATCH of Arrow files needs the package pyarrow beside this target: "
            "pip install 'tap-callrecords[duckdb,arrow]'."
        ) from None
    try:
        with pa.memory_map(str(file)) as mapped:
            opened = pa.ipc.open_file(mapped)
            batches = (opened.get_batch(number) for number in range(opened.num_record_batches))
            yield pa.RecordBatchReader.from_batches(opened.schema, batches)
    except pa.ArrowInvalid:
        raise LoadError(f"{file} can't be read as {_FORMATS['arrow']}. {_KEPT}") from None


def _longest_line(part: Part) -> int:
    """In bytes."""
    opened = gzip.open if part.compression == "gzip" else open
    with opened(part.file, "rb") as lines:
        return max(map(len, lines), default=0)
