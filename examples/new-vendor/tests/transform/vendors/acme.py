"""Acme in the tests of the models."""

from __future__ import annotations

from typing import Any

from tests.transform.vendor import Activity, Call, QueueFigures, Row, Seconds, Vendor, at


def _call(call_id: str, second: int, seconds: int, result: str, **values: Any) -> Row:
    return {"call_id": call_id, "direction": "inbound", "result": result, "started_at": at(second),
            "ended_at": at(second + seconds), "caller_number": "+12025550130"} | values  # fmt: skip


_RAW = """
select
    call_id as id, 'default' as account, started_at, ended_at, direction,
    case
        when result in ('answered', 'voicemail', 'missed', 'abandoned', 'busy') then result else 'other'
    end as outcome,
    queue, wait_seconds as wait, talk_seconds as talk, 0 as wrapup, caller_number as caller, callee_number as callee,
    true as tells_waits
from acme_calls
"""

VENDOR = Vendor(
    words={},
    late={
        "acme_calls": [
            _call("queued", 3000, 90, "answered", answered_at=at(3012), queue="Support", agent_id="7", agent_name="Ana",
                  wait_seconds=12, talk_seconds=78),
            _call("gave-up", 3100, 40, "abandoned", queue="Support", wait_seconds=40),
            _call("made", 3200, 5, "busy", direction="outbound", agent_id="7", agent_name="Ana"),
            _call("new-word", 3300, 5, "teleported"),
        ],
    },
    calls=[
        Call("default:queued", "voice", "inbound", "answered", "Support", "Ana", None),
        Call("default:gave-up", "voice", "inbound", "abandoned", "Support", None, None),
        Call("default:made", "voice", "outbound", "busy", None, "Ana", None),
        Call("default:new-word", "voice", "inbound", "other", None, None, None),
    ],
    seconds=[Seconds("default:queued", None, "12", "78", None, "90", None)],
    queue_figures=[QueueFigures("default:Support", 2, 1, 2, 1, 1, 0.5, 0.5)],
    activity=[Activity("default:7", "2026-03-02", 1, 1, 0, 0, 1, 0, 78)],
    agents=[("7", "Ana", None)],
    queues=[("Support", "Support")],
    lost={"agent_name": "hash null"},
    raw=_RAW,
)  # fmt: skip
