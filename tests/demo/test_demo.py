"""The first thing a new user does: one command, and calls are in a warehouse; again, and only new ones arrive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox import Sandbox
from tests.demo import browser
from tests.demo.conftest import CALLS, DAYS, demo, on_one_demo
from tests.support.streams import KEYS
from tests.transform.raw_figures import RawRows, compare
from tests.transform.warehouse import DuckDBWarehouse

pytestmark = [pytest.mark.slow, pytest.mark.timeout("600")]


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


@on_one_demo
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


@on_one_demo
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


@on_one_demo
def test_a_second_run_changes_nothing_but_new_calls(folder: Path) -> None:
    before = keys_in(folder)
    again = demo(folder)
    told, _ = again.communicate(timeout=500)
    assert again.returncode == 0, told
    after = keys_in(folder)
    for table, keys in before.items():
        assert set(keys) <= set(after[table])
        assert len(after[table]) == len(set(after[table]))


@pytest.fixture(scope="module")
def window() -> Iterator[browser.Browser]:
    with browser.running() as running:
        yield running


@pytest.fixture(scope="module")
def page(folder: Path, window: browser.Browser) -> Iterator[browser.Page]:
    """The demo's report in a browser; at the end it has written nothing to the console."""
    page = browser.Page(window, folder / "report.html")
    yield page
    assert page.console == []


def calls(folder: Path, condition: str = "true") -> int:
    """How many voice calls the warehouse has on the page's days, of some kind."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute(
            "select count(*) from (select *, started_at::date as day from analytics.callrecords__calls)"
            f" where channel = 'voice' and {condition}"
        ).fetchone()
    assert found
    return int(found[0])


def told(folder: Path, condition: str = "true") -> str:
    return f"{calls(folder, condition):,}"


def choose(page: browser.Page, field: str, value: str) -> None:
    """Choose an entry of a list, with the keyboard."""
    page.evaluate(f"document.getElementById('{field}').focus()")
    page.press("Home")
    for _ in range(10):
        if page.evaluate(f"document.getElementById('{field}').value") == value:
            return
        page.press("ArrowDown")
    pytest.fail(f"{field} has no {value}")


def type_day(page: browser.Page, field: str, day: date) -> None:
    """Type a day into a field, as an American does."""
    page.evaluate(f"document.getElementById('{field}').focus()")
    page.press(*day.strftime("%m%d%Y"))
    assert page.evaluate(f"document.getElementById('{field}').value") == day.isoformat()


def kpi(page: browser.Page, name: str = "calls") -> str:
    return page.text(f'[data-kpi="{name}"]')


@on_one_demo
def test_everything_on_the_page_is_what_independent_sql_finds_in_the_raw_rows(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    begin = text.index('id="held">') + len('id="held">')
    compare(json.loads(text[begin : text.index("</script>", begin)]), RawRows(DuckDBWarehouse(folder)))


@on_one_demo
def test_each_vendor_and_direction_can_be_chosen(folder: Path, page: browser.Page) -> None:
    assert kpi(page) == told(folder)
    vendors = page.evaluate("[...document.getElementById('vendor').options].map(o => o.value)")
    assert len(vendors) > 4
    for vendor in vendors[1:]:
        choose(page, "vendor", vendor)
        assert kpi(page) == told(folder, f"vendor = '{vendor}'")
        choose(page, "direction", "inbound")
        inbound = f"vendor = '{vendor}' and direction = 'inbound'"
        assert kpi(page) == told(folder, inbound)
        answered = calls(folder, f"{inbound} and outcome = 'answered'") / calls(folder, inbound)
        assert kpi(page, "answered") == f"{answered:.1%}"
        shown = page.evaluate("[...document.querySelectorAll('#outcomes .row > span')].map(e => e.textContent)")
        assert shown == [page.evaluate("document.getElementById('vendor').selectedOptions[0].textContent")]
        choose(page, "direction", "")
    choose(page, "vendor", "")
    assert kpi(page) == told(folder)


@on_one_demo
def test_a_period_can_be_chosen_and_stands_beside_the_one_before(folder: Path, page: browser.Page) -> None:
    last = date.fromisoformat(page.evaluate("document.getElementById('last').value"))
    begin, end = last - timedelta(days=2), last - timedelta(days=1)
    type_day(page, "first", begin)
    type_day(page, "last", end)
    assert kpi(page) == told(folder, f"day between date '{begin}' and date '{end}'")
    before = told(folder, f"day between date '{begin}' - 2 and date '{begin}' - 1")
    assert page.text('[data-kpi="calls"] + .was') == f"before: {before}"
    assert f"Voice calls from {begin} to {end}" in page.text("#said")
    type_day(page, "first", date.fromisoformat(page.evaluate("document.getElementById('first').min")))
    type_day(page, "last", last)
    assert page.text('[data-kpi="calls"] + .was') == "no earlier days"


@on_one_demo
def test_calls_to_return_are_those_of_the_vendor_that_is_chosen(folder: Path, page: browser.Page) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        waiting = warehouse.execute(
            "select vendor, count(*), list(customer_number order by waiting_since, customer_number)[:50]"
            " from analytics.callrecords__missed_calls_to_return group by vendor"
        ).fetchall()
    assert waiting
    for vendor, count, oldest in waiting:
        choose(page, "vendor", vendor)
        assert f" {count:,} in all" in page.text("#returns-said")
        assert page.evaluate("[...document.querySelectorAll('[data-return]')].map(e => e.dataset.return)") == oldest
    choose(page, "vendor", "")


@on_one_demo
def test_it_fits_a_phone_and_prints_without_its_fields(folder: Path, window: browser.Browser) -> None:
    phone = browser.Page(window, folder / "report.html", width=400, dark=True)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 400
    assert "rgb(18, 24, 29)" in phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert phone.printed().startswith(b"%PDF-")
    phone.use_medium("print")
    assert phone.evaluate("getComputedStyle(document.querySelector('form')).display") == "none"
    assert phone.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert phone.console == []


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
