"""The settings of Zoom Phone."""

from __future__ import annotations

from tap_callrecords.settings.kinds import secret, text, whole

SETTINGS = (
    text(
        "zoom_phone_account_id",
        "Zoom account id",
        "Of the Server-to-Server OAuth app, which reads the account that it belongs to.",
    ),
    text(
        "zoom_phone_client_id",
        "Zoom client id",
        "Of that app.",
        in_header=True,
    ),
    secret(
        "zoom_phone_client_secret",
        "Zoom client secret",
        "Of that app.",
        in_header=True,
    ),
    whole("zoom_phone_page_size", 300, 1, 300, "Zoom Phone page size", "Calls asked for in one request."),
    whole(
        "zoom_phone_history_days",
        180,
        1,
        4000,
        "Zoom Phone history in days",
        "How far back calls are asked for. Zoom's documents speak of six months, and of another time where the "
        "account's administrator has set one.",
    ),
    whole(
        "zoom_phone_detail_requests_per_second",
        10,
        1,
        1000,
        "Zoom Phone detail requests per second",
        "Most requests for the legs of a call in a second. Zoom allows 20, or 40 from the plan Business on, to all "
        "apps of the account together.",
    ),
    text(
        "zoom_phone_api_url",
        "Zoom API URL",
        "Where the API is. The address of all regions; Zoom for Government has another one.",
        default="https://api.zoom.us/v2",
    ),
    text("zoom_phone_auth_url", "Zoom token URL", "Where tokens are issued.", default="https://zoom.us/oauth"),
)
