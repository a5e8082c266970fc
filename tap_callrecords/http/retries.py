"""Trying again after what may pass, as long as the vendor asks and not for ever.

A 429 or 503 waits as long as the vendor says, other passing troubles with growing pauses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import backoff
import requests
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError

if TYPE_CHECKING:
    from backoff.types import Details


from tap_callrecords.http.troubles import cure_of, describe, reach_of

P = ParamSpec("P")
T = TypeVar("T")

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0
_A_YEAR_IN_SECONDS = 366 * 86_400.0
PASSING_TROUBLES = (
    RetriableAPIError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.ChunkedEncodingError,
)


def retry_after_seconds(response: requests.Response | None) -> float | None:
    """How long the vendor asks to wait: `Retry-After` in seconds, as an HTTP date or in ISO 8601; None without one."""
    value = "" if response is None else response.headers.get("Retry-After", "").strip()
    if response is None or not value:
        return None
    if re.fullmatch(r"[+-]?\d+(\.\d*)?", value):
        return min(max(0.0, float(value)), _A_YEAR_IN_SECONDS)
    until = http_date(value) or _iso_date(value)
    if until is None:
        return None
    # A date is meant by the vendor's clock, which the answer tells: ours may be minutes off.
    answered = http_date(response.headers.get("Date")) or datetime.now(UTC)
    return min(max(0.0, (until - answered).total_seconds()), _A_YEAR_IN_SECONDS)


def http_date(text: str | None) -> datetime | None:
    """The instant that an HTTP date names; None for what is no date, or one that no calendar has."""
    try:
        instant = parsedate_to_datetime(text or "")
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _iso_date(text: str) -> datetime | None:
    """The instant that a text in ISO 8601 names; without an offset it is in UTC."""
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def waits() -> Generator[float, Any, None]:
    """How long to wait before each further try; takes the error of the last one (backoff's protocol)."""
    error = yield 0.0
    for tries in count(1):
        asked = retry_after_seconds(getattr(error, "response", None))
        if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
            return  # not a pause but a closed door: the run fails and the next one goes on from the bookmark
        error = yield (pause(tries) if asked is None else asked)


def pause(tries: int) -> float:
    """How many seconds to wait after so many tries: twice as long each time, up to a limit, and by chance less."""
    longest = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 30), LONGEST_WAIT_SECONDS)
    return random.uniform(longest / 2, longest)


def patient(
    func: Callable[P, T], *, max_attempts: int, timeout: float, on_wait: Callable[[str, float, int], None]
) -> Callable[P, T]:
    """Let a function try again after passing troubles.

    Args:
        func: sends one request.
        max_attempts: tries before it fails.
        timeout: seconds that a request may take, for the message.
        on_wait: told the trouble, the seconds until the next try, and the tries so far.

    Raises:
        FatalAPIError: from the returned function, when no try succeeded.
    """

    def announce(details: Details) -> None:
        on_wait(describe(details["exception"], timeout=timeout), details["wait"], details["tries"])

    trying = backoff.on_exception(
        waits,
        PASSING_TROUBLES,
        max_tries=max_attempts,
        giveup=lambda error: cure_of(error) is not None,
        jitter=None,
        on_backoff=announce,
        logger=None,
    )(func)

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return trying(*args, **kwargs)
        except PASSING_TROUBLES as error:
            trouble = describe(error, timeout=timeout)
            if cure := cure_of(error):
                raise reach_of(error)(f"{trouble}; {cure}") from None
            asked = retry_after_seconds(getattr(error, "response", None))
            if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
                reason = f"asks to wait {asked / 3600:.1f} hours"
            else:
                reason = f"gave up after {max_attempts} tries (setting max_attempts)"
            raise FatalAPIError(f"{trouble}; {reason}. Nothing was skipped: run again to go on.") from None
        except requests.RequestException as error:
            raise FatalAPIError(f"{describe(error, timeout=timeout)}. Check the URL settings.") from None

    return call
