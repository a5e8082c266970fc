"""Zoom Phone: call history, its legs, users and call queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tap_callrecords.sources.source import Source
from tap_callrecords.sources.zoom_phone.api import ZoomPhoneApi
from tap_callrecords.sources.zoom_phone.legs import CallLegs
from tap_callrecords.sources.zoom_phone.settings import SETTINGS
from tap_callrecords.sources.zoom_phone.streams import CallQueues, Calls, Users
from tap_callrecords.stream import CallRecordStream

STREAMS: Sequence[type[CallRecordStream[Any]]] = (Calls, CallLegs, Users, CallQueues)
SOURCE = Source(
    api=ZoomPhoneApi,
    settings=SETTINGS,
    credentials=(("zoom_phone_account_id", "zoom_phone_client_id", "zoom_phone_client_secret"),),
    streams=STREAMS,
    brand="Zoom",
)
