"""Faults that pass: a client that tries again gets its answer."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox import Fault

PASSING: Sequence[Fault] = (
    Fault("status", status=503, retry_after="0", retry_as_date=True),
    Fault("reset"),
    Fault("reset_mid_body"),
    Fault("reset_after_body"),
    Fault("close"),
    Fault("truncated_json"),
    Fault("truncated_length"),
    Fault("empty"),
    Fault("html"),
    Fault("content_type"),
)
