"""Webex Calling in the tests of the models."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.transform.vendor import DAY, Activity, Call, QueueFigures, Row, Seconds, Vendor, at


def _leg(report_id: str, call: str, second: int, **values: Any) -> Row:
    return {"report_id": report_id, "correlation_id": call, "org_uuid": "org", "start_time": at(second),
            "direction": "TERMINATING", "call_type": "SIP_INBOUND", "user_type": "User", "answered": False,
            "call_outcome": "Success", "calling_number": "+12025550173", "duration": 0} | values  # fmt: skip


_RAW = """
with legs as (
    select report_id, correlation_id, org_uuid, start_time, release_time, report_time, call_type, direction, user_type,
        answered, call_outcome_reason, calling_number, called_number, answer_time, duration, feed.user as name
    from webex_detailed_call_history as feed
    union all
    select report_id, correlation_id, org_uuid, start_time, release_time, report_time, call_type, direction, user_type,
        answered, call_outcome_reason, calling_number, called_number, answer_time, duration, live.user
    from webex_live_call_history as live
    where not exists (
        select 1 from webex_detailed_call_history as feed where feed.report_id = live.report_id
    )
),
sorted as (
    select legs.*,
        case
            when direction = 'TERMINATING' and user_type in ('User', 'Place', 'VirtualLine') then 1
            when direction = 'TERMINATING' then 2
            else 3
        end as tier,
        case when user_type = 'HuntGroup' or user_type like 'CallCenter%' then 1 else 0 end as is_queue
    from legs
),
placed as (
    select sorted.*, min(tier) over (partition by correlation_id) as first_tier,
        row_number() over (partition by correlation_id order by start_time, report_id) as nth,
        row_number() over (partition by correlation_id, is_queue order by start_time, report_id) as nth_such
    from sorted
),
judged as (
    select placed.*, tier = first_tier as is_party,
        tier = first_tier and answered and user_type not like 'Auto%' and user_type not like 'VoiceM%' as is_taken
    from placed
),
told as (
    select
        correlation_id as id, max(org_uuid) as account, min(start_time) as started_at,
        max(coalesce(release_time, report_time)) as ended_at,
        case
            when {{ any("call_type = 'SIP_ENTERPRISE'") }} then 'internal'
            when {{ any("call_type = 'SIP_INBOUND'") }} then 'inbound'
            when {{ any("direction = 'ORIGINATING'") }} then 'outbound'
            else 'inbound'
        end as direction,
        case
            when {{ any('is_taken') }} then 'answered'
            when {{ any("answered and lower(user_type) like 'voicemail%'") }} then 'voicemail'
            when {{ any("is_party and not answered and call_outcome_reason = 'Normal'") }} then 'abandoned'
            when {{ any("is_party and not answered and call_outcome_reason = 'UserBusy'") }} then 'busy'
            when {{ any('is_party and answered') }} then 'completed'
            else 'missed'
        end as outcome,
        max(case when is_queue = 1 and nth_such = 1 then name end) as queue,
        min(case when is_queue = 1 then start_time end) as queued_at,
        max(case when is_queue = 1 and nth_such = 1 then release_time end) as left_at,
        min(case when is_taken then answer_time end) as taken_at,
        coalesce(sum(case when is_taken then duration end), 0) as talk,
        max(case when nth = 1 then calling_number end) as caller,
        max(case when nth = 1 then called_number end) as callee
    from judged group by correlation_id
)
select
    id, account, started_at, ended_at, direction, outcome, queue,
    {{ seconds('queued_at', "case when outcome = 'answered' then taken_at else left_at end") }} as wait,
    talk, 0 as wrapup, caller, callee, true as tells_waits
from told
"""

VENDOR = Vendor(
    words={
        "answered": "true, false",
        "call_outcome": "Success, Failure, Refusal",
        "call_outcome_reason": """
            Normal, UserBusy, NoAnswer, CallRejected, UnassignedNumber, SIP408, InternalRequestTimeout,
            Q850102ServerTimeout, NoUserResponse, NoAnswerFromUser, SIP480, SIP487, TemporarilyUnavailable,
            AdminCallBlock, UserCallBlock, Unreachable, LocalGatewayLoop, UserAbsent, RouteListCalls,
            DestinationOutOfOrder, SIP501, SIP503, ProtocolError, SIP606, NoRouteToDestination, Internal,
            MaxConcurrentTerminatingAlertingRequestsExceeded""",
        "user_type": """
            AutomatedAttendantVideo, Anchor, BroadworksAnywhere, VoiceMailRetrieval, LocalGateway, HuntGroup,
            GroupPaging, User, VoiceMailGroup, CallCenterStandard, VoiceXML, RoutePoint, Place, VirtualLine,
            CallCenterPremium, RouteList""",
    },
    first={
        "webex_detailed_call_history": [
            _leg("w1", "out", 1000, direction="ORIGINATING", call_type="SIP_NATIONAL", answered=True,
                 user="Ana Example", user_uuid="u1", calling_number="2001", called_number="+12025550171",
                 answer_time=at(1008, 292), release_time=at(1259), report_time=at(1259), duration=251,
                 ring_duration=8, hold_duration=12),
            _leg("w2", "missed", 1100, user="Ben Example", user_uuid="u2", called_number="2002", call_outcome="Refusal",
                 call_outcome_reason="TemporarilyUnavailable", release_time=at(1101), report_time=at(1101)),
            _leg("w3", "hunt", 1200, user="Hunt Group", user_type="HuntGroup", user_uuid="hg", answered=True,
                 called_number="2900", answer_time=at(1206), release_time=at(1300), report_time=at(1300),
                 duration=94),
            _leg("w4", "hunt", 1200, user="Ana Example", user_uuid="u1", answered=True, called_number="2001",
                 answer_time=at(1206), release_time=at(1300), report_time=at(1300), duration=94, ring_duration=6,
                 related_reason="HuntGroup"),
            _leg("w5", "hunt", 1200, user="Ben Example", user_uuid="u2", called_number="2002",
                 call_outcome_reason="NoAnswer", release_time=at(1206), report_time=at(1206), ring_duration=6),
        ],
    },
    late={
        "webex_detailed_call_history": [
            # A late leg: somebody did answer the call that looked missed.
            _leg("w6", "missed", 1100, user="Chandra Example", user_uuid="u3", answered=True, called_number="2003",
                 answer_time=at(1103), release_time=at(1163), report_time=at(1163), duration=60),
        ],
        "webex_live_call_history": [
            _leg("w6", "missed", 1100, user="Chandra Example", user_uuid="u3", answered=True, duration=60),
            _leg("w7", "live", DAY, user="Ana Example", user_uuid="u1", call_outcome_reason="UserBusy",
                 report_time=at(DAY + 1), release_time=at(DAY + 1)),
        ],
    },
    erased={
        "webex_detailed_call_history": [
            _leg("erased", "erased", 1000, user="Gone", user_uuid="gone", answered=True, answer_time=at(1001),
                 release_time=at(1010), report_time=at(1010), duration=9),
        ],
    },
    calls=[
        Call("org:out", "voice", "outbound", "answered", None, "Ana Example", False),
        Call("org:missed", "voice", "inbound", "answered", None, "Chandra Example", False),
        Call("org:hunt", "voice", "inbound", "answered", "Hunt Group", "Ana Example", False),
        Call("org:live", "voice", "inbound", "busy", None, None, False),
    ],
    corrected={"org:missed": ("missed", "answered")},
    seconds=[
        Seconds("org:out", "8", None, "251", "12", "259", 1),
        Seconds("org:hunt", "6", "6", "94", "0", "100", 3),
    ],
    queue_figures=[QueueFigures("org:hg", 1, 1, 1, 1, 0, 1.0, 0.0)],
    activity=[
        Activity("org:u1", "2026-03-02", 1, 1, 0, 0, 1, 1, Decimal(345)),
        Activity("org:u1", "2026-03-03", 1, 0, 1, 0, 0, 0, None),
        Activity("org:u2", "2026-03-02", 2, 0, 0, 2, 0, 0, None),
        Activity("org:u3", "2026-03-02", 1, 1, 0, 0, 0, 0, Decimal(60)),
    ],
    agents=[("u1", "Ana Example", None), ("u2", "Ben Example", None), ("u3", "Chandra Example", None)],
    queues=[("hg", "Hunt Group")],
    lost=dict.fromkeys(("agent_name", "queue_name", "caller_name", "callee_name"), "hash null"),
    named={
        "webex_detailed_call_history": [
            {"report_id": f"i{number}", "correlation_id": "internal", "org_uuid": "org", "call_type": "SIP_ENTERPRISE",
             "direction": side, "user_type": "User", "user": name, "user_uuid": name.lower(), "answered": True,
             "start_time": "2026-03-02 12:00:00", "calling_number": "2001", "calling_line_id": "Ana",
             "called_number": "2002", "called_line_id": "Ben", "dialed_digits": "2002"}
            for number, (side, name) in enumerate((("ORIGINATING", "Ana"), ("TERMINATING", "Ben")))
        ],
    },
    details=(
        {
            "webex_detailed_call_history": [
                {"report_id": "1", "correlation_id": "1", "org_uuid": "o", "start_time": at(0),
                 "direction": "TERMINATING", "user_type": "User", "called_number": "+12025550100",
                 "location": "Berlin", "department_id": "d1", "releasing_party": "Remote", "interaction_id": "i"},
            ],
        },
        {
            "o:1": {"dialled_number": "+12025550100", "site": "Berlin", "department": "d1",
                    "ended_by": "other_side", "contact_key": "webex_calling:o:i"},
        },
    ),
    raw=_RAW,
)  # fmt: skip
