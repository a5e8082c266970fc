"""The settings of Webex Calling."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_callrecords.settings.kinds import secret, setting, text, whole

SETTINGS = (
    secret(
        "webex_access_token",
        "Webex access token",
        "A ready token, for tests and short jobs; else the three settings of OAuth refresh.",
        in_header=True,
    ),
    text(
        "webex_client_id",
        "Webex client id",
        "Of the integration or service app.",
    ),
    secret(
        "webex_client_secret",
        "Webex client secret",
        "Of the integration or service app.",
        in_header=True,
    ),
    secret(
        "webex_refresh_token",
        "Webex refresh token",
        "Of an administrator with access to detailed call history.",
        in_header=True,
    ),
    setting(
        "webex_locations",
        th.ArrayType(th.StringType),
        title="Webex locations",
        description="Names of the locations to read; all without it. At most 10 names go into one request.",
    ),
    whole("webex_page_size", 500, 1, 5000, "Webex page size", "Records asked for in one request."),
    whole(
        "webex_history_hours",
        720,
        1,
        87_600,
        "Webex history in hours",
        "How far back the feed serves: 720 (30 days), or 48 on older organisations.",
    ),
    whole(
        "webex_initial_request_interval_seconds",
        60,
        0,
        86_400,
        "Webex seconds between initial requests",
        "Least time between two initial requests (the vendor's allowance).",
    ),
    whole(
        "webex_page_requests_per_minute",
        10,
        1,
        100_000,
        "Webex page requests per minute",
        "Most follow-up page requests in a minute (the vendor's allowance).",
    ),
    text(
        "webex_api_url",
        "Webex API URL",
        "Host of the organisation's region.",
        default="https://analytics-calling.webexapis.com/v1",
    ),
    text("webex_auth_url", "Webex token URL", "Where tokens are renewed.", default="https://webexapis.com/v1"),
)
