"""8x8 Contact Center in the tests of the models."""

from __future__ import annotations

from decimal import Decimal

from tests.transform.vendor import Activity, Call, QueueFigures, Seconds, Vendor, at

_RECENT_ID = "int-17ee5169b65-bVADPge3TwXIWmYPIGREMRgjd-phone-00-acmecorp01"
_OWN_RECENT_ID = "int-17e541ad2d9-QoQZxK2kYWTPxhySo83VSMam2-phone-00-acmecorp01"
_OUTBOUND_ID = "int-1891bd8e8f8-DcOBzKtHEIa7sb0WsK7VtUCdB-phone-01-acmecorp01"

RECENT_CALL = f"acmecorp01:{_OWN_RECENT_ID}"
INTERACTION = f"acmecorp01:{_RECENT_ID}"
OUTBOUND_INTERACTION = f"acmecorp01:{_OUTBOUND_ID}"
CHAT = "acmecorp01:int-1833ff122bc-9a3951e9-chat-01-acmecorp01"

_RAW = """
with spoken as (
    select eightx8_interactions.*,
        coalesce({{ text_of('interaction_labels') }}, '') || coalesce(outcome, '') as labels,
        coalesce({{ text_of('participants') }}, '') as people
    from eightx8_interactions
),
report as (
    select
        interaction_id as call_id, min(creation_time_utc) as started_at, max(finished_time) as ended_at,
        max(media_type) as medium, max(direction) as direction, max(interaction_type) as kind,
        {{ any("labels like '%Handled%'") }} as is_handled,
        {{ any("labels like '%ForwardedToVoicemail%'") }} as is_voicemail,
        {{ any("labels like '%Abandoned%'") }} as is_abandoned,
        {{ any("labels like '%Dequeued%'") }} as is_dequeued,
        {{ any("people like '%Accepted%'") }} as is_accepted,
        {{ any("people like '%OfferTimeout%'") }} as is_timed_out,
        max(queue_name) as queue, max(queue_id) as queue_id, sum(queue_wait_duration) as waited,
        sum(participant_handling_duration) as talked, sum(participant_wrap_up_duration) as wrapped_up,
        sum(time_to_abandon) as given_up, max(coalesce(customer_phone, origination)) as caller,
        max(coalesce(destination, customer_phone)) as callee
    from spoken group by interaction_id
),
recent as (
    select * from (
        select eightx8_recent_calls.*, row_number() over (partition by call_id order by call_duration desc) as nth
        from eightx8_recent_calls
    ) as listed where nth = 1
)
select
    call_id as id, split_part(call_id, '-', -1) as account, coalesce(report.started_at, call_date_utc) as started_at,
    coalesce(report.ended_at, {{ later('call_date_utc', 'call_duration') }}) as ended_at,
    case
        when kind in ('InternalCall', 'ConsultationCall') then 'internal'
        when lower(coalesce(direction, call_type)) like 'inbound%' then 'inbound'
        when lower(coalesce(direction, call_type)) like 'outbound%' then 'outbound'
    end as direction,
    case
        when is_handled or talked > 0 then 'answered'
        when is_voicemail then 'voicemail'
        when is_abandoned or given_up > 0 then 'abandoned'
        when is_dequeued then 'missed'
        when is_accepted then 'answered'
        when is_timed_out then 'missed'
        when agent_call_handling_duration > 0 then 'answered'
        when abandon_time > 0 then 'abandoned'
        when lower(call_type) = 'outbound' or wait_time > 0 then 'missed'
        when time_in_ivr > 0 then 'completed'
        else 'other'
    end as outcome,
    coalesce(queue, report.queue_id, {{ first_of('queue_ids') }}) as queue,
    coalesce(nullif(waited, 0), nullif(abandon_time, 0), wait_time, waited) / 1000.0 as wait,
    coalesce(nullif(talked, 0), agent_call_handling_duration, talked) / 1000.0 as talk,
    coalesce(wrapped_up, 0) / 1000.0 as wrapup, coalesce(report.caller, caller_number) as caller,
    coalesce(report.callee, dialed_number, destination_number) as callee, true as tells_waits
from report full join recent using (call_id)
where coalesce(medium, 'Phone') = 'Phone'
"""

VENDOR = Vendor(
    words={
        "outcome": """
            Queued, Dequeued, Abandoned, TransferredToAgent, Rejected, OfferingTimeout, Handled, TransferredToQueue,
            Deleted, ForwardedToQueue, ForwardedToVoicemail, ForwardedToCallback, EndedInIvr, ConsultationEstablished,
            UnknownOutcome, Canceled, ForwardedToExternalNumber, OutboundSmsSent, VideoSmsSent, RepliedToEmail,
            PostCallSurveyCallback, PostCallSurveyStayOnCall, ForwardedToExternalIvr,
            ForwardedToAgentIndividualVoicemail, BlindTransfer, TransferToAnotherNumber, DirectAgentAccess,
            DirectAgentRouting, ConferenceEstablished""",
        "participant_offer_action": "Accepted, Rejected, OfferTimeout, Abandoned, CustomerHangUp",
        "state": """
            InScript, WaitingInQueue, WaitingForInitiator, DelayedCallback, Handling, TransferredToExternalNumber,
            InWrapUp, Finished""",
    },
    first={
        "eightx8_recent_calls": [
            {"tenant_id": "spelt otherwise", "call_id": _OWN_RECENT_ID, "call_date_utc": at(600),
             "call_type": "Inbound", "call_duration": 335566, "agent_call_handling_duration": 310887,
             "time_in_ivr": 19657, "wait_time": 3901, "abandon_time": 0, "hold_duration": 155960, "queue_ids": ["2583"],
             "agent_ids": ["agA"], "transfer_count": 0, "caller_number": "4085551414",
             "dialed_number": "16695551913", "post_call_survey": []},
            {"tenant_id": "spelt otherwise", "call_id": _RECENT_ID, "call_date_utc": at(700), "call_type": "Inbound",
             "call_duration": 787015, "agent_call_handling_duration": 753105, "queue_ids": ["713"],
             "agent_ids": ["agB"]},
        ],
        "eightx8_interactions": [
            {"interaction_id": _RECENT_ID, "transaction_id": "6264", "creation_time_utc": at(700),
             "finished_time": at(1487), "media_type": "Phone", "direction": "InboundDir", "queue_id": "713",
             "queue_name": "Support", "queue_wait_duration": 7236, "participant_handling_duration": 753105,
             "interaction_labels": ["Queued", "OfferingTimeout", "Handled"], "origination": "8045550915",
             "participants": [
                 {"participant_assign_number": 1, "participant_type": "Agent", "participant_id": "agA",
                  "participant_name": "Ana", "participant_offer_action": "OfferTimeout",
                  "participant_offer_time": at(701)},
                 {"participant_assign_number": 2, "participant_type": "Agent", "participant_id": "agB",
                  "participant_name": "Ben", "participant_offer_action": "Accepted",
                  "participant_offer_time": at(705), "participant_offer_action_time": at(707, 236),
                  "participant_handling_duration": 753105, "participant_handling_end_time": at(1460)}]},
            {"interaction_id": _OUTBOUND_ID, "transaction_id": "", "creation_time_utc": at(800),
             "finished_time": at(832), "media_type": "Phone", "direction": "OutboundDir", "destination": "16693335195",
             "participant_id": ["agA"], "participant_name": ["Ana"], "participant_handling_duration": 16347,
             "interaction_labels": []},
            {"interaction_id": "int-1833ff122bc-9a3951e9-chat-01-acmecorp01", "transaction_id": "1816",
             "media_type": "Chat",
             "creation_time_utc": at(900), "direction": "InboundDir", "interaction_labels": ["Queued", "Abandoned"]},
        ],
    },
    erased={
        "eightx8_recent_calls": [
            {"tenant_id": "acmecorp01", "call_id": "erased", "call_date_utc": at(610), "call_type": "Inbound",
             "call_duration": 1000, "queue_ids": ["gone"]},
        ],
    },
    calls=[
        Call(RECENT_CALL, "voice", "inbound", "answered", None, None, False),
        Call(INTERACTION, "voice", "inbound", "answered", "Support", "Ben", False),
        Call(OUTBOUND_INTERACTION, "voice", "outbound", "answered", None, "Ana", False),
        Call(CHAT, "chat", "inbound", "abandoned", None, None, False),
    ],
    seconds=[
        Seconds(RECENT_CALL, None, "3.901", "310.887", "155.960", "335.566", None),
        Seconds(INTERACTION, None, "7.236", "753.105", None, "787", 2),
    ],
    queue_figures=[
        QueueFigures("acmecorp01:2583", 1, 1, 1, 1, 0, 1.0, 0.0),
        QueueFigures("acmecorp01:713", 1, 1, 1, 1, 0, 1.0, 0.0),
    ],
    activity=[
        Activity("acmecorp01:agA", "2026-03-02", 2, 1, 0, 1, 1, 1, Decimal("327.234")),
        Activity("acmecorp01:agB", "2026-03-02", 1, 1, 0, 0, 0, 0, Decimal("753.105")),
    ],
    agents=[("agA", "Ana", None), ("agB", "Ben", None)],
    queues=[("2583", None), ("713", "Support")],
    lost=dict.fromkeys(("agent_id", "agent_key", "agent_name", "caller_name"), "hash null"),
    named={
        "eightx8_interactions": [
            {"interaction_id": "int-1-a-phone-01-acmecorp01", "transaction_id": "1", "media_type": "Phone",
             "interaction_type": "InternalCall", "direction": "OutboundDir", "creation_time_utc": "2026-03-02 12:00:00",
             "participant_handling_duration": 1000, "participant_id": ["agA"], "participant_name": ["Ana"],
             "origination": "1001", "destination": "1002"},
            {"interaction_id": "int-2-a-phone-01-acmecorp01", "transaction_id": "1", "media_type": "Phone",
             "direction": "InboundDir", "creation_time_utc": "2026-03-02 12:00:00", "customer_name": "Kim",
             "customer_phone": "12025550173", "channel_id": "12025550100", "queue_id": "1", "queue_name": "Support"},
        ],
    },
    details=(
        {
            "eightx8_interactions": [
                {"interaction_id": "int-1-a-phone-01-acme", "transaction_id": "1", "media_type": "Phone",
                 "journey_id": "j", "direction": "InboundDir", "creation_time_utc": at(0),
                 "channel_id": "12025550100", "campaign_name": "Spring", "wrap_up_code": ["Sold"],
                 "terminated_by": "Agent", "participant_wrap_up_duration": 30_000},
            ],
            "eightx8_recent_calls": [
                {"tenant_id": "acme", "call_id": "int-2-a-phone-01-acme", "call_date_utc": at(0),
                 "call_type": "Inbound", "dialed_number": "12025550101", "hungup_by": "CUSTOMER"},
            ],
        },
        {
            "acme:int-1-a-phone-01-acme": {
                "dialled_number": "12025550100", "campaign_name": "Spring", "wrapup_code": "Sold",
                "wrapup_seconds": 30, "ended_by": "our_side", "contact_key": "eightx8_contact_center:acme:j",
            },
            "acme:int-2-a-phone-01-acme": {"dialled_number": "12025550101", "ended_by": "other_side"},
        },
    ),
    raw=_RAW,
)  # fmt: skip
