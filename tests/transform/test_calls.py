"""What the models make of every vendor's rows, on DuckDB, on PostgreSQL and on fakesnow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.transform.conftest import MARTS, Built
from tests.transform.test_order import made_of
from tests.transform.vendor import Call, Seconds
from tests.transform.vendors import VENDORS
from tests.transform.warehouse import DuckDBWarehouse

pytestmark = pytest.mark.slow


CALLS = [(name, call) for name, vendor in VENDORS.items() for call in vendor.calls]
SECONDS = [(name, call) for name, vendor in VENDORS.items() for call in vendor.seconds]
CORRECTED = [(f"{name}:{call}", *ends) for name, vendor in VENDORS.items() for call, ends in vendor.corrected.items()]


def told_by_vendors(of: str) -> list[tuple[Any, ...]]:
    """What all vendors' modules say of queues or agents, with the whole key."""
    return [(f"{name}:{key}", *figures) for name, vendor in VENDORS.items() for key, *figures in getattr(vendor, of)]


@pytest.mark.parametrize(("vendor", "call"), CALLS, ids=[f"{name}:{call.call}" for name, call in CALLS])
def test_each_call_has_its_meaning(built: Built, vendor: str, call: Call) -> None:
    found = built.warehouse.query(
        "select channel, direction, outcome, queue_name, agent_name, is_transferred from analytics.callrecords__calls"
        f" where call_key = '{vendor}:{call.call}'"
    )
    assert found == [call[1:]]


def test_there_are_no_other_calls(built: Built) -> None:
    assert built.warehouse.query("select count(*) from analytics.callrecords__calls") == [(len(CALLS),)]


@pytest.mark.parametrize(("vendor", "call"), SECONDS, ids=[f"{name}:{call.call}" for name, call in SECONDS])
def test_durations_are_seconds(built: Built, vendor: str, call: Seconds) -> None:
    found = built.warehouse.query(
        "select ring_seconds, wait_seconds, talk_seconds, hold_seconds, total_seconds, leg_count"
        f" from analytics.callrecords__calls where call_key = '{vendor}:{call.call}'"
    )
    assert found == [(*(None if value is None else Decimal(value) for value in call[1:-1]), call.legs)]


def test_a_vendor_without_tables_has_no_calls_and_hinders_nobody(built: Built) -> None:
    vendors = {row[2] for row in built.first_tables["callrecords__calls"]}
    assert vendors == {name for name, vendor in VENDORS.items() if vendor.first} != {*VENDORS}


def test_every_model_test_and_unit_test_passes(built: Built) -> None:
    for run in (built.first, built.second):
        assert set(run.status.values()) <= {"success", "pass", "no-op"}, run.output
    assert any(name.startswith("unit_test.") for name in built.first.status)
    assert any(name.startswith("test.") for name in built.second.status)


@pytest.mark.parametrize("table", MARTS)
def test_builds_one_after_the_other_give_what_one_build_gives_in_every_warehouse(
    built: Built, at_once: DuckDBWarehouse, table: str
) -> None:
    assert built.second_tables[table] == at_once.table(table)


def test_rows_that_were_erased_leave_every_model_with_the_next_build(built: Built) -> None:
    """Agents and queues that only they named leave too: every table is then what it is without such rows."""
    erased = {row[2] for row in built.first_tables["callrecords__calls"] if row[0].endswith(":erased")}
    assert erased == {name for name, vendor in VENDORS.items() if vendor.erased}
    assert any("Gone" in row for row in built.first_tables["callrecords__agents"])
    for table in MARTS:
        assert not [row for row in built.second_tables[table] if "erased" in str(row) or "Gone" in row]


def test_rows_of_the_first_build_that_did_not_change_are_kept(built: Built) -> None:
    corrected = {call for call, *_ in CORRECTED}
    kept = {
        row
        for row in built.first_tables["callrecords__calls"]
        if row[0] not in corrected and not row[0].endswith(":erased")
    }
    assert kept <= built.second_tables["callrecords__calls"]
    erased = sum(bool(vendor.erased) for vendor in VENDORS.values())
    assert len(kept) == len(built.first_tables["callrecords__calls"]) - len(corrected) - erased


@pytest.mark.parametrize(("call", "before", "after"), CORRECTED)
def test_a_late_row_corrects_its_call(built: Built, call: str, before: str, after: str) -> None:
    """A record of a call that was running, a leg that nobody knew of."""
    builds = (built.first_tables, built.second_tables)
    outcomes = [{row[0]: row[8] for row in tables["callrecords__calls"]}[call] for tables in builds]
    assert outcomes == [before, after]


def test_a_queue_s_service_level(built: Built) -> None:
    found = built.warehouse.query(
        "select queue_key, offered_calls, offered_answered_calls, service_level_calls, answered_in_time_calls,"
        " abandoned_calls, service_level, abandoned_share from analytics.callrecords__queue_service_level"
    )
    assert sorted(found) == sorted(told_by_vendors("queue_figures"))


def test_an_hour_of_the_week_without_calls_has_a_row(built: Built) -> None:
    found = built.warehouse.query(
        "select vendor, count(*), count(distinct direction), sum(calls) from analytics.callrecords__hourly_call_load"
        " group by vendor order by vendor"
    )
    assert found == [
        (name, len({call.direction for call in voice}) * 168, len({call.direction for call in voice}), len(voice))
        for name, voice in sorted(
            (name, [call for call in vendor.calls if call.channel == "voice"]) for name, vendor in VENDORS.items()
        )
    ]


def test_weekdays_are_counted_between_the_first_call_and_the_last(built: Built) -> None:
    found = built.warehouse.query(
        "select distinct weekday, days from analytics.callrecords__hourly_call_load where vendor = 'eightx8_work'"
        " order by weekday"
    )
    # From Saturday 21 February to Tuesday 3 March 2026.
    assert found == [(1, 2), (2, 2), (3, 1), (4, 1), (5, 1), (6, 2), (7, 2)]


def test_agents_and_queues_are_those_of_calls_and_of_the_vendors_lists(built: Built) -> None:
    """Lists name those without calls too, and say who was deleted."""
    agents = built.warehouse.query("select vendor, agent_id, agent_name, is_deleted from analytics.callrecords__agents")
    assert {*agents} == {(name, *agent) for name, vendor in VENDORS.items() for agent in vendor.agents}
    queues = built.warehouse.query("select vendor, queue_id, queue_name from analytics.callrecords__queues")
    assert {*queues} == {(name, *queue) for name, vendor in VENDORS.items() for queue in vendor.queues}


def test_an_agent_s_day(built: Built) -> None:
    """A call between colleagues, of one record or two, is made by the one and offered to the other."""
    found = built.warehouse.query(
        "select agent_key, cast(day as varchar), offered_calls, answered_calls, missed_calls,"
        " answered_by_others_calls, made_calls, made_answered_calls, talk_seconds"
        " from analytics.callrecords__agent_activity"
    )
    assert {*found} == {*told_by_vendors("activity")}


@pytest.mark.parametrize("vendor", [name for name, vendor in VENDORS.items() if vendor.details[1]])
def test_a_call_tells_where_it_was_why_who_hung_up_and_what_belongs_to_it(
    at_once: DuckDBWarehouse, queries: dict[str, str], vendor: str
) -> None:
    rows, told = VENDORS[vendor].details
    with duckdb.connect(str(at_once.path)) as connection:
        made = made_of(
            connection, queries["callrecords__calls"], [(stream, row) for stream, each in rows.items() for row in each]
        )
    calls = {row["call_key"]: row for row in made}
    assert {
        key: {column: calls[f"{vendor}:{key}"][column] for column in columns} for key, columns in told.items()
    } == told
