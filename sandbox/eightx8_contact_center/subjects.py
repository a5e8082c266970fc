"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.subject import Asked, Subject

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest


def _recent_calls_asked(request: LoggedRequest) -> Asked:
    start, end = json.loads(request.body)["timeRange"].split("-")
    return int(start) / 1000, int(end) / 1000


RECENT_CALLS = Subject(
    stream="eightx8_recent_calls",
    vendor="eightx8_contact_center",
    table="calls",
    path="/v1/recentCallData/",
    keys={"tenant_id": "tenantId", "call_id": "callId"},
    changing=("callerName", "caller_name"),
    asked=_recent_calls_asked,
    instant=lambda vendor: vendor.switches.range_filter,
    small_pages={"eightx8_contact_center_page_size": 6},
    repeating={"arrivals": 3},
    shorter_pages={"page_cap": 4},
    longer_pages=(b'"rows": "6"', b'"rows": "11"'),
    withholding={"withhold": 1, "withhold_reads": None},
    around=("recentCallData", '{"hits":5,"timezone":"GMT","data":[%s]}'),
    tricks={
        "precedence": ["duration", "timeRange"],
        "range_filter": ["start", "end"],
        "bounds": ["[]", "[)", "(]", "()", "()"],
        "order": ["ascending", "descending", "unstable"],
        "arrivals": [0, 3],
        "hits_past_end": ["total", "zero"],
        "hits_form": ["number", "text", "decimal", "decimal text"],
        "later_hits": ["same", "absent", "null", "more"],
        "null_data": [False, True],
        "page_cap": [None, 7],
        "echo_zone": [True, False],
        "withhold": [0, 0, 2],
        "numbers": ["as documented", "text", "numbers", "empty"],
    },
)


STREAMS = (RECENT_CALLS,)
