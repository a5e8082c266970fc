"""What the tests of Voiso share: an empty account, rows to put in, and a run that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.logged import LoggedRequest
from sandbox.table import Row
from tap_callrecords.sources.voiso.streams import Interactions
from tests.support.tap import Output, sync

STREAM = "voiso_cdr"
SMALL_BLOCK = 20


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """An account without interactions."""
    with Sandbox(empty=True) as box:
        yield box


@pytest.fixture
def small_block(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The account of a vendor that gives no more than 20 records for one search."""
    monkeypatch.setattr(Interactions, "block", SMALL_BLOCK)
    box.voiso.switches.block = SMALL_BLOCK
    return box


def ago(**back: float) -> datetime:
    """An instant so long ago, on a whole second."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**back)


def fill(
    box: Sandbox, count: int, *, start: datetime | None = None, hours: float = 20, together: int = 1, **fields: Any
) -> list[Row]:
    """Put in interactions that end at even distances, so many together, from a start (22 hours ago) on."""
    first = start or ago(hours=22)
    step = timedelta(hours=hours) / max(count, 1)
    rows = [
        box.voiso.new_interaction(first + step * (index - index % together), uuid=f"row-{index:05}", **fields)
        for index in range(count)
    ]
    box.voiso.add_interactions(*rows)
    return rows


def read(box: Sandbox, *, start: datetime | None = None, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Sync the interactions of the last day, or since a start."""
    config = {**box.voiso.config, "start_date": (start or ago(hours=23)).isoformat(), **more}
    return sync(config, state=state, streams=[STREAM])


def uuids(out: Output) -> list[str]:
    """The keys that a good run wrote, sorted; each must be there once."""
    assert out.error is None, repr(out.error)
    found = sorted(record["uuid"] for record in out.records(STREAM))
    assert len(found) == len(set(found)), "a row was written twice"
    return found


def all_of(box: Sandbox) -> list[str]:
    """The keys that the vendor has, sorted."""
    return sorted(row["uuid"] for row in box.voiso.cdr)


def asked(box: Sandbox) -> list[LoggedRequest]:
    """The requests for interactions."""
    return [each for each in box.requests if each.path.endswith("/cdr")]
