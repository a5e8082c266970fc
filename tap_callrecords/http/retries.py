"""Trying again after what may pass, as long as the vendor asks and not for ever.

A 429 or 503 waits as long as the vendor says, other passing troubles with growing pauses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import requests
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError, SingerSDKError

from tap_callrecords.http.troubles import cure_of, describe, reach_of

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0
_A_YEAR_IN_SECONDS = 366 * 86_400.0
_CHANCE = random.Random()
"""Of our own: threads that wait must not move the numbers of a process that has seeded the common one."""
TROUBLES = (RetriableAPIError, requests.RequestException)
"""What may keep a try from succeeding."""
_PASSING = (
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
            return  # not a pause but a closed door: the run fails and the next one continues from the bookmark
        error = yield (pause(tries) if asked is None else asked)


def is_hopeless(error: Exception) -> bool:
    """Whether another try is no use after one of `TROUBLES`."""
    return not isinstance(error, _PASSING) or cure_of(error) is not None


def verdict(error: Exception, *, max_attempts: int, timeout: float) -> SingerSDKError:
    """What one of `TROUBLES` has come to when a request is not tried again.

    Args:
        error: what has kept the last try from succeeding.
        max_attempts: how many tries there may be.
        timeout: seconds that a request may take, for the message.
    """
    trouble = describe(error, timeout=timeout)
    if not isinstance(error, _PASSING):
        return FatalAPIError(f"{trouble}. Check the URL settings.")
    if cure := cure_of(error):
        return reach_of(error)(f"{trouble}; {cure}")
    asked = retry_after_seconds(getattr(error, "response", None))
    if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
        reason = f"asks to wait {asked / 3600:.1f} hours"
    else:
        reason = f"gave up after {max_attempts} tries (setting max_attempts)"
    return FatalAPIError(f"{trouble}; {reason}. Nothing was skipped: run again to continue.")


def pause(tries: int) -> float:
    """How many seconds to wait after so many tries: twice as long each time, up to a limit, and by chance less."""
    longest = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 30), LONGEST_WAIT_SECONDS)
    return _CHANCE.uniform(longest / 2, longest)
