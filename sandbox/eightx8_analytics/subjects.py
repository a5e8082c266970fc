"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.subject import Asked, Subject, utc

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest


def _interactions_asked(request: LoggedRequest) -> Asked | None:
    if request.method != "POST":
        return None
    ends = json.loads(request.body)["dateRange"]
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    return utc(ends["start"], form), utc(ends["end"], form)


INTERACTIONS = Subject(
    stream="eightx8_interactions",
    vendor="eightx8_analytics",
    table="interactions",
    path="/historical-metrics/",
    further="astDocumentId=",
    keys={"interaction_id": "interactionId", "transaction_id": "transactionId"},
    changing=("channelName", "channel_name"),
    asked=_interactions_asked,
    instant=lambda vendor: vendor.switches.select_by,
    small_pages={"window_hours": 12},
    login="/oauth/v2/token",
    worn_tokens={"token_requests": 1},
    longer_pages=(b"size=6", b"size=11"),
    withholding={"withhold": 1, "withhold_reports": None},
    around=("/data", "[%s]"),
    tricks={
        "select_by": ["creation", "finish"],
        "bounds": ["[]", "[)", "(]", "()", "()"],
        "create_answer": ["object", "array"],
        "polls": [0, 2],
        "done_word": ["DONE", "done"],
        "unready": [0, 2],
        "count_form": ["number", "decimal"],
        "later_counts": [True, False],
        "forget_after": [None, None, 3],
        "token_requests": [None, 20],
        "withhold": [0, 0, 2],
        "shapes": ["v8", "old", "mixed"],
        "cursor_header": ["raw", "percent"],
        "links": ["documented", "absent", "other_host", "relative"],
        "render_zone": ["America/Los_Angeles", "Europe/London"],
        "unknown_fields": [False, True],
    },
)


STREAMS = (INTERACTIONS,)
