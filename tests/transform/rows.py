"""Rows as a target has stored them, by stream: a first load, and a later one with late and changed rows.

Only what matters is written out; other columns are null.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


def _record(call_id: str, second: int, **values: Any) -> Row:
    return {"pbx_id": "hq", "call_id": call_id, "start_time_utc": _at(second), "answered": "-", "missed": "-",
            "abandoned": "-", "departments": ["Sales", "Support"], "branches": []} | values  # fmt: skip


def _leg(call_id: str, leg_id: str, second: int, **values: Any) -> Row:
    return {"pbx_id": "hq", "call_id": call_id, "leg_id": leg_id, "start_time_utc": _at(second),
            "direction": "Incoming", "answered": "-", "missed": "-", "abandoned": "-", "cause": "Normal",
            "status": "Completed"} | values  # fmt: skip


def _webex(report_id: str, call: str, second: int, **values: Any) -> Row:
    return {"report_id": report_id, "correlation_id": call, "org_uuid": "org", "start_time": _at(second),
            "direction": "TERMINATING", "call_type": "SIP_INBOUND", "user_type": "User", "answered": False,
            "call_outcome": "Success", "calling_number": "+12025550173", "duration": 0} | values  # fmt: skip


def _voiso(uuid: str, second: int, kind: str, disposition: str, **values: Any) -> Row:
    return {"uuid": uuid, "timestamp_utc": _at(second), "type": kind, "disposition": disposition,
            "from_party": "15550100001", "to_party": "15550100002", "duration_seconds": 0,
            "cpc": 0.0124} | values  # fmt: skip


def _zoom(uuid: str, second: int, seconds: int, result: str, **values: Any) -> Row:
    return {"account_id": "z", "call_history_uuid": uuid, "call_id": uuid, "direction": "inbound",
            "connect_type": "external", "call_result": result, "start_time": _at(second),
            "end_time": _at(second + seconds), "caller_did_number": "+12025550117"} | values  # fmt: skip


def _zoom_leg(uuid: str, leg_id: str, second: int, seconds: int, result: str, **values: Any) -> Row:
    return {"account_id": "z", "call_history_uuid": uuid, "call_element_id": leg_id, "direction": "inbound",
            "connect_type": "external", "result": result, "start_time": _at(second), "end_time": _at(second + seconds),
            "caller_did_number": "+12025550117"} | values  # fmt: skip


def _zoom_side(side: str, kind: str, ext_id: str, name: str) -> Row:
    return {f"{side}_ext_type": kind, f"{side}_ext_id": ext_id, f"{side}_name": name}


def _at(second: int, milli: int = 0) -> str:
    """An instant this many seconds after Monday, 2 March 2026, 10:00 UTC."""
    instant = _MONDAY + timedelta(seconds=second, milliseconds=milli)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


DAY = 86_400
_QUEUE = _zoom_side("callee", "call_queue", "q1", "Support queue")
_COLLEAGUES = _zoom_side("caller", "user", "ana", "Ana Zoom") | _zoom_side("callee", "user", "ben", "Ben Zoom")
_RECENT_ID = "int-17ee5169b65-bVADPge3TwXIWmYPIGREMRgjd-phone-00-acmecorp01"
_OWN_RECENT_ID = "int-17e541ad2d9-QoQZxK2kYWTPxhySo83VSMam2-phone-00-acmecorp01"
_OUTBOUND_ID = "int-1891bd8e8f8-DcOBzKtHEIa7sb0WsK7VtUCdB-phone-01-acmecorp01"

FIRST: dict[str, list[Row]] = {
    "eightx8_call_records": [
        _record("1", 0, direction="Incoming", caller="+15555551220", callee="120088", missed="Missed",
                last_leg_disposition="Voicemail", call_leg_count=1, call_time=24760, ring_duration=39,
                disconnected_time_utc=_at(24, 760), talk_time_ms=0, wait_time_ms=0),
        _record("2", 60, direction="Incoming", caller="+15551234567", callee="CallQueue", callee_name="Test Queue",
                missed="Missed", abandoned="Abandoned", last_leg_disposition="Missed", call_leg_count=1,
                call_time=1696524, wait_time_ms=1696320, disconnected_time_utc=_at(1756, 524)),
        _record("3", 120, direction="Incoming", caller="+15551234567", callee="CallQueue", callee_name="Test Queue",
                answered="Answered", last_leg_disposition="Connected", call_leg_count=3, call_time=130000,
                connect_time_utc=_at(130), wait_time_ms=10000, talk_time_ms=120000, disconnected_time_utc=_at(250)),
        _record("4", 300, direction="Outgoing", caller="1001", caller_name="Ana", callee="+15550100009",
                answered="Answered", call_leg_count=1, call_time=61000, talk_time_ms=60000,
                connect_time_utc=_at(301), disconnected_time_utc=_at(361)),
        _record("5", 400, direction="Outgoing", caller="1001", callee="1002", missed="Missed",
                call_time=20000, disconnected_time_utc=_at(420)),
    ],
    "eightx8_cdr_call_records": [
        _record("4", 300, direction="Outgoing", missed="Missed"),
        _record("0", -DAY * 1, direction="Incoming", missed="Missed", disconnected_time_utc=_at(-DAY + 5)),
    ],
    "eightx8_call_legs": [
        _leg("1", "1", 0, callee="120088", callee_name="Jane Li", missed="Missed", cause="Ring No Answer",
             callee_svc_name="VMadvanced", props_last_party_disp="Voicemail", lra_type=1,
             disconnected_time_utc=_at(24, 760)),
        _leg("2", "1", 60, callee="CallQueue", callee_name="Test Queue", lra="110081", lra_type=4, missed="Missed",
             abandoned="Abandoned", callee_svc_name="ACDOperatorService", connect_time_utc=_at(60, 197),
             disconnected_time_utc=_at(1756, 523)),
        _leg("3", "1", 120, callee="CallQueue", callee_name="Test Queue", lra="110081", lra_type=4,
             callee_svc_name="ACDOperatorService", answered="Answered", cause="Transfer",
             disconnected_time_utc=_at(130)),
        _leg("3", "2", 125, callee="1001", callee_name="Ana", missed="Missed", cause="Ring No Answer",
             disconnected_time_utc=_at(130)),
        _leg("3", "3", 125, callee="1002", callee_name="Ben", answered="Answered", connect_time_utc=_at(130),
             talk_time_ms=120000, disconnected_time_utc=_at(250)),
        _leg("4", "1", 300, direction="Outgoing", caller="1001", caller_name="Ana", callee="+15550100009",
             answered="Answered", connect_time_utc=_at(301), talk_time_ms=60000, disconnected_time_utc=_at(361)),
        _leg("6", "1", 500, direction="Incoming", callee="1001", callee_name="Ana", status="In Progress"),
    ],
    "eightx8_recent_calls": [
        {"tenant_id": "spelt otherwise", "call_id": _OWN_RECENT_ID, "call_date_utc": _at(600), "call_type": "Inbound",
         "call_duration": 335566, "agent_call_handling_duration": 310887, "time_in_ivr": 19657, "wait_time": 3901,
         "abandon_time": 0, "hold_duration": 155960, "queue_ids": ["2583"], "agent_ids": ["agA"], "transfer_count": 0,
         "caller_number": "4085551414", "dialed_number": "16695551913", "post_call_survey": []},
        {"tenant_id": "spelt otherwise", "call_id": _RECENT_ID, "call_date_utc": _at(700), "call_type": "Inbound",
         "call_duration": 787015, "agent_call_handling_duration": 753105, "queue_ids": ["713"], "agent_ids": ["agB"]},
    ],
    "eightx8_interactions": [
        {"interaction_id": _RECENT_ID, "transaction_id": "6264", "creation_time_utc": _at(700),
         "finished_time": _at(1487), "media_type": "Phone", "direction": "InboundDir", "queue_id": "713",
         "queue_name": "Support", "queue_wait_duration": 7236, "participant_handling_duration": 753105,
         "interaction_labels": ["Queued", "OfferingTimeout", "Handled"], "origination": "8045550915",
         "participants": [
             {"participant_assign_number": 1, "participant_type": "Agent", "participant_id": "agA",
              "participant_name": "Ana", "participant_offer_action": "OfferTimeout",
              "participant_offer_time": _at(701)},
             {"participant_assign_number": 2, "participant_type": "Agent", "participant_id": "agB",
              "participant_name": "Ben", "participant_offer_action": "Accepted",
              "participant_offer_time": _at(705), "participant_offer_action_time": _at(707, 236),
              "participant_handling_duration": 753105, "participant_handling_end_time": _at(1460)}]},
        {"interaction_id": _OUTBOUND_ID, "transaction_id": "", "creation_time_utc": _at(800),
         "finished_time": _at(832), "media_type": "Phone", "direction": "OutboundDir", "destination": "16693335195",
         "participant_id": ["agA"], "participant_name": ["Ana"], "participant_handling_duration": 16347,
         "interaction_labels": []},
        {"interaction_id": "int-1833ff122bc-9a3951e9-chat-01-acmecorp01", "transaction_id": "1816",
         "media_type": "Chat",
         "creation_time_utc": _at(900), "direction": "InboundDir", "interaction_labels": ["Queued", "Abandoned"]},
    ],
    "webex_detailed_call_history": [
        _webex("w1", "out", 1000, direction="ORIGINATING", call_type="SIP_NATIONAL", answered=True, user="Ana Example",
               user_uuid="u1", calling_number="2001", called_number="+12025550171", answer_time=_at(1008, 292),
               release_time=_at(1259), report_time=_at(1259), duration=251, ring_duration=8, hold_duration=12),
        _webex("w2", "missed", 1100, user="Ben Example", user_uuid="u2", called_number="2002", call_outcome="Refusal",
               call_outcome_reason="TemporarilyUnavailable", release_time=_at(1101), report_time=_at(1101)),
        _webex("w3", "hunt", 1200, user="Hunt Group", user_type="HuntGroup", user_uuid="hg", answered=True,
               called_number="2900", answer_time=_at(1206), release_time=_at(1300), report_time=_at(1300), duration=94),
        _webex("w4", "hunt", 1200, user="Ana Example", user_uuid="u1", answered=True, called_number="2001",
               answer_time=_at(1206), release_time=_at(1300), report_time=_at(1300), duration=94, ring_duration=6,
               related_reason="HuntGroup"),
        _webex("w5", "hunt", 1200, user="Ben Example", user_uuid="u2", called_number="2002",
               call_outcome_reason="NoAnswer", release_time=_at(1206), report_time=_at(1206), ring_duration=6),
    ],
}  # fmt: skip

LATE: dict[str, list[Row]] = {
    "eightx8_call_records": [
        # The record of the call that was running, and one that began before everything else of the later read.
        _record("6", 500, direction="Incoming", caller="+15551234567", callee="1001", answered="Answered",
                call_leg_count=1, talk_time_ms=90000, disconnected_time_utc=_at(DAY + 500)),
        _record("7", DAY, direction="Incoming", caller="+15551234567", callee="1001", missed="Missed"),
    ],
    "eightx8_call_legs": [
        _leg("6", "1", 500, callee="1001", callee_name="Ana", answered="Answered", talk_time_ms=90000,
             disconnected_time_utc=_at(DAY + 500)),
        # A back-fill far beyond the look-back.
        _leg("back", "1", -9 * DAY, callee="1001", callee_name="Ana", missed="Missed",
             disconnected_time_utc=_at(-9 * DAY + 5)),
    ],
    "webex_detailed_call_history": [
        # A late leg: somebody did answer the call that looked missed.
        _webex("w6", "missed", 1100, user="Chandra Example", user_uuid="u3", answered=True, called_number="2003",
               answer_time=_at(1103), release_time=_at(1163), report_time=_at(1163), duration=60),
    ],
    "webex_live_call_history": [
        _webex("w6", "missed", 1100, user="Chandra Example", user_uuid="u3", answered=True, duration=60),
        _webex("w7", "live", DAY, user="Ana Example", user_uuid="u1", call_outcome_reason="UserBusy",
               report_time=_at(DAY + 1), release_time=_at(DAY + 1)),
    ],
    "voiso_cdr": [
        _voiso("v1", 100, "inbound", "answered", queue="Example Support", agent="Mike", agent_id=56215,
               duration_seconds=79),
        _voiso("v2", 200, "inbound", "abandoned", queue="Example Support", duration_seconds=44),
        _voiso("v3", 300, "click-to-call", "no_answer", agent="Mike", agent_id=56215),
        _voiso("v4", 400, "outbound SMS", "delivered", num_segments=2),
        _voiso("v5", 500, "hlr_ookup", "absent"),
        _voiso("v6", 600, "whatsapp", "archived", duration_seconds=3723,
               sla={"time_to_resolution": "48:16:27", "time_to_resolution_seconds": 173787}),
        _voiso("v7", 700, "inbound", "teleported"),
    ],
    "voiso_agents": [{"id": 56215, "name": "Mike Example"}],
    "voiso_deleted_agents": [{"id": 15, "name": "Gone Example"}],
    "voiso_queues": [{"id": 199, "name": "Example Support"}],
    "zoom_phone_calls": [
        _zoom("queued", 2000, 367, "answered", answer_time=_at(2000), **_QUEUE),
        _zoom("gave-up", 2100, 45, "abandoned", **_QUEUE),
        _zoom("made", 2200, 60, "connected", direction="outbound", answer_time=_at(2209), caller_did_number=None,
              callee_did_number="+12025550155", **_zoom_side("caller", "user", "ana", "Ana Zoom")),
        # Both sides' records of one call between colleagues, and one of an account that has one.
        _zoom("theirs", 2300, 60, "answered", call_id="7", connect_type="internal", answer_time=_at(2304),
              **_COLLEAGUES),
        _zoom("ours", 2300, 60, "connected", call_id="7", connect_type="internal", answer_time=_at(2304),
              direction="outbound", **_COLLEAGUES),
        _zoom("alone", 2400, 20, "ring_timeout", connect_type="internal", direction="outbound", **_COLLEAGUES),
        _zoom("new-word", 2500, 5, "teleported"),
    ],
    "zoom_phone_call_legs": [
        _zoom_leg("queued", "menu", 2000, 12, "succeeded", answer_time=_at(2000), segment=1, element_number=1,
                  **_zoom_side("callee", "auto_receptionist", "menu", "Main menu")),
        _zoom_leg("queued", "queue", 2012, 355, "answered", answer_time=_at(2036), segment=2, element_number=2,
                  waiting_time=24, **_QUEUE),
        _zoom_leg("queued", "ben", 2012, 20, "ring_timeout", segment=2, element_number=3, event="ring_to_member",
                  result_reason="answered_by_other ", **_zoom_side("callee", "user", "ben", "Ben Zoom")),
        _zoom_leg("queued", "ana", 2032, 335, "answered", answer_time=_at(2036), segment=2, element_number=4,
                  event="ring_to_member", hold_time=30, **_zoom_side("callee", "user", "ana", "Ana Zoom")),
        _zoom_leg("ours", "calling", 2300, 60, "connected", connect_type="internal", direction="outbound",
                  answer_time=_at(2304), segment=1, element_number=1, **_COLLEAGUES),
        _zoom_leg("theirs", "called", 2300, 60, "answered", connect_type="internal", answer_time=_at(2304), segment=1,
                  element_number=1, **_COLLEAGUES),
    ],
    "zoom_phone_users": [{"account_id": "z", "extension_id": "ana", "name": "Ana of the list"}],
    "zoom_phone_call_queues": [{"account_id": "z", "extension_id": "q2", "name": "Quiet queue"}],
}  # fmt: skip

ERASED: dict[str, list[Row]] = {
    "eightx8_call_records": [
        _record("erased", 30, direction="Incoming", caller="+15555551220", callee="120088", answered="Answered",
                talk_time_ms=1000, disconnected_time_utc=_at(40)),
    ],
    "eightx8_call_legs": [
        _leg("erased", "1", 30, callee="120088", callee_name="Gone", answered="Answered", talk_time_ms=1000,
             disconnected_time_utc=_at(40)),
    ],
    "eightx8_recent_calls": [
        {"tenant_id": "acmecorp01", "call_id": "erased", "call_date_utc": _at(610), "call_type": "Inbound",
         "call_duration": 1000, "queue_ids": ["gone"]},
    ],
    "webex_detailed_call_history": [
        _webex("erased", "erased", 1000, user="Gone", user_uuid="gone", answered=True, answer_time=_at(1001),
               release_time=_at(1010), report_time=_at(1010), duration=9),
    ],
}  # fmt: skip
"""Rows that are there with the first load and gone with the later one."""

RECENT_CALL = f"eightx8_contact_center:acmecorp01:{_OWN_RECENT_ID}"
INTERACTION = f"eightx8_contact_center:acmecorp01:{_RECENT_ID}"
OUTBOUND_INTERACTION = f"eightx8_contact_center:acmecorp01:{_OUTBOUND_ID}"
CHAT = "eightx8_contact_center:acmecorp01:int-1833ff122bc-9a3951e9-chat-01-acmecorp01"
