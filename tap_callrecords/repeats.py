"""Rows that arrive more than once in a run: found by key and content, without keeping the rows.

A window's query overlaps its neighbours' by a second, pages may repeat rows at their edges, and a window may be
read again. An equal row is emitted once; a row that shares its key with another one but differs is emitted too
(it may be a newer version, or two rows under one key) and counted.

A row is remembered as two 64-bit numbers: a hash of its key and one of its content. Python's hash of text is keyed
anew in each process and is as good as random here; a row would be taken for a repeat wrongly only if both agreed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence

PACKED_AT = 30_000
"""Rows of a window kept in a dict, which costs 100 bytes for each; beyond, they are packed into 16 bytes."""
_FLAGS = 2**21
"""Bytes of flags, one bit for several keys, that tell without a search that a key is in no pack: of a million rows all
but one new row in sixteen."""


class _WindowRows:
    """What a window has shown: for each key the content it came with first, and later contents that differ."""

    __slots__ = ("_flags", "_packs", "_recent", "reading", "variants")

    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._packs: list[tuple[array[int], array[int]]] = []
        self._flags = bytearray()
        self.variants: set[tuple[int, int]] = set()
        self.reading: set[tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self._recent) + sum(len(keys) for keys, _ in self._packs)

    def content_of(self, key: int) -> int | None:
        """The content that a key came with first; None for a key not met."""
        content = self._recent.get(key)
        if content is None and self._flags and self._flags[(key >> 3) % _FLAGS] & 1 << (key & 7):
            for keys, contents in self._packs:
                place = bisect_left(keys, key)
                if place < len(keys) and keys[place] == key:
                    return contents[place]
        return content

    def add(self, rows: Mapping[int, int]) -> None:
        """Remember new keys."""
        self._recent.update(rows)
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

    def has(self, key: int, content: int) -> bool:
        """Whether this very row has been met."""
        return self.content_of(key) == content or (key, content) in self.variants


class SeenRows:
    """The rows met in windows that can still meet the same rows."""

    def __init__(self, *, reach: int = 1) -> None:
        """Args: reach: how many windows away a row can be met again."""
        self._reach = reach
        self._windows: dict[int, _WindowRows] = {}
        self.differing = 0

    def _rows_of(self, window: int) -> _WindowRows:
        rows = self._windows.get(window)
        if rows is None:
            rows = self._windows[window] = _WindowRows()
        return rows

    def found(self, window: int) -> int:
        """How many rows a window has: different keys in all, or different rows of the reading begun last, if more.

        A row that has changed between two readings does not stand in for one that was missed. Rows that share a key
        for good, which come within one reading, count each.
        """
        rows = self._windows.get(window)
        return 0 if rows is None else max(len(rows), len(rows.reading or ()))

    def begin_reading(self, window: int) -> None:
        """The window is read again: count the rows of this reading for themselves."""
        self._rows_of(window).reading = set()

    def are_new(self, window: int, keys: Sequence[int], contents: Sequence[int]) -> list[bool]:
        """Note the rows of a page; for each of them, whether it has to be emitted."""
        own, page = self._rows_of(window), dict(zip(keys, contents, strict=True))
        near = (self._windows.get(other) for other in range(window - self._reach, window + self._reach + 1))
        if len(page) == len(keys) and own.reading is None and all(not rows or rows.has_none_of(page) for rows in near):
            own.add(page)  # as nearly always: nothing of it has been met
            return [True] * len(keys)
        return [self.is_new(window, *row) for row in zip(keys, contents, strict=True)]

    def is_new(self, window: int, key: int, content: int) -> bool:
        """Note a row; whether it has to be emitted."""
        own = self._rows_of(window)
        if own.reading is not None:
            own.reading.add((key, content))
        known = own.content_of(key)
        if known is None:
            own.add({key: content})
        elif known == content or (key, content) in own.variants:
            return False
        else:
            own.variants.add((key, content))
            self.differing += 1
        return not self._met_by_neighbours(window, key, content)

    def _met_by_neighbours(self, window: int, key: int, content: int) -> bool:
        for distance in range(1, self._reach + 1):
            for neighbour in (window - distance, window + distance):
                rows = self._windows.get(neighbour)
                if rows is not None and rows.has(key, content):
                    return True
        return False

    def forget_before(self, window: int) -> None:
        """Windows before this one are closed: forget those that no open window can share rows with."""
        for index in [known for known in self._windows if known < window - self._reach]:
            del self._windows[index]
