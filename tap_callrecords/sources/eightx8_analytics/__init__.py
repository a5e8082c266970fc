"""8x8 Analytics for Contact Center: detailed reports."""

from __future__ import annotations

from tap_callrecords.sources.eightx8_analytics.api import AnalyticsApi
from tap_callrecords.sources.eightx8_analytics.settings import SETTINGS
from tap_callrecords.sources.eightx8_analytics.streams import STREAMS
from tap_callrecords.sources.source import Source

SOURCE = Source(
    api=AnalyticsApi,
    settings=SETTINGS,
    credentials=(("eightx8_analytics_key", "eightx8_analytics_secret"),),
    streams=STREAMS,
    brand="8x8",
)
