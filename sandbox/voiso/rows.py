"""Rows of Voiso (VO 6, VO 11), rendered from neutral calls and the directory."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sandbox.calls import clock_text
from sandbox.directory import DEPARTMENTS, offices
from sandbox.table import Row

if TYPE_CHECKING:
    from sandbox.calls import Call
    from sandbox.directory import Party
    from sandbox.voiso.switches import Switches

KEPT_ZONE = "America/Sao_Paulo"
SAMPLE = Path(__file__).parents[1] / "samples" / "voiso_cdr.json"
OUTCOMES = {
    "incoming": {"answered": "answered", "voicemail": "answered_by_VM", "abandoned": "abandoned", "missed": "missed"},
    "outgoing": {"answered": "answered", "missed": "no_answer", "busy": "busy"},
}
OUTBOUND = ("outbound", "outbound", "outbound", "click_to_call", "dialer")
DESTINATIONS = {"GB": "United Kingdom - Fixed", "US": "United States - Other"}
WRAPUP_CODES = {"0100": "Qualified Lead", "0101": "Follow-up", "1007": "Wrong Number", "0007": "Complaint"}
CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)")
SLA = {"time_to_first_response": "00:01:45", "time_to_resolution": "48:16:27", "time_to_reply": "00:00:23"}


def written(ms: int, zone: tzinfo | None = None) -> str:
    """Epoch ms as ``timestamp`` has it."""
    return (
        datetime.fromtimestamp(ms // 1000, zone or ZoneInfo(KEPT_ZONE)) + timedelta(milliseconds=ms % 1000)
    ).isoformat(timespec="milliseconds")


def ended_ms(row: Row) -> int:
    """Epoch ms of ``timestamp``; 0 without one."""
    when = row.get("timestamp")
    return round(datetime.fromisoformat(when).timestamp() * 1000) if when else 0


def started_ms(row: Row) -> int:
    """Epoch ms of the start: the end less ``duration``."""
    clock = CLOCK.fullmatch(str(row.get("duration")))
    hours, minutes, seconds = map(int, clock.groups()) if clock else (0, 0, 0)
    return ended_ms(row) - (hours * 3600 + minutes * 60 + seconds) * 1000


def agent_id(agent: Party) -> int:
    """A user's id."""
    return 50_000 + int(agent.extension)


def call_row(call: Call) -> Row:
    """A voice record (VO 7)."""
    incoming = call.direction == "incoming"
    agent = next(iter(call.agents), None) if incoming else call.caller
    row = {
        "agent": agent.name if agent else None,
        "from": call.caller.number.lstrip("+"),
        "disposition": OUTCOMES[call.direction][call.outcome],
        "duration": clock_text(call.ended_ms - call.started_ms),
        "queue": call.queue.name if call.queue else None,
        "to": call.dialled.lstrip("+"),
        "timestamp": written(call.ended_ms),
        "uuid": str(UUID(int=call.uid << 64 | call.id, version=4)),
        "wrapup_code": [*WRAPUP_CODES][call.id % 4] if call.wrap_up_ms else None,
        "type": "inbound" if incoming else OUTBOUND[call.id % len(OUTBOUND)],
        "agent_id": agent_id(agent) if agent else None,
        "cpc": round(call.talk_ms / 60_000 * (0.004 if incoming else 0.013), 4),
    }
    return row if incoming else {**row, "destination_name": DESTINATIONS[call.site.country]}


@cache
def _sample_file() -> list[Row]:
    rows: list[Row] = json.loads(SAMPLE.read_text())
    return rows


def new_row(ended: int, uuid: str) -> Row:
    """An outbound call that ended at an instant (epoch ms)."""
    return {**_sample_file()[0], "timestamp": written(ended), "uuid": uuid}


def samples(today_ms: int) -> list[Row]:
    """One row of each kind, moved by whole days so that they are of yesterday."""
    rows = _sample_file()
    newest = max(ended_ms(row) for row in rows)
    days = (today_ms - newest) // 86_400_000 - 1
    return [{**row, "timestamp": written(ended_ms(row) + days * 86_400_000)} for row in rows]


def lists(seed: int) -> dict[str, list[Row]]:
    """The lists of an account."""
    places = offices(seed)
    people = [person for office in places for person in office.people]
    queues = [queue for office in places for queue in office.queues]
    return {
        "agents": [{"id": agent_id(person), "name": person.name} for person in people],
        "deleted_agents": [{"id": 15, "name": "Former Example"}, {"id": 16, "name": "Archived Example"}],
        "queues": [{"id": 199 + index, "name": queue.name} for index, queue in enumerate(queues)],
        "teams": [{"name": name, "id": 3 + index} for index, name in enumerate(DEPARTMENTS)],
        "wrapup_codes": [{"description": f"{code}: {text}", "code": code} for code, text in WRAPUP_CODES.items()],
        "campaigns": [{"id": 13, "name": "Autumn Offer"}, {"id": 15, "name": "Renewals"}],
    }


def spelled(row: Row, number: int, switches: Switches) -> Row:
    """A row, as the switches want it written."""
    if switches.user_zone != KEPT_ZONE and row.get("timestamp"):
        row["timestamp"] = written(ended_ms(row), ZoneInfo(switches.user_zone))
    if switches.sla != "as_kept" and "sla" in row:
        shapes: dict[str, Any] = {"object": SLA, "array": [SLA], "several": [SLA, SLA], "null": None}
        row["sla"] = shapes.get(switches.sla)
        if switches.sla == "missing":
            del row["sla"]
    if switches.type_spelling == "odd":
        row["type"] = "carrier pigeon"
    elif switches.type_spelling != "as_kept":
        row["type"] = switches.type_spelling.join(str(row["type"]).replace("-", " ").replace("_", " ").split())
    if switches.numbers == "text":
        named = ("agent_id", "num_segments", "cpc")
        row.update({name: str(row[name]) for name in named if row.get(name) is not None})
    if switches.unknown_fields:
        row["sandbox_field"] = "new"
    if switches.without and number % 2:
        row.pop(switches.without, None)
    return row


def is_as_kept(switches: Switches) -> bool:
    """Whether rows are answered as they are kept."""
    as_kept = (switches.sla, switches.type_spelling, switches.numbers)
    changed = switches.unknown_fields or switches.without
    return switches.user_zone == KEPT_ZONE and not changed and set(as_kept) == {"as_kept"}
