"""What the models make of every vendor's rows, on DuckDB, on PostgreSQL and on fakesnow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.transform.conftest import MARTS, Built
from tests.transform.rows import CHAT, INTERACTION, OUTBOUND_INTERACTION, RECENT_CALL
from tests.transform.warehouse import DuckDBWarehouse

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("call_key", "channel", "direction", "outcome", "queue", "agent", "transferred"),
    [
        ("eightx8_work:hq:0", "voice", "inbound", "missed", None, None, False),
        ("eightx8_work:hq:1", "voice", "inbound", "voicemail", None, None, False),
        ("eightx8_work:hq:2", "voice", "inbound", "abandoned", "Test Queue", None, False),
        ("eightx8_work:hq:3", "voice", "inbound", "answered", "Test Queue", "Ben", True),
        ("eightx8_work:hq:4", "voice", "outbound", "answered", None, "Ana", False),
        ("eightx8_work:hq:5", "voice", "internal", "missed", None, None, False),
        ("eightx8_work:hq:6", "voice", "inbound", "answered", None, "Ana", False),
        ("eightx8_work:hq:7", "voice", "inbound", "missed", None, None, False),
        ("eightx8_work:hq:back", "voice", "inbound", "missed", None, None, False),
        (RECENT_CALL, "voice", "inbound", "answered", None, None, False),
        (INTERACTION, "voice", "inbound", "answered", "Support", "Ben", False),
        (OUTBOUND_INTERACTION, "voice", "outbound", "answered", None, "Ana", False),
        (CHAT, "chat", "inbound", "abandoned", None, None, False),
        ("webex_calling:org:out", "voice", "outbound", "answered", None, "Ana Example", False),
        ("webex_calling:org:missed", "voice", "inbound", "answered", None, "Chandra Example", False),
        ("webex_calling:org:hunt", "voice", "inbound", "answered", "Hunt Group", "Ana Example", False),
        ("webex_calling:org:live", "voice", "inbound", "busy", None, None, False),
        ("voiso:default:v1", "voice", "inbound", "answered", "Example Support", "Mike", None),
        ("voiso:default:v2", "voice", "inbound", "abandoned", "Example Support", None, None),
        ("voiso:default:v3", "voice", "outbound", "missed", None, "Mike", None),
        ("voiso:default:v4", "sms", "outbound", "completed", None, None, None),
        ("voiso:default:v5", "lookup", "unknown", "completed", None, None, None),
        ("voiso:default:v6", "chat", "unknown", "completed", None, None, None),
        ("voiso:default:v7", "voice", "inbound", "other", None, None, None),
        ("zoom_phone:z:queued", "voice", "inbound", "answered", "Support queue", "Ana Zoom", False),
        ("zoom_phone:z:gave-up", "voice", "inbound", "abandoned", "Support queue", None, None),
        ("zoom_phone:z:made", "voice", "outbound", "answered", None, "Ana Zoom", None),
        ("zoom_phone:z:theirs", "voice", "internal", "answered", None, "Ben Zoom", False),
        ("zoom_phone:z:alone", "voice", "internal", "missed", None, None, None),
        ("zoom_phone:z:new-word", "voice", "inbound", "other", None, None, None),
    ],
)
def test_each_call_has_its_meaning(
    built: Built,
    call_key: str,
    channel: str,
    direction: str,
    outcome: str,
    queue: str | None,
    agent: str | None,
    transferred: bool | None,
) -> None:
    found = built.warehouse.query(
        "select channel, direction, outcome, queue_name, agent_name, is_transferred from analytics.callrecords__calls"
        f" where call_key = '{call_key}'"
    )
    assert found == [(channel, direction, outcome, queue, agent, transferred)]


def test_there_are_no_other_calls(built: Built) -> None:
    assert built.warehouse.query("select count(*) from analytics.callrecords__calls") == [(30,)]


@pytest.mark.parametrize(
    ("call_key", "ring", "wait", "talk", "hold", "total", "legs"),
    [
        ("eightx8_work:hq:1", "0.039", "0", "0", None, "24.760", 1),
        ("eightx8_work:hq:3", None, "10", "120", None, "130", 3),
        (RECENT_CALL, None, "3.901", "310.887", "155.960", "335.566", None),
        (INTERACTION, None, "7.236", "753.105", None, "787", 2),
        ("webex_calling:org:out", "8", None, "251", "12", "259", 1),
        ("webex_calling:org:hunt", "6", "6", "94", "0", "100", 3),
        ("voiso:default:v1", None, None, None, None, "79", None),
        ("zoom_phone:z:queued", "4", "24", "331", "30", "367", 4),
        ("zoom_phone:z:gave-up", None, None, None, None, "45", None),
        ("zoom_phone:z:theirs", "4", None, "56", None, "60", 2),
    ],
)
def test_durations_are_seconds(
    built: Built,
    call_key: str,
    ring: str | None,
    wait: str | None,
    talk: str | None,
    hold: str | None,
    total: str | None,
    legs: int | None,
) -> None:
    found = built.warehouse.query(
        "select ring_seconds, wait_seconds, talk_seconds, hold_seconds, total_seconds, leg_count"
        f" from analytics.callrecords__calls where call_key = '{call_key}'"
    )
    wanted: list[Any] = [None if value is None else Decimal(value) for value in (ring, wait, talk, hold, total)]
    assert found == [(*wanted, legs)]


def test_a_vendor_without_tables_has_no_calls_and_hinders_nobody(built: Built) -> None:
    vendors = {row[2] for row in built.first_tables["callrecords__calls"]}
    assert vendors == {"eightx8_work", "eightx8_contact_center", "webex_calling"}


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


ERASED_CALLS = {"eightx8_work:hq:erased", "eightx8_contact_center:acmecorp01:erased", "webex_calling:org:erased"}


def test_rows_that_were_erased_leave_every_model_with_the_next_build(built: Built) -> None:
    """Agents and queues that only they named leave too: every table is then what it is without such rows."""
    assert {row[0] for row in built.first_tables["callrecords__calls"]} >= ERASED_CALLS
    assert any("Gone" in row for row in built.first_tables["callrecords__agents"])
    for table in MARTS:
        assert not [row for row in built.second_tables[table] if "erased" in str(row) or "Gone" in row]


def test_rows_of_the_first_build_that_did_not_change_are_kept(built: Built) -> None:
    changed = {"eightx8_work:hq:6", "webex_calling:org:missed", *ERASED_CALLS}
    kept = {row for row in built.first_tables["callrecords__calls"] if row[0] not in changed}
    assert kept <= built.second_tables["callrecords__calls"]
    assert len(kept) == len(built.first_tables["callrecords__calls"]) - len(changed)


def test_a_running_call_is_corrected_when_it_ends(built: Built) -> None:
    before = {row[0]: row[8] for row in built.first_tables["callrecords__calls"]}
    after = {row[0]: row[8] for row in built.second_tables["callrecords__calls"]}
    assert before["eightx8_work:hq:6"] == "in_progress"
    assert after["eightx8_work:hq:6"] == "answered"


def test_a_late_leg_corrects_its_call(built: Built) -> None:
    before = {row[0]: row[8] for row in built.first_tables["callrecords__calls"]}
    after = {row[0]: row[8] for row in built.second_tables["callrecords__calls"]}
    assert before["webex_calling:org:missed"] == "missed"
    assert after["webex_calling:org:missed"] == "answered"


def test_a_queue_s_service_level(built: Built) -> None:
    found = built.warehouse.query(
        "select queue_key, offered_calls, offered_answered_calls, service_level_calls, answered_in_time_calls,"
        " abandoned_calls, service_level, abandoned_share from analytics.callrecords__queue_service_level"
    )
    assert set(found) == {
        ("eightx8_contact_center:acmecorp01:2583", 1, 1, 1, 1, 0, 1.0, 0.0),
        ("eightx8_contact_center:acmecorp01:713", 1, 1, 1, 1, 0, 1.0, 0.0),
        ("eightx8_work:hq:110081", 2, 1, 2, 1, 1, 0.5, 0.5),
        ("voiso:default:Example Support", 2, 1, 0, 0, 1, None, 0.5),
        ("webex_calling:org:hg", 1, 1, 1, 1, 0, 1.0, 0.0),
        ("zoom_phone:z:q1", 2, 1, 1, 0, 1, 0.0, 0.5),
    }


def test_an_hour_of_the_week_without_calls_has_a_row(built: Built) -> None:
    found = built.warehouse.query(
        "select vendor, count(*), count(distinct direction), sum(calls) from analytics.callrecords__hourly_call_load"
        " group by vendor order by vendor"
    )
    assert found == [
        ("eightx8_contact_center", 2 * 168, 2, 3),
        ("eightx8_work", 3 * 168, 3, 9),
        ("voiso", 2 * 168, 2, 4),
        ("webex_calling", 2 * 168, 2, 4),
        ("zoom_phone", 3 * 168, 3, 6),
    ]


def test_weekdays_are_counted_between_the_first_call_and_the_last(built: Built) -> None:
    found = built.warehouse.query(
        "select distinct weekday, days from analytics.callrecords__hourly_call_load where vendor = 'eightx8_work'"
        " order by weekday"
    )
    # From Saturday 21 February to Tuesday 3 March 2026.
    assert found == [(1, 2), (2, 2), (3, 1), (4, 1), (5, 1), (6, 2), (7, 2)]


def test_the_vendor_s_list_names_agents(built: Built) -> None:
    found = built.warehouse.query(
        "select agent_id, agent_name, is_deleted from analytics.callrecords__agents where vendor = 'voiso'"
        " order by agent_id"
    )
    assert found == [("15", "Gone Example", True), ("56215", "Mike Example", False)]


def test_an_agent_s_day(built: Built) -> None:
    found = built.warehouse.query(
        "select offered_calls, answered_calls, missed_calls, answered_by_others_calls, made_calls, talk_seconds"
        " from analytics.callrecords__agent_activity where agent_key = 'eightx8_work:hq:1001'"
        " and cast(day as text) = '2026-03-02'"
    )
    assert found == [(2, 1, 0, 1, 2, Decimal(150))]  # two made: one out, one to a colleague


def test_a_call_between_colleagues_of_one_record_or_two_is_made_and_offered(built: Built) -> None:
    found = built.warehouse.query(
        "select agent_key, offered_calls, answered_calls, missed_calls, answered_by_others_calls, made_calls,"
        " made_answered_calls, talk_seconds from analytics.callrecords__agent_activity where vendor = 'zoom_phone'"
        " order by agent_key"
    )
    assert found == [
        ("zoom_phone:z:ana", 1, 1, 0, 0, 3, 2, Decimal(331 + 51 + 56)),
        ("zoom_phone:z:ben", 2, 1, 0, 1, 0, 0, Decimal(56)),
    ]


def test_lists_of_users_and_queues_name_those_without_calls_too(built: Built) -> None:
    agents = built.warehouse.query(
        "select agent_id, agent_name from analytics.callrecords__agents where vendor = 'zoom_phone' order by agent_id"
    )
    assert agents == [("ana", "Ana of the list"), ("ben", "Ben Zoom")]
    queues = built.warehouse.query(
        "select queue_id, queue_name from analytics.callrecords__queues where vendor = 'zoom_phone' order by queue_id"
    )
    assert queues == [("q1", "Support queue"), ("q2", "Quiet queue")]
