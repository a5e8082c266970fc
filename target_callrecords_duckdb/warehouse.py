"""The DuckDB file: tables made and widened, files read into it, all of a drain in one transaction."""

# ruff: noqa: S608 - statements are made of names and file names, all quoted by `quoted`

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from target_callrecords_duckdb.columns import (
    INSTANT,
    INTEGERS,
    JSON,
    NUMBER,
    staged,
    wider,
)
from target_callrecords_duckdb.errors import NO_SPACE, LoadError, in_words
from target_callrecords_duckdb.expressions import in_iso, quoted, written
from target_callrecords_duckdb.files import Part
from target_callrecords_duckdb.staging import Staged, Staging, Table

MORE_MEMORY = 16
"""How many times the memory that the settings allow is used at most, before a load is given up."""


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
        self._memory = memory
        self._most_memory = memory * MORE_MEMORY
        self._connection = self._open()
        try:
            self._prepare(schema)
        except duckdb.Error as error:
            raise self.in_words(error) from None
        self._staging = Staging(self._connection, logger)
        self._staged: list[Staged] = []

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
        one = Staged(table, f"staged_{len(self._staged)}", {n: staged(kind) for n, kind in table.columns.items()})

        def read() -> None:
            if not self._staging.fill(one, parts):
                self._staging.give_room(one, parts)
                self.make(one.table)
                self._staging.fill(one, parts)
            self._staging.check_keys(one)

        self._with_memory(read, f"Stream {table.name}")
        self._staged.append(one)
        return one.rows

    def as_lines(self, part: Part, file: Path) -> None:
        """Write a Parquet or Arrow file again, as JSON lines.

        Raises:
            LoadError: it can't be read.
        """
        try:
            self._staging.as_lines(part, file)
        except duckdb.Error as error:
            raise self.in_words(error, part.name) from None

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
                scarce = isinstance(error, duckdb.OutOfMemoryException) and not NO_SPACE.search(str(error))
                if not scarce or 2 * self._memory > self._most_memory:
                    raise self.in_words(error, what) from None
                self._memory *= 2
                self._logger.info("%s: DuckDB needs more memory, and may use %d MB now", what, self._memory)
                self._connection.execute(f"set memory_limit = '{self._memory}MB'")
            else:
                return

    def _insert(self, one: Staged) -> None:
        there = self._types(one.table.name)
        values = {name: written(name, kind, there[name.lower()]) for name, kind in one.table.columns.items()}
        if one.table.keys:
            self._drop_repeated(one)
            same = " and ".join(f"there.{quoted(key)} = {values[key]}" for key in one.table.keys)
            self._connection.execute(
                f"delete from {self._name(one.table)} as there using {one.name} as new where {same}"
            )
        names = ", ".join(map(quoted, values))
        selected = ", ".join(values.values())
        self._connection.execute(
            f"insert into {self._name(one.table)} ({names}) select {selected} from {one.name} as new"
        )

    def _drop_repeated(self, one: Staged) -> None:
        """Keep the last row of each key."""
        keys = ", ".join(map(quoted, one.table.keys))
        repeated = f"select 1 from {one.name} group by {keys} having count(*) > 1 limit 1"
        if self._connection.execute(repeated).fetchall():
            self._connection.execute(
                f"delete from {one.name} where rowid in (select id from (select rowid as id, row_number() over "
                f"(partition by {keys} order by rowid desc) as place from {one.name}) where place > 1)"
            )

    def in_words(self, error: Exception, what: str = "") -> LoadError:
        """An error of DuckDB or of the disk as one for a person; `what` is what could not be done."""
        return in_words(error, self.path, self._memory, what)
