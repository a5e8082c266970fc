"""Voiso in the tests of the models."""

from __future__ import annotations

from typing import Any

from tests.transform.vendor import Activity, Call, QueueFigures, Row, Seconds, Vendor, at


def _interaction(uuid: str, second: int, kind: str, disposition: str, **values: Any) -> Row:
    return {"uuid": uuid, "timestamp_utc": at(second), "type": kind, "disposition": disposition,
            "from_party": "15550100001", "to_party": "15550100002", "duration_seconds": 0,
            "cpc": 0.0124} | values  # fmt: skip


_RAW = """
with calls as (
    select uuid, timestamp_utc, duration_seconds, queue, from_party, to_party, lower(disposition) as word,
        translate(lower(type), '_-', '  ') as kind
    from voiso_cdr
)
select
    uuid as id, 'default' as account, {{ later('timestamp_utc', '-1000 * duration_seconds') }} as started_at,
    timestamp_utc as ended_at,
    case when kind = 'inbound' then 'inbound' else 'outbound' end as direction,
    case
        when word in ('answered', 'busy', 'abandoned', 'missed', 'failed', 'rejected') then word
        when word in ('answered_by_vm', 'machine_answered') then 'voicemail'
        when word in ('dialer_abandoned', 'system_abandoned') then 'abandoned'
        when word = 'no_answer' then 'missed'
        when word = 'system_reject' then 'rejected'
        else 'other'
    end as outcome,
    queue, cast(null as double precision) as wait, cast(null as double precision) as talk, 0 as wrapup,
    from_party as caller, to_party as callee, false as tells_waits
from calls
where kind in ('inbound', 'outbound', 'dialer', 'campaign', 'click to call') or kind like '%callback'
"""

VENDOR = Vendor(
    words={
        "disposition": """
            answered, failed, busy, no_answer, rejected, abandoned, missed, dialer_abandoned, system_abandoned,
            answered_by_VM, system_reject, machine_answered, sent, not_sent, delivered, not_delivered,
            route_unavailable, waiting, active, archived, initiated, available, absent""",
    },
    late={
        "voiso_cdr": [
            _interaction("v1", 100, "inbound", "answered", queue="Example Support", agent="Mike", agent_id=56215,
                         duration_seconds=79),
            _interaction("v2", 200, "inbound", "abandoned", queue="Example Support", duration_seconds=44),
            _interaction("v3", 300, "click-to-call", "no_answer", agent="Mike", agent_id=56215),
            _interaction("v4", 400, "outbound SMS", "delivered", num_segments=2),
            _interaction("v5", 500, "hlr_ookup", "absent"),
            _interaction("v6", 600, "whatsapp", "archived", duration_seconds=3723,
                         sla={"time_to_resolution": "48:16:27", "time_to_resolution_seconds": 173787}),
            _interaction("v7", 700, "inbound", "teleported"),
        ],
        "voiso_agents": [{"id": 56215, "name": "Mike Example"}],
        "voiso_deleted_agents": [{"id": 15, "name": "Gone Example"}],
        "voiso_queues": [{"id": 199, "name": "Example Support"}],
    },
    calls=[
        Call("default:v1", "voice", "inbound", "answered", "Example Support", "Mike", None),
        Call("default:v2", "voice", "inbound", "abandoned", "Example Support", None, None),
        Call("default:v3", "voice", "outbound", "missed", None, "Mike", None),
        Call("default:v4", "sms", "outbound", "completed", None, None, None),
        Call("default:v5", "lookup", "unknown", "completed", None, None, None),
        Call("default:v6", "chat", "unknown", "completed", None, None, None),
        Call("default:v7", "voice", "inbound", "other", None, None, None),
    ],
    seconds=[Seconds("default:v1", None, None, None, None, "79", None)],
    queue_figures=[QueueFigures("default:Example Support", 2, 1, 0, 0, 1, None, 0.5)],
    activity=[Activity("default:56215", "2026-03-02", 1, 1, 0, 0, 1, 0, None)],
    agents=[("15", "Gone Example", True), ("56215", "Mike Example", False)],
    queues=[("199", "Example Support")],
    lost={"agent_name": "hash null", "callee_name": "hash null"},
    named={
        "voiso_cdr": [
            {"uuid": "named", "type": "outbound", "disposition": "answered", "destination_name": "France",
             "to_party": "33123456789", "agent": "Mike", "agent_id": 1},
        ],
    },
    details=(
        {
            "voiso_cdr": [
                {"uuid": "1", "timestamp_utc": at(0), "type": "inbound", "to_party": "12025550100",
                 "wrapup_code": "W1", "cpc": 0.05},
                {"uuid": "2", "timestamp_utc": at(0), "type": "outbound_sms", "related_call": "1"},
            ],
        },
        {
            "default:1": {"dialled_number": "12025550100", "wrapup_code": "W1", "cost": 0.05,
                          "contact_key": "voiso:default:1"},
            "default:2": {"dialled_number": None, "contact_key": "voiso:default:1"},
        },
    ),
    raw=_RAW,
)  # fmt: skip
