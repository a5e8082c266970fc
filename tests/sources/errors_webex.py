"""How to run into the errors of Webex Calling."""

from __future__ import annotations

from tests.faults.cases import Case, refusal

REFRESH = ("webex_client_id", "webex_client_secret", "webex_refresh_token")
FEED, LIVE = {"match": "/cdr_feed"}, {"match": "/cdr_stream"}
LATE = {"headers": {"TrackingID": "ROUTER_1"}}
CASES = (
    Case("… has no token endpoint", "webex", refusal(404, match="/access_token")),
    Case("Webex refused to renew", "webex", config={"webex_refresh_token": "another"}),
    Case("Webex refused the access", "webex", config={**dict.fromkeys(REFRESH), "webex_access_token": "another"}),
    Case("Webex refused an access", "webex", refusal(401, **FEED)),
    Case("Webex does not let", "webex", refusal(403, "no role", **FEED, **LATE)),
    Case("… does not know the call", "webex", refusal(404, **FEED)),
    Case("Webex holds", "webex", refusal(451, **FEED)),
    Case("Webex serves less", "webex", refusal(400, "startTime is older than 48 hours", **FEED, **LATE)),
    Case(
        "Webex rejected a time window as too old",
        "webex",
        refusal(400, "startTime", **FEED),
        config={"webex_history_hours": 48},
    ),
    Case(
        "Webex rejected a time window of",
        "webex",
        refusal(400, "startTime", **LIVE),
        streams=["webex_live_call_history"],
    ),
    Case("Webex rejected a time window as too recent", "webex", refusal(400, "endTime", **FEED)),
    Case("Webex rejected a time window as too long", "webex", switches={"longest_minutes": 0}),
    Case("Webex did not have a page", "webex", refusal(504, **FEED)),
    Case("Webex returned the same cursor twice", "webex", switches={"repeat_link": True, "page_cap": 1}),
    Case("Webex does not know a", "webex", refusal(400, "unknown location", **FEED)),
)
