"""8x8 Work rows: call records and call legs as WA 4.4 has them, rendered from neutral calls."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.calls import Call, Leg
    from sandbox.directory import Party
    from sandbox.table import Row

INSTANTS = (
    ("startTimeUTC", "startTime"),
    ("connectTimeUTC", "connectTime"),
    ("disconnectedTimeUTC", "disconnectedTime"),
)
SERVICES = {
    "queue": "ACDOperatorService",
    "ring_group": "CallForking",
    "auto_attendant": "AutoAttendant",
    "voicemail": "VMadvanced",
}
LRA_TYPES = {"voicemail": 1, "queue": 4, "auto_attendant": 3, "ring_group": 2, "person": 0, "outside": 0}
DISPOSITIONS = {"answered": "Connected", "voicemail": "Voicemail", "abandoned": "Abandoned"}
DAY_MS = 86_400_000
SAMPLES = Path(__file__).parent / "samples"


def clock_text(ms: int) -> str:
    """Milliseconds as ``HH:MM:SS``, truncated."""
    seconds = ms // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def zone_text(ms: int, zone: tzinfo = UTC) -> str:
    """Epoch ms as ``YYYY-MM-DDTHH:MM:SS.mmm+hhmm`` in a zone; ``"0"`` for 0 (WA 4.4)."""
    if not ms:
        return "0"
    when = datetime.fromtimestamp(ms // 1000, zone)
    text = when.isoformat()
    return f"{text[:19]}.{ms % 1000:03d}{text[19:22]}{text[23:25]}"


def in_zone(row: Row, zone: tzinfo = UTC) -> Row:
    """Write the local texts of a row anew from its UTC integers, where it has such."""
    for utc, local in INSTANTS:
        ms = row.get(utc)
        if isinstance(ms, int) and not isinstance(ms, bool):
            row[local] = zone_text(ms, zone)
    return row


def _shared(caller: Party, callee: Party, direction: str) -> Row:
    number = caller.extension if direction != "incoming" else caller.number
    return {
        "caller": number,
        "callerName": caller.name,
        "callee": callee.extension or callee.number,
        "calleeName": callee.name,
        "direction": direction.capitalize(),
        "callerId": f"{caller.name},{number}",
        "calleeDisconnectOnHold": "",
        "callerDisconnectOnHold": "",
    }


def _flags(outcome: str) -> Row:
    return {
        "missed": "-" if outcome in ("answered", "passed", "busy") else "Missed",
        "abandoned": "Abandoned" if outcome == "abandoned" else "-",
        "answered": "Answered" if outcome == "answered" else "-",
    }


def _times(started: int, connected: int, ended: int, talk: int, hold: int) -> Row:
    return {
        "startTimeUTC": started,
        "startTime": zone_text(started),
        "connectTimeUTC": connected,
        "connectTime": zone_text(connected),
        "disconnectedTimeUTC": ended,
        "disconnectedTime": zone_text(ended),
        "callTime": ended - started,
        "talkTimeMS": talk,
        "talkTime": clock_text(talk),
        "calleeHoldDurationMS": hold,
        "calleeHoldDuration": clock_text(hold),
    }


def _identity(call: Call, pbx: str, inside: Party) -> Row:
    return {
        "callId": str(call.id),
        "pbxId": pbx,
        "sipCallId": f"{call.uid >> 36}_{call.uid & 0xFFFFFFF}@192.0.2.{call.uid % 250 + 1}",
        "dnis": call.dialled.lstrip("+") if call.direction == "incoming" else None,
        "departments": [inside.department] if inside.department else [],
        "branches": [call.site.name],
    }


def record_row(call: Call, pbx: str) -> Row:
    """The call record of a call (36 fields)."""
    abandoned = call.outcome == "abandoned"
    inside = call.callee if call.direction == "incoming" else call.caller
    return {
        **_identity(call, pbx, inside),
        "aaDestination": call.callee.extension if call.attendant else None,
        **_times(call.started_ms, call.answered_ms or 0, call.ended_ms, call.talk_ms, call.hold_ms),
        **_shared(call.caller, call.callee, call.direction),
        **_flags(call.outcome),
        "answeredTime": call.answered_ms or 0,
        "lastLegDisposition": DISPOSITIONS.get(call.legs[-1].outcome, "Missed"),
        "callLegCount": str(len(call.legs)),
        "ringDuration": call.ring_ms,
        "abandonedTime": call.ended_ms - call.started_ms if abandoned else 0,
        "waitTimeMS": call.wait_ms,
        "waitTime": clock_text(call.wait_ms),
    }


def leg_row(call: Call, leg: Leg, pbx: str) -> Row:
    """One call leg of a call (49 fields)."""
    kind = leg.service
    inside = leg.party if leg.party.extension else call.caller
    reached = SERVICES.get(kind)
    via = SERVICES[leg.via.kind] if leg.via else None
    if leg.transferred:
        cause = "Transfer"
    elif leg.outcome == "passed":
        cause = "Redirected"
    else:
        cause = (
            "Ring No Answer" if leg.outcome in ("missed", "abandoned") and not leg.connected_ms else "Normal"
        )
    return {
        **_identity(call, pbx, inside),
        "legId": str(leg.number),
        **_times(leg.started_ms, leg.connected_ms or 0, leg.ended_ms, leg.talk_ms, leg.hold_ms),
        **_shared(call.caller, leg.party, call.direction),
        **_flags(leg.outcome),
        "lra": leg.party.extension,
        "lraType": LRA_TYPES[kind],
        "parentCallId": str(call.id) if leg.via else None,
        "transferToCallId": None,
        "status": "Completed",
        "callerDeviceId": None,
        "calleeDeviceId": None,
        "callerDeviceModel": "",
        "calleeDeviceModel": "",
        "cause": cause,
        "callerSvcName": via,
        "callerSvcType": "Custom" if via else None,
        "calleeSvcName": reached,
        "calleeSvcType": "Custom" if reached else None,
        "recordServiceOn": "",
        "bargeServiceOn": "",
        "masterSlaveExts": "",
        "propsLastPartyDisp": DISPOSITIONS.get(leg.outcome, "Missed"),
        "accountCode": "",
        "aaPath": "",
    }


def sample_rows(today_ms: int) -> dict[str, list[Row]]:
    """The vendor's sample rows, moved by whole days so that they are one and two days old.

    ``today_ms`` is any instant of today.
    """
    content: dict[str, list[Row]] = {
        name: json.loads((SAMPLES / f"eightx8_work_{name}.json").read_text())["data"]
        for name in ("call_records", "call_legs")
    }
    first = min(row["startTimeUTC"] for row in content["call_records"])
    shift = (today_ms // DAY_MS - 1 - first // DAY_MS) * DAY_MS
    return {
        "records": [moved(row, shift) for row in content["call_records"]],
        "legs": [moved(row, shift) for row in content["call_legs"]],
    }


def moved(row: Row, shift_ms: int) -> Row:
    """A row at another time, its instants and texts consistent."""
    later: dict[str, Any] = {
        name: value + shift_ms if name in dict(INSTANTS) and value else value for name, value in row.items()
    }
    return in_zone(later)


def full_row(template: Row, given: Iterable[tuple[str, Any]]) -> Row:
    """A complete row: the given fields over a template, local texts and call time to match."""
    row = {**template, **dict(given)}
    if row["disconnectedTimeUTC"]:
        row.setdefault("callTime", row["disconnectedTimeUTC"] - row["startTimeUTC"])
    return in_zone(row)
