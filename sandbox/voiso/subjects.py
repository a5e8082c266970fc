"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.subject import Asked, Subject, utc

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest


def _voiso_asked(request: LoggedRequest) -> Asked:
    query, form = request.query, "%Y-%m-%dT%H:%M:%S"
    return utc(query["start_datetime"], form), utc(query["end_datetime"], form)


VOISO_CDR = Subject(
    stream="voiso_cdr",
    vendor="voiso",
    table="cdr",
    path="/api/v2/cdr",
    keys={"uuid": "uuid"},
    changing=("disposition", "disposition"),
    asked=_voiso_asked,
    instant=lambda vendor: vendor.switches.filter_time,
    widened=timedelta(hours=14, seconds=2),
    small_pages={"voiso_page_size": 5},
    switches={"block": 20},
    repeating={"beyond_end": "last", "arrivals": 3},
    shorter_pages={"page_cap": 4},
    longer_pages=(b"per_page=5", b"per_page=10"),
    around=("/cdr?", '{"records":[%s],"total":5}'),
    tricks={
        "reading": ["A", "B1", "B2", "B3", "D"],
        "page_cap": [None, 4],
        "beyond_block": ["refuse", "empty", "last", "fail"],
        "beyond_end": ["empty", "refuse", "last"],
        "token_on": ["every", "last"],
        "final": ["null", "token", "repeat"],
        "token_required": [False, True],
        "total": ["pages", "records", "block_pages", "block_records", "unknown"],
        "page_on_last": [False, True],
        "order": ["newest_first", "oldest_first"],
        "arrivals": [0, 3],
        "filter_time": ["end", "start"],
        "filter_zone": ["user", "UTC", "Pacific/Kiritimati", "America/Los_Angeles"],
        "bounds": ["[]", "[)", "(]", "()", "()"],
        "numbers": ["as_kept", "text"],
        "unknown_fields": [False, True],
    },
)


def _voiso_list(name: str, key: str = "id", text: str = "name") -> Subject:
    return Subject(
        stream=f"voiso_{name}",
        vendor="voiso",
        table=name,
        path=f"/api/v2/cdr/{name}",
        keys={key: key},
        changing=(text, text),
        incremental=False,
        tricks={"lists": ["array", "object"], "unknown_fields": [False, True]},
    )


STREAMS = (
    VOISO_CDR,
    *(_voiso_list(name) for name in ("agents", "deleted_agents", "queues", "teams", "campaigns")),
    _voiso_list("wrapup_codes", key="code", text="description"),
)
