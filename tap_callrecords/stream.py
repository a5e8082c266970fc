"""A stream of call records: read closed time windows, each completely, and checkpoint after each.

This is the only place where the parts meet. A page's way: `api` asks for it, `records` builds it, `repeats` drops
what has been met before, the writer writes it; then `paginators` names the next one. When a window has no more
pages, its announced count is verified, and the bookmark moves over the windows that are finished without a gap.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, cast

import msgspec
import requests
from singer_sdk import Tap, metrics
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import TypeVar, override

from tap_callrecords import instants
from tap_callrecords.errors import STREAM_ENDING, AskedTooMuch, PageLost, RangeRefused
from tap_callrecords.http.redaction import clean_name
from tap_callrecords.output.progress import Progress
from tap_callrecords.paging.base import Page
from tap_callrecords.rows.builder import Record, RecordBuilder
from tap_callrecords.rows.privacy import Privacy
from tap_callrecords.rows.repeats import SeenRows
from tap_callrecords.schemas import FromSchemaFile
from tap_callrecords.sdk import WindowCheckpoints
from tap_callrecords.windows.parallel import read_windows
from tap_callrecords.windows.plan import (
    OVERLAP,
    ContiguousEnd,
    Span,
    TimeWindow,
    floor_second,
    halves,
    plan_span,
    plan_windows,
)
from tap_callrecords.windows.readings import Reading

if TYPE_CHECKING:
    from tap_callrecords.http.client import VendorApi
    from tap_callrecords.output.lines import PageWriter
    from tap_callrecords.paging.base import Paginator


from tap_callrecords.http.client import VendorApi
from tap_callrecords.paging.base import Paginator

READS_OF_A_SHORT_WINDOW = 3
RESTARTS_OF_A_LOST_WINDOW = 3
SHORTEST_TO_HALVE = timedelta(minutes=1)
TWO_YEARS = timedelta(days=731)
"""The longest that two calendar years can be."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""None of the vendors' services is older."""
_encode = msgspec.json.Encoder(order="deterministic").encode
"""Objects are the same, and so are their rows, in whatever order their members come."""
Api = TypeVar("Api", bound="VendorApi", default=Any)
_Emit: TypeAlias = Callable[[list[Record], list[bytes]], Iterable[dict[str, Any]]]


@dataclass(slots=True)
class _Run:
    """What a run of the stream remembers."""

    seen: SeenRows
    progress: Progress
    readings: dict[int, Reading] = field(default_factory=dict)
    held: dict[int, Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that is asked for.

    Attributes:
        window: what it is a page of.
        name: the paginator's name for it.
        tries: which try it is, from 1; those of `VendorApi.call` for passing troubles are one.
        because: the refusal for which it is asked for in this way; None where it is asked for as named.
    """

    window: TimeWindow
    name: Any
    tries: int = 1
    because: Exception | None = None


class CallRecordStream(WindowCheckpoints, Generic[Api]):
    """A stream over one endpoint of a vendor.

    A source declares its name and what follows here; its schema file says the rest (see `schemas`).
    """

    schema = FromSchemaFile(attrgetter("schema"))
    primary_keys = FromSchemaFile(attrgetter("key"))
    replication_key = FromSchemaFile(attrgetter("bookmark"))
    selected_by_default = FromSchemaFile(lambda declared: declared.optional is None)

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the row builder's records conform already

    path: ClassVar[str]
    api_type: type[VendorApi]
    envelope: ClassVar[Any]
    """Generic msgspec Struct of an answer's body, with the page's rows in `rows`."""
    longest_window: ClassVar[timedelta | None] = None
    """What the vendor allows in one query, overlap included."""
    only_one_window_at_once: ClassVar[str | None] = None
    """Why the vendor's limits forbid `parallel_windows`; None where they do not."""
    test_windows: ClassVar[int] = 31
    """How many of the newest windows `--test` looks into for a record."""
    field_names_in_any_case: ClassVar[bool] = False
    announcement_is_binding: ClassVar[bool] = True
    """Whether a window with fewer rows than announced is incomplete; else that is only warned of."""
    window_end_column: ClassVar[str | None] = None
    """A column for the end of the window in which a row was read. It is no part of the row's content: a row met in
    two windows is the same row."""
    has_windows: ClassVar[bool] = True
    """Whether it is read in windows of time; a list is read whole."""

    limit_is_stated: ClassVar[bool] = False
    """Whether the vendor says how far back it serves. Where it does not, a start date holds however early it is."""
    requests_of_a_window: int = 1
    """How many requests a window takes at least, one that is empty."""
    seconds_between_requests: float = 0.0
    """How long the vendor wants between the first requests of windows."""

    progress: Progress | None = None
    """How far the run has come; None before it has begun."""

    within: Callable[[Callable[[], None]], None]
    """What a run of the stream is made within: it tells of its failure, and goes on with other streams."""
    _refused_length: timedelta = timedelta.max
    """The shortest time that the vendor has refused to serve at once."""

    def __init__(self, tap: Tap, api: Callable[[], VendorApi]) -> None:
        """Args: tap: the plugin; api: the vendor product, which is made when first asked for."""
        super().__init__(tap)
        self._api_of_source = api
        self.within = lambda sync: sync()

    # What a source says

    @property
    def retention(self) -> timedelta:
        """How far back the vendor serves; where it states no limit, how far back a first run begins by itself."""
        return TWO_YEARS

    @property
    def key_defaults(self) -> Mapping[str, str]:
        """What stands for a key property that a row lacks."""
        return {}

    def remarks(self) -> Sequence[str]:
        """What a person should know after a run that came to its end, a sentence each."""
        return ()

    @abstractmethod
    def new_paginator(self, window: TimeWindow) -> Paginator[Any]:
        """A paginator for one window; where a page size goes with it, that is `window.page_size(...)`."""

    @abstractmethod
    def request(self, window: TimeWindow, page: Any) -> requests.Request:
        """The request for a page of a window, of `window.page_size(...)` rows.

        `page` is the paginator's name for it.
        """

    @abstractmethod
    def page(self, envelope: Any, records: list[Record], response: requests.Response) -> Page:
        """What an answer holds.

        Raises:
            FatalAPIError: it shows that the vendor does not do what it was asked for.
        """

    def read_body(self, response: requests.Response) -> tuple[Any, list[Record]]:
        """Decode an answer: its envelope and its records.

        Raises:
            BrokenBody: it is not the documented envelope.
        """
        return self.builder.read(response.content)

    def prepared(self, asked: Asked) -> Page | None:  # noqa: ARG002 - for sources
        """A page that is had otherwise than by its own request; None for all others."""
        return None

    def note(self, page: Page, asked: Asked) -> None:
        """Take note of what came for what was asked for."""

    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:  # noqa: ARG002 - for sources
        """What to do about a page that does not come: what is asked for instead, or the page that stands for it.

        Args:
            error: an error of `STREAM_ENDING`.
            asked: what was asked for, and which try it was.

        Raises:
            PageLost: the window has to be begun again.
            AskedTooMuch: it has to be read in halves.
            Exception: the error, where nothing can be done.
        """
        raise error

    def beside_bookmark(self, finished: TimeWindow) -> Mapping[str, Any]:  # noqa: ARG002 - for sources
        """What the state keeps beside the bookmark once a window is finished, for `read_beside_bookmark`."""
        return {}

    # The parts

    @cached_property
    def api(self) -> Api:
        """The vendor product, shared with its other streams."""
        return cast("Api", self._api_of_source())

    @property
    def product(self) -> str:
        """What people call the vendor product."""
        return self.api_type.product

    @cached_property
    def builder(self) -> RecordBuilder:
        """Builds this stream's records."""
        return RecordBuilder(
            self.schema,
            self.primary_keys or (),
            self.envelope,
            privacy=Privacy(self.config["pii_mode"], self.config.get("pii_hash_key", "")),
            key_defaults=self.key_defaults,
            any_case=self.field_names_in_any_case,
            on_rescue=lambda name: self.logger.warning(
                "Field %r is new or does not fit its type; its values are kept in _rescued_data.", clean_name(name)
            ),
            on_missing_key=lambda: self.logger.warning(
                "A row lacks its key, or has one of another type, and is given one made from what identifies it."
            ),
        )

    # What is read

    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        """The span of this run and its windows."""
        now = floor_second(datetime.now(UTC))
        bookmark = self.read_bookmark()
        start_date, read_up_to = self._instant("start_date"), instants.parse(bookmark) if bookmark else None
        reach = self.retention
        if not self.limit_is_stated:
            asked_for = [max(each, LONG_AGO) for each in (start_date, read_up_to) if each is not None]
            reach = max([reach, *(now - each + self.lookback for each in asked_for)])
        span = plan_span(
            now=now,
            start_date=start_date,
            end_date=self._instant("end_date"),
            bookmark=read_up_to,
            lookback=self.lookback,
            settle=self.settle,
            retention=reach,
        )
        if span.unreachable_since is not None:
            self.logger.warning(
                "%s serves nothing before %s: calls from %s until then can't be read.",
                self.product,
                instants.to_text(span.start),
                instants.to_text(span.unreachable_since),
            )
        if span.begins_before_start_date:
            self.logger.warning(
                "The start date %s lies after the bookmark of stream %s, %s: what lies between them is read as well. "
                "The start date only says where the first sync begins; to leave calls out, move the bookmark.",
                self.config["start_date"],
                self.name,
                bookmark,
            )
        windows = self.windows_of(span)
        if not windows:
            self.logger.warning(
                "There is nothing to read: this run would begin at %s and end at %s (bookmark and settings start_date, "
                "end_date, lookback_hours, settle_minutes).",
                instants.to_text(span.start),
                instants.to_text(span.end),
            )
        return span, windows

    def windows_of(self, span: Span) -> Sequence[TimeWindow]:
        """The windows that a span is cut into."""
        return plan_windows(span, self.window_length)

    @property
    def lookback(self) -> timedelta:
        """How much before the bookmark is read again."""
        return timedelta(hours=self.config["lookback_hours"])

    @property
    def settle(self) -> timedelta:
        """How close to now is read."""
        return timedelta(minutes=self.config["settle_minutes"])

    @property
    def window_length(self) -> timedelta:
        """Length of a window, as configured and as the vendor allows for it and its overlap at both ends."""
        wanted = timedelta(hours=self.config["window_hours"])
        return wanted if self.longest_window is None else min(wanted, self.longest_window - 2 * OVERLAP)

    def _instant(self, setting: str) -> datetime | None:
        value = self.config.get(setting)
        return instants.parse(value) if value else None

    def drain(self, window: TimeWindow) -> Iterator[Page]:
        """Read a window's pages, from the first to the last; in halves, and these in halves, where it is too much."""
        length = window.query_end - window.query_start
        try:
            if length < self._refused_length:
                yield from self._drain_at_once(window)
                return
        except AskedTooMuch as error:
            if length <= SHORTEST_TO_HALVE:
                raise FatalAPIError(
                    f"{error} Windows down to a minute were tried; the bookmark stays before this one: run again, and "
                    "report it to the vendor if it stays so."
                ) from None
            if isinstance(error, RangeRefused):
                self._refused_length = length
            self.logger.warning(
                "%s The window from %s to %s is read again in halves.",
                error,
                instants.to_text(window.query_start),
                instants.to_text(window.query_end),
            )
        for half in self.halves(window):
            yield from self.drain(half)

    def halves(self, window: TimeWindow) -> tuple[TimeWindow, TimeWindow]:
        """What a window asks for in two halves that overlap."""
        return halves(window)

    def _drain_at_once(self, window: TimeWindow) -> Iterator[Page]:
        """Read a window by one query.

        A vendor may forget a cursor; then the window is read from its first page again, and what has been met
        before is dropped as repeats.
        """
        for restarts_left in reversed(range(RESTARTS_OF_A_LOST_WINDOW)):
            try:
                yield from self.pages(window, self.new_paginator(window))
            except PageLost as error:
                if not restarts_left:
                    raise
                self.logger.warning("%s The window is read from its first page again.", error)
            else:
                return

    def pages(self, window: TimeWindow, paginator: Paginator[Any]) -> Iterator[Page]:
        """The pages of a window that a paginator names."""
        first, number, more = paginator.current, 0, True
        while more:
            asked = Asked(window, paginator.current)
            number = 1 if asked.name == first else number + 1
            page = self.prepared(asked) or self.get(asked)
            more = paginator.advance(page)
            page.query, page.number = window, number
            yield page

    def get(self, asked: Asked) -> Page:
        """Get one page, patiently; where the vendor does not give it so, in another way that its source knows."""
        while True:
            try:
                page = self.api.call(self.request(asked.window, asked.name), self._read)
            except STREAM_ENDING as error:
                instead = self.remedy(error, asked)
            else:
                self.note(page, asked)
                return page
            if isinstance(instead, Page):
                return instead
            asked = replace(instead, tries=asked.tries + 1)

    def _read(self, response: requests.Response) -> Page:
        self._measure(response)
        envelope, records = self.read_body(response)
        return self.page(envelope, records, response)

    def _measure(self, response: requests.Response) -> None:
        point = metrics.Point(
            "timer",
            metric=metrics.Metric.HTTP_REQUEST_DURATION,
            value=response.elapsed.total_seconds(),
            tags={
                metrics.Tag.STREAM: self.name,
                metrics.Tag.ENDPOINT: self.path,
                metrics.Tag.HTTP_STATUS_CODE: response.status_code,
                metrics.Tag.STATUS: metrics.Status.SUCCEEDED,
            },
        )
        metrics.log(self.metrics_logger, point)

    # The run

    @override  # type: ignore[misc]  # the SDK has no hook for it
    def sync(self, context: Mapping[str, Any] | None = None) -> None:
        """Read the stream; what is its own trouble ends it, and not the run."""
        self.within(partial(super().sync, context))

    @override
    def get_record_counter(self, **options: Any) -> metrics.Counter:
        self._counter = super().get_record_counter(**options)
        return self._counter

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Read all windows; pages are written at once, or yielded as records where the SDK has to work on them."""
        testing = self.ABORT_AT_RECORD_COUNT is not None
        if not testing:
            self._correct_bookmark()
        span, windows = self.plan()
        if testing:  # newest first: a test wants a record soon, and leaves no bookmark
            windows = windows[::-1][: self.test_windows]
        prior = self.read_bookmark() or ""
        latest = instants.to_text(min(span.end, datetime.now(UTC) - self.settle))
        self.progress = Progress(self.name, len(windows) if self.has_windows else None, self.logger)
        run = _Run(self._seen_rows(), self.progress)
        emit = self._written(run) if self.can_write_pages else self._yielded(run)
        passed = ContiguousEnd(windows)
        reader = read_windows(windows, self.drain, at_once=1 if testing else self._at_once(windows))
        with run.progress.shown(), closing(reader):
            for window, page in reader:
                try:
                    if page is not None:
                        yield from self._take(window, page, run, emit)
                        continue
                    yield from self._complete(window, run, emit)
                except STREAM_ENDING as error:
                    reader.fail(error)
                    continue
                yield from emit(*self._returned(run, window))
                run.progress.window()
                if testing:
                    continue
                for finished in passed.finish(window.index):
                    if self.is_incremental:
                        bookmark = max(prior, min(instants.to_text(finished.end), latest))
                        self.checkpoint(bookmark, self.beside_bookmark(finished))
                    run.seen.forget_before(finished.index)
        self._report(run)

    def _correct_bookmark(self) -> None:
        """Take a bookmark in the future back: nobody can have read up to there, and it would keep runs from reading."""
        now, bookmark = datetime.now(UTC), self.read_bookmark()
        if bookmark is None or bookmark <= instants.to_text(now):
            return
        settled = instants.to_text(now - self.settle)
        self.logger.warning(
            "The bookmark of stream %s, %s, lies in the future, as after a run with a wrong clock. It is set to %s and "
            "the look-back before that is read. If the last good run was earlier, remove the bookmark from the state, "
            "to read from the start date again.",
            self.name,
            bookmark,
            settled,
        )
        self.checkpoint(settled)

    def _seen_rows(self) -> SeenRows:
        return SeenRows()

    def _at_once(self, windows: Sequence[TimeWindow]) -> int:
        wanted: int = self.config["parallel_windows"]
        if wanted > 1 and self.only_one_window_at_once and len(windows) > 1:
            self.logger.info("Windows are read one at a time: %s.", self.only_one_window_at_once)
            return 1
        return wanted

    def _take(self, window: TimeWindow, page: Page, run: _Run, emit: _Emit) -> Iterator[dict[str, Any]]:
        """Emit what is new of a page, and count what has come.

        Raises:
            FatalAPIError: the pages bring nothing any more.
        """
        before = run.seen.size(window.index)
        yield from emit(*self._new(run, window, page.records))
        if (reading := run.readings.get(window.index)) is None:
            reading = run.readings[window.index] = Reading()
        reading.take(page, brought_news=run.seen.size(window.index) > before)

    def _complete(self, window: TimeWindow, run: _Run, emit: _Emit) -> Iterator[dict[str, Any]]:
        """Verify that a drained window holds what was announced; read it again when not.

        Raises:
            FatalAPIError: it stays short.
        """
        announced: int | None = None
        earlier: list[Reading] = []
        for number in range(READS_OF_A_SHORT_WINDOW + 1):
            reading = run.readings.pop(window.index, Reading())
            announced = announced if reading.announced is None else reading.announced
            found = reading.found(run.seen.found(window.index))
            if announced is None or found >= announced:
                return
            span = f"from {instants.to_text(window.start)} to {instants.to_text(window.end)}"
            if not self.announcement_is_binding:
                self.logger.warning(
                    "%s counts %d rows %s, but sent %d different ones. What its count means is not documented; if this "
                    "goes on, compare with its own reports.",
                    self.product,
                    announced,
                    span,
                    found,
                )
                return
            reading.shown = run.seen.shown(window.index)
            if any(reading.confirms(each, announced, found) for each in earlier):
                if repeats := max(0, announced - reading.shown.rows):
                    self.logger.warning(
                        "%s announced %d rows %s and sent as many, the same in each reading. %d of them repeat others "
                        "byte for byte: the window is complete.",
                        self.product,
                        announced,
                        span,
                        repeats,
                    )
                return
            if number == READS_OF_A_SHORT_WINDOW:
                raise FatalAPIError(
                    f"{self.product} announced {announced} rows {span}, but sent {found} in {number + 1} "
                    "readings. The bookmark stays before this window; run again, and report it to the vendor if it "
                    "stays so."
                )
            self.logger.warning("%d rows announced %s, %d received: the window is read again.", announced, span, found)
            earlier.append(reading)
            run.seen.begin_reading(window.index)
            for page in self.drain(replace(window, rows_per_page=earlier[0].other_page_size(number + 1, reading))):
                yield from self._take(window, page, run, emit)

    def _report(self, run: _Run) -> None:
        if run.seen.differing:
            self.logger.warning(
                "%d rows share their key with a different row; all were emitted, and a target that upserts keeps the "
                "last.",
                run.seen.differing,
            )
        self.logger.info("%s", run.progress.line())

    # Records leave

    def _written(self, run: _Run) -> _Emit:
        """Write pages at once; nothing is left for the SDK to do."""
        write_page = cast("PageWriter", self.tap.message_writer).write_page

        def emit(records: list[Record], lines: list[bytes]) -> tuple[()]:
            write_page(self.name, records, lines)
            self._counter.increment(len(lines))
            run.progress.page(len(lines))
            return ()

        return emit

    def _yielded(self, run: _Run) -> _Emit:
        """Hand records to the SDK one by one: stream maps, flattening, deselected properties, `--test`."""

        def emit(records: list[Record], _: list[bytes]) -> Iterator[dict[str, Any]]:
            for record in records:
                run.progress.page(1)
                yield self.without_deselected_members(msgspec.structs.asdict(record))

        return emit

    def _new(self, run: _Run, window: TimeWindow, records: list[Record]) -> tuple[list[Record], list[bytes]]:
        """The records of a page that are to be emitted now, and their JSON."""
        lines = [*map(_encode, records)]
        keys = [*map(hash, map(attrgetter(*(self.primary_keys or ())), records))]
        are_new = run.seen.are_new(window.index, keys, [*map(hash, lines)])
        if run.seen.returned:
            run.held.update(
                (key, record) for key, record in zip(keys, records, strict=True) if key in run.seen.returned
            )
        new = [*compress(records, are_new)]
        if self.window_end_column is None:
            return new, [*compress(lines, are_new)]
        return self._dated(new, window)

    def _returned(self, run: _Run, window: TimeWindow) -> tuple[list[Record], list[bytes]]:
        """At a window's end, the records that were last seen otherwise than they were emitted last."""
        return self._dated([run.held.pop(key) for key in run.seen.take_returned(window.index)], window)

    def mark_of(self, window: TimeWindow) -> datetime:
        """What stands in `window_end_column` for the rows of a window."""
        return window.end

    def _dated(self, records: list[Record], window: TimeWindow) -> tuple[list[Record], list[bytes]]:
        if self.window_end_column is not None:
            for record in records:
                setattr(record, self.window_end_column, instants.to_text(self.mark_of(window)))
        return records, [*map(_encode, records)]


class FullTableStream(CallRecordStream[Api]):
    """A stream whose only window stands for everything."""

    has_windows = False

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        now = floor_second(datetime.now(UTC))
        return Span(now, now), [TimeWindow(0, now, now, now, now)]
