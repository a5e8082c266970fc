"""What the tests of Recent Calls share: a tenant with and one without calls, and a run that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.eightx8_contact_center import EightX8ContactCenter
from tests.support.tap import Output, sync

STREAM = "eightx8_recent_calls"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A tenant with two days of calls."""
    with Sandbox(seed=8, days=2, calls_per_day=40) as box:
        yield box


@pytest.fixture
def empty() -> Iterator[Sandbox]:
    """A tenant without calls."""
    with Sandbox(empty=True) as box:
        yield box


def read(box: Sandbox, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Sync the calls of the last days, in small pages."""
    config = {
        **box.eightx8_contact_center.config,
        "start_date": (NOW - timedelta(days=3)).isoformat(),
        "end_date": (NOW - timedelta(minutes=20)).isoformat(),
        "eightx8_contact_center_page_size": 7,
        "max_attempts": 3,
        **more,
    }
    return sync(config, state=state, streams=[STREAM])


def ids(out: Output) -> list[str]:
    """The emitted call ids, in order."""
    return [record["call_id"] for record in out.records(STREAM)]


def expected(api: EightX8ContactCenter) -> set[str]:
    """Ids of the calls that started before the end date."""
    end = (NOW - timedelta(minutes=20)).timestamp() * 1000
    return {row["callId"] for row in api.calls if int(row["callId"].split("-")[1], 16) <= end}


def bodies(box: Sandbox) -> list[dict[str, Any]]:
    """The bodies of all requests."""
    return [json.loads(request.body) for request in box.requests]


def assert_nothing_is_lost(box: Sandbox, **more: Any) -> Output:
    """Every call arrives, and arrives once."""
    out = read(box, **more)
    assert out.error is None
    assert expected(box.eightx8_contact_center) <= set(ids(out))
    assert len(ids(out)) == len(set(ids(out)))
    return out


def minutes_ago(minutes: float) -> datetime:
    """An instant so long ago."""
    return NOW - timedelta(minutes=minutes)
