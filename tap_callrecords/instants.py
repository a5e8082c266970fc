"""Instants in the one form that the tap writes: UTC, milliseconds, `YYYY-MM-DDTHH:MM:SS.mmmZ`.

The form has a fixed width, so instants compare as text in the order of time (the Singer SDK and many targets
compare replication keys as text).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_PER_HOUR = 3_600_000
_LAST_MS = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds()) * 1000
# `datetime.isoformat` costs ten times as much as two look-ups in these tables, which the first hour fills.
_MINUTES: list[str] = []
_MILLIS: list[str] = []


@lru_cache(maxsize=65_536)
def _hour_text(hours: int) -> str:
    if not _MINUTES:  # the last to be filled, for other threads
        _MILLIS[:] = [f"{milli:03}Z" for milli in range(1000)]
        _MINUTES[:] = [f"{second // 60:02}:{second % 60:02}." for second in range(3600)]
    return (_EPOCH + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:").zfill(14)


def from_epoch_ms(milliseconds: int) -> str:
    """Write epoch milliseconds as text.

    Raises:
        ValueError: before 1970 or after 9999.
    """
    if not 0 <= milliseconds <= _LAST_MS:
        raise ValueError(milliseconds)
    rest = milliseconds % _MS_PER_HOUR
    return _hour_text(milliseconds // _MS_PER_HOUR) + _MINUTES[rest // 1000] + _MILLIS[rest % 1000]


def to_text(instant: datetime) -> str:
    """Write an aware datetime as text, cut to milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def parse(text: str) -> datetime:
    """Read an ISO 8601 instant; without an offset it is UTC.

    Raises:
        ValueError: the text is no ISO 8601 date and time.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError as error:  # year 1 or 9999 with an offset
        raise ValueError(text) from error


def normalise(text: str) -> str:
    """Read any ISO 8601 instant and write it in our form.

    Raises:
        ValueError: the text is no ISO 8601 date and time.
    """
    if _CANONICAL.fullmatch(text):
        parse(text)
        return text
    return to_text(parse(text))
