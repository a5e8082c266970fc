"""Webex Calling's records: one per call leg as one user or service saw it (WX 8 to 11), rendered from neutral calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid3
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sandbox.calls import Call, Leg
    from sandbox.directory import Party
    from sandbox.table import Row

SAMPLES = Path(__file__).parent.parent / "samples"
INSERTED = "_inserted_ms"
"""When a record was stored, epoch ms: kept with a row, never answered."""
STORED_AFTER_MS = 20_000
"""Least time from a call's end until its records are stored; up to 30 s more."""
TIMES = ("Start time", "Answer time", "Release time", "Report time", "Call transfer time")
ORG = "0b2bd2e3-5686-3156-9f1b-4139be91fd14"
SERVICES = {
    "person": "User",
    "queue": "CallCenterStandard",
    "ring_group": "HuntGroup",
    "auto_attendant": "AutomatedAttendantVideo",
    "voicemail": "VoiceMailGroup",
}
GROUP_REASONS = {"queue": "CallQueue", "ring_group": "HuntGroup"}
REASONS = {"missed": "NoAnswer", "busy": "UserBusy"}
CALL_TYPES = {"incoming": "SIP_INBOUND", "outgoing": "SIP_NATIONAL", "internal": "SIP_ENTERPRISE"}
CLIENTS = (
    {
        "Client type": "WXC_CLIENT",
        "Client version": "46.2.0.10001",
        "OS type": "windows",
        "Sub client type": "DESKTOP_APP",
    },
    {"Client type": "WXC_DEVICE", "Client version": "sipdev-1.0", "Model": "8851-3PCC"},
    {"Client type": "WXC_CLIENT", "Client version": "46.2.0.10001", "OS type": "ios", "Sub client type": "MOBILE_APP"},
)
DOCS_SPELLING = {
    "Call transfer time": "Call transfer Time",
    "PSTN vendor name": "PSTN Vendor Name",
    "PSTN legal entity": "PSTN Legal Entity",
    "PSTN vendor org ID": "PSTN Vendor Org ID",
    "PSTN provider ID": "PSTN Provider ID",
    "Original called party UUID": "Original Called Party UUID",
    "Recall type": "Recall Type",
    "Hold duration": "Hold Duration",
    "Queue type": "Queue Type",
    "Answered elsewhere": "Answered Elsewhere",
}
"""Real key, and how the documents write it (WX 10)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(ms: int | None) -> str:
    """Epoch ms as ``YYYY-MM-DDTHH:MM:SS.mmmZ``; ``""`` for none."""
    if ms is None:
        return ""
    return f"{_minute(ms // 60_000)}{ms // 1000 % 60:02d}.{ms % 1000:03d}Z"


@cache
def _minute(minutes: int) -> str:
    return (_EPOCH + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:")


def epoch_ms(text: object) -> int | None:
    """A record's time as epoch ms; ``None`` without one."""
    if not isinstance(text, str) or not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((when.replace(tzinfo=when.tzinfo or UTC) - _EPOCH) / timedelta(milliseconds=1))


@cache
def id_of(name: str) -> str:
    """A UUID of version 3, the same for the same name."""
    return str(uuid3(UUID(ORG), name))


def _call_id(call: Call, number: int) -> str:
    """An id in the form of a UUID of version 3 for a part of a call."""
    uid = call.uid
    high, low = f"{uid >> 32:08x}-{uid >> 16 & 0xFFFF:04x}", f"{uid >> 4 & 0xFFF:03x}-{call.id & 0xFFFFFFFFFFFF:012x}"
    return f"{high}-3{number:03x}-8{low}"


@cache
def _offset(zone: str, day: int) -> str:
    offset = (_EPOCH + timedelta(days=day)).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return str(int(offset.total_seconds() // 60))


@cache
def _sample() -> list[Row]:
    items: list[Row] = json.loads((SAMPLES / "webex_cdr_feed.json").read_text())["items"]
    return items


@cache
def _blank() -> Row:
    """All keys in the order of real answers, without values."""
    return {
        **dict.fromkeys(_sample()[0], ""),
        "Called line ID": "NA",
        "Calling line ID": "NA",
        "OS type": "na",
        "Model": "na",
        "Duration": 0,
        "Hold duration": 0,
        "Ring duration": "0",
        "Public Calling IP Address": "NA",
        "Public Called IP Address": "NA",
        "Auto Attendant Key Pressed": "NA",
        "WxCC consult merge status": "NA",
    }


def new_row(now_ms: int, given: Row) -> Row:
    """A complete record an hour old and a minute long, with the given fields over it."""
    start = now_ms // 1000 * 1000 - 3_600_000
    times = {"Start time": utc_text(start), "Release time": utc_text(start + 60_000)}
    row = {**_sample()[0], **dict.fromkeys(TIMES, ""), **times, **given}
    if "Report ID" not in given:
        row["Report ID"] = str(uuid3(UUID(ORG), f"{row['Start time']}/{row['Report time']}/{len(given)}"))
    row["Report time"] = given.get("Report time", row["Release time"])
    return row


def sample_rows(now_ms: int) -> list[Row]:
    """The sample records, moved by whole days so that they are of yesterday."""
    day_ms = 86_400_000
    first = min(epoch_ms(row["Start time"]) or 0 for row in _sample())
    shift = (now_ms // day_ms - 1 - first // day_ms) * day_ms
    return [
        {**row, **{name: utc_text(ms + shift) for name in TIMES if (ms := epoch_ms(row[name])) is not None}}
        for row in _sample()
    ]


class _Session:
    """One call, and the records that it leaves."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.rows: list[Row] = []
        site = call.site
        self.common = {
            **_blank(),
            "Call type": CALL_TYPES[call.direction],
            "Correlation ID": _call_id(call, 0xFFC),
            "Interaction ID": _call_id(call, 0xFFA),
            "Org UUID": ORG,
            "Site main number": site.main_number,
            "Site timezone": _offset(site.zone, call.started_ms // 86_400_000),
            "Site UUID": id_of(f"site/{site.code}"),
            "Location": site.name,
            "Calling number": call.caller.number if call.direction == "incoming" else call.caller.extension,
            "Calling line ID": call.caller.name or "NA",
            INSERTED: call.ended_ms + STORED_AFTER_MS + call.uid % 30_000,
        }

    def local_id(self, number: int) -> str:
        return f"{self.call.id % 10_000_000}{number:03d}:0"

    def record(
        self, party: Party, direction: str, started: int, answered: int | None, ended: int, reason: str, **more: Any
    ) -> Row:
        """Leave one record: of a person or service, from start to end, answered or not."""
        number = len(self.rows) + 1
        is_person = party.kind == "person"
        hung_up_here = (self.call.hung_up_by == "callee") == (direction == "TERMINATING")
        session = f"{self.call.uid:016x}{number:016x}"
        row = {
            **self.common,
            **(CLIENTS[int(party.extension) % len(CLIENTS)] if is_person else {"Client type": "SIP"}),
            "Direction": direction,
            "Start time": utc_text(started),
            "Answer time": utc_text(answered),
            "Release time": utc_text(ended),
            "Report time": utc_text(ended),
            "Answered": "false" if answered is None else "true",
            "Answer indicator": "No" if answered is None else "Yes",
            "Duration": 0 if answered is None else (ended - answered) // 1000,
            "Ring duration": str(((ended if answered is None else answered) - started) // 1000),
            "Call outcome": "Success",
            "Call outcome reason": reason,
            "Releasing party": "Local" if hung_up_here else "Remote",
            "Report ID": _call_id(self.call, number),
            "Call ID": f"SSE{self.call.id}{number:03d}@192.0.2.{self.call.uid % 250 + 1}",
            "Local call ID": self.local_id(number),
            "Remote call ID": self.local_id(900 + number),
            "Network call ID": f"BW{self.call.id}{number:03d}@192.0.2.{self.call.uid % 250 + 1}",
            "Local SessionID": session,
            "Final local SessionID": session,
            "User type": SERVICES[party.kind],
            "User": party.name,
            "User UUID": id_of(f"user/{party.extension}"),
            "User number": party.number or party.extension,
            "Department ID": id_of(f"department/{party.department}") if party.department else "",
            **more,
        }
        self.rows.append(row)
        return row


def call_rows(call: Call) -> list[Row]:
    """The records of a call: its caller's, if that is one of ours, and those of all it has reached with us."""
    session = _Session(call)
    if call.direction != "incoming":
        _calling(session)
    if call.direction != "outgoing":
        _called(session)
    return session.rows


def _calling(session: _Session) -> None:
    call = session.call
    voicemail = next((leg for leg in call.legs if leg.outcome == "voicemail"), None)
    answered = voicemail.connected_ms if voicemail else call.answered_ms
    outgoing = call.direction == "outgoing"
    session.record(
        call.caller,
        "ORIGINATING",
        call.started_ms,
        answered,
        call.ended_ms,
        "Normal" if answered else REASONS.get(call.outcome, "Normal"),
        **{
            "Called number": call.dialled,
            "Called line ID": "NA" if outgoing else call.callee.name,
            "Dialed digits": "9" + call.dialled.lstrip("+") if outgoing else call.dialled,
            "PSTN vendor name": "Cisco Calling Plans" if outgoing else "",
            "Caller ID number": call.caller.number,
            "Hold duration": call.hold_ms // 1000,
        },
    )


def _called(session: _Session) -> None:
    call = session.call
    if call.ring_group:
        _group(session, call.ring_group)
    before: Leg | None = None
    for leg in call.legs:
        _leg(session, leg, before)
        before = leg


def _group(session: _Session, group: Party) -> None:
    """A hunt group's own record: the neutral call has legs of its members only."""
    call = session.call
    ringing_ends = max(leg.ended_ms for leg in call.legs if leg.via is group)
    answered = call.answered_ms
    session.record(
        group,
        "TERMINATING",
        call.legs[0].started_ms,
        answered,
        call.ended_ms if answered else ringing_ends,
        "Normal" if answered else "NoAnswer",
        **{
            "Called number": group.extension,
            "Called line ID": group.name,
            "Related reason": "HuntGroup",
            **({"Answer indicator": "Yes-PostRedirection"} if answered else {}),
        },
    )


def _leg(session: _Session, leg: Leg, before: Leg | None) -> None:
    call, party = session.call, leg.party
    answered = leg.connected_ms
    ended = leg.ended_ms
    more: Row = {"Called number": party.extension, "Called line ID": party.name, "Hold duration": leg.hold_ms // 1000}
    if party.kind == "queue":
        answered = call.answered_ms if leg.outcome == "passed" else None
        ended = call.ended_ms if answered else leg.ended_ms
        more |= {"Related reason": "CallQueue", "Queue type": "Customer Assist"}
        more |= {"Answer indicator": "Yes-PostRedirection"} if answered else {}
    elif party.kind == "auto_attendant":
        more |= {"Auto Attendant Key Pressed": str(call.uid % 9 + 1)}
    elif party.kind == "voicemail":
        more |= {"Related reason": "CallForwardNoAnswer", **_redirected(call.callee, "NoAnswer")}
    elif leg.via:
        service = GROUP_REASONS[leg.via.kind]
        more |= {"Related reason": service, **_redirected(leg.via, service)}
        if leg.outcome == "missed" and leg.via.kind == "ring_group" and call.outcome == "answered":
            more["Answered elsewhere"] = "Yes"
    elif before and before.transferred:
        more |= {"Related reason": "ConsultativeTransfer", **_redirected(before.party, "Unconditional")}
    if leg.transferred:
        more |= {
            "Call transfer time": utc_text(leg.ended_ms),
            "Transfer related call ID": session.local_id(len(session.rows) + 2),
        }
    reason = "Normal" if answered else REASONS.get(leg.outcome, "Normal")
    session.record(party, "TERMINATING", leg.started_ms, answered, ended, reason, **more)


def _redirected(by: Party, reason: str) -> Row:
    uuid = id_of(f"user/{by.extension}")
    return {
        "Redirecting number": by.extension,
        "Redirect reason": reason,
        "Original reason": reason,
        "Redirecting party UUID": uuid,
        "Original called party UUID": uuid,
    }


def spelt_as_documented(row: Row) -> Row:
    """A record with the documents' keys."""
    return {DOCS_SPELLING.get(name, name): value for name, value in row.items()}
