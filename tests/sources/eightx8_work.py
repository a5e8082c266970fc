"""What the tests of 8x8 Work share: an account with and one without calls, calls to put in, and a run that reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.logged import LoggedRequest
from sandbox.table import Row
from tests.support.tap import Output, sync

RECORDS, LEGS = "eightx8_call_records", "eightx8_call_legs"
KEYS = {RECORDS: ("pbx_id", "call_id"), LEGS: ("pbx_id", "call_id", "leg_id")}
NOW = datetime.now(UTC).replace(microsecond=0)
END = NOW - timedelta(minutes=20)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """An account with two days of calls."""
    with Sandbox(seed=8, days=2, calls_per_day=30) as box:
        yield box


@pytest.fixture
def empty() -> Iterator[Sandbox]:
    """An account without calls."""
    with Sandbox(empty=True) as box:
        yield box


def read(box: Sandbox, *streams: str, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Sync the calls of the last days, in small pages."""
    config = {
        **box.eightx8_work.config,
        "start_date": (NOW - timedelta(days=3)).isoformat(),
        "end_date": END.isoformat(),
        "eightx8_work_page_size": 7,
        "max_attempts": 3,
        **more,
    }
    return sync(config, state=state, streams=streams or (RECORDS, LEGS))


def ms(instant: datetime) -> int:
    """An instant as the vendor counts it."""
    return int(instant.timestamp() * 1000)


def minutes_ago(minutes: float) -> datetime:
    """An instant so long ago."""
    return NOW - timedelta(minutes=minutes)


def due(box: Sandbox, stream: str) -> set[tuple[str, ...]]:
    """Keys of the rows that started and ended before the end date: every reading selects them."""
    table = box.eightx8_work.records if stream == RECORDS else box.eightx8_work.legs
    names = ("pbxId", "callId", "legId")[: len(KEYS[stream])]
    return {tuple(str(row[name]) for name in names) for row in table if row["disconnectedTimeUTC"] <= ms(END)}


def assert_nothing_is_lost(box: Sandbox, **more: Any) -> Output:
    """Every row arrives, and arrives once."""
    out = read(box, **more)
    assert out.error is None
    for stream, key in KEYS.items():
        emitted = out.keys(stream, *key)
        assert due(box, stream) <= set(emitted)
        assert set(emitted.values()) <= {1}
    return out


def call(box: Sandbox, started: datetime, *, seconds: int = 60, **fields: Any) -> Row:
    """A call record, not yet put in."""
    times = {"startTimeUTC": ms(started), "disconnectedTimeUTC": ms(started) + seconds * 1000}
    return box.eightx8_work.new_record(**({"callId": str(ms(started))} | times | fields))


def leg(box: Sandbox, started: datetime, *, seconds: int = 60, **fields: Any) -> Row:
    """A call leg, not yet put in."""
    times = {"startTimeUTC": ms(started), "disconnectedTimeUTC": ms(started) + seconds * 1000}
    return box.eightx8_work.new_leg(**({"callId": str(ms(started)), "legId": "1"} | times | fields))


def ids(out: Output, stream: str = RECORDS) -> list[str]:
    """The emitted call ids, in order."""
    return [record["call_id"] for record in out.records(stream)]


def queries(box: Sandbox) -> list[LoggedRequest]:
    """The requests for records and legs."""
    return [request for request in box.requests if request.path.split("/")[-1] in ("call-records", "call-legs")]
