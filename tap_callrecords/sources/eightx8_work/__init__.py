"""8x8 Work Analytics: call records and call legs."""

from __future__ import annotations

from tap_callrecords.sources.eightx8_work.api import WorkApi
from tap_callrecords.sources.eightx8_work.settings import SETTINGS
from tap_callrecords.sources.eightx8_work.streams import STREAMS
from tap_callrecords.sources.source import Source

SOURCE = Source(
    api=WorkApi,
    settings=SETTINGS,
    credentials=(("eightx8_work_api_key", "eightx8_work_username", "eightx8_work_password"),),
    streams=STREAMS,
    brand="8x8",
)
