"""Several windows read at once: pages as they arrive, one consumer, bounded memory.

The consumer's thread takes the pages of all windows from one short queue; when it is slow, the fetching threads
wait. Windows are begun in order. When one fails, here or with its consumer, no later one is begun, those before it are
read to their end, and then the failure is raised.
"""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from typing_extensions import override

P = TypeVar("P")
W = TypeVar("W")


def read_windows(windows: Sequence[W], read: Callable[[W], Iterable[P]], *, at_once: int) -> WindowReader[W, P]:
    """Read windows; yields (window, page) for each page as it arrives, and (window, None) at a window's end.

    Args:
        windows: in the order in which they are begun.
        read: reads the pages of one window; called from several threads.
        at_once: how many windows are read at the same time.
    """
    at_once = min(at_once, len(windows))
    return _OneByOne(windows, read) if at_once <= 1 else _AtOnce(windows, read, at_once)


class WindowReader(ABC, Generic[W, P]):
    """Yields the pages of windows; `close` it when it is left early."""

    def __init__(self, windows: Sequence[W], read: Callable[[W], Iterable[P]]) -> None:
        self._windows = windows
        self._read = read
        self._pages = self._run()

    def __iter__(self) -> Iterator[tuple[W, P | None]]:
        return self._pages

    def __next__(self) -> tuple[W, P | None]:
        return next(self._pages)

    def close(self) -> None:
        """Let the threads end."""
        self._pages.close()

    @abstractmethod
    def fail(self, error: BaseException) -> None:
        """The window of the page (or end) yielded last has failed with its consumer, as it may fail here.

        Raises:
            BaseException: the error, where no window before that one is under way.
        """

    @abstractmethod
    def _run(self) -> Generator[tuple[W, P | None], None, None]: ...


class _OneByOne(WindowReader[W, P]):
    @override
    def fail(self, error: BaseException) -> None:
        raise error

    @override
    def _run(self) -> Generator[tuple[W, P | None], None, None]:
        for window in self._windows:
            for page in self._read(window):
                yield window, page
                del page
            yield window, None


class _AtOnce(WindowReader[W, P]):
    def __init__(self, windows: Sequence[W], read: Callable[[W], Iterable[P]], threads: int) -> None:
        super().__init__(windows, read)
        self._threads = threads
        self._next = 0
        self._limit = len(windows)  # windows from here on are not begun
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._queue: queue.Queue[tuple[int, P | BaseException | None]] = queue.Queue(maxsize=threads)
        self._pending = set(range(len(windows)))
        self._last_yielded = 0
        self._failure: BaseException | None = None

    @override
    def fail(self, error: BaseException) -> None:
        self._failed(self._last_yielded, error)

    def _failed(self, index: int, error: BaseException) -> None:
        """Of several failures the one of the earliest window counts; those before it are still read."""
        if index >= self._limit:
            return
        self._begin_none_from(index)
        self._failure = error
        self._pending = {each for each in self._pending if each < index}

    @override
    def _run(self) -> Generator[tuple[W, P | None], None, None]:
        try:
            for number in range(self._threads):
                # Daemons: a thread that waits for a slow vendor must not keep a stopped run alive.
                threading.Thread(target=self._work, name=f"window-reader-{number}", daemon=True).start()
            while self._pending:
                index, page = self._queue.get()
                if isinstance(page, BaseException):
                    self._failed(index, page)
                elif index < self._limit:
                    if page is None:
                        self._pending.discard(index)
                    self._last_yielded = index
                    yield self._windows[index], page
                    del page
            if self._failure is not None:
                raise self._failure
        finally:
            self.stop()

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
                self._queue.put((index, page), timeout=0.1)
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
                    del page
            except Exception as error:  # noqa: BLE001 - raised again in the consumer's thread
                self._put(index, error)
                return
            self._put(index, None)
