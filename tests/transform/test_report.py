"""The report: from the models alone, of any warehouse, with the warehouse's numbers."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.demo import browser
from tests.transform.conftest import MARTS, Built
from tests.transform.raw_figures import RawRows, compare
from tests.transform.warehouse import ROOT, DuckDBWarehouse, Warehouse

pytestmark = pytest.mark.slow
PERIOD = ("--from", "2026-02-01", "--to", "2026-03-31")


def report(
    warehouse: Warehouse | None, page: Path, *more: str, url: str | None = None
) -> subprocess.CompletedProcess[str]:
    python = (warehouse or DuckDBWarehouse).program.with_name("python")
    place = url or (warehouse.url if warehouse else "")
    return subprocess.run(
        [python, ROOT / "script/report.py", "--output", page, "--warehouse", place, *more],
        capture_output=True,
        text=True,
        check=False,
    )


def held(page: Path) -> dict[str, Any]:
    """The data in the page."""
    text = page.read_text(encoding="utf-8")
    begin = text.index('id="held">') + len('id="held">')
    found: dict[str, Any] = json.loads(text[begin : text.index("</script>", begin)])
    return found


@pytest.fixture(scope="session")
def page(at_once: DuckDBWarehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The data of a page with all calls."""
    file = tmp_path_factory.mktemp("report") / "page.html"
    done = report(at_once, file, *PERIOD)
    assert done.returncode == 0, done.stderr
    return held(file)


def in_any_order(data: dict[str, Any]) -> dict[str, Any]:
    """A page's data, without the minute and the order that are each warehouse's own."""
    return {
        name: sorted(value, key=str) if isinstance(value, list) else value
        for name, value in data.items()
        if name != "made"
    }


@pytest.fixture(scope="session")
def page_of_each(built: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The data of that page out of each warehouse."""
    file = tmp_path_factory.mktemp("report") / "page.html"
    done = report(built.warehouse, file, *PERIOD)
    assert done.returncode == 0, done.stderr
    return held(file)


def test_the_page_is_the_same_out_of_every_warehouse(page_of_each: dict[str, Any], page: dict[str, Any]) -> None:
    assert in_any_order(page_of_each) == in_any_order(page)


def test_everything_on_the_page_is_what_independent_sql_finds_in_the_raw_rows_of_its_warehouse(
    built: Built, page_of_each: dict[str, Any]
) -> None:
    """Every vendor's figures, outcomes, queues, hours, waits and calls to return."""
    compare(page_of_each, RawRows(built.warehouse))


def test_every_figure_has_its_definition_in_words(page: dict[str, Any]) -> None:
    for name, label, unit, numerator, denominator, of, over in page["figures"]:
        assert label
        assert numerator
        assert of
        assert (unit == "count") == (denominator is None) == (over is None), name


def test_the_call_back_list_has_the_oldest_first(at_once: DuckDBWarehouse, tmp_path: Path) -> None:
    report(at_once, tmp_path / "page.html", *PERIOD, "--zone", "America/New_York")
    returns = held(tmp_path / "page.html")["returns"]
    assert [row[3] for row in returns] == sorted(row[3] for row in returns)
    # Voiso's caller of 10:03:20 UTC less 44 s, whom nobody has called back.
    assert ["15550100001", "2026-03-02 05:02"] in [[row[0].lstrip("+"), row[3]] for row in returns]


@pytest.fixture(scope="module")
def window() -> Iterator[browser.Browser]:
    with browser.running() as running:
        yield running


@pytest.fixture(scope="module")
def empty(at_once: DuckDBWarehouse, tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    """A warehouse whose models know their figures and settings, and no calls."""
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("empty"))
    shutil.copy(at_once.path, warehouse.path)
    warehouse.run([f"delete from analytics.{name}" for name in MARTS])
    return warehouse


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("calls", [0, 1])
def test_a_page_of_no_calls_and_of_one_call_is_whole(
    at_once: DuckDBWarehouse, empty: DuckDBWarehouse, window: browser.Browser, tmp_path: Path, calls: int, width: int
) -> None:
    file = tmp_path / "page.html"
    done = report(at_once, file, "--from", "2026-02-21", "--to", "2026-02-21") if calls else report(empty, file)
    assert done.returncode == 0, done.stderr
    assert ("no voice calls in this period" in done.stderr) == (calls == 0)
    seen = browser.Page(window, file, width=width)
    assert seen.console == []
    assert seen.text('[data-kpi="calls"]') == str(calls)
    told = seen.text("main")
    assert ("The models hold no voice calls of this period." in told) == (calls == 0)
    for nonsense in ("NaN", "undefined", "null", "Infinity"):
        assert nonsense not in told
    assert seen.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_says_which_products_are_left_out_and_that_others_may_count_a_call_twice(
    empty: DuckDBWarehouse, window: browser.Browser, tmp_path: Path
) -> None:
    left_out = DuckDBWarehouse(tmp_path)
    shutil.copy(empty.path, left_out.path)
    left_out.run(["update analytics.callrecords__settings set value = 'eightx8_work,voiso' where name = 'left_out'"])
    for warehouse, words in ((left_out, " Left out: 8x8 Work, Voiso."), (empty, "counts in each.")):
        assert report(warehouse, tmp_path / "page.html").returncode == 0
        said = browser.Page(window, tmp_path / "page.html").text("#said")
        assert "A call that passes through two products counts in each." in said
        assert words in said
        assert ("Left out" in said) == (warehouse is left_out)


def test_a_page_of_years_and_many_queues_is_light_and_has_the_newest_days(
    at_once: DuckDBWarehouse, tmp_path: Path
) -> None:
    old = DuckDBWarehouse(tmp_path)
    shutil.copy(at_once.path, old.path)
    for table, more in (
        ("daily_figures", ""),
        ("daily_call_volume", ""),
        ("queue_service_level", ", queue_key || nth as queue_key"),
    ):
        name = f"analytics.callrecords__{table}"
        old.run(
            [
                f"create table more as select old.* replace (date '2026-03-31' - day_back::integer as day{more})"
                f" from {name} as old, range(900) as days (day_back), range({10 if more else 1}) as queues (nth)",
                f"delete from {name}",
                f"insert into {name} from more",
                "drop table more",
            ]
        )
    assert report(old, tmp_path / "page.html").returncode == 0
    assert (tmp_path / "page.html").stat().st_size < 1_000_000
    shown = held(tmp_path / "page.html")
    assert (shown["last"], shown["oldest"]) == ("2026-03-31", "2025-12-21")


def test_what_is_wrong_is_said_in_one_sentence(at_once: DuckDBWarehouse, tmp_path: Path) -> None:
    unbuilt = tmp_path / "unbuilt.duckdb"
    duckdb.connect(str(unbuilt)).close()
    older = DuckDBWarehouse(tmp_path)
    shutil.copy(at_once.path, older.path)
    older.run(["alter table analytics.callrecords__queue_service_level drop column waited_calls"])
    for url, more, words in (
        (str(tmp_path / "none.duckdb"), (), "There is no file"),
        (str(unbuilt), (), "Build the models (dbt build) in this warehouse, or name their schema with --schema."),
        (older.url, (), "The models in analytics are of another version: build them again (dbt build)."),
        (at_once.url, ("--zone", "Mars"), "Mars is no time zone."),
        (at_once.url, ("--vendor", "acme"), "No vendor is called acme: --vendor takes eightx8_work, "),
        (at_once.url, ("--from", "2026-03-02", "--to", "2026-03-01"), "ends (2026-03-01) before it begins"),
        ("postgresql://nobody@127.0.0.1:1/none", (), "The warehouse postgresql://127.0.0.1 can't be opened"),
    ):
        done = report(None, tmp_path / "page.html", *more, url=url)
        assert done.returncode == 1
        assert done.stderr.startswith("No report: ")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
