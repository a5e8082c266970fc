"""The first thing a new user does: one command, and calls are in a warehouse; again, and only new ones arrive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox import Sandbox
from tests.demo import browser
from tests.support.streams import KEYS
from tests.support.tap import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout("600")]

DAYS, CALLS = 4, 40


def demo(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "script" / "demo.py"),
            "--folder",
            str(folder),
            "--days",
            str(DAYS),
            "--calls-per-day",
            str(CALLS),
            *more,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def keys_in(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        tables = {
            row[0]
            for row in warehouse.execute(
                "select table_name from duckdb_tables() where schema_name = 'callrecords'"
            ).fetchall()
        }
        return {
            table: warehouse.execute(
                f"select {', '.join(KEYS[table])} from callrecords.{table} order by all"
            ).fetchall()
            for table in sorted(tables)
        }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    first = demo(folder)
    told, _ = first.communicate(timeout=500)
    assert first.returncode == 0, told
    (folder / "told.txt").write_text(told)
    return folder


def test_the_warehouse_holds_exactly_the_vendors_rows(folder: Path) -> None:
    arrived = keys_in(folder)
    with Sandbox(seed=8, days=DAYS, calls_per_day=CALLS, samples=True, apart=True) as box:
        settled = datetime.now(UTC) - timedelta(hours=2)
        for table, rows in vendor_keys(box).items():
            known = {key for key, _ in rows}
            due = {key for key, ended in rows if ended <= settled}
            assert due <= set(arrived[table]) <= known, table
            assert len(arrived[table]) == len(set(arrived[table]))


def vendor_keys(box: Sandbox) -> dict[str, list[tuple[tuple[Any, ...], datetime]]]:
    work = box.eightx8_work

    def ended(row: dict[str, Any]) -> datetime:
        return datetime.fromtimestamp(row["disconnectedTimeUTC"] / 1000, UTC)

    return {
        "eightx8_call_records": [((row["pbxId"], row["callId"]), ended(row)) for row in work.records],
        "eightx8_call_legs": [((row["pbxId"], row["callId"], row["legId"]), ended(row)) for row in work.legs],
    }


def test_it_tells_what_arrived_and_what_to_do_next(folder: Path) -> None:
    told = (folder / "told.txt").read_text()
    for words in (
        "Tables",
        "eightx8_call_records",
        "Calls by vendor",
        "missed",
        "inbound",
        "Next:",
        "warehouse.duckdb",
    ):
        assert words in told


def test_a_second_run_changes_nothing_but_new_calls(folder: Path) -> None:
    before = keys_in(folder)
    again = demo(folder)
    told, _ = again.communicate(timeout=500)
    assert again.returncode == 0, told
    after = keys_in(folder)
    for table, keys in before.items():
        assert set(keys) <= set(after[table])
        assert len(after[table]) == len(set(after[table]))


def test_the_report_shows_the_warehouse_s_numbers_without_console_errors(folder: Path) -> None:
    assert (folder / "report.html").stat().st_size < 1_000_000
    page = browser.look_at(folder / "report.html")
    assert page.console == []
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        row = warehouse.execute(
            "select count(*), max(wait_seconds), count(*) filter (where direction = 'inbound' and outcome = 'answered')"
            " / count(*) filter (where direction = 'inbound') from analytics.callrecords__calls where channel = 'voice'"
        ).fetchone()
    assert row is not None
    assert f'data-kpi="calls">{row[0]:,}<' in page.dom
    assert f'data-kpi="answered">{row[2]:.1%}<' in page.dom
    assert f'data-wait="{float(row[1]):.0f}"' in page.dom
    assert "<svg" in page.dom


def test_an_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    process = demo(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()  # the sandbox answers, Meltano starts
    time.sleep(3)
    os.kill(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert str(tmp_path) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_failing_step_ends_it_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("this is no database")
    process = demo(tmp_path)
    told, _ = process.communicate(timeout=500)
    assert process.returncode == 1
    assert "The demo failed: `meltano run demo` ended with code" in told
