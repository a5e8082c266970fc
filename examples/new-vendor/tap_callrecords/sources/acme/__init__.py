"""Acme: calls."""

from __future__ import annotations

from tap_callrecords.sources.acme.settings import SETTINGS
from tap_callrecords.sources.acme.streams import STREAMS, AcmeApi
from tap_callrecords.sources.source import Source

SOURCE = Source(api=AcmeApi, settings=SETTINGS, credentials=(("acme_api_key",),), streams=STREAMS)
