"""How far a stream has come, and what became of each stream of a run: log lines; a bar and a table for a terminal."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

LINE_EVERY_SECONDS = 10.0


def in_words(seconds: float) -> str:
    """A duration as a person says it: `45 s`, `12 min`, `3 h 05 min`."""
    minutes = int(seconds) // 60
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"  # noqa: PLR2004


def counted(number: int, what: str) -> str:
    """So many of something: `1 record`, `1,234 records`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


class Progress:
    """Counts windows and records of one stream's run.

    Attributes:
        windows: how many there are; None for a list, which has none.
        finished: how many of them are finished.
        records: how many have left.
    """

    def __init__(self, stream: str, windows: int | None, logger: logging.Logger) -> None:
        self.windows = windows
        self.finished = 0
        self.records = 0
        self._stream = stream
        self._logger = logger
        self._begun = self._last_line = time.monotonic()
        self._update: Callable[..., None] | None = None

    @contextmanager
    def shown(self) -> Iterator[Progress]:
        """Show the bar, when standard error is a terminal, for as long as the stream is read."""
        if not sys.stderr.isatty() or self.windows in (None, 0, 1):
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
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            self._update = partial(bar.update, bar.add_task(self._stream, total=self.windows, records=0))
            yield self

    def page(self, records: int) -> None:
        """A page of so many records has been written."""
        self.records += records
        self._show()

    def window(self) -> None:
        """A window is finished."""
        self.finished += 1
        self._show()

    def _show(self) -> None:
        if self._update is not None:
            self._update(completed=self.finished, records=self.records)
            return
        now = time.monotonic()
        if now - self._last_line >= LINE_EVERY_SECONDS:
            self._last_line = now
            self._logger.info("%s", self.line())

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._begun

    def line(self) -> str:
        """Window n of m, records, rate, time left."""
        elapsed = max(self.seconds, 1e-6)
        place = "" if self.windows is None else f"window {self.finished} of {self.windows}, "
        text = f"{self._stream}: {place}{counted(self.records, 'record')}, {self.records / elapsed:,.0f} a second"
        if self.windows is not None and 0 < self.finished < self.windows:
            left = elapsed / self.finished * (self.windows - self.finished)
            text += f", about {in_words(left)} left"
        return text


@dataclass(slots=True)
class StreamResult:
    """What became of a stream.

    Attributes:
        stream: its name.
        progress: its counts; None when it was not begun.
        seconds: that it took.
        read_up_to: its bookmark, where it has one.
        trouble: why it did not come to its end; empty when it did.
        failed: whether that makes the run fail.
        remarks: what else a person should know, a sentence each.
    """

    stream: str
    progress: Progress | None = None
    seconds: float = 0.0
    read_up_to: str | None = None
    trouble: str = ""
    failed: bool = False
    remarks: Sequence[str] = ()

    @property
    def records(self) -> int:
        """How many have left."""
        return self.progress.records if self.progress else 0

    @property
    def windows(self) -> str:
        """`3`, or `3 of 5`; empty for a list."""
        if self.progress is None or self.progress.windows is None:
            return ""
        finished, planned = self.progress.finished, self.progress.windows
        return f"{finished:,}" if finished == planned else f"{finished:,} of {planned:,}"

    def line(self) -> str:
        """The stream's line of the summary."""
        windows = self.windows and f"{self.windows} {'window' if self.windows == '1' else 'windows'}"
        counts = [counted(self.records, "record"), windows, in_words(self.seconds)] if self.progress else []
        read = f"read up to {self.read_up_to}" if self.read_up_to else ""
        text = f"{self.stream}: {', '.join(filter(None, [*counts, read]))}"
        return ". ".join(filter(None, [text, self.trouble, *self.remarks])).replace(": . ", ": ").replace("..", ".")


class Summary:
    """The last lines of a run: one for each stream, one for the run."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._begun = time.monotonic()
        self.results: list[StreamResult] = []

    def show(self) -> None:
        """Write it to standard error: log lines, or a table for a terminal."""
        if not self.results:
            return
        if sys.stderr.isatty():
            self._show_table()
        else:
            for result in self.results:
                self._logger.log(logging.WARNING if result.failed else logging.INFO, "%s", result.line())
        failed = any(result.failed for result in self.results)
        self._logger.log(logging.WARNING if failed else logging.INFO, "%s", self.line())

    def line(self) -> str:
        """The run's line."""
        records = counted(sum(result.records for result in self.results), "record")
        streams = counted(len(self.results), "stream")
        took = in_words(time.monotonic() - self._begun)
        unfinished = [result.stream for result in self.results if result.trouble]
        if not unfinished:
            return f"Run: {streams}, {records}, {took}"
        return (
            f"Run: {len(unfinished)} of {streams} not read to the end ({', '.join(unfinished)}), "
            f"{records}, {took}. The next run continues from the bookmarks"
        )

    def _show_table(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - only where somebody looks
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table("stream", box=None)
        for heading in ("records", "windows", "time"):
            table.add_column(heading, justify="right")
        table.add_column("read up to")
        table.add_column("")
        for result in self.results:
            cells = (f"{result.records:,}", result.windows, in_words(result.seconds)) if result.progress else ("",) * 3
            row = (result.stream, *cells, result.read_up_to or "", result.trouble.partition(":")[0])
            table.add_row(*map(Text, row), style="red" if result.failed else None)
        console = Console(stderr=True)
        console.print(table)
        for result in self.results:
            for sentence in filter(None, [result.progress and result.trouble, *result.remarks]):
                console.print(Text(f"{result.stream}: {sentence}"))
