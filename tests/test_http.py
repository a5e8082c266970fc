"""How requests are paced, tried again, and told about."""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from typing_extensions import override

from tap_callrecords.http import retries
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.pacing import Pacer
from tap_callrecords.http.retries import retry_after_seconds
from tap_callrecords.http.troubles import describe


def response(status: int = 503, **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.url = "https://api.example/v1/calls?key=secret-value"
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 1.0)
    monkeypatch.setattr(retries, "LONGEST_WAIT_SECONDS", 60.0)
    return pauses


def failing(times: int, error: Exception) -> Callable[[], str]:
    tries = itertools.count()

    def call() -> str:
        if next(tries) < times:
            raise error
        return "answer"

    return call


def trying(func: Callable[[], str], max_attempts: int = 8) -> Callable[[], str]:
    class Vendor(VendorApi):
        product = "Vendor"
        url = "https://api.example"

        @override
        def send(self, request: requests.Request) -> Any:
            return func()

    settings = {"max_attempts": max_attempts, "request_timeout_seconds": 120}
    vendor = Vendor(settings, user_agent="tests", logger=logging.getLogger())
    return lambda: vendor.call(requests.Request(), str)


def test_retry_after_in_seconds_is_obeyed(slept: list[float]) -> None:
    error = RetriableAPIError("busy", response(429, Retry_After="7"))
    assert trying(failing(2, error))() == "answer"
    assert slept == [7.0, 7.0]


def test_retry_after_as_a_date_is_obeyed() -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=90)
    seconds = retry_after_seconds(response(503, Retry_After=format_datetime(until, usegmt=True)))
    assert seconds is not None
    assert (until - datetime.now(UTC)).total_seconds() <= seconds <= 90


@pytest.mark.parametrize("offset", ["Z", "", "+00:00"])
def test_retry_after_as_an_iso_instant_is_obeyed(offset: str) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=90)
    seconds = retry_after_seconds(response(429, Retry_After=until.replace(tzinfo=None).isoformat() + offset))
    assert seconds is not None
    assert (until - datetime.now(UTC)).total_seconds() <= seconds <= 90


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "inf", "nan", "1e400", "Wed, 99 Foo 2026 00:00:00 GMT"),
        "Wed, 01 Jan 100000000000000000000 00:00:00 GMT",
        "Wed, 01 Jan 10000 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Wed, 01 Jan 2026 99999999999999999999:00:00 GMT",
        "Wed, 01 Jan 2026 00:00:00 +99999999999999999999",
    ],
)
def test_an_unreadable_retry_after_is_as_good_as_none(value: str) -> None:
    assert retry_after_seconds(response(429, Retry_After=value)) is None


@given(st.text("0123456789 -+:,.eGMTWdJanZ", max_size=40))
def test_no_retry_after_ends_in_a_fault_of_the_tap(value: str) -> None:
    seconds = retry_after_seconds(response(429, Retry_After=value, Date=value))
    assert seconds is None or 0 <= seconds <= 366 * 86_400


@pytest.mark.parametrize("value", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_pause_without_end_is_a_readable_error(slept: list[float], value: str) -> None:
    with pytest.raises(FatalAPIError, match=r"asks to wait 8784\.0 hours"):
        trying(failing(9, RetriableAPIError("api.example answered 429", response(429, Retry_After=value))))()
    assert slept == []


def test_a_date_in_the_past_means_at_once() -> None:
    assert retry_after_seconds(response(429, Retry_After="Wed, 01 Jan 2020 00:00:00 GMT")) == 0


def test_pauses_double_with_jitter_up_to_a_minute(slept: list[float]) -> None:
    assert trying(failing(9, requests.ConnectionError("broke")), max_attempts=10)() == "answer"
    longest = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(most / 2 <= pause <= most for pause, most in zip(slept, longest, strict=True))


def test_pauses_leave_the_random_numbers_of_others_alone(slept: list[float]) -> None:
    before = random.getstate()
    assert trying(failing(5, requests.ConnectionError("broke")))() == "answer"
    assert len(slept) == 5
    assert random.getstate() == before


def test_it_gives_up_after_max_attempts_with_one_readable_sentence(slept: list[float]) -> None:
    with pytest.raises(FatalAPIError, match=r"api\.example answered 503; gave up after 3 tries"):
        trying(failing(9, RetriableAPIError("api.example answered 503", response())), max_attempts=3)()
    assert len(slept) == 2


def test_a_pause_of_more_than_an_hour_ends_the_run_at_once(slept: list[float]) -> None:
    error = RetriableAPIError("api.example answered 429", response(429, Retry_After="86400"))
    with pytest.raises(FatalAPIError, match=r"asks to wait 24\.0 hours"):
        trying(failing(9, error))()
    assert slept == []


def test_a_refusal_is_not_tried_again(slept: list[float]) -> None:
    with pytest.raises(FatalAPIError, match="no such page"):
        trying(failing(1, FatalAPIError("no such page")))()
    assert slept == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ReadTimeout("read timed out"), "api.example did not answer within 30 seconds"),
        (requests.ConnectionError("reset"), "the connection to api.example broke (ConnectionError)"),
        (
            requests.exceptions.ChunkedEncodingError("half"),
            "the connection to api.example broke (ChunkedEncodingError)",
        ),
    ],
)
def test_a_trouble_names_the_host_and_never_the_url(error: requests.RequestException, words: str) -> None:
    error.request = requests.Request("GET", "https://api.example/cdr?key=secret-value").prepare()
    assert describe(error, timeout=30) == words


def test_a_refused_connection_and_an_unknown_name_are_told_apart() -> None:
    told = []
    for url in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        with pytest.raises(requests.ConnectionError) as caught:
            requests.get(url, timeout=5)
        told.append(describe(caught.value, timeout=5))
    assert told == ["127.0.0.1 refused the connection", "the name no-such-host.invalid could not be resolved"]


def test_calls_are_paced_in_every_stretch_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    started: list[float] = []
    monkeypatch.setattr("tap_callrecords.http.pacing.time.monotonic", lambda: now[0])
    monkeypatch.setattr("tap_callrecords.http.pacing.time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    pacer = Pacer(10, 60)
    for _ in range(35):
        with pacer:
            started.append(now[0])
        now[0] += 0.5
    for begin in started:
        assert sum(begin <= each < begin + 60 for each in started) <= 10
    assert started[-1] < 100 + 3 * 60 + 10  # and no slower than that
