"""Instants in PostgreSQL: UTC in both ways of loading, because the how-to gives the role that zone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import yaml

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


def loaded(server: PostgresServer, folder: Path, role: str, *, use_copy: bool) -> datetime:
    """What a target that signs in as a role makes of an instant."""
    schema = f"{role}_{use_copy}".lower()
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute(f"drop schema if exists {schema} cascade")
        admin.execute(f"create schema {schema} authorization {role}")
    config = {name: getattr(server, name) for name in ("host", "port", "password", "database")}
    file = folder / "config.json"
    file.write_text(json.dumps({**config, "user": role, "default_target_schema": schema, "use_copy": use_copy}))
    done = subprocess.run(
        [Path(sys.executable).with_name("target-postgres"), "--config", file],
        input="".join(json.dumps(message) + "\n" for message in MESSAGES),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
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
