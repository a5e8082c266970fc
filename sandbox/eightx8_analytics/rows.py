"""Interactions as the detailed report has them (CC B4, B6), rendered from neutral calls."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import contact_center as cc

if TYPE_CHECKING:
    from sandbox.calls import Call, Leg
    from sandbox.table import Row

SAMPLES = Path(__file__).parents[1] / "samples"
DAY_MS = 86_400_000
_TIMED = (
    *("Offer", "Handling", "WrapUp", "Processing", "Busy", "Hold", "LongestHold", "Mute", "LongestMute"),
    *("Focus", "LongestFocus", "Park"),
)
DURATIONS = frozenset(
    (
        *("queueWaitDuration", "ivrTreatmentDuration", "interactionDuration", "customerJourneyDuration"),
        *(f"participant{kind}Duration" for kind in _TIMED),
    )
)
"""Metrics that come as milliseconds and whether they are ongoing, in older versions as text."""
CODES = ("Code", "CodeId", "CodeList", "CodeListId", "CodeText", "ShortCode")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d\d:\d\d|Z)")


def iso(ms: int | None, zone: tzinfo = UTC) -> str | None:
    """Epoch ms as ISO 8601 with ms and a colon in the offset."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, zone).isoformat(timespec="milliseconds")


def epoch(text: str) -> int:
    """Epoch ms of ISO 8601."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def clock(ms: int) -> str:
    """Milliseconds as ``H:MM:SS``."""
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def running(value: Any, *, ongoing: bool = False) -> Any:
    """A value that may still change, as current versions write it."""
    return None if value is None else {"value": value, "ongoing": ongoing}


def created_ms(row: Row) -> int:
    """When an interaction was created."""
    return epoch(row["creationTime"])


def finished_ms(row: Row) -> int | None:
    """When an interaction finished; ``None`` while it goes on."""
    finished = row.get("finishedTime")
    if isinstance(finished, dict):
        return None if finished["ongoing"] else epoch(finished["value"])
    return epoch(finished) if finished else None


def rendered(value: Any, key: str, zone: tzinfo, *, old: bool) -> Any:
    """A value in a zone, and in the form of older versions."""
    if old and isinstance(value, dict) and value.keys() == {"value", "ongoing"}:
        value = clock(value["value"]) if key in DURATIONS else value["value"]
    if isinstance(value, str):
        return iso(epoch(value), zone) if ISO.fullmatch(value) else value
    if isinstance(value, list):
        return [rendered(each, key, zone, old=old) for each in value]
    if isinstance(value, dict):
        return {name: rendered(each, name, zone, old=old) for name, each in value.items()}
    return value


def sample_rows(today_ms: int) -> list[Row]:
    """The vendor's sample rows, one, two and more days old; what they lack is null."""
    rows: list[Row] = []
    files = (SAMPLES / f"eightx8_detailed_report_{name}.json" for name in ("v8", "participants"))
    for days, row in enumerate((row for file in files for row in json.loads(file.read_text())), 1):
        fields = {item["key"]: item["value"] for item in row["items"]}
        shift = (today_ms // DAY_MS - days - epoch(fields["creationTime"]) // DAY_MS) * DAY_MS
        rows.append(blank() | _moved(fields, shift))
    return rows


def _moved(fields: Row, shift_ms: int) -> Row:
    """A row at another time: every instant, in its own offset, and the one in the id."""

    def later(found: re.Match[str]) -> str:
        when = datetime.fromisoformat(found[0]) + timedelta(milliseconds=shift_ms)
        return when.isoformat(timespec="milliseconds")

    old = fields["interactionId"].split("-")[1]
    text = ISO.sub(later, json.dumps(fields)).replace(f"int-{old}-", f"int-{int(old, 16) + shift_ms:x}-")
    row: Row = json.loads(text)
    return row


def blank() -> Row:
    """All metrics and the participants, null."""
    return dict.fromkeys(METRICS) | {"participants": None}


def call_row(call: Call) -> Row:
    """A call as one interaction: 95 metrics and its participants."""
    incoming, agents = call.direction == "incoming", [leg for leg in call.legs if leg.party.kind == "person"]
    outside = call.caller if incoming else call.callee
    people = [_participant(call, number, leg) for number, leg in enumerate(agents, 1)]
    finished = call.ended_ms + call.wrap_up_ms
    return blank() | {
        "interactionId": cc.interaction_id(call),
        "transactionId": cc.transaction_id(call),
        "journeyId": f"journey-{call.uid:016x}",
        "time": iso(call.started_ms),
        "creationTime": iso(call.started_ms),
        "finishedTime": running(iso(finished)),
        "queueTime": iso(_queue_time(call)),
        "mediaType": "Phone",
        "direction": "InboundDir" if incoming else "OutboundDir",
        "interactionType": None if incoming else "OutboundCall",
        "channelId": cc.digits(call.dialled if incoming else call.caller.number),
        "channelName": call.site.name,
        "scheduleHours": "Open",
        "state": "Finished",
        "interactionLabels": _labels(call),
        "outcome": _labels(call)[-1],
        "terminatedBy": cc.terminated_by(call),
        "transfers": "TransferToAgent" if call.transferred_to else None,
        "customerName": outside.name,
        "customerPhone": cc.digits(outside.number),
        "origination": cc.digits(call.caller.number),
        "destination": cc.digits(call.dialled),
        "caseNumber": "0",
        "queueId": cc.queue_id(call) or None,
        "queueName": call.queue.name if call.queue else None,
        "queueWaitDuration": running(call.wait_ms if call.queue else None),
        "timeToAbandon": call.wait_ms if call.outcome == "abandoned" and call.queue else None,
        "interactionDuration": running(call.ended_ms - call.started_ms),
        "customerJourneyDuration": running(call.ended_ms - call.started_ms),
        "ivrTreatmentDuration": running(cc.ivr_ms(call)),
        **dict.fromkeys(COUNTERS, "0"),
        "participantAssignNumber": str(len(people)),
        **_sums(people),
        **{f"wrapUp{code}": [] for code in CODES[:-1]},
        "wrapUpShortCode": [],
        "participants": people,
    }


COUNTERS = (
    *("blindTransferToAgent", "blindTransferToQueue", "warmTransfersCompleted", "conferencesEstablished"),
    *("consultationsEstablished", "participantHold", "participantMute", "participantFocus", "participantPark"),
)
_LISTED = ("participantId", "participantName", "participantType", "participantOfferAction")
_OTHER_PARTICIPANT = (
    *("participantGroupId", "participantGroupName", "participantAssignNumber", "participantAssignReason"),
    *("participantAssignTime", "participantOfferTime", "participantOfferActionTime", "participantHandlingEndTime"),
    *("participantHandlingOutcome", "participantWrapUpEndTime", "participantComments"),
)
METRICS = (
    *("interactionId", "transactionId", "originalInteractionId", "originalTransactionId", "journeyId", "recordId"),
    *("campaignId", "campaignName", "time", "creationTime", "finishedTime", "queueTime", "mediaType", "direction"),
    *("interactionType", "chatType", "subject", "channelId", "channelName", "scheduleHours", "state"),
    *("interactionLabels", "outcome", "terminatedBy", "dispositionAction", "transfers", "customerName"),
    *("customerPhone", "customerEmail", "origination", "destination", "facebookId", "twitterId"),
    *("externalTransactionData", "caseNumber", "caseFollowUp", "agentNotes", "queueId", "queueName", "timeToAbandon"),
    *("destinationQueueId", "destinationQueueName", "recordingFileNames"),
    *sorted(DURATIONS),
    *COUNTERS,
    *_LISTED,
    *_OTHER_PARTICIPANT,
    *(f"{kind}{code}" for kind in ("wrapUp", "outboundPhone") for code in CODES),
)
"""The 95 metrics of version 8 (CC B6)."""


def _queue_time(call: Call) -> int | None:
    return next((leg.started_ms for leg in call.legs if leg.party.kind == "queue"), None)


def _labels(call: Call) -> list[str]:
    labels = ["Queued"] if call.queue else []
    last = {"answered": "Handled", "abandoned": "Abandoned", "voicemail": "ForwardedToVoicemail"}
    return [*labels, *(["TransferredToAgent"] if call.transferred_to else []), last.get(call.outcome, "UnknownOutcome")]


def _sums(people: list[Row]) -> Row:
    """The row-level columns that sum up the participants."""
    if not people:
        return {name: [] for name in _LISTED}
    sums: Row = {name: [person[name] for person in people] for name in _LISTED}
    for name in DURATIONS & people[0].keys():
        sums[name] = running(sum(person[name]["value"] for person in people))
    last = people[-1]
    return sums | {name: last[name] for name in _OTHER_PARTICIPANT if name != "participantAssignNumber"}


def _participant(call: Call, number: int, leg: Leg) -> Row:
    """One assignment to an agent."""
    answered = leg.outcome == "answered" and leg.connected_ms is not None
    wrap_up = call.wrap_up_ms if answered else 0
    handling = leg.talk_ms
    return {
        "participantAssignNumber": number,
        "participantType": "Agent",
        "participantId": cc.agent_id(leg.party),
        "participantName": leg.party.name,
        "participantGroupId": cc.group_id(leg.party),
        "participantGroupName": leg.party.department,
        "participantAssignReason": None,
        "participantAssignTime": iso(leg.started_ms),
        "participantOfferTime": iso(leg.started_ms),
        "participantOfferAction": "Accepted" if answered else "OfferTimeout",
        "participantOfferActionTime": iso(leg.connected_ms if answered else leg.ended_ms),
        "participantOfferDuration": running(leg.ring_ms),
        "participantHandlingDuration": running(handling),
        "participantHandlingEndTime": iso(leg.ended_ms) if answered else None,
        "participantHandlingOutcome": None,
        "participantWrapUpDuration": running(wrap_up),
        "participantWrapUpEndTime": iso(leg.ended_ms + wrap_up) if answered else None,
        "participantProcessingDuration": running(handling + wrap_up),
        "participantBusyDuration": running(leg.ring_ms + handling + wrap_up),
        "participantHold": int(leg.hold_ms > 0),
        "participantHoldDuration": running(leg.hold_ms),
        "participantLongestHoldDuration": running(leg.hold_ms),
        **{
            f"participant{kind}Duration": running(0)
            for kind in ("Mute", "LongestMute", "Focus", "LongestFocus", "Park")
        },
        **dict.fromkeys(("participantMute", "participantFocus", "participantPark"), 0),
        "participantComments": [],
        **dict.fromkeys(COUNTERS[:5], 0),
        **{f"wrapUp{code}": [] for code in CODES},
    }
