"""`python -m tap_callrecords`."""

from __future__ import annotations

from tap_callrecords.tap import TapCallRecords

TapCallRecords.cli()
