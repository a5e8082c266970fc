"""How to run into the errors of 8x8 Analytics for Contact Center."""

from __future__ import annotations

from tests.faults.cases import Case, always, refusal

ANALYTICS = "eightx8_analytics"
REPORT = {"kind": "status", "status": 200, "method": "POST", "match": "/detailed-reports"}
DATA = {"match": "/data", "method": "GET"}
CC = "8x8 Analytics for Contact Center "
CASES = (
    Case("… has no token endpoint", ANALYTICS, refusal(410, match="/token")),
    Case(f"{CC}refused", ANALYTICS, config={"eightx8_analytics_secret": "another"}),
    Case(f"{CC}refused", ANALYTICS, refusal(401, match="/historical-metrics")),
    Case(f"{CC}does not let", ANALYTICS, refusal(403, match="/historical-metrics")),
    Case(f"{CC}needs", ANALYTICS, refusal(400, "X-Tenant-Info header is missing", match="/historical-metrics")),
    Case(f"{CC}does not know", ANALYTICS, refusal(400, "Invalid X-Tenant-Info", match="/historical-metrics")),
    Case(f"{CC}serves no", ANALYTICS, refusal(404, match="/detailed-reports")),
    Case("… did not make", ANALYTICS, always(**REPORT, body={"id": 1, "status": "FAILED", "reason": "too much"})),
    Case(
        "… has not finished",
        ANALYTICS,
        [
            *always(**REPORT, body={"id": 1, "status": "QUEUED"}),
            *always(kind="status", status=200, body={"id": 1, "status": "QUEUED"}, match="/status"),
        ],
    ),
    Case(f"{CC}sent a page", ANALYTICS, switches={"strip_headers": None}),
    Case("… no longer knows", ANALYTICS, refusal(404, **DATA)),
    Case(
        "… names the next page",
        ANALYTICS,
        always(
            kind="status", status=200, body=[], headers={"Link": '<https://elsewhere.example/>; rel="next"'}, **DATA
        ),
    ),
)
