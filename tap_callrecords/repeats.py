"""Rows that arrive more than once in a run: found by key and content, without keeping the rows.

A window's query overlaps its neighbours' by a second, pages may repeat rows at their edges, and a window may be
read again. An equal row is emitted once; a row that shares its key with another one but differs is emitted too
(it may be a newer version, or two rows under one key) and counted.
"""

from __future__ import annotations


class SeenRows:
    """Digests of the rows met in windows that can still meet the same rows.

    A row is remembered as two 64-bit numbers: a hash of its key and one of its content. Python's string hash is
    keyed anew in each process and is as good as random here; a row would be taken for a repeat wrongly only if
    both agreed.
    """

    def __init__(self, *, reach: int = 1) -> None:
        """Args: reach: how many windows away a row can be met again."""
        self._reach = reach
        self._windows: dict[int, dict[int, int]] = {}
        self._variants: dict[int, set[tuple[int, int]]] = {}
        self.differing = 0

    def distinct(self, window: int) -> int:
        """How many different keys a window has shown."""
        return len(self._windows.get(window, ()))

    def variants(self, window: int) -> int:
        """How many more rows a window has shown that share their key with a different row."""
        return len(self._variants.get(window, ()))

    def is_new(self, window: int, key: int, content: int) -> bool:
        """Note a row; whether it has to be emitted."""
        own = self._windows.setdefault(window, {})
        known = own.get(key)
        if known is None:
            own[key] = content
            return not self._met_by_neighbours(window, key, content)
        if known == content or (key, content) in self._variants.get(window, ()):
            return False
        self._variants.setdefault(window, set()).add((key, content))
        self.differing += 1
        return not self._met_by_neighbours(window, key, content)

    def _met_by_neighbours(self, window: int, key: int, content: int) -> bool:
        for distance in range(1, self._reach + 1):
            for neighbour in (window - distance, window + distance):
                rows = self._windows.get(neighbour)
                if rows and (rows.get(key) == content or (key, content) in self._variants.get(neighbour, ())):
                    return True
        return False

    def forget_before(self, window: int) -> None:
        """Windows before this one are closed: forget those that no open window can share rows with."""
        for index in [known for known in self._windows if known < window - self._reach]:
            del self._windows[index]
            self._variants.pop(index, None)
