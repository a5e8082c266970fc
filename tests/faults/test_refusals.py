"""A vendor that refuses a range, redirects, or asks to wait: no row is lost, and what ends a run is told in words."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.runs import box, complete, own_box, run, served, struck
from tests.faults.subjects import SUBJECTS, VENDORS, WINDOWED

__all__ = ["box", "own_box", "served"]


TOO_LONG: dict[str, Any] = {
    "kind": "status",
    "status": 400,
    "body": {"message": "The time range exceeds what is served at once"},
}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_time_range_that_is_refused_as_too_long_is_read_in_parts(
    box: Sandbox, subject: Subject, at_once: int
) -> None:
    box.faults.add(Fault(**TOO_LONG, match=subject.path, times=3))
    complete(box, subject, parallel_windows=at_once)
    assert struck(box) == 3


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.withholding], ids=str)
def test_a_row_that_is_missing_in_a_part_of_a_window_is_missed(box: Sandbox, subject: Subject) -> None:
    box.faults.add(Fault(**TOO_LONG, match=subject.path))
    subject.switch(box, subject.withholding)
    out = run(box, subject, window_hours=72)
    assert struck(box) == 1
    assert "announced" in str(out.error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_redirect_on_the_same_host_keeps_method_and_body(
    box: Sandbox, subject: Subject, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    router, asked = box.app._router, list[str]()

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        if subject.path in scope["path"] and not scope["path"].startswith("/moved"):
            query = scope["query_string"].decode()
            location = f"/moved{scope['path']}" + (f"?{query}" if query else "")
            await Response(status_code=status, headers={"Location": location})(scope, receive, send)
            return
        if scope["path"].startswith("/moved"):
            asked.append(scope["method"])
            scope["path"] = scope["path"].removeprefix("/moved")
        await router(scope, receive, send)

    monkeypatch.setattr(box.app, "_router", moved)
    complete(box, subject)
    assert len(asked) > 3
    assert set(asked) <= {request.method for request in box.requests if not request.path.startswith("/moved")}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["http://127.0.0.1:9/", "https://127.0.0.1/", "//localhost/", "https://[::1"])
def test_a_redirect_to_another_place_is_refused_in_words(box: Sandbox, status: int, place: str) -> None:
    subject = VENDORS[0]
    box.faults.add(Fault("redirect", match=subject.path, status=status, location=place))
    out = run(box, subject)
    assert "which is not followed: credentials go to the configured host only" in str(out.error)


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_to_nowhere_as_of_a_cache_passes(box: Sandbox, status: int) -> None:
    subject = VENDORS[0]
    box.faults.add(Fault("status", match=subject.path, status=status, after=2, times=2))
    complete(box, subject)
    assert struck(box) == 2


THROTTLED: dict[str, dict[str, Any]] = {
    "when": {"retry_after": "0", "body": {"message": "Forbidden"}},
    "words": {"body": {"message": "Too many requests from this account"}},
    "rate": {"body": "Rate limit exceeded", "content_type": "text/plain"},
}


@pytest.mark.parametrize("status", [400, 403, 420])
@pytest.mark.parametrize("throttled", THROTTLED)
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_refusal_that_asks_to_wait_is_waited_for(
    box: Sandbox, subject: Subject, throttled: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    box.faults.add(Fault("status", match=subject.path, status=status, after=1, times=2, **THROTTLED[throttled]))
    complete(box, subject)
    assert struck(box) == 2


def test_a_throttling_that_lasts_is_told_in_the_vendors_words(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    body = {"message": "Too many requests"}
    box.faults.add(Fault("status", match=VENDORS[0].path, status=403, times=None, body=body))
    out = run(box, VENDORS[0], max_attempts=3)
    assert "answered 403: Too many requests; gave up after 3 tries" in str(out.error)


@pytest.mark.parametrize("ahead", [-600, 600])
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_retry_after_date_is_meant_by_the_vendor_s_clock(
    own_box: Sandbox, subject: Subject, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    own_box.clock.skew_seconds += ahead
    own_box.clock.frozen_ms = int(datetime.now(UTC).timestamp() * 1000)
    own_box.faults.add(Fault("status", match=subject.path, status=429, retry_after="20", retry_as_date=True))
    complete(own_box, subject)
    assert pauses == [20]
