"""An account of 8x8 Work that a test fills, and a run that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.tap import Output, sync

SPAN = timedelta(hours=30)
RECORDS, LEGS = "eightx8_call_records", "eightx8_call_legs"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as box:
        yield box


@pytest.fixture(autouse=True)
def emptied(box: Sandbox) -> None:
    empty(box)


def empty(box: Sandbox) -> None:
    work = box.eightx8_work
    work.records.clear()
    work.legs.clear()
    work.switches = type(work.switches)()
    work._pages.reads.clear()  # tests of one second ask for the same windows
    box.requests.clear()


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def put_record(box: Sandbox, call_id: int, start_ms: int, end_ms: int, **fields: Any) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId=str(call_id), startTimeUTC=start_ms, disconnectedTimeUTC=end_ms, **fields))


def run(box: Sandbox, stream: str = RECORDS, state: dict[str, Any] | None = None, **config: Any) -> Output:
    start = datetime.now(UTC) - SPAN
    out = sync({**box.eightx8_work.config, "start_date": start.isoformat(), **config}, streams=[stream], state=state)
    if out.error is not None and not config.get("may_fail"):
        raise out.error
    return out


def put_rows_of_a_window(box: Sandbox, count: int) -> int:
    """Put in rows of one minute, an hour ago; the time now in milliseconds."""
    now = ms(datetime.now(UTC))
    for number in range(count):
        put_record(box, number, now - 3_600_000 - number, now - 3_000_000)
    return now


def put_row_after(box: Sandbox, requests: int, call_id: int) -> None:
    work, now = box.eightx8_work, ms(datetime.now(UTC))
    row = work.new_record(
        callId=str(call_id), startTimeUTC=now - 3_600_000 - call_id, disconnectedTimeUTC=now - 3_000_000
    )
    work.add_record(row, after_requests=requests)
