"""Trying again after what may pass, as long as the vendor asks and not for ever.

A 429 or 503 waits as long as the vendor says, other passing troubles with growing pauses.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError

from tap_callrecords.http.troubles import cure_of, describe, reach_of

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0
_A_YEAR_IN_SECONDS = 366 * 86_400.0
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


def seconds_to_wait(error: Exception, *, tries: int, max_attempts: int, timeout: float) -> float:
    """How long to wait before a request is tried again.

    Args:
        error: what has kept the last try from succeeding, one of `TROUBLES`.
        tries: how many there have been.
        max_attempts: how many there may be.
        timeout: seconds that a request may take, for the message.

    Raises:
        SingerSDKError: another try is no use, or there have been enough; it ends the stream, its source, or the run.
    """
    trouble = describe(error, timeout=timeout)
    if not isinstance(error, _PASSING):
        raise FatalAPIError(f"{trouble}. Check the URL settings.") from None
    if cure := cure_of(error):
        raise reach_of(error)(f"{trouble}; {cure}") from None
    asked = retry_after_seconds(getattr(error, "response", None))
    if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
        # Not a pause but a closed door: the run fails and the next one goes on from the bookmark.
        reason = f"asks to wait {asked / 3600:.1f} hours"
    elif tries >= max_attempts:
        reason = f"gave up after {max_attempts} tries (setting max_attempts)"
    else:
        return pause(tries) if asked is None else asked
    raise FatalAPIError(f"{trouble}; {reason}. Nothing was skipped: run again to go on.") from None


def pause(tries: int) -> float:
    """How many seconds to wait after so many tries: twice as long each time, up to a limit, and by chance less."""
    longest = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 30), LONGEST_WAIT_SECONDS)
    return random.uniform(longest / 2, longest)
