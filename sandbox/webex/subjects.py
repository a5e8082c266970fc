"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.subject import Asked, Subject, utc

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest


def _webex_asked(request: LoggedRequest) -> Asked:
    query, form = request.query, "%Y-%m-%dT%H:%M:%S.%fZ"
    return utc(query["startTime"], form), utc(query["endTime"], form)


def _webex(stream: str, path: str, **more: Any) -> Subject:
    return Subject(
        stream=stream,
        vendor="webex",
        table="records",
        path=path,
        further="startTimeForNextFetch=",
        keys={"report_id": "Report ID"},
        changing=("User", "user"),
        asked=_webex_asked,
        switches={"page_cap": 9},
        login="/access_token",
        worn_tokens={"token_requests": 1},
        repeating={"page_edge": "repeat"},
        shorter_pages={"page_cap": 8, "empty_pages": True},
        tricks={
            "filter_field": ["report", "start", "inserted"],
            "bounds": ["[]", "[)", "(]", "()", "()"],
            "order": ["ascending", "shuffled"],
            "link": ["correct", "no_space", "unquoted", "malformed", "two_relations"],
            "page_edge": ["exact", "repeat"],
            "page_cap": [9, 30],
            "empty_pages": [False, True],
            "empty": ["200", "204", "404"],
            "total_count": [True, False],
            "overcount": [0, 3],
            "token_requests": [None, 20],
            "rotation": ["none", "old_lives"],
            "spelling": ["real", "docs"],
            "missing_keys": [False, True],
            "unknown_fields": [False, True],
        },
        **more,
    )


STREAMS = (
    _webex(
        "webex_detailed_call_history",
        "/cdr_feed",
        instant=lambda vendor: vendor.switches.filter_field,
        reach=timedelta(hours=720),
        more_lookback=timedelta(hours=12),
        around=("cdr_feed", '{"items":[%s]}'),
    ),
    _webex(
        "webex_live_call_history",
        "/cdr_stream",
        instant=lambda _: "inserted",
        reach=timedelta(hours=12) - timedelta(minutes=15),
        lookback=timedelta(minutes=5),
    ),
)
