"""What the tests of detailed reports share: a tenant with and one without interactions, and a run that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.eightx8_analytics.rows import created_ms
from sandbox.logged import LoggedRequest
from tap_callrecords.sources.eightx8_analytics import streams as eightx8_analytics
from tests.support.tap import Output, sync

STREAM = "eightx8_interactions"
NOW = datetime.now(UTC).replace(microsecond=0)
END = NOW - timedelta(minutes=20)


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A tenant with two days of interactions, read in small pages."""
    monkeypatch.setattr(eightx8_analytics, "PAGE_SIZE", 7)
    with Sandbox(seed=8, days=2, calls_per_day=30) as box:
        yield box


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A tenant without interactions, read in small pages."""
    monkeypatch.setattr(eightx8_analytics, "PAGE_SIZE", 7)
    with Sandbox(empty=True) as box:
        yield box


def read(box: Sandbox, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Sync the interactions of the last days."""
    config = {
        **box.eightx8_analytics.config,
        "start_date": (NOW - timedelta(days=3)).isoformat(),
        "end_date": END.isoformat(),
        "max_attempts": 3,
        **more,
    }
    return sync(config, state=state, streams=[STREAM])


def ids(out: Output) -> list[str]:
    """The emitted interaction ids, in order."""
    return [record["interaction_id"] for record in out.records(STREAM)]


def expected(box: Sandbox) -> set[str]:
    """Ids of the interactions that were created before the end date."""
    end = END.timestamp() * 1000
    return {row["interactionId"] for row in box.eightx8_analytics.interactions if created_ms(row) <= end}


def assert_nothing_is_lost(box: Sandbox, **more: Any) -> Output:
    """Every interaction arrives, and arrives once."""
    out = read(box, **more)
    assert out.error is None
    assert expected(box) <= set(ids(out))
    assert len(ids(out)) == len(set(ids(out)))
    return out


def minutes_ago(minutes: float) -> datetime:
    """An instant so long ago."""
    return NOW - timedelta(minutes=minutes)


def created(box: Sandbox) -> list[dict[str, Any]]:
    """The bodies with which reports were created."""
    return [json.loads(each.body) for each in requests_for(box, "/detailed-reports")]


def requests_for(box: Sandbox, path_end: str) -> list[LoggedRequest]:
    """The requests to paths with this end."""
    return [request for request in box.requests if request.path.endswith(path_end)]
