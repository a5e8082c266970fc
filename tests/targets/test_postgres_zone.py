"""What target-postgres has loaded: instants in UTC, with the zone of the how-to, what was rescued, and NUL."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from click.testing import CliRunner

from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW, cli
from tap_callrecords.rows.schemas import declared
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.tap import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("targets-postgres")]
HOW_TO = (ROOT / "docs" / "how-to" / "into-postgresql.md").read_text(encoding="utf-8")
SCHEMA = {
    "type": "SCHEMA",
    "stream": "calls",
    "key_properties": ["id"],
    "schema": {
        "type": "object",
        "properties": {"id": {"type": "string"}, "started": {"type": ["string", "null"], "format": "date-time"}},
    },
}
STARTED = "2026-07-01T22:30:00.125Z"
UTC_IN_THE_WAREHOUSE = datetime(2026, 7, 1, 22, 30, 0, 125_000)  # noqa: DTZ001 - its columns have no zone
KOLKATA = timedelta(hours=5, minutes=30)
MESSAGES = [SCHEMA, {"type": "RECORD", "stream": "calls", "record": {"id": "1", "started": STARTED}}]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("alter system set timezone to 'Asia/Kolkata'")
            admin.execute("select pg_reload_conf()")
            for line in role_of_the_how_to():
                admin.execute(line)
            admin.execute("create role careless login")
        yield server


def role_of_the_how_to() -> list[str]:
    """The statements of the how-to that make the role."""
    found = re.findall(r"^ *((?:create|alter) role callrecords .*;)$", HOW_TO, re.MULTILINE)
    assert len(found) == 2
    return found


def load(server: PostgresServer, folder: Path, role: str, messages: list[dict[str, Any]], *, use_copy: bool) -> str:
    """Load messages, as a role, into a schema of its own; the schema's name."""
    schema, done = tried(server, folder, role, messages, use_copy=use_copy)
    assert done.returncode == 0, done.stderr[-3000:]
    return schema


def tried(
    server: PostgresServer, folder: Path, role: str, messages: list[dict[str, Any]], *, use_copy: bool
) -> tuple[str, subprocess.CompletedProcess[str]]:
    """Load messages as `load` does; the schema's name, and how it ended."""
    schema = f"{role}_{use_copy}".lower()
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute(f"drop schema if exists {schema} cascade")
        admin.execute(f"create schema {schema} authorization {role}")
    config = {name: getattr(server, name) for name in ("host", "port", "password", "database")}
    file = folder / "config.json"
    settings = {"default_target_schema": schema, "use_copy": use_copy, "sanitize_null_text_characters": True}
    file.write_text(json.dumps({**config, "user": role, **settings}))
    done = subprocess.run(
        [Path(sys.executable).with_name("target-postgres"), "--config", file],
        input="".join(json.dumps(message) + "\n" for message in messages),
        text=True,
        capture_output=True,
        check=False,
    )
    return schema, done


def loaded(server: PostgresServer, folder: Path, role: str, *, use_copy: bool) -> datetime:
    """What a target that signs in as a role makes of an instant."""
    schema = load(server, folder, role, MESSAGES, use_copy=use_copy)
    with psycopg.connect(server.url) as warehouse:
        ((started,),) = warehouse.execute(f"select started from {schema}.calls").fetchall()
    assert isinstance(started, datetime)
    return started


@pytest.mark.parametrize("use_copy", [True, False])
def test_instants_are_utc_for_the_role_of_the_how_to(server: PostgresServer, tmp_path: Path, use_copy: bool) -> None:
    assert loaded(server, tmp_path, "callrecords", use_copy=use_copy).isoformat() + "Z" == STARTED.replace(
        "125", "125000"
    )


def test_without_its_time_zone_rows_that_are_not_copied_are_hours_off(server: PostgresServer, tmp_path: Path) -> None:
    assert loaded(server, tmp_path, "careless", use_copy=False) == UTC_IN_THE_WAREHOUSE + KOLKATA


def test_the_variable_of_meltano_yml_does_the_same_for_any_role(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["loaders"]
    (variables,) = (loader["env"] for loader in loaders if loader["name"] == "target-postgres")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert loaded(server, tmp_path, "careless", use_copy=False) == UTC_IN_THE_WAREHOUSE


def test_what_was_rescued_is_told_by_the_url_of_the_database(server: PostgresServer, tmp_path: Path) -> None:
    stream = {"stream": "voiso_cdr", "key_properties": ["uuid"], "schema": declared("voiso_cdr").schema}
    rescued = [{"callQuality": 4}, None, None]
    rows = [
        {"uuid": str(number), "timestamp_utc": f"2026-07-0{number + 1}T22:30:00.125Z", "_rescued_data": each}
        for number, each in enumerate(rescued)
    ]
    rows[2]["sla"] = {"newMember": True}
    records = [{"type": "RECORD", "stream": "voiso_cdr", "record": row} for row in rows]
    schema = load(server, tmp_path, "callrecords", [{"type": "SCHEMA", **stream}, *records], use_copy=False)
    out = CliRunner().invoke(cli, [server.url, "--schema", schema])
    assert out.exit_code == SOMETHING_IS_NEW, out.output
    assert (
        "voiso_cdr: 3 rows\n  callQuality: new\n    in 1 row (33.3%), since 2026-07-01T22:30:00.125Z, last"
        in out.stdout
    )
    assert "  sla.newMember: new\n    in 1 row (33.3%), since 2026-07-03T22:30:00.125Z, last" in out.stdout
    other = CliRunner().invoke(cli, [server.url, "--schema", "public"])
    assert other.exit_code == 1
    assert "has no table of a stream with a column _rescued_data in public" in other.stderr


STRUCTURES = {
    "type": "SCHEMA",
    "stream": "calls",
    "key_properties": ["id"],
    "schema": {"type": "object", "properties": {"id": {"type": "string"}, "data": {"type": ["object", "null"]}}},
}


def test_no_object_is_null_of_json_and_none_of_sql(server: PostgresServer, tmp_path: Path) -> None:
    record = {"type": "RECORD", "stream": "calls", "record": {"id": "1", "data": None}}
    schema = load(server, tmp_path, "callrecords", [STRUCTURES, record], use_copy=True)
    with psycopg.connect(server.url) as warehouse:
        found = warehouse.execute(f"select data is null, jsonb_typeof(data) from {schema}.calls").fetchall()
    assert found == [(False, "null")]


@pytest.mark.parametrize(("data", "loads"), [({"a": "\0"}, True), ({"a": {"b": "\0"}}, False), ({"a\0": "b"}, False)])
def test_a_nul_in_the_first_level_of_an_object_is_replaced_and_a_deeper_one_fails_the_load(
    server: PostgresServer, tmp_path: Path, data: dict[str, Any], loads: bool
) -> None:
    record = {"type": "RECORD", "stream": "calls", "record": {"id": "1", "data": data}}
    _, done = tried(server, tmp_path, "callrecords", [STRUCTURES, record], use_copy=True)
    assert (done.returncode == 0) == loads, done.stderr[-3000:]
    assert (r"\u0000 cannot be converted to text" in done.stderr) != loads
