"""Which closed time windows a run reads. Pure: no clock, no network, no vendor.

A run covers a span of time from a first to a last instant. The span is cut into windows, oldest first. Each
window is *asked for* a second more than it is *responsible for*, at its start (and the last one at its end
too), so that each instant of the span lies strictly inside at least one query: no reading of inclusive or
exclusive bounds can lose a record.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OVERLAP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """What a run covers.

    Attributes:
        start: the first instant.
        end: the last instant; not after `start` when there is nothing to read.
        unreachable_since: what the run should have begun with, when the vendor no longer serves it; else None.
        begins_before_start_date: whether there is a bookmark before the start date, which is where the run begins.
    """

    start: datetime
    end: datetime
    unreachable_since: datetime | None = None
    begins_before_start_date: bool = False


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """One query's worth of time, in UTC.

    Attributes:
        index: position in the run, from 0, oldest first.
        start: the window is responsible for records from here ...
        end: ... up to here; the bookmark that follows it.
        query_start: what the vendor is asked for.
        query_end: what the vendor is asked for.
        rows_per_page: how many rows a page is to have in this reading; None for as many as configured.
    """

    index: int
    start: datetime
    end: datetime
    query_start: datetime
    query_end: datetime
    rows_per_page: int | None = None

    def page_size(self, configured: int, *, most: int) -> int:
        """How many rows to ask for on a page: as configured, or another number in a re-reading.

        Args:
            configured: the source's page size.
            most: what the vendor allows.
        """
        return min(self.rows_per_page or configured, most)

    def in_whole_seconds(self) -> tuple[datetime, datetime]:
        """What a vendor is asked for that takes whole seconds only."""
        return floor_second(self.query_start), ceil_second(self.query_end)


def halves(window: TimeWindow) -> tuple[TimeWindow, TimeWindow]:
    """What a window asks for in two halves, under its own index; the second one begins before the first one's end."""
    middle = window.query_start + (window.query_end - window.query_start) / 2
    return replace(window, query_end=middle), replace(window, query_start=middle - OVERLAP)


def plan_span(
    *,
    now: datetime,
    start_date: datetime | None,
    end_date: datetime | None,
    bookmark: datetime | None,
    lookback: timedelta,
    settle: timedelta,
    retention: timedelta,
) -> Span:
    """Find the first and the last instant of a run.

    Args:
        now: the current time.
        start_date: where the first run begins, and the earliest that a look-back reaches; None for as far back as the
            vendor serves.
        end_date: where to stop; None for now.
        bookmark: up to where earlier runs have read.
        lookback: how much before the bookmark is read again.
        settle: how close to now is read.
        retention: how far back the vendor serves.
    """
    last = now - settle
    end = min(end_date, last) if end_date else last
    oldest = now - retention
    if bookmark is None:
        needed = wanted = oldest if start_date is None else start_date
    else:
        # A look-back that is merely cut short misses nothing. What lies between the bookmark and a start date after it
        # has not been read, so it is read now.
        needed = bookmark
        read_up_to = max(min(bookmark, last), oldest)  # a bookmark may lie in the future
        reread_from = read_up_to - lookback
        wanted = reread_from if start_date is None else min(read_up_to, max(start_date, reread_from))
    return Span(
        start=max(wanted, oldest),
        end=end,
        unreachable_since=needed if needed < oldest else None,
        begins_before_start_date=bookmark is not None and start_date is not None and start_date > bookmark,
    )


def plan_windows(span: Span, length: timedelta, *, widen_by: timedelta = OVERLAP) -> Sequence[TimeWindow]:
    """Cut a span into neighbouring windows no longer than `length`, oldest first.

    Args:
        span: the span; no windows when it is empty.
        length: longest responsibility of a window.
        widen_by: how much more than its responsibility a window asks for.
    """
    count = max(0, math.ceil((span.end - span.start) / length))
    return [
        TimeWindow(
            index=index,
            start=(start := span.start + index * length),
            end=(end := min(start + length, span.end)),
            query_start=start - widen_by,
            query_end=end + widen_by if index == count - 1 else end,
        )
        for index in range(count)
    ]


def floor_second(instant: datetime) -> datetime:
    """The whole second at or before an instant."""
    return instant.replace(microsecond=0)


def ceil_second(instant: datetime) -> datetime:
    """The whole second at or after an instant."""
    floor = floor_second(instant)
    return floor if floor == instant else floor + timedelta(seconds=1)


def epoch_ms(instant: datetime) -> int:
    """Epoch milliseconds of an instant, cut."""
    return int(instant.timestamp() * 1000)


class ContiguousEnd:
    """How far windows that finish in any order have been read without a gap."""

    def __init__(self, windows: Sequence[TimeWindow]) -> None:
        self._windows = windows
        self._finished: set[int] = set()
        self._next = 0

    def finish(self, index: int) -> Iterator[TimeWindow]:
        """Note a finished window; yield the windows that the bookmark may now pass, oldest first."""
        self._finished.add(index)
        while self._next in self._finished:
            self._finished.remove(self._next)
            self._next += 1
            yield self._windows[self._next - 1]
