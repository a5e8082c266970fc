"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.subject import Asked, Subject, utc

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest

FORM = "%Y-%m-%dT%H:%M:%SZ"


def _asked(request: LoggedRequest) -> Asked | None:
    if "from" not in request.query:
        return None
    return utc(request.query["from"], FORM), utc(request.query["to"], FORM)


def _of_calls(stream: str, table: str, **more: Any) -> Subject:
    return Subject(
        stream=stream,
        vendor="zoom_phone",
        table=table,
        path="/phone/call_history",
        further="next_page_token=",
        asked=_asked,
        reach=timedelta(days=180),
        small_pages={"zoom_phone_page_size": 3},
        login="/oauth/token",
        worn_tokens={"token_requests": 1},
        shorter_pages={"page_cap": 2},
        **more,
    )


PAGING: dict[str, list[Any]] = {
    "last_token": ["empty", "missing", "then empty page", "then first page", "then refused"],
    "total": ["query", "query", "page"],
    "page_cap": [None, 4],
    "token_requests": [None, 20],
    "token_refusal": [401, 400],
    "one_token": [False, True],
    "unknown_fields": [False, True],
}
LISTING: dict[str, list[Any]] = {
    **PAGING,
    "arrays": ["both", "call_history", "call_logs", "unequal"],
    "month": ["calendar", "30 days", "31 days"],
    "over_month": ["cut", "cut silently", "refuse"],
    "dates": ["instants", "days"],
    "zone": ["UTC", "Europe/London"],
    "bounds": ["[]", "[)", "(]", "()", "()"],
    "time_type": ["filters", "ignored"],
    "recording_default": [None, "recorded"],
    "recording_filter": ["filters"],
    "order": ["newest_first", "oldest_first"],
    "overcount": [0, 0, 1],
    "empties": ["missing", "null", "empty"],
    "words": ["documented", "odd"],
    "country_codes": ["1", "US"],
}


STREAMS = (
    _of_calls(
        "zoom_phone_calls",
        "calls",
        keys={"call_history_uuid": "call_history_uuid"},
        changing=("site_name", "site_name"),
        instant=lambda _: "start",
        longer_pages=(b"page_size=3", b"page_size=11"),
        withholding={"withhold": 1, "withhold_reads": None},
        around=("/phone/call_history", '{"call_history":[%s],"total_records":5,"next_page_token":""}'),
        tricks={**LISTING, "odd_values": [False, True]},
    ),
    _of_calls(
        "zoom_phone_call_legs",
        "legs",
        keys={"call_history_uuid": "call_history_uuid", "call_element_id": "call_element_id"},
        changing=("site_name", "site_name"),
        instant=lambda _: "call_start",
        again=False,  # what the list shows unchanged is not asked for: see tests/sources
        tricks={
            **LISTING,
            "leg_times": ["waiting_time", "wait_time"],
            "first_segment": [1, 0],
            "nodes": ["main", "place"],
            "transfers": ["direct_transfer", "warm_transfer", "warm_transfer_outgoing"],
            "account_code": ["caller_acconut_code", "caller_account_code"],
            "detail_arrays": ["both", "call_elements", "call_path"],
            "details_late": [0, 1],
        },
    ),
    *(
        Subject(
            stream=f"zoom_phone_{name}",
            vendor="zoom_phone",
            table=name,
            path=f"/phone/{name}",
            keys={"extension_id": "extension_id"},
            changing=("name", "name"),
            incremental=False,
            login="/oauth/token",
            worn_tokens={"token_requests": 1},
            tricks=PAGING,
        )
        for name in ("users", "call_queues")
    ),
)
