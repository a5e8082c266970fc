"""The settings of Voiso."""

from __future__ import annotations

from tap_callrecords.settings.kinds import secret, text, whole

SETTINGS = (
    secret(
        "voiso_api_key",
        "Voiso API key",
        "Key of a user who may see all queues, teams and call types; what that "
        "user can't see is left out without notice.",
        in_header=True,
    ),
    text(
        "voiso_cluster",
        "Voiso cluster",
        "First label of the account's address, for example cluster1. Not needed when voiso_api_url is set.",
    ),
    whole("voiso_page_size", 10_000, 1, 10_000, "Voiso page size", "Records asked for in one request."),
    text("voiso_api_url", "Voiso API URL", "Default: https://{voiso_cluster}.voiso.com/api/v2."),
)
