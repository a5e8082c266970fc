"""Webex Calling: detailed call history."""

from __future__ import annotations

from tap_callrecords.sources.source import Source
from tap_callrecords.sources.webex.api import WebexApi
from tap_callrecords.sources.webex.settings import SETTINGS
from tap_callrecords.sources.webex.streams import STREAMS

SOURCE = Source(
    api=WebexApi,
    settings=SETTINGS,
    credentials=(("webex_access_token",), ("webex_client_id", "webex_client_secret", "webex_refresh_token")),
    streams=STREAMS,
    brand="Webex",
)
