"""The settings of 8x8 Analytics for Contact Center."""

from __future__ import annotations

from tap_callrecords.settings.kinds import secret, text

SETTINGS = (
    secret(
        "eightx8_analytics_key",
        "8x8 Analytics key",
        "Key of an App that includes Analytics for Contact Center (detailed reports).",
        in_header=True,
    ),
    secret(
        "eightx8_analytics_secret",
        "8x8 Analytics secret",
        "Secret of that App.",
        in_header=True,
    ),
    text(
        "eightx8_analytics_tenant_id",
        "8x8 Analytics tenant",
        "Sent as X-Tenant-Info when set; customers with several tenants need it.",
        in_header=True,
    ),
    text(
        "eightx8_analytics_region",
        "8x8 Analytics region",
        "Region of the tenant.",
        default="us",
        allowed_values=["us", "eu", "au", "ca"],
    ),
    text(
        "eightx8_analytics_api_url",
        "8x8 Analytics API URL",
        "API URL up to and including /analytics/cc. Default: derived from the region.",
    ),
    text(
        "eightx8_analytics_auth_url",
        "8x8 Analytics token URL",
        "Where tokens are issued.",
        default="https://api.8x8.com/oauth/v2",
    ),
)
