"""8x8 Work in the tests of the models."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.transform.vendor import DAY, Activity, Call, QueueFigures, Row, Seconds, Vendor, at


def _record(call_id: str, second: int, **values: Any) -> Row:
    return {"pbx_id": "hq", "call_id": call_id, "start_time_utc": at(second), "answered": "-", "missed": "-",
            "abandoned": "-", "departments": ["Sales", "Support"], "branches": []} | values  # fmt: skip


def _leg(call_id: str, leg_id: str, second: int, **values: Any) -> Row:
    return {"pbx_id": "hq", "call_id": call_id, "leg_id": leg_id, "start_time_utc": at(second),
            "direction": "Incoming", "answered": "-", "missed": "-", "abandoned": "-", "cause": "Normal",
            "status": "Completed"} | values  # fmt: skip


_RAW = """
with records as (
    select pbx_id, call_id, start_time_utc, disconnected_time_utc, direction, answered, missed, abandoned,
        last_leg_disposition, talk_time_ms, wait_time_ms, caller, callee
    from eightx8_call_records
    union all
    select pbx_id, call_id, start_time_utc, disconnected_time_utc, direction, answered, missed, abandoned,
        last_leg_disposition, talk_time_ms, wait_time_ms, caller, callee
    from eightx8_cdr_call_records as older
    where not exists (
        select 1 from eightx8_call_records as newer
        where newer.pbx_id = older.pbx_id and newer.call_id = older.call_id
    )
),
legs as (
    select
        pbx_id, call_id, min(start_time_utc) as started_at, max(disconnected_time_utc) as ended_at,
        max(direction) as direction, sum(talk_time_ms) as talk, max(caller) as caller, max(callee) as callee,
        max(case when callee_svc_name like 'ACD%' then callee_name end) as queue,
        {{ any("answered = 'Answered'") }} as is_answered,
        {{ any("props_last_party_disp = 'Voicemail'") }} as is_voicemail,
        {{ any("abandoned = 'Abandoned'") }} as is_abandoned,
        {{ any("status = 'In Progress'") }} as is_running
    from eightx8_call_legs group by pbx_id, call_id
),
calls as (
    select
        pbx_id, call_id, start_time_utc as started_at, disconnected_time_utc as ended_at, records.direction,
        case
            when answered = 'Answered' or talk_time_ms > 0 then 'answered'
            when last_leg_disposition = 'Voicemail' then 'voicemail'
            when abandoned = 'Abandoned' then 'abandoned'
            when missed = 'Missed' or last_leg_disposition = 'Missed' then 'missed'
            else 'other'
        end as outcome,
        queue, wait_time_ms / 1000.0 as wait, talk_time_ms / 1000.0 as talk, records.caller, records.callee,
        {{ fully('records.caller', '[0-9]{2,7}') }} and {{ fully('records.callee', '[0-9]{4,7}') }} as is_internal
    from records left join legs using (pbx_id, call_id)
    union all
    select
        pbx_id, call_id, started_at, ended_at, direction,
        case
            when is_answered then 'answered'
            when is_voicemail then 'voicemail'
            when is_abandoned then 'abandoned'
            when is_running then 'in_progress'
            else 'missed'
        end,
        queue, null, talk / 1000.0, caller, callee, false
    from legs
    where not exists (
        select 1 from records where records.pbx_id = legs.pbx_id and records.call_id = legs.call_id
    )
)
select
    pbx_id || ':' || call_id as id, pbx_id as account, started_at, ended_at,
    case
        when is_internal then 'internal'
        when direction = 'Incoming' then 'inbound'
        when direction = 'Outgoing' then 'outbound'
        when direction = 'Internal' then 'internal'
    end as direction,
    outcome, queue, wait, talk, 0 as wrapup, caller, callee, true as tells_waits
from calls
"""

VENDOR = Vendor(
    words={
        "missed": "Missed, -",
        "abandoned": "Abandoned, -",
        "answered": "Answered, -",
        "last_leg_disposition": "Voicemail, Missed, Connected, Answered, Abandoned",
        "status": "Completed, In Progress",
        "cause": "Normal, Ring No Answer, Redirected, Transfer, Conference",
    },
    first={
        "eightx8_call_records": [
            _record("1", 0, direction="Incoming", caller="+15555551220", callee="120088", missed="Missed",
                    last_leg_disposition="Voicemail", call_leg_count=1, call_time=24760, ring_duration=39,
                    disconnected_time_utc=at(24, 760), talk_time_ms=0, wait_time_ms=0),
            _record("2", 60, direction="Incoming", caller="+15551234567", callee="CallQueue", callee_name="Test Queue",
                    missed="Missed", abandoned="Abandoned", last_leg_disposition="Missed", call_leg_count=1,
                    call_time=1696524, wait_time_ms=1696320, disconnected_time_utc=at(1756, 524)),
            _record("3", 120, direction="Incoming", caller="+15551234567", callee="CallQueue", callee_name="Test Queue",
                    answered="Answered", last_leg_disposition="Connected", call_leg_count=3, call_time=130000,
                    connect_time_utc=at(130), wait_time_ms=10000, talk_time_ms=120000, disconnected_time_utc=at(250)),
            _record("4", 300, direction="Outgoing", caller="1001", caller_name="Ana", callee="+15550100009",
                    answered="Answered", call_leg_count=1, call_time=61000, talk_time_ms=60000,
                    connect_time_utc=at(301), disconnected_time_utc=at(361)),
            _record("5", 400, direction="Outgoing", caller="1001", callee="1002", missed="Missed",
                    call_time=20000, disconnected_time_utc=at(420)),
        ],
        "eightx8_cdr_call_records": [
            _record("4", 300, direction="Outgoing", missed="Missed"),
            _record("0", -DAY * 1, direction="Incoming", missed="Missed", disconnected_time_utc=at(-DAY + 5)),
        ],
        "eightx8_call_legs": [
            _leg("1", "1", 0, callee="120088", callee_name="Jane Li", missed="Missed", cause="Ring No Answer",
                 callee_svc_name="VMadvanced", props_last_party_disp="Voicemail", lra_type=1,
                 disconnected_time_utc=at(24, 760)),
            _leg("2", "1", 60, callee="CallQueue", callee_name="Test Queue", lra="110081", lra_type=4, missed="Missed",
                 abandoned="Abandoned", callee_svc_name="ACDOperatorService", connect_time_utc=at(60, 197),
                 disconnected_time_utc=at(1756, 523)),
            _leg("3", "1", 120, callee="CallQueue", callee_name="Test Queue", lra="110081", lra_type=4,
                 callee_svc_name="ACDOperatorService", answered="Answered", cause="Transfer",
                 disconnected_time_utc=at(130)),
            _leg("3", "2", 125, callee="1001", callee_name="Ana", missed="Missed", cause="Ring No Answer",
                 disconnected_time_utc=at(130)),
            _leg("3", "3", 125, callee="1002", callee_name="Ben", answered="Answered", connect_time_utc=at(130),
                 talk_time_ms=120000, disconnected_time_utc=at(250)),
            _leg("4", "1", 300, direction="Outgoing", caller="1001", caller_name="Ana", callee="+15550100009",
                 answered="Answered", connect_time_utc=at(301), talk_time_ms=60000, disconnected_time_utc=at(361)),
            _leg("6", "1", 500, direction="Incoming", callee="1001", callee_name="Ana", status="In Progress"),
        ],
    },
    late={
        "eightx8_call_records": [
            # The record of the call that was running, and one that began before everything else of the later read.
            _record("6", 500, direction="Incoming", caller="+15551234567", callee="1001", answered="Answered",
                    call_leg_count=1, talk_time_ms=90000, disconnected_time_utc=at(DAY + 500)),
            _record("7", DAY, direction="Incoming", caller="+15551234567", callee="1001", missed="Missed"),
        ],
        "eightx8_call_legs": [
            _leg("6", "1", 500, callee="1001", callee_name="Ana", answered="Answered", talk_time_ms=90000,
                 disconnected_time_utc=at(DAY + 500)),
            # A back-fill far beyond the look-back.
            _leg("back", "1", -9 * DAY, callee="1001", callee_name="Ana", missed="Missed",
                 disconnected_time_utc=at(-9 * DAY + 5)),
        ],
    },
    erased={
        "eightx8_call_records": [
            _record("erased", 30, direction="Incoming", caller="+15555551220", callee="120088", answered="Answered",
                    talk_time_ms=1000, disconnected_time_utc=at(40)),
        ],
        "eightx8_call_legs": [
            _leg("erased", "1", 30, callee="120088", callee_name="Gone", answered="Answered", talk_time_ms=1000,
                 disconnected_time_utc=at(40)),
        ],
    },
    calls=[
        Call("hq:0", "voice", "inbound", "missed", None, None, False),
        Call("hq:1", "voice", "inbound", "voicemail", None, None, False),
        Call("hq:2", "voice", "inbound", "abandoned", "Test Queue", None, False),
        Call("hq:3", "voice", "inbound", "answered", "Test Queue", "Ben", True),
        Call("hq:4", "voice", "outbound", "answered", None, "Ana", False),
        Call("hq:5", "voice", "internal", "missed", None, None, False),
        Call("hq:6", "voice", "inbound", "answered", None, "Ana", False),
        Call("hq:7", "voice", "inbound", "missed", None, None, False),
        Call("hq:back", "voice", "inbound", "missed", None, None, False),
    ],
    corrected={"hq:6": ("in_progress", "answered")},
    seconds=[
        Seconds("hq:1", "0.039", "0", "0", None, "24.760", 1),
        Seconds("hq:3", None, "10", "120", None, "130", 3),
    ],
    queue_figures=[QueueFigures("hq:110081", 2, 1, 2, 1, 1, 0.5, 0.5)],
    activity=[
        Activity("hq:1001", "2026-02-21", 1, 0, 1, 0, 0, 0, None),
        # Two made: one out, one to a colleague.
        Activity("hq:1001", "2026-03-02", 2, 1, 0, 1, 2, 1, Decimal(150)),
        Activity("hq:1002", "2026-03-02", 1, 1, 0, 0, 0, 0, Decimal(120)),
    ],
    agents=[("1001", "Ana", None), ("1002", "Ben", None)],
    queues=[("110081", "Test Queue")],
    lost={
        **dict.fromkeys(
            ("caller_name", "callee_name", "queue_name", "agent_id", "agent_key", "agent_name"), "hash null"
        ),
        **dict.fromkeys(("queue_id", "queue_key"), "hash one"),
        "direction": "word word",
    },
    details=(
        {
            "eightx8_call_records": [
                {"pbx_id": "p", "call_id": "1", "direction": "Incoming", "start_time_utc": at(0), "dnis": "12025550100",
                 "branches": ["London", "Leeds"], "departments": ["Sales"]},
            ],
            "eightx8_call_legs": [
                {"pbx_id": "p", "call_id": call_id, "leg_id": "1", "parent_call_id": "whole"} for call_id in "12"
            ],
        },
        {
            "p:1": {"dialled_number": "12025550100", "site": "London", "department": "Sales",
                    "contact_key": "eightx8_work:p:whole"},
            "p:2": {"contact_key": "eightx8_work:p:whole"},
        },
    ),
    raw=_RAW,
)  # fmt: skip
