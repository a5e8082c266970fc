"""The sources, in the order in which they are shown and read: a line for each."""

from __future__ import annotations

from collections.abc import Sequence

from tap_callrecords.sources import (
    eightx8_analytics,
    eightx8_contact_center,
    eightx8_work,
    voiso,
    webex,
    zoom_phone,
)
from tap_callrecords.sources.source import Source

SOURCES: Sequence[Source] = (
    eightx8_work.SOURCE,
    eightx8_contact_center.SOURCE,
    eightx8_analytics.SOURCE,
    webex.SOURCE,
    voiso.SOURCE,
    zoom_phone.SOURCE,
)
