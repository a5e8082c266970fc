"""The loop: for each window, for each page: get, build, write; then is it complete? Then the bookmark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec
from singer_sdk import metrics
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import STREAM_ENDING
from tap_callrecords.output.progress import Progress
from tap_callrecords.paging.base import Page
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.repeats import OnceOnly, as_json
from tap_callrecords.stream.hooks import Api
from tap_callrecords.stream.paged import PagedStream
from tap_callrecords.stream.parallel import read_windows
from tap_callrecords.stream.planned import PlannedStream
from tap_callrecords.windows.plan import ContiguousEnd, Span, TimeWindow, floor_second
from tap_callrecords.windows.readings import Completeness, Reading

if TYPE_CHECKING:
    from tap_callrecords.output.messages import PageWriter

_Emit: TypeAlias = Callable[[Sequence[Record], Sequence[bytes]], Iterable[dict[str, Any]]]


@dataclass(slots=True)
class _Run:
    """What a run of the stream remembers.

    Attributes:
        rows: those that have been met.
        progress: how far it has come.
        emit: writes records, or yields them.
        readings: what the readings under way have brought, by window.
    """

    rows: OnceOnly
    progress: Progress
    emit: _Emit
    readings: dict[int, Reading] = field(default_factory=dict)


class CallRecordStream(PlannedStream[Api], PagedStream[Api]):
    """A stream over one endpoint of a vendor.

    A source declares its name and what `StreamHooks` asks for; its schema file says the rest (see `rows.schemas`).
    """

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Read all windows; pages are written at once, or yielded as records where the SDK has to work on them."""
        if self.ABORT_AT_RECORD_COUNT is not None:
            yield from self._newest_records()
            return
        self.correct_bookmark()
        span, windows = self.plan()
        prior = self.read_bookmark() or ""
        latest = instants.to_text(span.end)
        run, passed = self._begin(windows), ContiguousEnd(windows)
        reader = read_windows(windows, self.drain, at_once=self.windows_at_once(windows))
        with run.progress.shown(), closing(reader):
            for window, page in reader:
                try:
                    if page is not None:
                        yield from self._take(window, page, run)
                        del page  # before the next one is decoded
                        continue
                    yield from self._complete(window, run)
                except STREAM_ENDING as error:
                    reader.fail(error)
                    continue
                run.progress.window()
                for finished in passed.finish(window.index):
                    if self.is_incremental:
                        bookmark = max(prior, min(instants.to_text(finished.end), latest))
                        self.checkpoint(bookmark, self.beside_bookmark(finished, bookmark))
                    run.rows.forget_before(finished.index)
        self.report(run.progress, run.rows.seen.differing)

    def _begin(self, windows: Sequence[TimeWindow]) -> _Run:
        self.progress = Progress(self.name, len(windows) if self.has_windows else None, self.logger)
        emit = (self._written if self.can_write_pages else self._yielded)(self.progress)
        rows = OnceOnly(self.seen_rows(), self.primary_keys)
        return _Run(rows, self.progress, emit)

    def _take(self, window: TimeWindow, page: Page, run: _Run) -> Iterator[dict[str, Any]]:
        """Let out what is new of a page, and count what has come.

        Raises:
            FatalAPIError: the pages bring nothing any more.
        """
        records, lines, brought_news = run.rows.new(window.index, page.records)
        yield from self._let_out(window, run, records, lines)
        if (reading := run.readings.get(window.index)) is None:
            reading = run.readings[window.index] = Reading()
        reading.take(page, brought_news=brought_news)

    def _complete(self, window: TimeWindow, run: _Run) -> Iterator[dict[str, Any]]:
        """Read a drained window again for as long as it has fewer rows than announced; then let out what is held.

        Raises:
            FatalAPIError: it stays short.
        """
        judge = Completeness(window, self.product, self.logger, is_binding=self.announcement_is_binding)
        while (again := judge.read_again(run.readings.pop(window.index, Reading()), run.rows.seen)) is not None:
            for page in self.drain(again):
                yield from self._take(window, page, run)
        yield from self._let_out(window, run, *run.rows.returned(window.index))

    def report(self, progress: Progress, differing: int) -> None:
        """Log what a run that came to its end has read. Args: differing: rows that share their key with another one."""
        if differing:
            self.logger.warning(
                "%d rows share their key with a different row; all were emitted, and a target that upserts keeps the "
                "last.",
                differing,
            )
        self.logger.info("%s", progress.line())

    # Records leave

    def _let_out(
        self, window: TimeWindow, run: _Run, records: Sequence[Record], lines: Sequence[bytes]
    ) -> Iterable[dict[str, Any]]:
        if self.window_end_column is not None:
            for record in records:
                setattr(record, self.window_end_column, instants.to_text(self.mark_of(window)))
            lines = as_json(records)
        return run.emit(records, lines)

    def _written(self, progress: Progress) -> _Emit:
        """Write pages at once; nothing is left for the SDK to do."""
        write_page = cast("PageWriter", self.tap.message_writer).write_page

        def emit(records: Sequence[Record], lines: Sequence[bytes]) -> tuple[()]:
            write_page(self.name, records, lines)
            self._counter.increment(len(lines))
            progress.page(len(lines))
            return ()

        return emit

    def _yielded(self, progress: Progress) -> _Emit:
        """Hand records to the SDK one by one: stream maps, flattening, deselected properties, `--test`."""

        def emit(records: Sequence[Record], _: Sequence[bytes]) -> Iterator[dict[str, Any]]:
            for record in records:
                progress.page(1)
                yield self.without_deselected_members(msgspec.structs.asdict(record))

        return emit

    # What the SDK asks of a stream

    @override  # type: ignore[misc]  # the SDK has no hook for it
    def sync(self, context: Mapping[str, Any] | None = None) -> None:
        """Read the stream; what is its own trouble ends it, and not the run."""
        self.within(partial(super().sync, context))

    @override
    def get_record_counter(self, **options: Any) -> metrics.Counter:
        self._counter = super().get_record_counter(**options)
        return self._counter

    def _newest_records(self) -> Iterator[dict[str, Any]]:
        """For who wants a few records soon, and no bookmark: the newest windows first."""
        windows = self.plan()[1][::-1][: self.test_windows]
        run = self._begin(windows)
        for window in windows:
            for page in self.drain(window):
                yield from self._take(window, page, run)


class FullTableStream(CallRecordStream[Api]):
    """A stream whose only window is everything."""

    has_windows = False

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        now = floor_second(datetime.now(UTC))
        return Span(now, now), [TimeWindow(0, now, now, now, now)]
