"""The questions of the documents, asked of the demo's warehouse: each has an answer, and it is plausible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from documents import queries
from tests.demo.conftest import CALLS, DAYS, on_one_demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout("600"), on_one_demo]
Rows = Sequence[Mapping[str, Any]]
VENDORS = {"eightx8_work", "eightx8_contact_center", "webex_calling", "voiso"}
"""Some that the demo has."""
QUERIES = {**queries("docs/questions.md"), **queries("docs/metrics.md")}


def days(rows: Rows) -> bool:
    weekdays = [row for row in rows if row["day"].weekday() < 5 and row["inbound_calls"] > CALLS]
    shares = [60 < row["answered_percent"] < 95 for row in weekdays]
    return len(rows) in range(DAYS, DAYS + 3) and all(shares) and any(shares) and rows[0]["day"] > rows[-1]["day"]


def queues(rows: Rows) -> bool:
    names = {row["queue"] for row in rows}
    levels = [row["service_level_percent"] for row in rows]
    shares = [row[name] for row in rows for name in ("service_level_percent", "abandoned_percent")]
    return "Sales Queue" in names and levels == sorted(levels) and all(0 <= share <= 100 for share in shares)


def call_backs(rows: Rows) -> bool:
    since = [row["waiting_since"] for row in rows]
    return (
        5 < len(rows) < 4 * CALLS
        and since == sorted(since)
        and len({row["customer_number"] for row in rows}) == len(rows)
    )


def busy_hours(rows: Rows) -> bool:
    calls = [row["calls_in_that_hour"] for row in rows]
    return len(rows) == 10 and 1 < calls[0] < CALLS and all(6 <= row["hour_of_day"] <= 22 for row in rows[:3])


def lines(rows: Rows) -> bool:
    return {row["vendor"] for row in rows} >= VENDORS and all(1 <= row["most_calls_at_once"] < CALLS for row in rows)


def agents(rows: Rows) -> bool:
    talking = [row for row in rows if row["hours_of_talk"]]
    return len(talking) > 5 and all(row["hours_of_talk"] < row["answered"] + row["made"] for row in talking)


def giving_up(rows: Rows) -> bool:
    return 1 <= len(rows) <= 5 and sum(row["calls"] for row in rows) > 5


def customers(rows: Rows) -> bool:
    calls = [row["calls"] for row in rows]
    return (
        calls == sorted(calls, reverse=True)
        and min(calls) > 1
        and all(row["first_call"] < row["last_call"] and row["vendors"] <= row["calls"] for row in rows)
    )


def one_call(rows: Rows) -> bool:
    started = [row["started_at"] for row in rows]
    return len(rows) > 1 and started == sorted(started) and started[-1] - started[0] < timedelta(hours=2)


def up_to_date(rows: Rows) -> bool:
    big = [row for row in rows if row["calls"] > CALLS]
    known = all(row["with_an_unknown_outcome"] <= row["calls"] / 10 for row in big)
    now = datetime.now(UTC).replace(tzinfo=None)
    return {row["vendor"] for row in rows} >= VENDORS and known and all(row["newest_call"] < now for row in rows)


def service_levels(rows: Rows) -> bool:
    told = {row["vendor"]: row for row in rows if row["service_level"] is not None}
    plausible = all(0 <= row["service_level"] <= 1 and row["speed_of_answer"] < 600 for row in told.values())
    return plausible and {"eightx8_contact_center", "webex_calling"} <= {*told} and "voiso" not in told


PLAUSIBLE: Mapping[str, Callable[[Rows], bool]] = {
    "How many calls came in each day, and how many were answered?": days,
    "Which queue serves its callers worst?": queues,
    "Who is still waiting for a call back?": call_backs,
    "When do we need the most people?": busy_hours,
    "How many lines do we need?": lines,
    "How busy is each agent?": agents,
    "How long do callers wait before they give up?": giving_up,
    "Which customers call most, and do they call again?": customers,
    "What happened with one call?": one_call,
    "Is the data up to date?": up_to_date,
    "How to compute one": service_levels,
}


def test_every_query_of_the_documents_is_tried() -> None:
    assert list(QUERIES) == list(PLAUSIBLE)


@pytest.mark.parametrize("question", PLAUSIBLE)
def test_a_question_has_a_plausible_answer(question: str, folder: Path) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        answer = warehouse.execute(QUERIES[question])
        names = [column[0] for column in answer.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    assert PLAUSIBLE[question](rows), rows
