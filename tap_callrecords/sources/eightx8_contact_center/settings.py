"""The settings of 8x8 Contact Center, Recent Calls."""

from __future__ import annotations

from tap_callrecords.settings.kinds import secret, text, whole

SETTINGS = (
    secret(
        "eightx8_contact_center_api_key",
        "8x8 Contact Center API key",
        "Key of an App that includes Customer Experience Recent Calls.",
        in_header=True,
    ),
    secret(
        "eightx8_contact_center_token",
        "8x8 Contact Center tenant token",
        "The token that 8x8 hands out for the tenant.",
        in_header=True,
    ),
    text(
        "eightx8_contact_center_tenant_id",
        "8x8 Contact Center tenant",
        "Name of the tenant in Configuration Manager.",
        in_header=True,
    ),
    text(
        "eightx8_contact_center_region",
        "8x8 Contact Center region",
        "Where the tenant is: uk for the UK and Europe, us for all else.",
        default="us",
        allowed_values=["us", "uk"],
    ),
    whole(
        "eightx8_contact_center_page_size",
        5000,
        1,
        5000,
        "8x8 Contact Center page size",
        "Rows asked for in one request.",
    ),
    text(
        "eightx8_contact_center_api_url",
        "8x8 Contact Center API URL",
        "Where the Customer Experience API is.",
        default="https://api.8x8.com/customerexperience",
    ),
)
