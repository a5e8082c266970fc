"""8x8 Contact Center: Recent Calls."""

from __future__ import annotations

from tap_callrecords.sources.eightx8_contact_center.api import ContactCenterApi
from tap_callrecords.sources.eightx8_contact_center.settings import SETTINGS
from tap_callrecords.sources.eightx8_contact_center.streams import STREAMS
from tap_callrecords.sources.source import Source

SOURCE = Source(
    api=ContactCenterApi,
    settings=SETTINGS,
    credentials=(
        ("eightx8_contact_center_api_key", "eightx8_contact_center_token", "eightx8_contact_center_tenant_id"),
    ),
    streams=STREAMS,
    brand="8x8",
)
