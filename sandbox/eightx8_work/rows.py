"""8x8 Work rows: call records and call legs as WA 4.4 has them, rendered from neutral calls."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.calls import clock_text

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
NOT_MISSED = frozenset(("answered", "passed", "busy"))
DAY_MS = 86_400_000
SAMPLES = Path(__file__).parent.parent / "samples"


@cache
def _day(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days)).isoformat()


def zone_text(ms: int, zone: tzinfo = UTC) -> str:
    """Epoch ms as ``YYYY-MM-DDTHH:MM:SS.mmm+hhmm`` in a zone; ``"0"`` for 0 (WA 4.4)."""
    if not ms:
        return "0"
    if zone is UTC:
        days, rest = divmod(ms, DAY_MS)
        return f"{_day(days)}T{clock_text(rest)}.{ms % 1000:03d}+0000"
    when = datetime.fromtimestamp(ms // 1000, zone)
    text = when.isoformat()
    return f"{text[:19]}.{ms % 1000:03d}{text[19:22]}{text[23:25]}"


def in_zone(row: Row, zone: tzinfo = UTC) -> Row:
    """Write the local texts of a row again from its UTC integers, where it has any."""
    for utc, local in INSTANTS:
        ms = row.get(utc)
        if isinstance(ms, int) and not isinstance(ms, bool):
            row[local] = zone_text(ms, zone)
    return row


def _common(call: Call, pbx: str) -> Row:
    """What a record and its legs agree on."""
    incoming = call.direction == "incoming"
    number = call.caller.number if incoming else call.caller.extension
    return {
        "callId": str(call.id),
        "pbxId": pbx,
        "sipCallId": f"{call.uid >> 36}_{call.uid & 0xFFFFFFF}@192.0.2.{call.uid % 250 + 1}",
        "caller": number,
        "callerName": call.caller.name,
        "callerId": f"{call.caller.name},{number}",
        "dnis": call.dialled.lstrip("+") if incoming else None,
        "direction": call.direction.capitalize(),
        "calleeDisconnectOnHold": "",
        "callerDisconnectOnHold": "",
        "branches": [call.site.name],
    }


def _outcome(
    callee: Party, inside: Party, outcome: str, started: int, connected: int, ended: int, talk: int, hold: int
) -> Row:
    """Who was called, when, and how it ended: of a call or of one leg."""
    return {
        "callee": callee.extension or callee.number,
        "calleeName": callee.name,
        "departments": [inside.department] if inside.department else [],
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
        "missed": "-" if outcome in NOT_MISSED else "Missed",
        "abandoned": "Abandoned" if outcome == "abandoned" else "-",
        "answered": "Answered" if outcome == "answered" else "-",
    }


def call_rows(call: Call, pbx: str) -> tuple[Row, list[Row]]:
    """The call record of a call (36 fields) and its call legs (49 fields each)."""
    common = _common(call, pbx)
    return _record(call, common), [_leg(call, leg, common) for leg in call.legs]


def _record(call: Call, common: Row) -> Row:
    answered, wait = call.answered_ms or 0, call.wait_ms
    started, ended, talk, hold = call.started_ms, call.ended_ms, call.talk_ms, call.hold_ms
    inside = call.callee if call.direction == "incoming" else call.caller
    return {
        **common,
        **_outcome(call.callee, inside, call.outcome, started, answered, ended, talk, hold),
        "aaDestination": call.callee.extension if call.attendant else None,
        "answeredTime": answered,
        "lastLegDisposition": DISPOSITIONS.get(call.legs[-1].outcome, "Missed"),
        "callLegCount": str(len(call.legs)),
        "ringDuration": call.ring_ms,
        "abandonedTime": ended - started if call.outcome == "abandoned" else 0,
        "waitTimeMS": wait,
        "waitTime": clock_text(wait),
    }


def _leg(call: Call, leg: Leg, common: Row) -> Row:
    party, outcome, connected = leg.party, leg.outcome, leg.connected_ms or 0
    reached = SERVICES.get(party.kind)
    via = SERVICES[leg.via.kind] if leg.via else None
    inside = party if party.extension else call.caller
    if leg.transferred:
        cause = "Transfer"
    elif outcome == "passed":
        cause = "Redirected"
    else:
        cause = "Normal" if connected or outcome == "busy" else "Ring No Answer"
    return {
        **common,
        "legId": str(leg.number),
        **_outcome(party, inside, outcome, leg.started_ms, connected, leg.ended_ms, leg.talk_ms, leg.hold_ms),
        "lra": party.extension,
        "lraType": LRA_TYPES[party.kind],
        "parentCallId": common["callId"] if via else None,
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
        "propsLastPartyDisp": DISPOSITIONS.get(outcome, "Missed"),
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


def new_row(kind: str, now_ms: int, fields: Row) -> Row:
    """A complete row: a sample with the given fields; by default an hour old, a minute long, never connected."""
    started = now_ms // 1000 * 1000 - 3_600_000
    times = {"startTimeUTC": started, "connectTimeUTC": 0, "disconnectedTimeUTC": started + 60_000}
    row = {**sample_rows(now_ms)[kind][0], **times, "pbxId": "northwindlon", **fields}
    if "callTime" not in fields:
        row["callTime"] = max(row["disconnectedTimeUTC"] - row["startTimeUTC"], 0)
    return in_zone(row)
