"""Rows of Recent Calls (CC A2), rendered from neutral calls."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sandbox import contact_center as cc
from sandbox.table import Row

if TYPE_CHECKING:
    from sandbox.calls import Call

US_TIME = "%m/%d/%Y %H:%M:%S"
SAMPLE = Path(__file__).parents[1] / "samples" / "eightx8_recent_calls.json"


def samples() -> list[Row]:
    """The vendor's two sample rows."""
    rows: list[Row] = json.loads(SAMPLE.read_text())["data"]
    return rows


def dates(ms: int, zone: ZoneInfo | None = None) -> Row:
    """The three texts of a start in a zone."""
    text = datetime.fromtimestamp(ms // 1000, zone or UTC).strftime(US_TIME)
    return {"callDate": text, "callDateOnly": text[:10], "callTime": text[11:]}


def clock_ms(row: Row) -> int:
    """Epoch ms of ``callDate``, read as GMT."""
    when = datetime.strptime(row["callDate"], US_TIME).replace(tzinfo=UTC)
    return int(when.timestamp() * 1000)


def started_ms(row: Row) -> int:
    """A row's start: ``callDate``, with the milliseconds of the id where both agree."""
    rendered = clock_ms(row) if row.get("callDate") else 0
    found = re.match(r"int-([0-9a-f]{11})-", str(row.get("callId")))
    created = int(found[1], 16) if found else rendered
    return created if not rendered or created // 1000 == rendered // 1000 else rendered


def ended_ms(row: Row) -> int:
    """A row's end."""
    return started_ms(row) + int(float(row.get("callDuration") or 0))


def call_row(call: Call) -> Row:
    """A call as Recent Calls shows it (31 fields)."""
    incoming, agents = call.direction == "incoming", call.agents
    outside = call.caller if incoming else call.callee
    abandoned = call.outcome == "abandoned" and call.queue is not None
    wait = call.wait_ms
    return {
        "callId": cc.interaction_id(call),
        "transactionId": cc.transaction_id(call),
        "tenantId": cc.TENANT,
        **dates(call.started_ms),
        "callDuration": str(call.ended_ms - call.started_ms),
        "agentCallHandlingDuration": f"{call.talk_ms}.0",
        "timeInIVR": f"{cc.ivr_ms(call)}.0",
        "waitTime": f"{wait}.0",
        "abandonTime": f"{wait if abandoned else 0}.0",
        "holdDuration": f"{call.hold_ms}.0",
        "maximumHoldDuration": f"{max((leg.hold_ms for leg in call.legs), default=0)}.0",
        "muteDuration": 0,
        "transferCount": "1.0" if call.transferred_to else "0.0",
        "queueId": cc.queue_id(call),
        "agentId": ",".join(cc.agent_id(agent) for agent in agents),
        "agentGroup": cc.group_id(agents[0]) if agents else "",
        "callType": "Inbound" if incoming else "Outbound",
        "callSubType": "Queued" if call.queue else "No Queue",
        "hungupBy": cc.terminated_by(call),
        "scheduleHours": "Open",
        "callerName": call.caller.name,
        "callerNumber": cc.digits(call.caller.number),
        "callerPhoneNumber": cc.digits(call.caller.number),
        "dialedNumber": cc.digits(call.dialled),
        "destinationNumber": "" if incoming else cc.digits(outside.number),
        "postCallSurvey": "[]",
        "voiceComment": "{}",
        "voiceCommentFileNames": "",
        "totalScore": "",
    }
