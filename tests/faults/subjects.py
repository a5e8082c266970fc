"""Every stream of the tap, in its order, with its side in the sandbox, where its vendor's folder tells of it."""

from __future__ import annotations

from sandbox.registry import VENDORS as SIMULATED
from tap_callrecords.sources import SOURCES

KNOWN = {subject.stream: subject for vendor in SIMULATED for subject in vendor.streams}
REGISTERED = [stream.name for source in SOURCES for stream in source.streams]
SUBJECTS = [KNOWN[name] for name in REGISTERED if name in KNOWN]
WINDOWED = [subject for subject in SUBJECTS if subject.incremental]
VENDORS = list({subject.vendor: subject for subject in reversed(SUBJECTS)}.values())[::-1]
"""The first stream of each vendor: for what its streams share."""
TOKENED = [subject for subject in VENDORS if subject.login]
