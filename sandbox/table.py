"""A vendor's rows in memory, ready to be answered fast: encoded once, found by bisection."""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

import msgspec
from typing_extensions import override

Row = dict[str, Any]
"""A row as a vendor spells it."""

P = ParamSpec("P")
R = TypeVar("R")


def _locked(method: Callable[Concatenate[Table, P], R]) -> Callable[Concatenate[Table, P], R]:
    @wraps(method)
    def wrapper(self: Table, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return wrapper


class Table(Sequence[Row]):
    """Rows of one kind; reads as a sequence of dictionaries in the order they were added.

    Args:
        key: A row's identity, for ``replace`` and ``remove``.
        order: The vendor's sort key of a row; rows are answered by it (ascending or descending, as the vendor does).
        instants: Named times of a row in epoch ms, by which windows select; ``None`` where the row has no such time.
        ended: The time a row's landing delay counts from, in epoch ms.
        encode: Row to JSON bytes as answered by default.
    """

    def __init__(
        self,
        *,
        key: Callable[[Row], Hashable],
        order: Callable[[Row], tuple[Any, ...]],
        instants: Mapping[str, Callable[[Row], int | None]],
        ended: Callable[[Row], int],
        encode: Callable[[Row], bytes] = msgspec.json.encode,
    ) -> None:
        self.key = key
        self.order = order
        self.instants = instants
        self.ended = ended
        self.encode = encode
        self.lock = threading.RLock()
        self.delay_ms = 0
        self.jitter_ms = 0
        self.encoded: list[bytes] = []
        self.orders: list[tuple[Any, ...]] = []
        self.version = 0
        self._keys: list[Hashable] = []
        self._ended: list[int] = []
        self._visible_at: list[int | None] = []
        self._latest_visible_at = 0
        self._indexes: dict[str, list[tuple[int, int]]] = {name: [] for name in instants}
        self._selected: dict[Hashable, list[int]] = {}

    @_locked
    def add(self, rows: Iterable[Row], *, visible_at: int | None = None) -> None:
        """Put rows in, at once or to be seen from ``visible_at`` (epoch ms) on."""
        first = len(self.encoded)
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in self.instants}
        for number, row in enumerate(rows, first):
            self.encoded.append(self.encode(row))
            self.orders.append(self.order(row))
            self._keys.append(self.key(row))
            self._ended.append(self.ended(row))
            self._visible_at.append(visible_at)
            for name, read in self.instants.items():
                when = read(row)
                if when is not None:
                    found[name].append((when, number))
        for name, index in self._indexes.items():
            index += found[name]
            index.sort()
        self._latest_visible_at = max(self._latest_visible_at, visible_at or 0)
        self._selected.clear()
        self.version += 1

    @_locked
    def remove(self, keys: Iterable[Hashable]) -> None:
        """Take out every row with one of these keys."""
        gone = set(keys)
        kept = [number for number, key in enumerate(self._keys) if key not in gone]
        if len(kept) == len(self._keys):
            return
        place = {number: new for new, number in enumerate(kept)}
        for values in (self.encoded, self.orders, self._keys, self._ended, self._visible_at):
            values[:] = [values[number] for number in kept]  # type: ignore[index]
        for index in self._indexes.values():
            index[:] = [(when, place[number]) for when, number in index if number in place]
        self._selected.clear()
        self.version += 1

    @_locked
    def replace(self, rows: Sequence[Row], *, visible_at: int | None = None) -> None:
        """Put rows in the place of all rows that have their keys."""
        self.remove(self.key(row) for row in rows)
        self.add(rows, visible_at=visible_at)

    @_locked
    def clear(self) -> None:
        """Take every row out."""
        self.remove(list(self._keys))

    @_locked
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
        memo = (instant, low, high, low_open, high_open)
        chosen = self._selected.get(memo)
        if chosen is None:
            index = self._indexes[instant]
            begin = bisect_left(index, (low + low_open,))
            end = bisect_right(index, (high - high_open + 1,), lo=begin)
            chosen = sorted((number for _, number in index[begin:end]), key=self.orders.__getitem__)
            if len(self._selected) > 64:
                self._selected.clear()
            self._selected[memo] = chosen
        if self.delay_ms or self.jitter_ms or self._latest_visible_at > now_ms:
            return [number for number in chosen if self.visible_at(number) <= now_ms]
        return chosen

    def visible_at(self, number: int) -> int:
        """The instant (epoch ms) from which a row is answered."""
        explicit = self._visible_at[number]
        if explicit is not None:
            return explicit
        if not (self.delay_ms or self.jitter_ms):
            return 0
        share = zlib.crc32(repr(self._keys[number]).encode()) / 2**32
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
