"""A run against vendors in trouble, judged: each of their rows is delivered once, or it ends before the gap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Clock, Sandbox
from sandbox.subject import Subject
from tests.faults.clocks import client_clock
from tests.faults.judge import Judge, visible
from tests.faults.subjects import VENDORS
from tests.support.tap import Output, sync

PASSING: dict[str, dict[str, Any]] = {
    **{f"status_{status}": {"kind": "status", "status": status} for status in (429, 500, 502, 503, 504)},
    "retry_after_seconds": {"kind": "status", "status": 429, "retry_after": "0"},
    "retry_after_date": {"kind": "status", "status": 503, "retry_after": "0", "retry_as_date": True},
    "reset_before_the_body": {"kind": "reset"},
    "reset_in_the_body": {"kind": "reset_mid_body"},
    "reset_after_the_body": {"kind": "reset_after_body"},
    "close": {"kind": "close"},
    "truncated_json": {"kind": "truncated_json"},
    "truncated_length": {"kind": "truncated_length"},
    "empty": {"kind": "empty"},
    "html": {"kind": "html"},
    "content_type": {"kind": "content_type", "content_type": "text/html; charset=latin-1"},
    "slow": {"kind": "slow", "delay_seconds": 0.02},
}


OFFSET = datetime(2026, 3, 11, 17, tzinfo=UTC) - datetime.now(UTC)
"""Tests run on a Wednesday afternoon, when there are many calls."""
SIZE: dict[str, Any] = {"seed": 4, "days": 2, "calls_per_day": 15}


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(**SIZE, clock=Clock(OFFSET.total_seconds())) as box:
        yield box


@pytest.fixture
def box(served: Sandbox) -> Sandbox:
    """The module's sandbox as it was in the beginning, but for rows."""
    served.clock.skew_seconds = OFFSET.total_seconds()
    served.faults.clear()
    served.requests.clear()
    for subject in VENDORS:
        subject.reset(served)
    return served


@pytest.fixture
def own_box() -> Iterator[Sandbox]:
    """A sandbox whose rows the test may change."""
    with Sandbox(**SIZE, clock=Clock(OFFSET.total_seconds())) as box:
        for subject in VENDORS:
            subject.reset(box)
        yield box


def now() -> datetime:
    return datetime.now(UTC) + OFFSET


def config_of(box: Sandbox, subject: Subject, **more: Any) -> dict[str, Any]:
    start = now() - min(timedelta(days=3), subject.reach)
    common = {"start_date": start.isoformat(), "max_attempts": 20}
    return {**subject.of(box).config, **common, **subject.small_pages, **more}


def run(box: Sandbox, subject: Subject, *, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Run and judge; a run that fails has to keep its bookmark before the gap."""
    config = config_of(box, subject, **more)
    rows = visible(box, subject)
    assert rows
    with client_clock(OFFSET):
        out = sync(config, state=state, streams=[subject.stream])
    assert Judge(subject, config).faults(out, rows, state or {}, now()) == []
    return out


def complete(box: Sandbox, subject: Subject, **more: Any) -> Output:
    """Run, and expect a good end."""
    out = run(box, subject, **more)
    assert out.error is None
    return out


def struck(box: Sandbox) -> int:
    return sum(1 for request in box.requests if request.fault)
