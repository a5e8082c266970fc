"""Rows that arrive more than once in a run: found by key and content, without keeping the rows.

A window's query overlaps its neighbours' by a second, pages may repeat rows at their edges, and a window may be
read again. An equal row is emitted once; a row that shares its key with another one but differs is emitted too: it may
be a newer version, or another row under one key. A target that keeps the last one has to keep what was read last: where
that is a row that had been emitted before another one, it is emitted again at the window's end.

A row is remembered as two 64-bit numbers: a hash of its key and one of its content. Python's hash of text is keyed
again in each process and is as good as random here; a row would be taken for a repeat wrongly only if both agreed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode
"""Objects are the same, and so are their rows, in whatever order their members come."""
PACKED_AT = 30_000
"""Rows of a window kept in a dict, which costs 100 bytes for each; beyond, they are packed into 16 bytes."""
_FLAGS = 2**21
"""Bytes of flags, one bit for several keys, that tell without a search that a key is in no pack: of a million rows all
but one new row in sixteen."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Which rows a reading of a window has shown.

    Attributes:
        keys: how many different keys.
        rows: how many different rows, by key and content.
        digest: a number that two readings share only if they have shown the same rows.
    """

    keys: int
    rows: int
    digest: int


class _WindowRows:
    """What a window has shown.

    Attributes:
        shown_first: how many different rows its first reading has shown.
        variants: of each key that it has shown with another content than the one emitted last, all contents shown.
        reading: the different rows of the reading begun last; None in the first one.
    """

    __slots__ = ("_flags", "_packs", "_recent", "reading", "shown_first", "variants")

    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._packs: list[tuple[array[int], array[int]]] = []
        self._flags = bytearray()
        self.shown_first = 0
        self.variants: dict[int, set[int]] = {}
        self.reading: set[tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self._recent) + sum(len(keys) for keys, _ in self._packs)

    def emitted(self, key: int) -> int | None:
        """The content that was emitted last under a key; None for a key that this window has not shown."""
        content = self._recent.get(key)
        if content is None and self._flags and self._flags[(key >> 3) % _FLAGS] & 1 << (key & 7):
            for keys, contents in self._packs:
                place = bisect_left(keys, key)
                if place < len(keys) and keys[place] == key:
                    return contents[place]
        return content

    def add(self, rows: Mapping[int, int]) -> None:
        """Remember new keys, with contents that are emitted or have been."""
        self._recent.update(rows)
        self.shown_first += len(rows)
        if len(self._recent) >= PACKED_AT:
            self._pack()

    def _pack(self) -> None:
        keys = sorted(self._recent)
        self._packs.append((array("q", keys), array("q", map(self._recent.__getitem__, keys))))
        self._flags = self._flags or bytearray(_FLAGS)
        for key in keys:
            self._flags[(key >> 3) % _FLAGS] |= 1 << (key & 7)
        self._recent = {}

    def has_none_of(self, rows: Mapping[int, int]) -> bool:
        """Whether none of these keys has been met; when that takes long to find out, no."""
        return not self._packs and self._recent.keys().isdisjoint(rows)

    def show(self, key: int, content: int) -> None:
        """Note that the window has shown this row."""
        emitted = self.emitted(key)
        if emitted is None:
            self.add({key: content})
        elif content != emitted or key in self.variants:
            variants = self.variants.setdefault(key, {emitted})
            self.shown_first += content not in variants
            variants.add(content)

    def emit(self, key: int, content: int) -> None:
        """Note that this content has been emitted, or is to be taken for emitted last, if the window knows the key."""
        before = self.emitted(key)
        if before is None or before == content:
            return
        self.variants.setdefault(key, {before})
        for keys, contents in self._packs:
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                contents[place] = content
                return
        self._recent[key] = content

    def shown(self) -> Shown:
        """What the reading begun last has shown."""
        if self.reading is not None:
            return Shown(len({key for key, _ in self.reading}), len(self.reading), sum(map(hash, self.reading)))
        rows = chain(
            (row for row in self._items() if row[0] not in self.variants),
            ((key, content) for key, contents in self.variants.items() for content in contents),
        )
        return Shown(len(self), self.shown_first, sum(map(hash, rows)))

    def _items(self) -> Iterator[tuple[int, int]]:
        for keys, contents in self._packs:
            yield from zip(keys, contents, strict=True)
        yield from self._recent.items()


class SeenRows:
    """The rows met in windows that can still meet the same rows.

    All windows near each other that know a key agree on the content that was emitted last.

    Attributes:
        differing: how many rows were emitted that share their key with another one.
        returned: keys whose row was last seen as it had been emitted once, but not last; with window and content.
    """

    def __init__(self, *, reach: int = 1) -> None:
        """Args: reach: how many windows away a row can be met again."""
        self._reach = reach
        self._windows: dict[int, _WindowRows] = {}
        self.differing = 0
        self.returned: dict[int, tuple[int, int]] = {}

    def _rows_of(self, window: int) -> _WindowRows:
        rows = self._windows.get(window)
        if rows is None:
            rows = self._windows[window] = _WindowRows()
        return rows

    def _near(self, window: int) -> Iterator[_WindowRows]:
        """What the windows hold that can share rows with this one, and itself."""
        for index in range(window - self._reach, window + self._reach + 1):
            if (rows := self._windows.get(index)) is not None:
                yield rows

    def found(self, window: int) -> int:
        """How many different keys a window has, in all its readings.

        What has changed between two readings, or within one, does not stand in for a row that was missed.
        """
        return len(self._rows_of(window))

    def shown(self, window: int) -> Shown:
        """Which rows the reading of the window that was begun last has shown."""
        return self._rows_of(window).shown()

    def begin_reading(self, window: int) -> None:
        """The window is read again: tell the rows of this reading for themselves."""
        self._rows_of(window).reading = set()

    def size(self, window: int) -> int:
        """How many different rows the reading begun last has shown so far."""
        rows = self._rows_of(window)
        return rows.shown_first if rows.reading is None else len(rows.reading)

    def are_new(self, window: int, keys: Sequence[int], contents: Sequence[int]) -> list[bool]:
        """Note the rows of a page; for each of them, whether it has to be emitted now."""
        own, page = self._rows_of(window), dict(zip(keys, contents, strict=True))
        if (
            len(page) == len(keys)
            and own.reading is None
            and all(rows.has_none_of(page) for rows in self._near(window))
        ):
            own.add(page)  # as nearly always: nothing of it has been met
            return [True] * len(keys)
        return [self.is_new(window, *row) for row in zip(keys, contents, strict=True)]

    def is_new(self, window: int, key: int, content: int) -> bool:
        """Note a row; whether it has to be emitted now.

        Not if it equals the row emitted last under its key; nor, for the time being, if it equals an earlier one: two
        rows that share their key for good come in turns, and each is emitted once. See `take_returned`.
        """
        own = self._rows_of(window)
        if own.reading is not None:
            own.reading.add((key, content))
        last = own.emitted(key)
        if last is None:
            last = self._emitted_by_neighbours(window, key)
            if last is None or last == content:
                own.add({key: content})
                if last is not None and self.returned:
                    self.returned.pop(key, None)
                return last is None
        elif last == content and not own.variants and not self.returned:
            return False  # as nearly always
        return self._is_new_version(window, key, content, last)

    def _is_new_version(self, window: int, key: int, content: int, last: int) -> bool:
        been_emitted = last == content or any(content in rows.variants.get(key, ()) for rows in self._near(window))
        own = self._rows_of(window)
        own.show(key, content)
        if not been_emitted:
            self.differing += 1
            self.returned.pop(key, None)
            self._emit(window, key, content)
            return True
        own.emit(key, last)  # which a neighbour may have emitted
        if last == content:
            self.returned.pop(key, None)
        else:
            self.returned[key] = window, content
        return False

    def _emitted_by_neighbours(self, window: int, key: int) -> int | None:
        for distance in range(1, self._reach + 1):
            for neighbour in (window - distance, window + distance):
                rows = self._windows.get(neighbour)
                if rows is not None and (content := rows.emitted(key)) is not None:
                    return content
        return None

    def take_returned(self, window: int) -> list[int]:
        """At a window's end: keys whose row was last seen otherwise than it was emitted last; it is emitted now."""
        keys = [key for key, (where, _) in self.returned.items() if where == window]
        for key in keys:
            self._emit(window, key, self.returned.pop(key)[1])
        return keys

    def _emit(self, window: int, key: int, content: int) -> None:
        for rows in self._near(window):
            rows.emit(key, content)

    def forget_before(self, window: int) -> None:
        """Windows before this one are closed: forget those that no open window can share rows with."""
        for index in [known for known in self._windows if known < window - self._reach]:
            del self._windows[index]


def as_json(records: Sequence[Any]) -> list[bytes]:
    """Records as JSON, a text each."""
    return [*map(_encode, records)]


class OnceOnly:
    """Lets each record of a run through once, with its JSON.

    Attributes:
        seen: the rows that have been met.
    """

    def __init__(self, seen: SeenRows, key: Sequence[str]) -> None:
        """Args: seen: remembers rows; key: the columns that distinguish them."""
        self.seen = seen
        self._key = attrgetter(*key)
        self._held: dict[int, Any] = {}

    def new(self, window: int, records: Sequence[Any]) -> tuple[list[Any], list[bytes], bool]:
        """The records of a page that are to be emitted now, and whether any row is new to this reading."""
        shown = self.seen.size(window)
        lines = as_json(records)
        keys = [*map(hash, map(self._key, records))]
        are_new = self.seen.are_new(window, keys, [*map(hash, lines)])
        if self.seen.returned or self._held:
            self._held |= zip(keys, records, strict=True)
            self._held = {key: record for key, record in self._held.items() if key in self.seen.returned}
        return [*compress(records, are_new)], [*compress(lines, are_new)], self.seen.size(window) > shown

    def returned(self, window: int) -> tuple[list[Any], list[bytes]]:
        """At a window's end, the records that were last seen otherwise than they were emitted last."""
        records = [self._held.pop(key) for key in self.seen.take_returned(window)]
        return records, as_json(records)

    def forget_before(self, window: int) -> None:
        """Windows before this one are closed."""
        self.seen.forget_before(window)
