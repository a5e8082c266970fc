"""What the tests of Zoom Phone share."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import Sandbox
from sandbox.logged import LoggedRequest
from sandbox.zoom_phone import ZoomPhone
from tap_callrecords import instants
from tests.support.tap import Output, sync

CALLS, LEGS = "zoom_phone_calls", "zoom_phone_call_legs"
LISTS = ("zoom_phone_users", "zoom_phone_call_queues")
HISTORY = "/phone/call_history"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def now() -> datetime:
    """The current whole second."""
    return datetime.now(UTC).replace(microsecond=0)


def _lately() -> datetime:
    ago = now() - HOUR
    return ago if ago.hour >= 3 else ago.replace(hour=12) - DAY


LATELY = _lately()
"""An hour ago; noon of the day before, where one of the midnights is near at which windows end."""


def text(at: datetime) -> str:
    """An instant as Zoom writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def span(start: datetime, end: datetime) -> dict[str, Any]:
    """The settings that bound a run."""
    return {"start_date": instants.to_text(start), "end_date": instants.to_text(end)}


def zoom(box: Sandbox) -> ZoomPhone:
    """The vendor of a sandbox."""
    return box.of(ZoomPhone)


def read(box: Sandbox, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> Output:
    """Sync streams, by default the calls of the last two days in small pages."""
    start = (now() - 2 * DAY).isoformat()
    config = {**zoom(box).config, "start_date": start, "zoom_phone_page_size": 3, "max_attempts": 2, **settings}
    return sync(config, state=state, streams=streams or (CALLS,))


def read_well(box: Sandbox, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> Output:
    """Sync streams, which has to end well."""
    out = read(box, *streams, state=state, **settings)
    assert out.error is None
    return out


def put(box: Sandbox, at: datetime, *legs: dict[str, Any], lasts: timedelta = timedelta(minutes=1), **more: Any) -> str:
    """Put a call that began at an instant in, with its legs; its key."""
    times = {"start_time": text(at), "answer_time": text(at), "end_time": text(at + lasts)}
    return zoom(box).add_call(*legs, **{**times, "call_id": f"{at.timestamp():.0f}", **more})


def put_some(box: Sandbox, count: int = 10, *, last: datetime | None = None, **fields: Any) -> set[str]:
    """Put so many calls of the last hours in, ten minutes apart; their keys."""
    last = last or now() - HOUR
    return {put(box, last - timedelta(minutes=10 * number), **fields) for number in range(count)}


def keys(out: Output, stream: str = CALLS) -> Counter[str]:
    """How often each call came."""
    return Counter(record["call_history_uuid"] for record in out.records(stream))


def once(wanted: set[str]) -> Counter[str]:
    """Each of them once."""
    return Counter(dict.fromkeys(wanted, 1))


def lists(box: Sandbox) -> list[LoggedRequest]:
    """The requests for lists of calls."""
    return [request for request in box.requests if request.path.endswith(HISTORY)]


def details(box: Sandbox) -> list[str]:
    """The keys of the calls whose details were asked for, in order."""
    return [request.path.rpartition("/")[2] for request in box.requests if f"{HISTORY}/" in request.path]
