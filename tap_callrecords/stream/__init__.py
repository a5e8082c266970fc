"""A stream of call records, where all parts meet: what a source says of it, its time, its pages, and the loop."""

from __future__ import annotations

from tap_callrecords.stream.hooks import Asked
from tap_callrecords.stream.loop import CallRecordStream, FullTableStream

__all__ = ["Asked", "CallRecordStream", "FullTableStream"]
