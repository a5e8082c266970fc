"""What the tests of Webex Calling share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import Sandbox
from sandbox.logged import LoggedRequest
from tap_callrecords import instants
from tests.support.tap import Output, sync

FEED = "webex_detailed_call_history"
LIVE = "webex_live_call_history"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)


def now() -> datetime:
    """The current whole second."""
    return datetime.now(UTC).replace(microsecond=0)


def span(start: datetime, end: datetime) -> dict[str, Any]:
    """The settings that bound a run."""
    return {"start_date": instants.to_text(start), "end_date": instants.to_text(end)}


def read(box: Sandbox, stream: str = FEED, *, state: dict[str, Any] | None = None, **settings: Any) -> Output:
    """Sync one stream."""
    return sync({**box.webex.config, **settings}, streams=[stream], state=state)


def read_well(box: Sandbox, stream: str = FEED, *, state: dict[str, Any] | None = None, **settings: Any) -> Output:
    """Sync one stream, which has to end well."""
    out = read(box, stream, state=state, **settings)
    assert out.error is None
    return out


def ended(at: datetime, **fields: Any) -> dict[str, Any]:
    """The vendor's fields of a record of a one-minute call that ended at an instant."""
    text = instants.to_text(at)
    return {
        "Report ID": f"id {text}",
        "Start time": instants.to_text(at - timedelta(minutes=1)),
        "Release time": text,
        "Report time": text,
        **fields,
    }


def put(box: Sandbox, at: datetime, *, fields: Mapping[str, Any] | None = None, **when: Any) -> str:
    """Put a record of a call that ended at an instant in, and stored then for the live stream; its Report ID."""
    row = box.webex.new_record(ended(at, **(fields or {})))
    box.webex.add_record(row, **{"inserted_at": int(at.timestamp() * 1000), **when})
    return str(row["Report ID"])


def ids(out: Output, stream: str = FEED) -> list[str]:
    """The emitted Report IDs, in order."""
    return [record["report_id"] for record in out.records(stream)]


def data_requests(box: Sandbox) -> list[LoggedRequest]:
    """What was asked of the two endpoints."""
    return [request for request in box.requests if "/cdr_" in request.path]


def first_requests(box: Sandbox) -> list[LoggedRequest]:
    """The initial requests."""
    return [request for request in data_requests(box) if "startTimeForNextFetch" not in request.query]


def put_many(box: Sandbox, count: int) -> list[str]:
    """Records a second apart, two days ago."""
    start = now() - 2 * DAY
    return [put(box, start + number * SECOND) for number in range(count)]


def expected(box: Sandbox, out: Output) -> set[str]:
    """The Report IDs up to the last bookmark."""
    bookmark = out.bookmarks(FEED)[-1]
    return {row["Report ID"] for row in box.webex.records if row["Report time"] < bookmark}
