"""How far a stream has come: log lines, and a live bar when a person watches."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

LINE_EVERY_SECONDS = 10.0


def in_words(seconds: float) -> str:
    """A duration as a person says it: `45 s`, `12 min`, `3 h 05 min`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"  # noqa: PLR2004


class Progress:
    """Counts windows and records of one stream's run."""

    def __init__(self, stream: str, windows: int, logger: logging.Logger) -> None:
        self._stream = stream
        self._windows = windows
        self._logger = logger
        self._begun = self._last_line = time.monotonic()
        self._finished = 0
        self._records = 0
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    @contextmanager
    def shown(self) -> Iterator[Progress]:
        """Show the bar, when standard error is a terminal, for as long as the stream is read."""
        if not sys.stderr.isatty() or self._windows <= 1:
            yield self
            return
        from rich.console import Console  # noqa: PLC0415 - only where somebody looks
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("windows, {task.fields[records]:,} records"),
            TimeRemainingColumn(),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as self._bar:
            self._task = self._bar.add_task(self._stream, total=self._windows, records=0)
            yield self

    def page(self, records: int) -> None:
        """A page of so many records has been written."""
        self._records += records
        self._show()

    def window(self) -> None:
        """A window is finished."""
        self._finished += 1
        self._show()

    def _show(self) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._finished, records=self._records)
            return
        now = time.monotonic()
        if now - self._last_line >= LINE_EVERY_SECONDS:
            self._last_line = now
            self._logger.info("%s", self.line())

    def line(self) -> str:
        """Window n of m, records, rate, time left."""
        elapsed = max(time.monotonic() - self._begun, 1e-6)
        text = (
            f"{self._stream}: window {self._finished} of {self._windows}, {self._records:,} records, "
            f"{self._records / elapsed:,.0f} a second"
        )
        if 0 < self._finished < self._windows:
            left = elapsed / self._finished * (self._windows - self._finished)
            text += f", about {in_words(left)} left"
        return text
