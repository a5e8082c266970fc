"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.subject import Asked, Subject

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest


def _asked(request: LoggedRequest) -> Asked:
    start, end = (datetime.fromisoformat(request.query[name]).timestamp() for name in ("from", "to"))
    return start, end


STREAMS = (
    Subject(
        stream="acme_calls",
        vendor="acme",
        table="calls",
        path="/acme/v1/calls",
        keys={"call_id": "callId"},
        changing=("agentName", "agent_name"),
        asked=_asked,
        instant=lambda vendor: vendor.switches.selects_by,
        small_pages={"acme_page_size": 6},
        repeating={"arrivals": 3},
        shorter_pages={"page_cap": 4},
        longer_pages=(b"per_page=6", b"per_page=11"),
        withholding={"withhold": 1, "withhold_reads": None},
        around=("/acme/v1/calls", '{"calls":[%s],"page":1,"total":5}'),
        tricks={
            "selects_by": ["started", "ended"],
            "bounds": ["[]", "[)", "(]", "()", "()"],
            "order": ["oldest_first", "newest_first", "shuffled"],
            "page_cap": [None, 7],
            "total_form": ["number", "text", "decimal", "decimal text"],
            "total_on": ["every", "first"],
            "arrivals": [0, 3],
            "withhold": [0, 0, 2],
            "unknown_fields": [False, True],
        },
    ),
)
