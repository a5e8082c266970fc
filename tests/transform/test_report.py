"""The report: from the models alone, of any warehouse, with the warehouse's numbers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.demo import browser
from tests.transform.conftest import Built
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


def test_every_figure_is_what_independent_sql_finds_in_the_raw_rows(built: Built, tmp_path: Path) -> None:
    """8x8 Work's figures, by queries that share nothing with the models."""
    done = report(built.warehouse, tmp_path / "page.html", *PERIOD, "--vendor", "eightx8_work")
    assert done.returncode == 0, done.stderr
    data = held(tmp_path / "page.html")
    figures = {name: (numerator, denominator) for name, _, _, numerator, denominator, _, _ in data["figures"]}

    def shown(column: str) -> float:
        return sum(row[3 + data["measures"].index(column)] or 0 for row in data["daily"])

    def raw(condition: str, what: str = "count(*)") -> float:
        both = (
            "select call_id, direction, caller, callee, answered, missed, abandoned, last_leg_disposition,"
            " talk_time_ms, wait_time_ms from callrecords.{}"
        )
        current, deprecated = both.format("eightx8_call_records"), both.format("eightx8_cdr_call_records")
        legs_only = (
            "select distinct call_id, direction, '', '', '-', missed, '-', '', 0, 0 from callrecords.eightx8_call_legs"
            " where call_id not in (select call_id from callrecords.eightx8_call_records)"
        )
        found = built.warehouse.query(
            f"with known as ({current} union all {deprecated} where call_id not in"
            f" (select call_id from callrecords.eightx8_call_records) union all {legs_only})"
            f" select {what} from known where {condition}"
        )
        return float(found[0][0] or 0)

    inbound = "direction = 'Incoming'"
    queued = (
        f"{inbound} and call_id in (select call_id from callrecords.eightx8_call_legs"
        " where callee_svc_name = 'ACDOperatorService')"
    )
    answered = "answered = 'Answered'"
    wanted = {
        "calls": (raw("1 = 1"), None),
        "answered": (raw(f"{inbound} and {answered}"), raw(inbound)),
        "missed": (
            raw(
                f"{inbound} and missed = 'Missed' and abandoned = '-'"
                " and coalesce(last_leg_disposition, '') <> 'Voicemail'"
            ),
            raw(inbound),
        ),
        "abandoned": (raw(f"{queued} and abandoned = 'Abandoned'"), raw(queued)),
        "service_level": (raw(f"{queued} and {answered} and wait_time_ms <= 20000"), raw(queued)),
        "speed_of_answer": (
            raw(f"{queued} and {answered}", "sum(wait_time_ms) / 1000.0"),
            raw(f"{queued} and {answered}"),
        ),
        "talk_time": (raw(answered, "sum(talk_time_ms) / 1000.0"), raw(f"{answered} and talk_time_ms is not null")),
    }
    assert wanted["calls"][0] == 9
    for name, (numerator, denominator) in wanted.items():
        assert shown(figures[name][0]) == numerator, name
        assert denominator is None or shown(figures[name][1]) == denominator, name


def test_every_figure_has_its_definition_in_words(built: Built, tmp_path: Path) -> None:
    assert report(built.warehouse, tmp_path / "page.html", *PERIOD).returncode == 0
    for name, label, unit, numerator, denominator, of, over in held(tmp_path / "page.html")["figures"]:
        assert label
        assert numerator
        assert of
        assert (unit == "count") == (denominator is None) == (over is None), name


def test_the_call_back_list_has_the_oldest_first(built: Built, tmp_path: Path) -> None:
    report(built.warehouse, tmp_path / "page.html", *PERIOD, "--zone", "America/New_York")
    returns = held(tmp_path / "page.html")["returns"]
    assert [row[3] for row in returns] == sorted(row[3] for row in returns)
    # Voiso's caller of 10:03:20 UTC less 44 s, whom nobody has called back.
    assert ["15550100001", "2026-03-02 05:02"] in [[row[0].lstrip("+"), row[3]] for row in returns]


def test_a_page_of_no_calls_and_of_one_call_is_whole(at_once: DuckDBWarehouse, tmp_path: Path) -> None:
    for period, calls in (("2020-01-01", 0), ("2026-02-21", 1)):
        page = tmp_path / f"{calls}.html"
        done = report(at_once, page, "--from", period, "--to", period)
        assert done.returncode == 0, done.stderr
        assert ("no voice calls in this period" in done.stderr) == (calls == 0)
        seen = browser.look_at(page)
        assert seen.console == []
        assert f'data-kpi="calls">{calls}<' in seen.dom
        assert "NaN" not in seen.dom
        assert "undefined" not in seen.dom.split('id="said"')[1].split("<script")[0]


def test_what_is_wrong_is_said_in_one_sentence(at_once: DuckDBWarehouse, tmp_path: Path) -> None:
    unbuilt = tmp_path / "unbuilt.duckdb"
    duckdb.connect(str(unbuilt)).close()
    for url, more, words in (
        (str(tmp_path / "none.duckdb"), (), "There is no file"),
        (str(unbuilt), (), "Build the models (dbt build) in this warehouse, or name their schema with --schema."),
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
