"""What Zoom refuses and limits: renewed, waited for, or told with the setting or right that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tests.sources.zoom_phone import (
    CALLS,
    HISTORY,
    HOUR,
    LEGS,
    LISTS,
    keys,
    now,
    once,
    put,
    put_some,
    read,
    read_well,
    zoom,
)

DAILY = (
    "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when you "
    "can make another request."
)
PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between tries, which are not made."""
    pauses: list[float] = []
    monkeypatch.setattr("backoff._sync.time.sleep", pauses.append)
    return pauses


def limited(box: Sandbox, message: str, headers: dict[str, str], **fault: Any) -> None:
    """Let requests for calls run into a limit."""
    body = {"code": 429, "message": message}
    box.faults.add(Fault("status", status=429, body=body, headers=headers, match=HISTORY, **fault))


def test_a_daily_limit_that_names_an_instant_is_waited_for(box: Sandbox, slept: list[float]) -> None:
    wanted = put_some(box, 3)
    answered = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    box.clock.frozen_ms = int(answered.replace(tzinfo=UTC).timestamp() * 1000)
    until = answered + timedelta(minutes=5)
    limited(box, DAILY, {"Retry-After": f"{until.isoformat()}Z", "X-RateLimit-Type": "Daily-limit"})
    assert keys(read_well(box)) == once(wanted)
    assert slept == [300]


def test_a_daily_limit_that_lasts_until_tomorrow_ends_the_run_with_the_hours(box: Sandbox, slept: list[float]) -> None:
    until = datetime.now(UTC).replace(microsecond=0, tzinfo=None) + timedelta(hours=9)
    limited(box, DAILY, {"Retry-After": f"{until.isoformat()}Z"}, times=None)
    out = read(box)
    assert "answered 429: " in str(out.error)
    assert "asks to wait 9.0 hours. Nothing was skipped: run again to continue." in str(out.error)
    assert slept == []


@pytest.mark.parametrize("stream", [CALLS, LEGS])
def test_a_limit_without_a_header_is_waited_for(box: Sandbox, stream: str, slept: list[float]) -> None:
    wanted = put_some(box, 3)
    limited(box, PER_SECOND, {}, times=2, after=2)
    assert keys(read_well(box, stream, max_attempts=5), stream) == once(wanted)
    assert len(slept) == 2


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("message", ["Invalid access token.", "Access token has expired."])
def test_a_token_that_is_refused_is_renewed_whatever_the_status(box: Sandbox, status: int, message: str) -> None:
    wanted = put_some(box, 3)
    body = {"code": 124, "message": message}
    box.faults.add(Fault("status", status=status, body=body, match=HISTORY, after=1))
    assert keys(read_well(box)) == once(wanted)
    assert sum(request.path.endswith("/oauth/token") for request in box.requests) == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_token_that_another_program_ended_is_renewed(box: Sandbox, status: int) -> None:
    zoom(box).set_switches({"one_token": True, "token_refusal": status, "token_requests": 2})
    wanted = put_some(box, 9)
    assert keys(read_well(box)) == once(wanted)


def test_a_permission_that_is_refused_with_the_code_of_a_token_is_no_token(box: Sandbox) -> None:
    body = {"code": 124, "message": "You do not have permission, because the current site `1` is none of the target."}
    box.faults.add(Fault("status", status=400, body=body, match="/phone/users", times=None))
    out = read(box, "zoom_phone_users")
    assert "Zoom does not let the app of setting zoom_phone_client_id read Zoom Phone." in str(out.error)
    assert sum(request.path.endswith("/oauth/token") for request in box.requests) == 1


@pytest.mark.parametrize(("status", "code"), [(403, 2031), (404, 2001)])
def test_an_account_without_zoom_phone_is_told_as_such(box: Sandbox, status: int, code: int) -> None:
    body = {"code": code, "message": "Account does not exist."}
    box.faults.add(Fault("status", status=status, body=body, match="/phone/users", times=None))
    assert "The Zoom account has no Zoom Phone." in str(read(box, "zoom_phone_users").error)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("code", [4700, 201, 4711])
def test_a_scope_that_is_missing_is_named_whatever_the_refusal_looks_like(box: Sandbox, code: int, status: int) -> None:
    zoom(box).set_switches({"scope_status": status, "scope_code": code})
    zoom(box).scopes.remove("call_history")
    out = read(box)
    assert "add the scope phone:read:list_call_logs:admin to the app of setting zoom_phone_client_id" in str(out.error)
    assert sum(request.path.endswith("/oauth/token") for request in box.requests) <= 2


def test_a_scope_that_one_stream_lacks_keeps_no_other_from_being_read() -> None:
    with Sandbox(days=1, calls_per_day=10) as box:
        zoom(box).scopes.remove("call")
        out = read(box, CALLS, LEGS, *LISTS)
    assert "phone:read:call_log:admin" in str(out.error)
    assert all(out.records(stream) for stream in (CALLS, *LISTS))
    first = min(record["start_time"] for record in out.records(CALLS))
    assert out.records(LEGS) == []
    assert all(mark <= first for mark in out.bookmarks(LEGS)), "windows before the first call have no legs to miss"


def test_credentials_travel_in_a_header_and_never_in_a_url(box: Sandbox) -> None:
    put(box, now() - HOUR)
    read_well(box, CALLS, LEGS, *LISTS)
    login = next(request for request in box.requests if request.path.endswith("/oauth/token"))
    assert login.headers["authorization"].startswith("Basic ")
    assert login.body == f"grant_type=account_credentials&account_id={zoom(box).account_id}".encode()
    assert all("token" not in name for request in box.requests for name in request.query if name != "next_page_token")
    assert login.query == {}


def test_the_region_that_a_token_names_is_not_followed(box: Sandbox) -> None:
    put(box, now() - HOUR)
    assert len(read_well(box).records(CALLS)) == 1


@pytest.mark.parametrize("setting", ["zoom_phone_account_id", "zoom_phone_client_id", "zoom_phone_client_secret"])
def test_wrong_credentials_are_told_with_their_settings(box: Sandbox, setting: str) -> None:
    wrong: dict[str, Any] = {setting: "another"}
    out = read(box, **wrong)
    assert "Zoom refused the credentials. Check settings zoom_phone_account_id, zoom_phone_client_id" in str(out.error)


@pytest.mark.parametrize("missing", ["zoom_phone_account_id", "zoom_phone_client_id", "zoom_phone_client_secret"])
def test_credentials_that_are_set_in_part_are_told(box: Sandbox, missing: str) -> None:
    without: dict[str, Any] = {missing: None}
    assert f"is configured in part; missing: setting {missing}" in str(read(box, **without).error)
