"""How to run into the errors of Zoom Phone, which its page lists."""

from __future__ import annotations

from tests.faults.cases import Case, refusal

ZOOM = "zoom_phone"
HISTORY = {"match": "/phone/call_history"}
CASES = (
    Case("… has no token endpoint", ZOOM, refusal(405, match="/oauth/token")),
    Case("Zoom refused the credentials.", ZOOM, config={"zoom_phone_client_secret": "another"}),
    Case("Zoom refused the credentials.", ZOOM, config={"zoom_phone_account_id": "another"}),
    Case("Zoom refused a token", ZOOM, refusal(401, "Invalid access token.", **HISTORY)),
    Case("Zoom refused a token", ZOOM, switches={"token_requests": 0, "token_refusal": 400}),
    Case("Zoom's app lacks", ZOOM, traits={"scopes": {"users"}}, streams=["zoom_phone_calls"]),
    Case("Zoom does not let", ZOOM, traits={"has_permission": False}),
    Case("The Zoom account has no", ZOOM, traits={"has_zoom_phone": False}),
    Case("Zoom Phone is not at this", ZOOM, refusal(404, "Not found", **HISTORY)),
    Case("Zoom Phone refused a time", ZOOM, switches={"history_days": 1}, streams=["zoom_phone_calls"]),
    Case(
        "Zoom Phone answered for less",
        ZOOM,
        switches={"history_days": 1, "too_old": "cut"},
        streams=["zoom_phone_calls"],
    ),
    Case(
        "… announced … rows of the list",
        ZOOM,
        (
            {
                "kind": "status",
                "status": 200,
                "body": {"users": [{"extension_id": "a"}], "total_records": 2},
                "match": "/phone/users",
                "content_type": "application/json",
                "times": None,
            },
        ),
        streams=["zoom_phone_users"],
    ),
    Case(
        "Zoom Phone refused a request for the legs",
        ZOOM,
        refusal(400, "Validation Failed.", match="/phone/call_history/"),
        streams=["zoom_phone_call_legs"],
    ),
    Case(
        "Zoom Phone no longer",
        ZOOM,
        refusal(400, "The next page token is invalid or expired.", match="next_page_token"),
        config={"zoom_phone_page_size": 1},
        streams=["zoom_phone_calls"],
    ),
)
