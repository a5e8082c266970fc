"""Zoom Phone answers for one month at a time: windows that no month ends in, and whether an answer is cut (ZP A4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tap_callrecords import instants
from tap_callrecords.windows.plan import OVERLAP, Span, TimeWindow

DAY = timedelta(days=1)
EDGE = timedelta(minutes=1)
"""How much of a month's end, and of the next one's beginning, is asked for together."""


def windows_by_day(span: Span, length: timedelta) -> list[TimeWindow]:
    """Cut a span at each midnight, and within days into so long windows; none crosses the end of a month (ZP A4).

    What lies a minute before and after that is asked for once more, in one piece: neither bound of the windows
    beside it may belong to them. So it is where the span itself begins or ends there.
    """
    edges = [span.start]
    while edges[-1] < span.end:
        midnight = edges[-1].replace(hour=0, minute=0, second=0, microsecond=0)
        following = min(midnight + ((edges[-1] - midnight) // length + 1) * length, midnight + DAY, span.end)
        edges.append(following)
    windows: list[TimeWindow] = []

    def add(start: datetime, end: datetime, query_start: datetime, query_end: datetime) -> None:
        windows.append(TimeWindow(len(windows), start, end, query_start, query_end))

    begun = span.start
    if is_month(begun) and begun < span.end:
        begun += min(EDGE, (span.end - begun) / 2)
        add(span.start, begun, span.start - OVERLAP, begun + OVERLAP)
    for start, end in pairwise(edges):
        query_start = start if is_month(start) else start - OVERLAP
        if is_month(end):
            before = end - min(EDGE, (end - begun) / 2)
            after = end + min(EDGE, (span.end - end) / 2)
            add(begun, before, query_start, end)
            add(before, after, before - OVERLAP, after + OVERLAP)
            begun = after
        elif end > begun:
            add(begun, end, query_start, end + OVERLAP if end == span.end else end)
            begun = end
    return windows


def is_month(at: datetime) -> bool:
    """Whether a month of UTC begins at this instant."""
    return (at.day, at.hour, at.minute, at.second, at.microsecond) == (1, 0, 0, 0, 0)


def crosses_months(start: datetime, end: datetime) -> bool:
    """Whether a time lies in two months of UTC; its end is no part of it."""
    last = end - timedelta(microseconds=1)
    return (start.year, start.month) != (last.year, last.month)


def is_cut(start: datetime, end: datetime, echoed_start: Any, echoed_end: Any) -> bool:
    """Whether an answer says that it is for less time than was asked for (ZP A4).

    Where it has days it is told by days, of which one more may be that of another zone (ZP A5).
    """
    return _is_later(echoed_start, start) or _is_later(end, echoed_end)


def _is_later(one: Any, other: Any) -> bool:
    """Whether an instant is later than another one; no, where one of them is a text that is none."""
    texts = [each for each in (one, other) if not isinstance(each, datetime)]
    try:
        found = [each if isinstance(each, datetime) else instants.parse(each) for each in (one, other)]
    except (TypeError, ValueError, AttributeError):
        return False
    if any(len(text.strip()) == len("2026-01-31") for text in texts):
        return found[0].date() > found[1].date() + DAY
    return found[0] > found[1]
