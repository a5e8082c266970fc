"""Voiso: interactions and lists."""

from __future__ import annotations

from tap_callrecords.sources.source import Source
from tap_callrecords.sources.voiso.api import VoisoApi
from tap_callrecords.sources.voiso.settings import SETTINGS
from tap_callrecords.sources.voiso.streams import STREAMS

SOURCE = Source(
    api=VoisoApi,
    settings=SETTINGS,
    credentials=(("voiso_api_key", "voiso_cluster"),),
    streams=STREAMS,
    instead={"voiso_cluster": "voiso_api_url"},
)
