"""Requests paced where the vendor says how many it allows."""

from __future__ import annotations

import threading
import time
from collections import deque


class Pacer:
    """Lets at most so many calls through in any stretch of time, over all threads: `with pacer: send(...)`.

    A vendor counts a call when it arrives, which may be long after it was sent (a slow connection, a token to be
    fetched first). So a call counts from its beginning until a stretch after its end: however late calls arrive,
    the vendor never sees more of them than it allows.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        """Args: calls: how many are let through ...; seconds: ... in any stretch this long."""
        self._calls = calls
        self._seconds = seconds
        self._under_way = 0
        self._ended: deque[float] = deque()
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        while (pause := self._begin()) > 0:
            time.sleep(pause)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._under_way -= 1
            self._ended.append(time.monotonic())
            self._changed.notify_all()

    def _begin(self) -> float:
        """Let a call through, or say in how many seconds that may be possible."""
        with self._changed:
            while self._under_way == self._calls:
                self._changed.wait()
            now = time.monotonic()
            while self._ended and self._ended[0] + self._seconds <= now:
                self._ended.popleft()
            if self._under_way + len(self._ended) < self._calls:
                self._under_way += 1
                return 0.0
            return self._ended[0] + self._seconds - now
