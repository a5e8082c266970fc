"""A vendor's rows in memory, ready to be answered fast: encoded once, found by bisection."""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, overload

import msgspec
from typing_extensions import override

Row = dict[str, Any]
"""A row as a vendor spells it."""


class Table(Sequence[Row]):
    """Rows of one kind; reads as a sequence of dictionaries in the order they were added.

    Args:
        key: A row's identity, for ``replace`` and ``remove``.
        order: The vendor's sort key of a row; rows are answered by it (ascending or descending, as the vendor does).
        instants: Named times of a row in epoch ms, by which windows select; ``None`` where the row has no such time.
        ended: The time a row's landing delay counts from, in epoch ms.
        partition: Whose row it is (a PBX, a tenant), kept beside the row in ``partitions``.
        encode: Row to JSON bytes as answered by default.
    """

    def __init__(
        self,
        *,
        key: Callable[[Row], Hashable],
        order: Callable[[Row], tuple[Any, ...]],
        instants: Mapping[str, Callable[[Row], int | None]],
        ended: Callable[[Row], int],
        partition: Callable[[Row], str] = lambda _: "",
        encode: Callable[[Row], bytes] = msgspec.json.encode,
    ) -> None:
        self.key = key
        self.order = order
        self.instants = instants
        self.ended = ended
        self.partition = partition
        self.encode = encode
        self.lock = threading.RLock()
        self.delay_ms = 0
        self.jitter_ms = 0
        self.encoded: list[bytes] = []
        self.orders: list[tuple[Any, ...]] = []
        self.partitions: list[str] = []
        self._ended: list[int] = []
        self._visible_at: list[int | None] = []
        self._latest_visible_at = 0
        self._indexes: dict[str, list[tuple[int, int]]] = {name: [] for name in instants}
        self._unsorted: dict[str, list[tuple[int, int]]] = {}
        self._selected: dict[Hashable, list[int]] = {}

    def add(self, rows: Iterable[Row], *, visible_at: int | None = None) -> None:
        """Put rows in, at once or to be seen from ``visible_at`` (epoch ms) on."""
        with self.lock:
            first = len(self.encoded)
            found: dict[str, list[tuple[int, int]]] = {name: [] for name in self.instants}
            for number, row in enumerate(rows, first):
                self.encoded.append(self.encode(row))
                self.orders.append(self.order(row))
                self.partitions.append(intern(self.partition(row)))
                self._ended.append(self.ended(row))
                self._visible_at.append(visible_at)
                for name, read in self.instants.items():
                    when = read(row)
                    if when is not None:
                        found[name].append((when, number))
            for name, added in found.items():
                self._unsorted.setdefault(name, []).extend(added)
            self._latest_visible_at = max(self._latest_visible_at, visible_at or 0)
            self._selected.clear()

    def remove(self, keys: Iterable[Hashable]) -> None:
        """Take out every row with one of these keys."""
        with self.lock:
            gone = set(keys)
            kept = [number for number, row in enumerate(self) if self.key(row) not in gone]
            if len(kept) < len(self):
                self._keep(kept)

    def _keep(self, kept: list[int]) -> None:
        place = {number: new for new, number in enumerate(kept)}
        self.encoded = [self.encoded[number] for number in kept]
        self.orders = [self.orders[number] for number in kept]
        self.partitions = [self.partitions[number] for number in kept]
        self._ended = [self._ended[number] for number in kept]
        self._visible_at = [self._visible_at[number] for number in kept]
        for name in self.instants:
            index = self._index(name)
            index[:] = [(when, place[number]) for when, number in index if number in place]
        self._selected.clear()

    def replace(self, rows: Sequence[Row], *, visible_at: int | None = None) -> None:
        """Put rows in the place of all rows that have their keys."""
        with self.lock:
            self.remove(self.key(row) for row in rows)
            self.add(rows, visible_at=visible_at)

    def clear(self) -> None:
        """Take every row out."""
        with self.lock:
            self._keep([])

    def select(
        self,
        instant: str,
        low: int,
        high: int,
        now_ms: int,
        *,
        low_open: bool = False,
        high_open: bool = False,
    ) -> list[int]:
        """Numbers of the visible rows whose ``instant`` lies from ``low`` to ``high`` (ms), ascending by order."""
        with self.lock:
            memo = (instant, low, high, low_open, high_open)
            chosen = self._selected.get(memo)
            if chosen is None:
                index = self._index(instant)
                begin = bisect_left(index, (low + low_open,))
                end = bisect_right(index, (high - high_open + 1,), lo=begin)
                chosen = sorted((number for _, number in index[begin:end]), key=self.orders.__getitem__)
                if len(self._selected) > 64:
                    self._selected.clear()
                self._selected[memo] = chosen
            if self.delay_ms or self.jitter_ms or self._latest_visible_at > now_ms:
                return [number for number in chosen if self.visible_at(number) <= now_ms]
            return chosen

    def _index(self, instant: str) -> list[tuple[int, int]]:
        """Pairs of instant and row number, in order; sorting waits until they are asked for."""
        index = self._indexes[instant]
        if added := self._unsorted.pop(instant, None):
            index += added
            index.sort()
        return index

    def visible_at(self, number: int) -> int:
        """The instant (epoch ms) from which a row is answered."""
        explicit = self._visible_at[number]
        if explicit is not None:
            return explicit
        if not (self.delay_ms or self.jitter_ms):
            return 0
        share = zlib.crc32(repr(self.orders[number]).encode()) / 2**32
        return self._ended[number] + self.delay_ms + int(self.jitter_ms * share)

    def decoded(self, number: int) -> Row:
        """A fresh dictionary of one row."""
        row: Row = msgspec.json.decode(self.encoded[number])
        return row

    @override
    def __len__(self) -> int:
        return len(self.encoded)

    @override
    def __iter__(self) -> Iterator[Row]:
        return (msgspec.json.decode(body) for body in list(self.encoded))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    @override
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [msgspec.json.decode(body) for body in self.encoded[at]]
        return self.decoded(at)
