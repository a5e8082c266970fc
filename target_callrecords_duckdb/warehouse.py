"""The DuckDB file: tables made and widened, files read into it, all of a drain in one transaction."""

# ruff: noqa: S608 - statements are made of names and file names, all quoted by `quoted` and `text`

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import duckdb

from target_callrecords_duckdb.columns import (
    INSTANT,
    INTEGERS,
    JSON,
    NUMBER,
    wider,
)
from target_callrecords_duckdb.errors import KEPT, NO_SPACE, LoadError, NoKeyError, in_words
from target_callrecords_duckdb.expressions import in_iso, quoted, text, written
from target_callrecords_duckdb.files import Part
from target_callrecords_duckdb.reading import Load, Reading, Table

ROWS_OF_A_GROUP = 20_480
"""Rows that DuckDB packs and writes together, a sixth of its own default: fewer wait in memory for the end of a
transaction. Other programs take the file as any other, and make larger groups."""
ROWS_OF_AN_OPENING = 400_000
"""Rows after which the file is closed and opened again: as long as it is open, DuckDB keeps some kilobytes for each
column of each group that it has written."""
MORE_MEMORY = 16
"""How many times the memory that the settings allow is used at most, before a load is given up."""


class Warehouse:
    """A DuckDB file, open for writing and closed to others.

    Args:
        path: of the file; it is made when it is not there.
        schema: of the tables.
        memory: how many megabytes DuckDB may use; where that is not enough, it is doubled a few times.
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
            "temp_directory": f"{self.path}.tmp",
            "autoinstall_known_extensions": False,  # no traffic: JSON and Parquet are built in
        }
        self._new = f".{self.path.name}.new-"
        self._memory = memory
        self._most_memory = memory * MORE_MEMORY
        self._connection = self._open()
        try:
            self._prepare(schema)
        except duckdb.Error as error:
            raise self.in_words(error) from None
        self._reading = Reading(self._connection, logger)
        self._rows = 0  # since the file was opened
        self._loads: list[Load] = []
        self._loaded = 0  # of these, by the transaction that is open

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            self._make_file()
            # Beside nothing: a file that is opened alone has no such option. One name lets a program open it twice.
            connection = duckdb.connect(f":memory:{self.path}", config=self._config)
            how = f"(row_group_size {ROWS_OF_A_GROUP})"
            connection.execute(f"attach if not exists {text(self.path)} as warehouse {how}")
            connection.execute("use warehouse")
            connection.execute("set TimeZone = 'UTC'")
        except (duckdb.Error, OSError) as error:
            raise self.in_words(error) from None
        return connection

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
        (database,) = self._connection.execute("select current_database()").fetchall()[0]
        self._schema = f"{quoted(database)}.{quoted(schema)}"  # in full: a schema may have the file's name
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
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in table.columns.items())
            statements.append(f"create table {self._name(table)} ({columns})")
        for name, kind in table.columns.items():
            if not there:
                break
            if name.lower() not in there:
                statements.append(f"alter table {self._name(table)} add column {quoted(name)} {kind}")
            elif (now := wider(there[name.lower()], kind)) != there[name.lower()]:
                statements.append(self._widening(table, name, there[name.lower()], now))
        for statement in statements:
            try:
                self._connection.execute(statement)
            except duckdb.Error as error:
                raise self.in_words(error, f"Stream {table.name}: its table can't be changed") from None

    def _widening(self, table: Table, name: str, there: str, now: str) -> str:
        column = quoted(name)
        how = f"{column}::{now}"
        if now == JSON:
            how = f"to_json({in_iso(column) if there == INSTANT else column})"
        elif there == INSTANT:
            how = in_iso(column)
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
        return f"{self._schema}.{quoted(table.name)}"

    def _has_constraints(self, table: Table) -> bool:
        """Whether rows of a key may not be there twice, even for a moment."""
        found = self._connection.execute(
            "select 1 from duckdb_indexes() where database_name = $1 and lower(schema_name) = lower($2) "
            "and lower(table_name) = lower($3) and is_unique union all "
            "select 1 from duckdb_constraints() where database_name = $1 and lower(schema_name) = lower($2) "
            "and lower(table_name) = lower($3) and constraint_type in ('PRIMARY KEY', 'UNIQUE')",
            [*self._where, table.name],
        )
        return bool(found.fetchall())

    def _types(self, table: str) -> dict[str, str]:
        found = self._connection.execute(
            "select lower(column_name), data_type from duckdb_columns() "
            "where database_name = ? and lower(schema_name) = lower(?) and lower(table_name) = lower(?)",
            [*self._where, table],
        )
        return dict(found.fetchall())

    # Loading

    def load(self, table: Table, parts: Sequence[Part]) -> int:
        """Load files in a transaction, which `commit` ends. Returns the number of rows. Until then the files must stay.

        Raises:
            LoadError: a file can't be read, or holds what its stream's schema does not allow. Nothing is loaded then.
        """
        if not self._loads and self._rows >= ROWS_OF_AN_OPENING:  # nothing is under way, and all states have been told
            self._rows = 0
            self._connection.close()
            self._connection = self._reading.connection = self._open()
        self._loads.append(Load(table, parts))
        self._with_memory(self._catch_up)
        return self._loads[-1].rows

    def commit(self) -> None:
        """Keep all that was loaded.

        Raises:
            LoadError: it can't be done; nothing was changed then.
        """
        if not self._loads:
            return

        def finish() -> None:
            self._catch_up()
            self._connection.execute("commit")

        self._with_memory(finish)
        for part in chain.from_iterable(load.parts for load in self._loads):
            if part.file.parent == self.folder:
                part.file.unlink()
        self._rows += sum(load.rows for load in self._loads)
        self._loads.clear()
        self._loaded = 0

    def as_lines(self, part: Part, file: Path) -> None:
        """Write a Parquet or Arrow file again, as JSON lines.

        Raises:
            LoadError: it can't be read.
        """
        try:
            self._reading.as_lines(part, file)
        except duckdb.Error as error:
            raise self.in_words(error, part.name) from None

    def _with_memory(self, work: Callable[[], None]) -> None:
        """Do it, again with more memory where DuckDB asks for it."""
        while True:
            try:
                work()
            except duckdb.Error as error:
                loads = self._loads[self._loaded :] or self._loads
                what = f"Stream {', '.join(dict.fromkeys(load.table.name for load in loads))}"
                self._roll_back()
                scarce = isinstance(error, duckdb.OutOfMemoryException) and not NO_SPACE.search(str(error))
                if not scarce or 2 * self._memory > self._most_memory:
                    raise self.in_words(error, what) from None
                self._memory *= 2
                self._logger.info("%s: DuckDB needs more memory, and may use %d MB now", what, self._memory)
                self._config["memory_limit"] = f"{self._memory}MB"
                self._connection.execute(f"set memory_limit = '{self._memory}MB'")
            except LoadError:
                self._roll_back()
                raise
            else:
                return

    def _roll_back(self) -> None:
        self._loaded = 0
        with contextlib.suppress(duckdb.Error):  # there may be no transaction
            self._connection.execute("rollback")

    def _catch_up(self) -> None:
        """Load what the open transaction has not loaded yet."""
        while self._loaded < len(self._loads):
            if not self._loaded:
                self._connection.execute("begin")
            load = self._loads[self._loaded]
            try:
                self._insert(load)
            except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
                self._roll_back()
                if self._reading.needs_longer_lines(error, load.parts):
                    continue
                if load.looked_over:
                    raise
                self._reading.look_over(load)
                self.make(load.table)
            else:
                self._loaded += 1

    def _insert(self, load: Load) -> None:
        """Put the rows of files straight into their table, then see that each key is there once, as it came last.

        Into a table with a constraint only rows that keep it can go: they go through one of their own.
        """
        name, table, there = self._name(load.table), load.table, self._types(load.table.name)
        into = name
        if self._has_constraints(table):
            into = "incoming"
            self._connection.execute(f"create or replace temp table {into} as select * from {name} limit 0")
        (last,) = self._connection.execute(f"select coalesce(max(rowid), -1) from {into}").fetchall()[0]
        names = ", ".join(map(quoted, table.columns))
        values = ", ".join(written(each, kind, there[each.lower()]) for each, kind in table.columns.items())
        load.rows = 0
        for part in load.parts:
            with self._reading.rows(load, part) as rows:
                done = self._connection.execute(f"insert into {into} ({names}) select {values} from ({rows}) as new")
                load.rows += done.fetchall()[0][0]
            self._reading.warn_of_unnamed(table, part)
        if table.keys:
            self._settle_keys(load, into, last)
        if into != name:
            self._connection.execute(f"insert into {name} select * from {into}")
            self._connection.execute(f"drop table {into}")

    def _settle_keys(self, load: Load, into: str, last: int) -> None:
        """Keep the row of each key that came last, of those in the table and those behind the `last` one of `into`.

        Raises:
            NoKeyError: a row has none.
        """
        table, name = load.table, self._name(load.table)
        names = [*map(quoted, table.keys)]
        keys = ", ".join(names)
        new = f"(select rowid as place, {keys} from {into} where rowid > {last})"
        nulls = ", ".join(f"count(*) filter ({each} is null)" for each in names)
        missing = self._connection.execute(f"select {nulls} from {new}").fetchall()[0]
        for key, count in zip(table.keys, missing, strict=True):
            if count:
                raise NoKeyError(
                    f"Stream {table.name}: there are records without {key}, which is part of the key ({count}). "
                    f"{KEPT} A stream without a key is appended: take the key out of the tap's catalog."
                )
        if self._connection.execute(f"select 1 from {new} group by {keys} having count(*) > 1 limit 1").fetchall():
            self._connection.execute(
                f"delete from {into} where rowid in (select place from (select place, row_number() over "
                f"(partition by {keys} order by place desc) as nth from {new}) where nth > 1)"
            )
        if into != name or last >= 0:
            same = " and ".join(f"there.{each} = new.{each}" for each in names)
            older = "" if into != name else f" and there.rowid <= {last}"
            self._connection.execute(f"delete from {name} as there using {new} as new where {same}{older}")

    def in_words(self, error: Exception, what: str = "") -> LoadError:
        """An error of DuckDB or of the disk as one for a person; `what` is what could not be done."""
        return in_words(error, self.path, self._memory, what)
