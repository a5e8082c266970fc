"""The settings of Acme."""

from __future__ import annotations

from tap_callrecords.settings.kinds import secret, text, whole

SETTINGS = (
    secret("acme_api_key", "Acme API key", "Key of a user who may see all calls.", in_header=True),
    whole("acme_page_size", 500, 1, 500, "Acme page size", "Calls asked for in one request."),
    text("acme_api_url", "Acme API URL", "Where the API is.", default="https://api.acme.example/v1"),
)
