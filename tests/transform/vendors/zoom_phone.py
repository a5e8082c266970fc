"""Zoom Phone in the tests of the models."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.transform.vendor import Activity, Call, QueueFigures, Row, Seconds, Vendor, at


def _call(uuid: str, second: int, seconds: int, result: str, **values: Any) -> Row:
    return {"account_id": "z", "call_history_uuid": uuid, "call_id": uuid, "direction": "inbound",
            "connect_type": "external", "call_result": result, "start_time": at(second),
            "end_time": at(second + seconds), "caller_did_number": "+12025550117"} | values  # fmt: skip


def _leg(uuid: str, leg_id: str, second: int, seconds: int, result: str, **values: Any) -> Row:
    return {"account_id": "z", "call_history_uuid": uuid, "call_element_id": leg_id, "direction": "inbound",
            "connect_type": "external", "result": result, "start_time": at(second), "end_time": at(second + seconds),
            "caller_did_number": "+12025550117"} | values  # fmt: skip


def _side(side: str, kind: str, ext_id: str, name: str) -> Row:
    return {f"{side}_ext_type": kind, f"{side}_ext_id": ext_id, f"{side}_name": name}


_QUEUE = _side("callee", "call_queue", "q1", "Support queue")
_COLLEAGUES = _side("caller", "user", "ana", "Ana Zoom") | _side("callee", "user", "ben", "Ben Zoom")
_WORDS = """
    answered, accepted, picked_up, connected, succeeded, voicemail, hang_up, canceled, call_failed, unconnected,
    rejected, busy, ring_timeout, overflowed, no_answer, invalid_key, invalid_operation, abandoned, system_blocked,
    service_unavailable, blocked"""

_RAW = """
with sides as (
    select mine.call_history_uuid as record, min(theirs.call_history_uuid) as kept
    from zoom_phone_calls as mine
    join zoom_phone_calls as theirs on theirs.account_id = mine.account_id and theirs.call_id = mine.call_id
    where mine.connect_type = 'internal' and theirs.connect_type = 'internal'
        and mine.direction = 'outbound' and theirs.direction = 'inbound'
        and abs({{ seconds('mine.start_time', 'theirs.start_time') }}) <= 2
    group by mine.call_history_uuid
),
legs as (
    select
        coalesce(kept, call_history_uuid) as record, start_time, answer_time, end_time, segment, element_number,
        callee_name, coalesce(waiting_time, wait_time) as waited,
        coalesce(callee_ext_type, '') in ('call_queue', 'shared_line_group', 'group_call_pickup') as is_queue,
        result in ('answered', 'accepted', 'picked_up', 'connected')
            and coalesce(trim(result_reason), '') <> 'answered_by_other'
            and coalesce(callee_ext_type, '') <> 'auto_receptionist' as is_taken
    from zoom_phone_call_legs left join sides on sides.record = call_history_uuid
),
talks as (
    select record, answer_time as since, end_time as until from legs
    where is_taken and not is_queue and end_time > answer_time
),
moments as (
    select record, since as moment from talks
    union
    select record, until from talks
),
pieces as (
    select record, moment as since, lead(moment) over (partition by record order by moment) as until from moments
),
talked as (
    select record, sum({{ seconds('since', 'until') }}) as talk from (
        select distinct pieces.record, pieces.since, pieces.until
        from pieces
        join talks
            on talks.record = pieces.record and talks.since <= pieces.since and talks.until >= pieces.until
    ) as spoken group by record
),
queued as (
    select record, queue, waited from (
        select record, callee_name as queue,
            coalesce(waited, {{ seconds('start_time', 'coalesce(answer_time, end_time)') }}) as waited,
            row_number() over (partition by record order by segment, start_time, element_number) as nth
        from legs where is_queue
    ) as met where nth = 1
),
calls as (
    select zoom_phone_calls.*,
        case
            when call_result in ('answered', 'accepted', 'picked_up', 'connected') then 'answered'
            when call_result in ('ring_timeout', 'no_answer', 'overflowed') then 'missed'
            when call_result in ('abandoned', 'canceled', 'hang_up') then 'abandoned'
            when call_result in ('voicemail', 'busy') then call_result
            else 'other'
        end as ended
    from zoom_phone_calls
)
select
    call_history_uuid as id, account_id as account, start_time as started_at, end_time as ended_at,
    case when connect_type = 'internal' then 'internal' else direction end as direction, ended as outcome,
    coalesce(
        queue,
        case when callee_ext_type in ('call_queue', 'shared_line_group', 'group_call_pickup') then callee_name end
    ) as queue,
    waited as wait,
    case when ended = 'answered' then coalesce(talk, {{ seconds('answer_time', 'end_time') }}) end as talk, 0 as wrapup,
    coalesce(caller_did_number, caller_ext_number) as caller, coalesce(callee_did_number, callee_ext_number) as callee,
    waited is not null as tells_waits
from calls
left join talked on talked.record = call_history_uuid
left join queued on queued.record = call_history_uuid
where call_history_uuid not in (select record from sides)
"""

VENDOR = Vendor(
    words={
        "call_result": _WORDS,
        "result": _WORDS,
    },
    late={
        "zoom_phone_calls": [
            _call("queued", 2000, 367, "answered", answer_time=at(2000), **_QUEUE),
            _call("gave-up", 2100, 45, "abandoned", **_QUEUE),
            _call("made", 2200, 60, "connected", direction="outbound", answer_time=at(2209), caller_did_number=None,
                  callee_did_number="+12025550155", **_side("caller", "user", "ana", "Ana Zoom")),
            # Both sides' records of one call between colleagues, and one of an account that has one.
            _call("theirs", 2300, 60, "answered", call_id="7", connect_type="internal", answer_time=at(2304),
                  **_COLLEAGUES),
            _call("ours", 2300, 60, "connected", call_id="7", connect_type="internal", answer_time=at(2304),
                  direction="outbound", **_COLLEAGUES),
            _call("alone", 2400, 20, "ring_timeout", connect_type="internal", direction="outbound", **_COLLEAGUES),
            _call("new-word", 2500, 5, "teleported"),
        ],
        "zoom_phone_call_legs": [
            _leg("queued", "menu", 2000, 12, "succeeded", answer_time=at(2000), segment=1, element_number=1,
                 **_side("callee", "auto_receptionist", "menu", "Main menu")),
            _leg("queued", "queue", 2012, 355, "answered", answer_time=at(2036), segment=2, element_number=2,
                 waiting_time=24, **_QUEUE),
            _leg("queued", "ben", 2012, 20, "ring_timeout", segment=2, element_number=3, event="ring_to_member",
                 result_reason="answered_by_other ", **_side("callee", "user", "ben", "Ben Zoom")),
            _leg("queued", "ana", 2032, 335, "answered", answer_time=at(2036), segment=2, element_number=4,
                 event="ring_to_member", hold_time=30, **_side("callee", "user", "ana", "Ana Zoom")),
            _leg("ours", "calling", 2300, 60, "connected", connect_type="internal", direction="outbound",
                 answer_time=at(2304), segment=1, element_number=1, **_COLLEAGUES),
            _leg("theirs", "called", 2300, 60, "answered", connect_type="internal", answer_time=at(2304), segment=1,
                 element_number=1, **_COLLEAGUES),
        ],
        "zoom_phone_users": [{"account_id": "z", "extension_id": "ana", "name": "Ana of the list"}],
        "zoom_phone_call_queues": [{"account_id": "z", "extension_id": "q2", "name": "Quiet queue"}],
    },
    calls=[
        Call("z:queued", "voice", "inbound", "answered", "Support queue", "Ana Zoom", False),
        Call("z:gave-up", "voice", "inbound", "abandoned", "Support queue", None, None),
        Call("z:made", "voice", "outbound", "answered", None, "Ana Zoom", None),
        Call("z:theirs", "voice", "internal", "answered", None, "Ben Zoom", False),
        Call("z:alone", "voice", "internal", "missed", None, None, None),
        Call("z:new-word", "voice", "inbound", "other", None, None, None),
    ],
    seconds=[
        Seconds("z:queued", "4", "24", "331", "30", "367", 4),
        Seconds("z:gave-up", None, None, None, None, "45", None),
        Seconds("z:theirs", "4", None, "56", None, "60", 2),
    ],
    queue_figures=[QueueFigures("z:q1", 2, 1, 1, 0, 1, 0.0, 0.5)],
    activity=[  # calls between colleagues, of one record or two, are made and offered
        Activity("z:ana", "2026-03-02", 1, 1, 0, 0, 3, 2, Decimal(331 + 51 + 56)),
        Activity("z:ben", "2026-03-02", 2, 1, 0, 1, 0, 0, Decimal(56)),
    ],
    agents=[("ana", "Ana of the list", None), ("ben", "Ben Zoom", None)],
    queues=[("q1", "Support queue"), ("q2", "Quiet queue")],
    lost=dict.fromkeys(("agent_name", "queue_name", "caller_name", "callee_name"), "hash null"),
    details=(
        {
            "zoom_phone_calls": [
                {"account_id": "z", "call_history_uuid": "1", "call_id": "7_1", "direction": "inbound",
                 "start_time": at(0), "connect_type": "external", "callee_did_number": "+12025550100",
                 "site_name": "Paris", "department": "Care"},
            ],
        },
        {
            "z:1": {"dialled_number": "+12025550100", "site": "Paris", "department": "Care",
                    "contact_key": "zoom_phone:z:7"},
        },
    ),
    raw=_RAW,
)  # fmt: skip
