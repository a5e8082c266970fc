"""The targets under test: how Meltano reaches each, how to read what it has loaded, and what it may make of a value."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import yaml
from typing_extensions import override

from tests.support.postgres import PostgresServer, postgres_server
from tests.support.streams import KEYS
from tests.support.tap import ROOT
from tests.targets.vendors import Key, properties

Row = dict[str, Any]
Member = tuple[str, Key, Sequence[str]]
"""Stream, key of the row, and path to a member of its `_rescued_data`."""
SCHEMA = "callrecords"


class Target(ABC):
    """A target and the place that it loads into.

    Attributes:
        name: in meltano.yml.
        settings: for Meltano.
        loaders: definitions that meltano.yml lacks, or has for other surroundings.
        has_rescued: what is true of a row that has something in `_rescued_data`.
        upserts: whether a record takes the place of the one that has its key.
        encodings: of files that it loads.
        schema: what it loads into.
    """

    name: str
    settings: Mapping[str, Any]
    loaders: Sequence[Mapping[str, Any]] = ()
    has_rescued: str
    upserts = True
    encodings: Sequence[Mapping[str, str]] = ()
    schema = SCHEMA

    def load(self, messages: bytes, folder: Path) -> None:
        """Give it messages, without Meltano but with the settings and variables of `meltano.yml`."""
        project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
        loader = next(each for each in project["plugins"]["loaders"] if each["name"] == self.name)
        loader |= next(iter(self.loaders), {})
        settings = {each["name"]: each["value"] for each in loader["settings"] if "value" in each}
        config = folder / "target.json"
        config.write_text(json.dumps({**settings, **self.settings, "default_target_schema": self.schema}))
        executable = Path(sys.executable).parent / loader["executable"]
        done = subprocess.run(
            [executable, "--config", config],
            input=messages,
            capture_output=True,
            check=False,
            env={**os.environ, **loader.get("env", {})},
        )
        assert done.returncode == 0, done.stderr[-3000:].decode()

    @abstractmethod
    def read(self, streams: Sequence[str]) -> dict[str, list[Row]]:
        """All that is loaded, by stream, values as the tap gives them."""

    @abstractmethod
    def members(self, wanted: Sequence[Member]) -> list[str]:
        """Texts of members of `_rescued_data`, by the warehouse's own JSON functions."""

    def types(self, streams: Sequence[str]) -> dict[str, dict[str, str]]:
        """The type of each column, by stream, in the warehouse's own words. Empty where there are none."""
        return {stream: {} for stream in streams}

    @abstractmethod
    def rescued(self, streams: Sequence[str]) -> dict[str, int]:
        """How many rows have something in `_rescued_data`, by stream, as docs/targets.md says to ask for them."""

    def kept(self, value: Any, name: str, stream: str) -> Any:
        """What the target makes of a value, where it does not keep it as it is."""
        return value

    def _rows(self, stream: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Row]:
        names = [column.lower() for column in columns]
        return [
            {
                name: _plain(value, properties(stream)[name])
                for name, value in zip(names, row, strict=True)
                if name in properties(stream)
            }
            for row in rows
        ]


def _dotted(path: Sequence[str]) -> str:
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path)[1:]


def _plain(value: Any, schema: Mapping[str, Any]) -> Any:
    kinds = schema["type"]
    if value is None:
        return None
    if schema.get("format") == "date-time":
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return instant.isoformat(timespec="milliseconds") + "Z"
    if "integer" in kinds:
        return int(value)
    if "number" in kinds:
        return float(value)
    if isinstance(value, str) and not {"object", "array"}.isdisjoint(kinds):
        return json.loads(value)
    return value


def _of_text(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value.startswith(('"{', '"[')) else value


class DuckDB(Target):
    """target-callrecords-duckdb, into a file."""

    name = "target-duckdb"
    has_rescued = "_rescued_data is not null"
    encodings = (
        {"format": "jsonl"},
        {"format": "jsonl", "compression": "gzip"},
        {"format": "parquet"},
        {"format": "arrow"},
    )

    def __init__(self, folder: Path) -> None:
        self._file = folder / "warehouse.duckdb"
        self.settings = {"path": str(self._file)}

    @override
    def read(self, streams: Sequence[str]) -> dict[str, list[Row]]:
        loaded = {}
        with duckdb.connect(str(self._file), read_only=True) as warehouse:
            for stream in streams:
                found = warehouse.execute(f"select * from {self.schema}.{stream}")
                columns = [column[0] for column in found.description or ()]
                loaded[stream] = self._rows(stream, columns, found.fetchall())
        return loaded

    @override
    def members(self, wanted: Sequence[Member]) -> list[str]:
        found = []
        with duckdb.connect(str(self._file), read_only=True) as warehouse:
            for stream, key, path in wanted:
                where = " and ".join(f"{name} = ?" for name in KEYS[stream])
                select = f"select _rescued_data ->> '$.{_dotted(path)}' from {self.schema}.{stream} where {where}"
                found.append(str(warehouse.execute(select, key).fetchall()[0][0]))
        return found

    @override
    def types(self, streams: Sequence[str]) -> dict[str, dict[str, str]]:
        columns = "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?"
        with duckdb.connect(str(self._file), read_only=True) as warehouse:
            return {each: dict(warehouse.execute(columns, [self.schema, each]).fetchall()) for each in streams}

    @override
    def rescued(self, streams: Sequence[str]) -> dict[str, int]:
        count = f"select count(*) from {{}}.{{}} where {self.has_rescued}"
        with duckdb.connect(str(self._file), read_only=True) as warehouse:
            return {each: warehouse.execute(count.format(self.schema, each)).fetchall()[0][0] for each in streams}


class PostgreSQL(Target):
    """meltanolabs-target-postgres, into a server of the tests' own."""

    name = "target-postgres"
    has_rescued = "jsonb_typeof(_rescued_data) = 'object'"
    encodings = ({"format": "jsonl"},)

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.settings = {name: getattr(server, name) for name in ("host", "port", "user", "password", "database")}

    @override
    def kept(self, value: Any, name: str, stream: str) -> Any:
        if isinstance(value, list):
            return [self.kept(item, name, stream) for item in value]
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value

    @override
    def read(self, streams: Sequence[str]) -> dict[str, list[Row]]:
        loaded = {}
        with psycopg.connect(self._server.url) as warehouse:
            for stream in streams:
                found = warehouse.execute(f"select * from {self.schema}.{stream}")
                columns = [column.name for column in found.description or ()]
                loaded[stream] = self._rows(stream, columns, found.fetchall())
        return loaded

    @override
    def members(self, wanted: Sequence[Member]) -> list[str]:
        found = []
        with psycopg.connect(self._server.url) as warehouse:
            for stream, key, path in wanted:
                where = " and ".join(f"{name} = %s" for name in KEYS[stream])
                select = f"select _rescued_data #>> %s from {self.schema}.{stream} where {where}"
                found.append(str(warehouse.execute(select, (list(path), *key)).fetchall()[0][0]))
        return found

    @override
    def types(self, streams: Sequence[str]) -> dict[str, dict[str, str]]:
        columns = (
            "select attname, upper(format_type(atttypid, atttypmod)) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        )
        with psycopg.connect(self._server.url) as warehouse:
            found = {each: warehouse.execute(columns, [f"{self.schema}.{each}"]).fetchall() for each in streams}
        zone = " WITHOUT TIME ZONE"
        return {each: {name: kind.removesuffix(zone) for name, kind in rows} for each, rows in found.items()}

    @override
    def rescued(self, streams: Sequence[str]) -> dict[str, int]:
        count = f"select count(*) from {{}}.{{}} where {self.has_rescued}"
        with psycopg.connect(self._server.url) as warehouse:
            return {each: warehouse.execute(count.format(self.schema, each)).fetchall()[0][0] for each in streams}


class Snowflake(Target):
    """meltanolabs-target-snowflake on fakesnow, in an environment of their own."""

    name = "target-snowflake"
    has_rescued = "_rescued_data is not null and not is_null_value(_rescued_data)"
    encodings = ({"format": "jsonl"}, {"format": "arrow"})

    def __init__(self, folder: Path) -> None:
        python = ROOT / ".venv-snowflake/bin/python"
        assert python.exists(), "script/setup-targets makes the environment that this test needs"
        self.settings = {"account": "none", "user": "loader", "password": "none", "database": "CALLS"}
        self._database = folder / "database"
        self._database.mkdir()
        self._program = [str(python), str(Path(__file__).with_name("fakesnow_target.py")), str(self._database)]
        executable = folder / self.name
        executable.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in self._program) + ' "$@"\n')
        executable.chmod(0o755)
        project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
        loader = next(loader for loader in project["plugins"]["loaders"] if loader["name"] == self.name)
        del loader["pip_url"]
        self.loaders = [loader | {"executable": str(executable)}]

    def _query(self, queries: Sequence[str]) -> list[list[list[Any]]]:
        done = subprocess.run(
            [*self._program, "--query"], input=json.dumps(queries), text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        rows: list[list[list[Any]]] = json.loads(done.stdout)
        return rows

    @override
    def read(self, streams: Sequence[str]) -> dict[str, list[Row]]:
        columns = {stream: list(properties(stream)) for stream in streams}
        quoted = {stream: ", ".join(f'"{name.upper()}"' for name in names) for stream, names in columns.items()}
        found = self._query([f"select {quoted[stream]} from {self.schema}.{stream}" for stream in streams])
        if self.schema.endswith("arrow"):  # objects and lists are text in such files, and stay text in VARIANT
            found = [[[_of_text(value) for value in row] for row in rows] for rows in found]
        return {stream: self._rows(stream, columns[stream], rows) for stream, rows in zip(streams, found, strict=True)}

    @override
    def members(self, wanted: Sequence[Member]) -> list[str]:
        selects = []
        for stream, key, path in wanted:
            where = " and ".join(f"{name} = '{value}'" for name, value in zip(KEYS[stream], key, strict=True))
            selects.append(f"select _rescued_data:{_dotted(path)}::string from {self.schema}.{stream} where {where}")
        return [str(rows[0][0]) for rows in self._query(selects)]

    @override
    def types(self, streams: Sequence[str]) -> dict[str, dict[str, str]]:
        found = self._query([f"describe table {self.schema}.{stream}" for stream in streams])
        spelled = {"VARCHAR(16777216)": "VARCHAR", "TIMESTAMP_NTZ(9)": "TIMESTAMP_NTZ", "NUMBER(38,0)": "NUMBER(38, 0)"}
        return {
            stream: {name.lower(): spelled.get(kind, kind) for name, kind, *_ in rows}
            for stream, rows in zip(streams, found, strict=True)
        }

    @override
    def rescued(self, streams: Sequence[str]) -> dict[str, int]:
        count = f"select count(*) from {{}}.{{}} where {self.has_rescued}"
        found = self._query([count.format(self.schema, stream) for stream in streams])
        return {stream: rows[0][0] for stream, rows in zip(streams, found, strict=True)}


class JSONLines(Target):
    """target-jsonl, in an environment of its own; it appends, so the last record of a key is the one that counts."""

    name = "target-jsonl"
    has_rescued = "jq 'select(._rescued_data)'"
    upserts = False

    def __init__(self, folder: Path) -> None:
        executable = ROOT / ".venv-jsonl/bin/target-jsonl"
        assert executable.exists(), "script/setup-targets makes the environment that this test needs"
        self._folder = folder / "lines"
        self.settings = {"destination_path": str(self._folder), "do_timestamp_file": False}
        settings = [{"name": "destination_path"}, {"name": "do_timestamp_file", "kind": "boolean"}]
        self.loaders = [
            {"name": self.name, "namespace": "target_jsonl", "executable": str(executable), "settings": settings}
        ]

    @override
    def read(self, streams: Sequence[str]) -> dict[str, list[Row]]:
        return {stream: self._lines(stream) for stream in streams}

    def _lines(self, stream: str) -> list[Row]:
        file = self._folder / f"{stream}.jsonl"
        if not file.exists():  # no record, no file
            return []
        return [json.loads(line) for line in file.read_bytes().splitlines()]

    @override
    def members(self, wanted: Sequence[Member]) -> list[str]:
        return [self._member(*each) for each in wanted]

    def _member(self, stream: str, key: Key, path: Sequence[str]) -> str:
        value = [row for row in self._lines(stream) if tuple(row[name] for name in KEYS[stream]) == key][-1]
        found: Any = value["_rescued_data"]
        for step in path:
            found = found[int(step) if step.isdigit() else step]
        return found if isinstance(found, str) else json.dumps(found)

    @override
    def rescued(self, streams: Sequence[str]) -> dict[str, int]:
        return {stream: self._rescued(stream) for stream in streams}

    def _rescued(self, stream: str) -> int:
        latest = {tuple(row[name] for name in KEYS[stream]): row for row in self._lines(stream)}
        file = self._folder / f"{stream}.jsonl"
        if not shutil.which("jq") or not file.exists():
            return sum(row["_rescued_data"] is not None for row in latest.values())
        program, *arguments = shlex.split(self.has_rescued)
        done = subprocess.run([program, "-c", *arguments, str(file)], capture_output=True, check=True)
        keys = [tuple(row[name] for name in KEYS[stream]) for row in map(json.loads, done.stdout.splitlines())]
        return sum(latest[key]["_rescued_data"] is not None for key in {*keys})


@contextmanager
def target(kind: str, folder: Path) -> Iterator[Target]:
    """The target of a kind (`duckdb`, `postgres`, `snowflake`, `jsonl`), its warehouse empty."""
    if kind == "postgres":
        with postgres_server() as server:
            yield PostgreSQL(server)
    elif kind == "duckdb":
        yield DuckDB(folder)
    elif kind == "snowflake":
        yield Snowflake(folder)
    else:
        yield JSONLines(folder)
