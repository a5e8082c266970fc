"""What a sync has to deliver, counted at the vendor's side, and whether it did."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import Sandbox
from sandbox.subject import Subject
from sandbox.table import Row
from tap_callrecords import instants
from tests.support.tap import Output

Key = tuple[str, ...]
EDGE = timedelta(seconds=2)
"""What neighbouring windows overlap, and cutting to seconds: so close to an edge a row may be read or not."""


@dataclass(frozen=True)
class Seen:
    """A row as the vendor would show it now; `at` is the instant by which windows select it (None: no such)."""

    key: Key
    row: Row
    at: datetime | None


def visible(box: Sandbox, subject: Subject) -> list[Seen]:
    """Every row that the vendor would answer now."""
    vendor = subject.of(box)
    table, now = vendor.table(subject.table), box.clock.now_ms()
    with table.lock:
        name = subject.instant(vendor)
        at = {number: datetime.fromtimestamp(ms / 1000, UTC) for ms, number in (table._index(name) if name else ())}
        shown = [number for number in range(len(table)) if table.visible_at(number) <= now]
        rows = {number: table.decoded(number) for number in shown}
    return [Seen(key_of(row, subject.keys.values()), row, at.get(number)) for number, row in rows.items()]


def key_of(row: Mapping[str, Any], names: Iterable[str]) -> Key:
    """A key as text, on either side."""
    return tuple("" if row.get(name) is None else str(row[name]) for name in names)


def due(rows: Iterable[Seen], start: datetime, end: datetime) -> set[Key]:
    """Keys of the rows from a start to an end, the uncertain edges left out; of a full table all."""
    return {seen.key for seen in rows if seen.at is None or start + EDGE < seen.at < end - EDGE}


def delivered(out: Output, subject: Subject) -> Counter[Key]:
    """How often each key came."""
    return Counter(key_of(record, subject.keys) for record in out.records(subject.stream))


def doubled(out: Output, subject: Subject) -> list[Key]:
    """Keys that came twice in a run with the same content."""
    contents = Counter(
        (key_of(record, subject.keys), json.dumps(record, sort_keys=True)) for record in out.records(subject.stream)
    )
    return [key for (key, _), times in contents.items() if times > 1]


def bookmark(state: Mapping[str, Any], subject: Subject) -> datetime | None:
    """The stream's bookmark in a state."""
    value = state.get("bookmarks", {}).get(subject.stream, {}).get("replication_key_value")
    return instants.parse(value) if value else None


@dataclass
class Judge:
    """Judges the runs of one stream by what the vendor had when they began.

    Attributes:
        subject: the stream.
        config: the settings of the runs.
    """

    subject: Subject
    config: Mapping[str, Any]

    def faults(self, out: Output, rows: list[Seen], prior: Mapping[str, Any], now: datetime) -> list[str]:
        """What a run did wrong; empty when nothing.

        Args:
            out: what it wrote.
            rows: the vendor's rows before it began.
            prior: the state that it began with.
            now: the client's time at its end.
        """
        subject, keys = self.subject, set(delivered(out, self.subject))
        begun_at = bookmark(prior, subject)
        bookmarks = [instants.parse(value) for value in out.bookmarks(subject.stream)]
        found = [f"twice in a run: {key}" for key in doubled(out, subject)]
        if not subject.incremental:
            found += [f"a full table has the bookmark {each}" for each in bookmarks]
            return found + (_missing(rows, keys, now, now, "the table") if out.exit_code == 0 else [])
        found += self._of_bookmarks(bookmarks, begun_at, now)
        last = min(now - self.settle, instants.parse(self.config.get("end_date", "9999-01-01")))
        reached = bookmarks[-1] if bookmarks else None
        first = self.first(begun_at, now)
        if begun_at is not None and not subject.again:
            first = max(first, begun_at)
        if reached is not None and (begun_at is None or reached > begun_at or out.exit_code == 0):
            found += _missing(rows, keys, first, min(reached, last), f"the bookmark {reached} has passed")
        almost = last - timedelta(minutes=2)
        if out.exit_code == 0 and first < almost and (reached is None or reached < almost):
            found.append(f"a good end, but the bookmark {reached} is not at {last}")
        return found

    def first(self, begun_at: datetime | None, now: datetime) -> datetime:
        """Where a run with this bookmark has to begin."""
        start = max(instants.parse(self.config["start_date"]), now - self.subject.reach)
        if begun_at is None:
            return start
        begun_at = min(begun_at, now - self.settle)
        return max(min(begun_at, max(start, begun_at - self.lookback)), now - self.subject.reach)

    @property
    def lookback(self) -> timedelta:
        """As the interface has it."""
        hours = timedelta(hours=self.config.get("lookback_hours", 24)) + self.subject.more_lookback
        return hours if self.subject.lookback is None else self.subject.lookback

    @property
    def settle(self) -> timedelta:
        """As the interface has it."""
        return timedelta(minutes=self.config.get("settle_minutes", 15))

    def _of_bookmarks(self, bookmarks: list[datetime], begun_at: datetime | None, now: datetime) -> Iterator[str]:
        trail = bookmarks if begun_at is None else [begun_at, *bookmarks]
        for earlier, later in itertools.pairwise(trail):
            if later < earlier:
                yield f"the bookmark went back from {earlier} to {later}"
        for each in bookmarks:
            if each > now - self.settle and each != begun_at:
                yield f"the bookmark {each} is less than the settle time before {now}"


def _missing(rows: list[Seen], keys: set[Key], first: datetime, last: datetime, where: str) -> list[str]:
    lost = due(rows, first, last) - keys
    return [f"{len(lost)} rows lost ({where}): {sorted(lost)[:3]}"] if lost else []
