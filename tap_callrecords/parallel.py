"""Several windows read at once: pages as they arrive, one consumer, bounded memory.

The consumer's thread takes the pages of all windows from one short queue; when it is slow, the fetching threads
wait. Windows are begun in order. When one fails, no later one is begun, those before it are read to their end,
and then the failure is raised.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

P = TypeVar("P")
W = TypeVar("W")


def read_windows(
    windows: Sequence[W], read: Callable[[W], Iterable[P]], *, at_once: int
) -> Iterator[tuple[W, P | None]]:
    """Yield (window, page) for each page as it arrives, and (window, None) at a window's end.

    Args:
        windows: in the order in which they are begun.
        read: reads the pages of one window; called from several threads.
        at_once: how many windows are read at the same time.
    """
    if at_once <= 1 or len(windows) <= 1:
        for window in windows:
            for page in read(window):
                yield window, page
            yield window, None
        return
    reader = _Reader(windows, read)
    try:
        yield from reader.run(min(at_once, len(windows)))
    finally:
        reader.stop()


class _Reader(Generic[W, P]):
    def __init__(self, windows: Sequence[W], read: Callable[[W], Iterable[P]]) -> None:
        self._windows = windows
        self._read = read
        self._next = 0
        self._limit = len(windows)  # windows from here on are not begun
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self, threads: int) -> Iterator[tuple[W, P | None]]:
        self._pages: queue.Queue[tuple[int, P | BaseException | None]] = queue.Queue(maxsize=threads)
        for number in range(threads):
            # Daemons: a thread that waits for a slow vendor must not keep a stopped run alive.
            threading.Thread(target=self._work, name=f"window-reader-{number}", daemon=True).start()
        failure: tuple[int, BaseException] | None = None
        pending = set(range(len(self._windows)))
        while pending:
            index, page = self._pages.get()
            if isinstance(page, BaseException):
                self._begin_none_from(index)
                if failure is None or index < failure[0]:
                    failure = index, page
                pending = {each for each in pending if each < index}
            elif failure is None or index < failure[0]:
                yield self._windows[index], page
                if page is None:
                    pending.discard(index)
        if failure is not None:
            raise failure[1]

    def stop(self) -> None:
        """Let the threads end, also those that wait for a place in the queue."""
        self._stopped.set()
        self._begin_none_from(0)

    def _begin_none_from(self, index: int) -> None:
        with self._lock:
            self._limit = min(self._limit, index)

    def _take(self) -> int | None:
        with self._lock:
            if self._next >= self._limit:
                return None
            self._next += 1
            return self._next - 1

    def _put(self, index: int, page: P | BaseException | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._pages.put((index, page), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def _work(self) -> None:
        while (index := self._take()) is not None:
            try:
                for page in self._read(self._windows[index]):
                    if not self._put(index, page):
                        return
            except Exception as error:  # noqa: BLE001 - raised again in the consumer's thread
                self._put(index, error)
                return
            self._put(index, None)
