"""Zoom Phone's rows: calls as the list has them, and their legs (ZP 6, 7), rendered from neutral calls."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid3

from sandbox.calls import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.calls import Call, Leg
    from sandbox.directory import Office, Party
    from sandbox.table import Row

HIDDEN = "_"
"""What the names of members begin with that are kept with a row and never answered."""
NAMESPACE = UUID("5d5f2c1e-0f1c-4a6e-9b7a-3f0f7a2b9c11")
DIRECTIONS = {"incoming": "inbound", "outgoing": "outbound", "internal": "outbound"}
RESULTS = {"voicemail": "voicemail", "missed": "ring_timeout", "abandoned": "abandoned", "busy": "busy"}
EXTENSIONS = {
    "person": "user",
    "queue": "call_queue",
    "ring_group": "shared_line_group",
    "auto_attendant": "auto_receptionist",
}
DIALLING = {"GB": "44", "US": "1"}
CLIENTS = ("WIN_Client(6.5.1.1234)", "MAC_Client(6.0.2.33403)", "YealinkT54W(96.86.0.75)")
SIDE = (
    "ext_id",
    "did_number",
    "ext_number",
    "name",
    "email",
    "ext_type",
    "number_type",
    "device_type",
    "country_iso_code",
    "country_code",
    "account_code",
)

CALL_FIELDS = (
    *("call_id", "direction", "connect_type", "call_type", "international", "start_time", "answer_time", "end_time"),
    *("duration", "call_result", "hide_caller_id", "end_to_end"),
    *(f"{name}_{field}" for name in ("caller", "callee") for field in SIDE),
    *("site_id", "site_name", "department", "cost_center", "group_id", "spam", "recording_status"),
    *("sbc_id", "sbc_name", "sip_group_id", "sip_group_name"),
)
"""What a call may have beside its key."""


@cache
def id_of(name: str) -> str:
    """An id, the same for the same name."""
    return uuid3(NAMESPACE, name).hex[:22]


def text(ms: int | None) -> str | None:
    """Epoch ms as Zoom writes times: whole seconds."""
    return None if ms is None else instant(ms // 1000 * 1000).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch_ms(value: object) -> int | None:
    """A row's time as epoch ms; ``None`` without one."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if when is None else int(when.replace(tzinfo=when.tzinfo or UTC).timestamp() * 1000)


def key_of(call: Call, number: int) -> str:
    """Of one of a call's records, or of one of its legs."""
    return f"{instant(call.started_ms):%Y%m%d}-{uuid3(NAMESPACE, f'{call.uid}/{number}')}"


def side(name: str, party: Party, country: str) -> Row:
    """What a row says about one side."""
    inside = party.kind in EXTENSIONS
    values = {
        "ext_id": id_of(f"extension/{party.extension}") if inside else None,
        "did_number": party.number or None,
        "ext_number": party.extension or None,
        "name": party.name,
        "email": party.email if party.kind == "person" else None,
        "ext_type": EXTENSIONS.get(party.kind),
        "number_type": "zoom_pstn" if inside else "external_pstn",
        "device_type": CLIENTS[int(party.extension) % len(CLIENTS)] if party.kind == "person" else None,
        "country_iso_code": country,
        "country_code": DIALLING.get(country),
        "account_code": None,
    }
    return {f"{name}_{field}": values[field] for field in SIDE}


def call_rows(call: Call, *, twice: bool) -> tuple[list[Row], list[Row]]:
    """A call's records, of which an internal one may have two, and the legs of each."""
    directions = ["outbound", "inbound"] if call.direction == "internal" and twice else [DIRECTIONS[call.direction]]
    calls, legs = [], []
    for number, direction in enumerate(directions):
        row = call_row(call, number, direction)
        calls.append(row)
        legs += [leg_row(call, row, leg) for leg in call.legs]
    return calls, legs


def call_row(call: Call, number: int, direction: str) -> Row:
    """A call's record, as one side sees it."""
    answered = call.answered_ms
    result = "answered" if direction == "inbound" else "connected"
    country = call.site.country
    return {
        "call_history_uuid": key_of(call, -number),
        "call_id": str(7_400_000_000_000_000_000 + call.id),
        **_kind(call, direction),
        "international": False,
        "start_time": text(call.started_ms),
        "answer_time": text(answered),
        "end_time": text(call.ended_ms),
        "duration": 0 if answered is None else (call.ended_ms - answered) // 1000,
        "call_result": RESULTS.get(call.outcome, result),
        **side("caller", call.caller, country),
        **side("callee", call.attendant or call.callee, country),
        **_place(call),
        "spam": None,
        "recording_status": "recorded" if call.uid % 3 == 0 else "non_recorded",
        "sbc_id": None,
        "sbc_name": None,
        "sip_group_id": None,
        "sip_group_name": None,
    }


def _kind(call: Call, direction: str) -> Row:
    return {
        "direction": direction,
        "connect_type": "internal" if call.direction == "internal" else "external",
        "call_type": "general",
        "hide_caller_id": False,
        "end_to_end": False,
    }


def _place(call: Call) -> Row:
    party = call.caller if call.direction == "outgoing" else call.callee
    return {
        "site_id": id_of(f"site/{call.site.code}"),
        "site_name": call.site.name,
        "department": party.department or None,
        "cost_center": None,
        "group_id": None,
    }


def leg_row(call: Call, record: Mapping[str, Any], leg: Leg) -> Row:
    """One leg of a call, as it stands among the details of one of its records."""
    person = leg.party if leg.party.kind != "voicemail" else call.callee
    elsewhere = leg.outcome == "missed" and any(each.outcome == "answered" for each in call.legs)
    answers = "connected" if record["direction"] == "outbound" else "answered"
    return {
        "call_history_uuid": record["call_history_uuid"],
        "call_element_id": key_of(call, leg.number + 100 * (record["direction"] == "inbound")),
        "call_id": record["call_id"] + ("_1" if leg.number > 1 and _is_transfer(call, leg) else ""),
        **_kind(call, str(record["direction"])),
        **side("caller", call.caller, call.site.country),
        **side("callee", person, call.site.country),
        **_place(call),
        "start_time": text(leg.started_ms),
        "answer_time": text(leg.connected_ms),
        "end_time": text(leg.ended_ms),
        "event": _event(call, leg),
        "result": _result(leg, answers),
        "result_reason": "answered_by_other" if elsewhere else None,
        "segment": leg.number,
        "node": int(leg.via is None or leg.outcome == "answered"),
        "is_node": 0,
        "press_key": "2" if leg.service == "auto_attendant" else None,
        "hold_time": leg.hold_ms // 1000,
        "waiting_time": leg.wait_ms // 1000 if leg.service == "queue" else leg.ring_ms // 1000,
        "recording_id": id_of(f"recording/{call.uid}") if call.uid % 3 == 0 and leg.talk_ms else None,
        "recording_type": "automatic" if call.uid % 3 == 0 and leg.talk_ms else None,
        "voicemail_id": id_of(f"voicemail/{call.uid}") if leg.outcome == "voicemail" else None,
        "client_code": None,
        "device_private_ip": None,
        "device_public_ip": None,
        "operator_ext_id": None,
        "operator_ext_number": None,
        "operator_ext_type": None,
        "operator_name": None,
        "_call_start_ms": epoch_ms(record["start_time"]),
        "_number": leg.number,
        "_talk_seconds": leg.talk_ms // 1000,
    }


def _is_transfer(call: Call, leg: Leg) -> bool:
    return call.transferred_to is not None and leg is call.legs[-1]


def _event(call: Call, leg: Leg) -> str:
    if _is_transfer(call, leg):
        return "direct_transfer"
    if leg.via is not None:
        return "ring_to_member"
    if leg.number > 1:
        return "forward"
    return "outgoing" if call.direction == "outgoing" else "incoming"


def _result(leg: Leg, answers: str) -> str:
    if leg.outcome == "passed":
        return "succeeded" if leg.service == "auto_attendant" else "answered"
    return RESULTS.get(leg.outcome, answers)


def user_row(person: Party, office: Office) -> Row:
    """A user (ZP 1)."""
    return {
        "extension_id": id_of(f"extension/{person.extension}"),
        "extension_number": int(person.extension),
        "id": id_of(f"user/{person.extension}"),
        "phone_user_id": id_of(f"phone user/{person.extension}"),
        "name": person.name,
        "email": person.email,
        "status": "activate",
        "activation_status": "activated",
        "site": _site(office),
        "department": person.department,
        "cost_center": "",
        "phone_numbers": [{"id": id_of(f"number/{person.number}"), "number": person.number}],
        "calling_plans": [{"name": "Metered Calling Plan", "type": 100}],
    }


def queue_row(queue: Party, office: Office) -> Row:
    """A call queue (ZP 1)."""
    return {
        "extension_id": id_of(f"extension/{queue.extension}"),
        "extension_number": int(queue.extension),
        "id": id_of(f"queue/{queue.extension}"),
        "name": queue.name,
        "status": "active",
        "site": _site(office),
        "phone_numbers": [{"id": id_of(f"number/{queue.number}"), "number": queue.number, "source": "internal"}],
    }


def _site(office: Office) -> Row:
    return {"id": id_of(f"site/{office.site.code}"), "name": office.site.name}


def new_call(now_ms: int, given: Row) -> Row:
    """A complete record of a call an hour old and a minute long, with the given fields over it."""
    start = now_ms - 3_600_000
    row: Row = {
        "call_id": "7400000000000000001",
        "direction": "inbound",
        "connect_type": "external",
        "call_type": "general",
        "start_time": text(start),
        "answer_time": text(start + 5000),
        "end_time": text(start + 60_000),
        "duration": 55,
        "call_result": "answered",
        "caller_did_number": "+12025550117",
        "callee_name": "Zoë Ørsted",
        "recording_status": "non_recorded",
        **given,
    }
    return {"call_history_uuid": f"{row['start_time'][:10].replace('-', '')}-{uuid3(NAMESPACE, str(row))}", **row}


def new_leg(call: Mapping[str, Any], number: int, given: Row) -> Row:
    """A complete leg of a call, as long as the call, with the given fields over it."""
    row: Row = {
        "call_history_uuid": call["call_history_uuid"],
        "call_element_id": f"{call['call_history_uuid'][:9]}{uuid3(NAMESPACE, f'{call}/{number}')}",
        **{name: call.get(name) for name in ("call_id", "direction", "connect_type", "call_type")},
        **{name: call.get(name) for name in ("start_time", "answer_time", "end_time")},
        "event": "incoming",
        "result": "answered",
        "segment": number,
        "node": 1,
        "is_node": 0,
        **given,
    }
    return {**row, "_call_start_ms": epoch_ms(call["start_time"]), "_number": number, "_talk_seconds": 55}
