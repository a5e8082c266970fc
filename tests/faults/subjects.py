"""Every stream's side in the sandbox.

A new stream needs a `Subject` here; each suite of this folder then covers it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.app import LoggedRequest
from tap_callrecords.sources import SOURCES
from tests.faults.subject import Asked, Subject


def _utc(text: str, form: str) -> float:
    return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()


def _work_asked(request: LoggedRequest) -> Asked:
    query, form = request.query, "%Y-%m-%d %H:%M:%S"
    return _utc(query["startTime"], form), _utc(query["endTime"], form)


def _work(stream: str, path: str, kind: str) -> Subject:
    record = {"pbx_id": "pbxId", "call_id": "callId"}
    return Subject(
        stream=stream,
        vendor="eightx8_work",
        table=kind,
        path=path,
        keys=record if kind == "records" else {**record, "leg_id": "legId"},
        changing=("callerName", "caller_name"),
        asked=_work_asked,
        instant=lambda vendor: vendor.switches.record_filter if kind == "records" else "disconnect",
        small_pages={"eightx8_work_page_size": 6},
        login="/v1/oauth/token",
        worn_tokens={"token_requests": 1},
        repeating={"repeat_last_row": True},
        shorter_pages={"page_cap": 4, "short_pages": 0.3},
        longer_pages=(b"pageSize=6", b"pageSize=11"),
        withholding={"withhold": 1, "withhold_reads": None},
        tricks={
            "record_filter": ["start", "disconnect"],
            "bounds": ["[]", "[)", "(]", "()", "()"],
            "end_second": [".000", ".999"],
            "utc_accepted": [True, False],
            "end_signal": ["No Data", "null", "missing", "empty"],
            "count_form": ["number", "text", "decimal", "decimal text"],
            "later_counts": ["same", "more"],
            "null_data": [False, True],
            "end_on_last_page": [False, True],
            "page_cap": [None, 7],
            "short_pages": [0.0, 0.3],
            "page2_parameters": ["needed", "optional"],
            "order": ["newest_first", "shuffled"],
            "repeat_last_row": [False, True],
            "arrivals_per_page": [0, 1],
            "token_requests": [None, 20],
            "withhold": [0, 0, 2],
            "leg_count_as_int": [False, True],
            "null_arrays": [False, True],
            "unknown_fields": [False, True],
        },
    )


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


def _webex_asked(request: LoggedRequest) -> Asked:
    query, form = request.query, "%Y-%m-%dT%H:%M:%S.%fZ"
    return _utc(query["startTime"], form), _utc(query["endTime"], form)


def _webex(stream: str, path: str, **more: Any) -> Subject:
    return Subject(
        stream=stream,
        vendor="webex",
        table="records",
        path=path,
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


def _interactions_asked(request: LoggedRequest) -> Asked | None:
    if request.method != "POST":
        return None
    ends = json.loads(request.body)["dateRange"]
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    return _utc(ends["start"], form), _utc(ends["end"], form)


INTERACTIONS = Subject(
    stream="eightx8_interactions",
    vendor="eightx8_analytics",
    table="interactions",
    path="/historical-metrics/",
    keys={"interaction_id": "interactionId", "transaction_id": "transactionId"},
    changing=("channelName", "channel_name"),
    asked=_interactions_asked,
    instant=lambda vendor: vendor.switches.select_by,
    small_pages={"window_hours": 12},
    login="/oauth/v2/token",
    worn_tokens={"token_requests": 1},
    longer_pages=(b"size=6", b"size=11"),
    withholding={"withhold": 1, "withhold_reports": None},
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


def _voiso_asked(request: LoggedRequest) -> Asked:
    query, form = request.query, "%Y-%m-%dT%H:%M:%S"
    return _utc(query["start_datetime"], form), _utc(query["end_datetime"], form)


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


_SUBJECTS = (
    _work("eightx8_call_records", "/v2/call-records", "records"),
    _work("eightx8_call_legs", "/v2/call-legs", "legs"),
    _work("eightx8_cdr_call_records", "/v1/cdr", "records"),
    _work("eightx8_cdr_call_legs", "/v1/cdr", "legs"),
    RECENT_CALLS,
    _webex(
        "webex_detailed_call_history",
        "/cdr_feed",
        instant=lambda vendor: vendor.switches.filter_field,
        reach=timedelta(hours=720),
        more_lookback=timedelta(hours=12),
    ),
    _webex(
        "webex_live_call_history",
        "/cdr_stream",
        instant=lambda _: "inserted",
        reach=timedelta(hours=12) - timedelta(minutes=15),
        lookback=timedelta(minutes=5),
    ),
    INTERACTIONS,
    VOISO_CDR,
    *(_voiso_list(name) for name in ("agents", "deleted_agents", "queues", "teams", "campaigns")),
    _voiso_list("wrapup_codes", key="code", text="description"),
)
KNOWN = {subject.stream: subject for subject in _SUBJECTS}
REGISTERED = [stream.name for source in SOURCES for stream in source.streams]
SUBJECTS = [KNOWN[name] for name in REGISTERED if name in KNOWN]
WINDOWED = [subject for subject in SUBJECTS if subject.incremental]
VENDORS = list({subject.vendor: subject for subject in reversed(SUBJECTS)}.values())[::-1]
"""The first stream of each vendor: for what its streams share."""
TOKENED = [subject for subject in VENDORS if subject.login]
