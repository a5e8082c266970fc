"""The tap's streams that read this vendor, as the suites that run over all streams see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.subject import Asked, Subject, utc

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest


def _work_asked(request: LoggedRequest) -> Asked:
    query, form = request.query, "%Y-%m-%d %H:%M:%S"
    return utc(query["startTime"], form), utc(query["endTime"], form)


def _work(stream: str, path: str, kind: str, **more: Any) -> Subject:
    record = {"pbx_id": "pbxId", "call_id": "callId"}
    return Subject(
        stream=stream,
        vendor="eightx8_work",
        table=kind,
        path=path,
        further="scrollId=",
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
        **more,
    )


STREAMS = (
    _work(
        "eightx8_call_records",
        "/v2/call-records",
        "records",
        around=("/v2/call-records", '{"meta":{"totalRecordCount":5,"scrollId":"x"},"data":[%s]}'),
    ),
    _work("eightx8_call_legs", "/v2/call-legs", "legs"),
    _work("eightx8_cdr_call_records", "/v1/cdr", "records"),
    _work("eightx8_cdr_call_legs", "/v1/cdr", "legs"),
)
