"""Another time of day for the tap, no waiting, small pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from typing_extensions import override

from sandbox.registry import VENDORS
from tap_callrecords.http import retries
from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.sources import SOURCES


@contextmanager
def client_clock(offset: timedelta) -> Iterator[None]:
    """Let the tap's clock run ahead of the machine's, or behind it."""

    class Shifted(datetime):
        @classmethod
        @override
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset

    ours = [module for name, module in sys.modules.items() if name.startswith("tap_callrecords")]
    with ExitStack() as patches:
        for module in ours:
            if getattr(module, "datetime", None) is datetime:
                patches.enter_context(patch.object(module, "datetime", Shifted))
        yield


@contextmanager
def in_small() -> Iterator[None]:
    """Let few rows take many pages, where their size is no setting."""
    with ExitStack() as patches:
        for vendor in VENDORS:
            for name, value in vendor.small.items():
                patches.enter_context(patch(name, value))
        yield


IN_SMALL = f"""
from pkgutil import resolve_name
for name, value in {[each for vendor in VENDORS for each in vendor.small.items()]}:
    setattr(resolve_name(name.rpartition(".")[0]), name.rpartition(".")[2], value)
"""
"""The same in Python, for a tap in a process of its own."""


@contextmanager
def without_waits() -> Iterator[None]:
    """Let retries follow each other at once, but for what `Retry-After` asks; forget the secrets of earlier runs."""
    with ExitStack() as patches:
        patches.enter_context(patch.object(retries, "FIRST_WAIT_SECONDS", 0.001))
        patches.enter_context(patch.object(retries, "LONGEST_WAIT_SECONDS", 0.02))
        # Each token of each run would be looked for in every line from then on.
        patches.enter_context(patch.object(REDACTOR, "_lasting", {}))
        patches.enter_context(patch.object(REDACTOR, "_passing", {}))
        for api in {stream.api_type for source in SOURCES for stream in source.streams}:
            patches.enter_context(patch.object(api, "usual_retry_after", {}))
        yield
