"""The example of docs/scaling.md: ten accounts of four vendors, one of which fails and is then loaded alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from sandbox import Clock, Sandbox
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.streams import DESELECTED, KEYS
from tests.support.tap import ROOT
from tests.targets.vendors import TABLES, Key, key_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("examples"), pytest.mark.timeout(900)]

EXAMPLE = ROOT / "examples" / "dagster"
DAGSTER = ROOT / ".venv-dagster" / "bin" / "dagster"
ACCOUNTS: dict[str, str] = {
    extractor["name"]: extractor.get("load_schema", "callrecords")
    for extractor in yaml.safe_load((EXAMPLE / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["extractors"]
    if "inherit_from" in extractor
}
"""The schema of each account."""
VENDORS = {"work": "eightx8_work", "interactions": "eightx8_analytics", "webex": "webex", "voiso": "voiso"}
"""By the first word of an account's name."""
FIRST, FAILING = "work-london", "work-paris"
AGO = timedelta(hours=3)
"""So long ago the calls end: none arrives while the example runs."""

Tables = dict[tuple[str, str], set[Key]]
"""Keys by schema and table."""


@dataclass(frozen=True)
class Step:
    """What there was after a command.

    Attributes:
        exit_code: the command's.
        output: the command's.
        tables: what the warehouse held.
        states: the bookmarks by state id.
        asked: the accounts whose vendor was asked for something.
    """

    exit_code: int
    output: str
    tables: Tables
    states: dict[str, dict[str, str]]
    asked: set[str]


@dataclass
class Example:
    """The example in a folder of its own, its vendors, its warehouse."""

    folder: Path
    boxes: Mapping[str, Sandbox]
    server: PostgresServer

    def materialize(self, selection: str, **variables: str) -> Step:
        """`dagster asset materialize`, as docs/scaling.md says it."""
        asked_before = {account: len(box.requests) for account, box in self.boxes.items()}
        done = subprocess.run(
            [DAGSTER, "asset", "materialize", "--select", selection, "-f", "definitions.py"],
            cwd=self.folder,
            env={**os.environ, **self._environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(done.stdout)  # shown where a test fails
        return Step(
            done.returncode,
            done.stdout,
            self._tables(),
            self._states(),
            {account for account, box in self.boxes.items() if len(box.requests) > asked_before[account]},
        )

    def expected(self, *but: str) -> Tables:
        """The keys of all accounts' rows, but of some accounts; no two accounts have a row in common."""
        found: Tables = {}
        for account, box in self.boxes.items():
            if account in but:
                continue
            for stream, (vendor, table) in TABLES.items():
                if vendor == vendor_of(account) and stream not in DESELECTED:
                    keys = {key_of(stream, row) for row in box.vendors[vendor].table(table)}
                    place = found.setdefault((ACCOUNTS[account], stream), set())
                    assert keys
                    assert keys.isdisjoint(place)
                    place |= keys
        return found

    def most_at_once(self) -> int:
        """How many Meltano runs there were at most at the same time."""
        with psycopg.connect(f"{self.server.url.rpartition('/')[0]}/meltano") as connection:
            runs: list[tuple[datetime, datetime]] = connection.execute(
                "select started_at, ended_at from runs where ended_at is not null"
            ).fetchall()
        assert len(runs) > len(ACCOUNTS)
        return max(sum(began <= instant < ended for began, ended in runs) for instant, _ in runs)

    def _environment(self) -> dict[str, str]:
        server = self.server
        variables = {
            "DAGSTER_HOME": str(self.folder),
            "MELTANO_BIN": str(Path(sys.executable).parent),
            "RETRY_SECONDS": "0",
            "MELTANO_DATABASE_URI": f"postgresql+psycopg://{server.url.partition('//')[2].rpartition('/')[0]}/meltano",
            "TARGET_POSTGRES_HOST": server.host,
            "TARGET_POSTGRES_PORT": str(server.port),
            "TARGET_POSTGRES_USER": server.user,
            "TARGET_POSTGRES_PASSWORD": server.password,
            "TARGET_POSTGRES_DATABASE": server.database,
            "TAP_CALLRECORDS_START_DATE": (datetime.now(UTC) - timedelta(days=4)).strftime("%Y-%m-%dT00:00:00Z"),
        }
        for account, box in self.boxes.items():
            for name, value in box.vendors[vendor_of(account)].config.items():
                text = value if isinstance(value, str) else json.dumps(value)
                variables[f"{account}_{name}".replace("-", "_").upper()] = text
        return variables

    def _tables(self) -> Tables:
        with psycopg.connect(self.server.url) as connection:
            tables: list[tuple[str, str]] = connection.execute(
                "select table_schema, table_name from information_schema.tables where table_schema = any(%s)",
                [list(ACCOUNTS.values())],
            ).fetchall()
            return {
                (schema, stream): set(
                    connection.execute(f"select {', '.join(KEYS[stream])} from {schema}.{stream}").fetchall()
                )
                for schema, stream in tables
            }

    def _states(self) -> dict[str, dict[str, str]]:
        with psycopg.connect(f"{self.server.url.rpartition('/')[0]}/meltano") as connection:
            found: list[tuple[str, Any]] = connection.execute("select state_id, completed_state from state").fetchall()
        return {
            state_id: {
                stream: each["replication_key_value"]
                for stream, each in json.loads(state)["singer_state"]["bookmarks"].items()
                if each
            }
            for state_id, state in found
        }


def vendor_of(account: str) -> str:
    return VENDORS[account.partition("-")[0]]


def state_id(account: str) -> str:
    return f"prod:{account}-to-target-postgres"


def sandbox(account: str, seed: int) -> Sandbox:
    box = Sandbox(seed=seed, days=2, calls_per_day=10, clock=Clock(frozen_ms=_ms(datetime.now(UTC) - AGO)))
    box.vendors[vendor_of(account)].refresh()
    box.world.calls_per_day = 0
    box.clock.frozen_ms = None
    if account.startswith("work-"):  # a PBX's name is known in one account only
        for name, table in box.eightx8_work.tables.items():
            rows: list[dict[str, Any]] = [{**row, "pbxId": f"{row['pbxId']}-{account}"} for row in table]
            table.remove([table.key(row) for row in table])
            box.eightx8_work.add_rows(name, rows)
    return box


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


@dataclass(frozen=True)
class Steps:
    example: Example
    first: Step
    all_but_one: Step
    alone: Step


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    """The first account alone, then all, one with a wrong password, then that one alone with the right one."""
    folder = tmp_path_factory.mktemp("scaling") / "project"
    shutil.copytree(
        EXAMPLE, folder, ignore=lambda _folder, names: {*names} - {"meltano.yml", "definitions.py", "dagster.yaml"}
    )
    with ExitStack() as stack:
        boxes = {account: stack.enter_context(sandbox(account, seed)) for seed, account in enumerate(ACCOUNTS, start=1)}
        server = stack.enter_context(postgres_server())
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("create database meltano")
        example = Example(folder, boxes, server)
        first = example.materialize(FIRST.replace("-", "_"))
        wrong = {f"{FAILING}_EIGHTX8_WORK_PASSWORD".replace("-", "_").upper(): "wrong"}
        all_but_one = example.materialize("*", **wrong)
        alone = example.materialize(FAILING.replace("-", "_"))
        yield Steps(example, first, all_but_one, alone)


def test_the_first_account_is_loaded_alone(steps: Steps) -> None:
    assert steps.first.exit_code == 0, steps.first.output
    assert steps.first.asked == {FIRST}
    assert steps.first.states.keys() == {state_id(FIRST)}


def test_nine_accounts_are_loaded_though_one_fails(steps: Steps) -> None:
    assert steps.all_but_one.exit_code == 1, steps.all_but_one.output
    assert steps.all_but_one.asked == {*ACCOUNTS}
    assert steps.all_but_one.tables == steps.example.expected(FAILING)


def test_the_failing_account_says_why_and_was_tried_again(steps: Steps) -> None:
    assert "eightx8_work_password" in steps.all_but_one.output
    assert "work_paris - STEP_RESTARTED" in steps.all_but_one.output


def test_the_failed_account_is_loaded_alone(steps: Steps) -> None:
    assert steps.alone.exit_code == 0, steps.alone.output
    assert steps.alone.asked == {FAILING}
    assert steps.alone.tables == steps.example.expected()


def test_each_account_has_a_state_of_its_own(steps: Steps) -> None:
    assert steps.all_but_one.states.keys() == {state_id(account) for account in ACCOUNTS} - {state_id(FAILING)}
    assert steps.alone.states.keys() == {state_id(account) for account in ACCOUNTS}
    for account in {*ACCOUNTS} - {FAILING}:
        assert steps.alone.states[state_id(account)] == steps.all_but_one.states[state_id(account)]
    streams = {
        account: {stream for stream, (vendor, _) in TABLES.items() if vendor == vendor_of(account)}
        for account in ACCOUNTS
    }
    for account in ACCOUNTS:
        bookmarks = steps.alone.states[state_id(account)]
        assert bookmarks
        assert bookmarks.keys() <= streams[account]


def test_no_more_accounts_are_loaded_at_once_than_allowed(steps: Steps) -> None:
    assert steps.example.most_at_once() == 2
