"""8x8 Work: what its documents leave open loses nothing (WA 10), and its refusals are told in words (WA 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.tap import sync


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed=8, days=3, calls_per_day=60, samples=False) as box:
        yield box


def config_of(box: Sandbox, **more: Any) -> dict[str, Any]:
    start = datetime.now(UTC) - timedelta(days=4)
    return {**box.eightx8_work.config, "start_date": start.isoformat(), **more}


def test_every_record_and_leg_arrives_once(box: Sandbox) -> None:
    out = sync(config_of(box))
    assert out.error is None
    records = out.keys("eightx8_call_records", "pbx_id", "call_id")
    legs = out.keys("eightx8_call_legs", "pbx_id", "call_id", "leg_id")
    assert set(records.values()) == set(legs.values()) == {1}
