"""The settings of 8x8 Work."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_callrecords.settings.kinds import secret, setting, text, whole

SETTINGS = (
    secret(
        "eightx8_work_api_key",
        "8x8 Work API key",
        "Key of an App in 8x8 Admin Console that includes the product Analytics for 8x8 Work.",
        in_header=True,
    ),
    text(
        "eightx8_work_username",
        "8x8 Work user name",
        "An Analytics user with access level Supervisor.",
    ),
    secret(
        "eightx8_work_password",
        "8x8 Work password",
        "Password of that user.",
    ),
    setting(
        "eightx8_work_pbx_ids",
        th.ArrayType(th.StringType),
        default=["allpbxes"],
        title="8x8 Work PBXs",
        description="Names of the PBXs to read. An explicit list makes a PBX without access an error; with "
        "allpbxes it may be absent without notice.",
    ),
    whole("eightx8_work_page_size", 5000, 1, 7000, "8x8 Work page size", "Rows asked for in one request."),
    text(
        "eightx8_work_api_url",
        "8x8 Work API URL",
        "Where the Work Analytics API is.",
        default="https://api.8x8.com/analytics/work",
    ),
)
