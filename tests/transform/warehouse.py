"""Warehouses filled the way that the targets fill them, and dbt run on them."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import psycopg
import yaml
from psycopg.types.json import Jsonb
from typing_extensions import override

from tests.support.postgres import PostgresServer
from tests.transform.vendor import Row

ROOT = Path(__file__).parents[2]
TRANSFORM = ROOT / "transform"
_BASE = yaml.safe_load((TRANSFORM / "models/staging/base/base.yml").read_text(encoding="utf-8"))
_OURS = "source_relation"  # of the base views; the tap's tables have no such column
_BASE_OF = {model["name"].removeprefix("base_callrecords__"): model for model in _BASE["models"]}
KEYS = {
    stream: [
        name for name in model["data_tests"][0]["callrecords_key"]["arguments"]["columns"] if name != _OURS
    ]
    for stream, model in _BASE_OF.items()
}  # fmt: skip
TYPES = {
    stream: {each["name"]: each["data_type"] for each in model["columns"] if each["name"] != _OURS}
    for stream, model in _BASE_OF.items()
}


@dataclass
class DbtRun:
    """What a dbt command did: its exit code, its output, and each node's status by name."""

    exit_code: int
    output: str
    status: dict[str, str] = field(default_factory=dict)


def without(*kinds: str) -> list[str]:
    """The arguments of `dbt build` that leave out these resource types."""
    return [part for kind in kinds for part in ("--exclude-resource-type", kind)]


class Warehouse(ABC):
    """A database with the tap's tables, and the transform project on it."""

    SQL_TYPES: ClassVar[Mapping[str, str]]
    program = Path(sys.executable).with_name("dbt")
    profiles = TRANSFORM / "profiles"
    ran: DbtRun | None = None
    """What a fixture ran on it."""
    unit_tests: Sequence[str] = ()
    """The arguments of `dbt build` that leave out unit tests."""

    def __init__(self, folder: Path, project: Path = TRANSFORM) -> None:
        self.folder = folder
        self.project = project
        self.target = folder / "target"

    def type_of(self, column: str, kind: str) -> str:
        """The type that the target gives a column."""
        return self.SQL_TYPES[kind]

    @abstractmethod
    def load(self, rows: dict[str, list[Row]]) -> None:
        """Makes the streams' tables where they are missing and upserts the rows by key."""

    def erase(self, rows: dict[str, list[Row]]) -> None:
        """Deletes the rows with these keys."""
        self.run(
            [
                f"delete from callrecords.{stream} where "
                + " and ".join(f"{key} = '{row[key]}'" for key in KEYS[stream])
                for stream, each in rows.items()
                for row in each
            ]
        )

    @abstractmethod
    def run(self, statements: list[str]) -> None:
        """Runs statements."""

    @abstractmethod
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows that a query gives."""

    @property
    @abstractmethod
    def url(self) -> str:
        """What `script/report --warehouse` takes."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """What the profile reads."""

    def table(self, name: str) -> set[tuple[str, ...]]:
        """All rows of a table of the schema `analytics`, as text, to compare two states of it."""
        return {tuple(map(str, row)) for row in self.query(f"select * from analytics.{name}")}

    def manifest(self) -> list[dict[str, Any]]:
        """The nodes that dbt last knew."""
        known = json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))
        return list(known["nodes"].values())

    def dbt(self, *arguments: str, threads: bool = True) -> DbtRun:
        """Runs a dbt command on the project; a few commands know no threads."""
        done = subprocess.run(
            [
                self.program,
                "--no-use-colors",
                *arguments,
                *(["--threads", "2"] if threads else []),
            ],
            cwd=self.folder,
            env=os.environ
            | self.environment()
            | {
                "DBT_PROJECT_DIR": str(self.project),
                "DBT_PROFILES_DIR": str(self.profiles),
                "DBT_TARGET_PATH": str(self.target),
                "DBT_LOG_PATH": str(self.folder / "logs"),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_VERSION_CHECK": "false",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        results = self.target / "run_results.json"
        found = json.loads(results.read_text())["results"] if results.exists() else []
        return DbtRun(done.returncode, done.stdout, {each["unique_id"]: each["status"] for each in found})


class DuckDBWarehouse(Warehouse):
    """As target-callrecords-duckdb leaves it: BIGINT, TIMESTAMP without a zone, JSON."""

    SQL_TYPES: ClassVar = {"text": "varchar", "integer": "bigint", "number": "double", "boolean": "boolean",
                 "timestamp": "timestamp", "json": "json"}  # fmt: skip

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    @override
    def url(self) -> str:
        return str(self.path)

    @override
    def environment(self) -> dict[str, str]:
        return {"TAP_CALLRECORDS_WAREHOUSE": str(self.path), "DBT_TARGET": "duckdb"}

    @override
    def load(self, rows: dict[str, list[Row]], schema: str = "callrecords") -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"create schema if not exists {schema}")
            for stream, each in rows.items():
                columns = ", ".join(f'"{name}" {self.type_of(name, kind)}' for name, kind in TYPES[stream].items())
                connection.execute(f"create table if not exists {schema}.{stream} ({columns})")
                for row in each:
                    keys = KEYS[stream]
                    where = " and ".join(f'"{key}" is not distinct from ?' for key in keys)
                    connection.execute(
                        f"delete from {schema}.{stream} where {where}", [self._value(row[key]) for key in keys]
                    )
                    names = ", ".join(f'"{name}"' for name in row)
                    places = ", ".join("?" for _ in row)
                    connection.execute(
                        f"insert into {schema}.{stream} ({names}) values ({places})",
                        [self._value(value) for value in row.values()],
                    )

    @staticmethod
    def _value(value: Any) -> Any:
        return json.dumps(value) if isinstance(value, list | dict) else value

    @override
    def run(self, statements: list[str]) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(";".join(statements))

    @override
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


class PostgresWarehouse(Warehouse):
    """As target-postgres leaves it: BIGINT, TIMESTAMP without a zone, arrays as TEXT[] and JSONB[], else JSONB."""

    SQL_TYPES: ClassVar = {"text": "text", "integer": "bigint", "number": "double precision", "boolean": "boolean",
                 "timestamp": "timestamp", "json": "jsonb"}  # fmt: skip
    TEXT_ARRAYS = ("departments", "branches", "interaction_labels", "queue_ids", "agent_ids", "participant_id",
                   "participant_name")  # fmt: skip
    JSON_ARRAYS = ("participants",)

    def __init__(self, folder: Path, server: PostgresServer) -> None:
        super().__init__(folder)
        self.server = server

    @property
    @override
    def url(self) -> str:
        return self.server.url

    @override
    def environment(self) -> dict[str, str]:
        return {
            "DBT_TARGET": "postgres",
            "POSTGRES_HOST": self.server.host,
            "POSTGRES_PORT": str(self.server.port),
            "POSTGRES_USER": self.server.user,
            "POSTGRES_PASSWORD": self.server.password,
            "POSTGRES_DATABASE": self.server.database,
        }

    @override
    def type_of(self, column: str, kind: str) -> str:
        if column in self.TEXT_ARRAYS:
            return "text[]"
        return "jsonb[]" if column in self.JSON_ARRAYS else self.SQL_TYPES[kind]

    def _value(self, name: str, value: Any) -> Any:
        if name in self.JSON_ARRAYS:
            return [Jsonb(each) for each in value]
        return Jsonb(value) if isinstance(value, list | dict) and name not in self.TEXT_ARRAYS else value

    @override
    def load(self, rows: dict[str, list[Row]]) -> None:
        with psycopg.connect(self.server.url) as connection:

            def run(sql: str, values: list[Any] | None = None) -> None:
                connection.execute(sql, values)

            run("create schema if not exists callrecords")
            for stream, each in rows.items():
                columns = ", ".join(f'"{name}" {self.type_of(name, kind)}' for name, kind in TYPES[stream].items())
                run(f"create table if not exists callrecords.{stream} ({columns})")
                for row in each:
                    keys = KEYS[stream]
                    where = " and ".join(f'"{key}" = %s' for key in keys)
                    run(f"delete from callrecords.{stream} where {where}", [row[key] for key in keys])
                    names = ", ".join(f'"{name}"' for name in row)
                    places = ", ".join("%s" for _ in row)
                    values = [self._value(name, value) for name, value in row.items()]
                    run(f"insert into callrecords.{stream} ({names}) values ({places})", values)

    @override
    def run(self, statements: list[str]) -> None:
        with psycopg.connect(self.server.url) as connection:
            for each in statements:
                connection.execute(each)

    @override
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.url) as connection:
            return connection.execute(sql).fetchall()


class SnowflakeWarehouse(Warehouse):
    """As target-snowflake leaves it: NUMBER(38, 0), TIMESTAMP_NTZ, and VARIANT for arrays and objects; on fakesnow.

    dbt and its adapter run as they are, in an environment of their own, and reach fakesnow by HTTP as they would reach
    Snowflake. The unit tests of the staging models are left out: some give a list as text, which becomes a list in
    fakesnow but not in Snowflake, and fakesnow takes a minute for them.
    """

    SQL_TYPES: ClassVar = {"text": "varchar", "integer": "number(38, 0)", "number": "double", "boolean": "boolean",
                 "timestamp": "timestamp_ntz", "json": "variant"}  # fmt: skip
    ENVIRONMENT = ROOT / ".venv-snowflake/bin"
    program = ENVIRONMENT / "dbt"
    unit_tests = ("--exclude", "test_type:unit,stg_*")

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder)
        self.port = port
        self._client: subprocess.Popen[bytes] | None = None
        self.profiles = folder / "profiles"
        self.profiles.mkdir()
        server = {"type": "snowflake", "account": "none", "user": "none", "password": "none", "host": "127.0.0.1",
                  "port": port, "protocol": "http", "database": "calls", "schema": "analytics"}  # fmt: skip
        profile = {"tap_callrecords": {"target": "snowflake", "outputs": {"snowflake": server}}}
        (self.profiles / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")

    @property
    @override
    def url(self) -> str:
        return f"snowflake://none:none@none/calls?host=127.0.0.1&port={self.port}&protocol=http"

    @override
    def environment(self) -> dict[str, str]:
        return {}

    @override
    def run(self, statements: list[str]) -> None:
        self._run([(each, []) for each in statements])

    def _run(self, statements: list[tuple[str, list[Any]]]) -> list[list[tuple[Any, ...]]]:
        if self._client is None:  # one for all: its imports take longer than most queries
            self._client = subprocess.Popen(
                [self.ENVIRONMENT / "python", Path(__file__).with_name("fakesnow_server.py"), str(self.port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        assert self._client.stdin
        assert self._client.stdout
        pickle.dump(statements, self._client.stdin)
        self._client.stdin.flush()
        rows: list[list[tuple[Any, ...]]] = pickle.load(self._client.stdout)
        return rows

    def close(self) -> None:
        """Ends what runs its statements."""
        if self._client:
            self._client.communicate()

    @override
    def load(self, rows: dict[str, list[Row]]) -> None:
        statements: list[tuple[str, list[Any]]] = [("create schema if not exists callrecords", [])]
        for stream, each in rows.items():
            columns = ", ".join(f"{name} {self.type_of(name, kind)}" for name, kind in TYPES[stream].items())
            statements.append((f"create table if not exists callrecords.{stream} ({columns})", []))
            for row in each:
                keys = KEYS[stream]
                where = " and ".join(f"{key} = ?" for key in keys)
                statements.append((f"delete from callrecords.{stream} where {where}", [row[key] for key in keys]))
                places = ", ".join("parse_json(?)" if TYPES[stream][name] == "json" else "?" for name in row)
                values = [json.dumps(value) if isinstance(value, list | dict) else value for value in row.values()]
                statements.append((f"insert into callrecords.{stream} ({', '.join(row)}) select {places}", values))
        self._run(statements)

    @override
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._run([(sql, [])])[0]


@contextmanager
def fakesnow_server() -> Iterator[int]:
    """The port of a fakesnow server that is empty at first; it ends with its input."""
    assert SnowflakeWarehouse.program.exists(), "script/setup-targets makes the environment that this test needs"
    with subprocess.Popen(
        [SnowflakeWarehouse.ENVIRONMENT / "python", Path(__file__).with_name("fakesnow_server.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        assert server.stdout
        yield int(server.stdout.readline())
