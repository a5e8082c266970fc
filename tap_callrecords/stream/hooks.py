"""What a source says about a stream: what it has to define, and what it may override."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic

import requests
from singer_sdk import Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import TypeVar

from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.redaction import clean_name
from tap_callrecords.paging.base import Page, Paginator
from tap_callrecords.rows.builder import Record, RecordBuilder
from tap_callrecords.rows.privacy import Privacy
from tap_callrecords.rows.repeats import SeenRows
from tap_callrecords.rows.schemas import FromSchemaFile
from tap_callrecords.sdk import WindowCheckpoints
from tap_callrecords.windows.plan import TimeWindow, halves

if TYPE_CHECKING:
    from tap_callrecords.output.progress import Progress

TWO_YEARS = timedelta(days=731)
"""The longest that two calendar years can be."""
Api = TypeVar("Api", bound=VendorApi, default=Any)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that is asked for.

    Attributes:
        window: what it is a page of.
        name: the paginator's name for it.
        tries: which try it is, from 1; those for passing troubles are one.
        because: the refusal for which it is asked for in this way; None where it is asked for as named.
        is_further: whether pages have come before it in this reading.
    """

    window: TimeWindow
    name: Any
    tries: int = 1
    because: Exception | None = None
    is_further: bool = False


class StreamHooks(WindowCheckpoints, Generic[Api]):
    """A stream over one endpoint of a vendor, as far as its source has a say in it.

    Its schema file says the rest (see `rows.schemas`).
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
    field_names_in_any_case: ClassVar[bool] = False
    announcement_is_binding: ClassVar[bool] = True
    """Whether a window with fewer rows than announced is incomplete; else that is only warned of."""
    window_end_column: ClassVar[str | None] = None
    """A column for the end of the window in which a row was read. It is no part of the row's content: a row met in
    two windows is the same row."""
    has_windows: ClassVar[bool] = True
    """Whether it is read in windows of time; a list is read whole."""

    # What --test and --plan show

    test_windows: ClassVar[int] = 31
    """How many of the newest windows `--test` looks into for a record."""
    limit_is_stated: ClassVar[bool] = False
    """Whether the vendor says how far back it serves. Where it does not, a start date holds however early it is."""
    requests_of_a_window: int = 1
    """How many requests a window takes at least, one that is empty."""
    seconds_between_requests: float = 0.0
    """How long the vendor wants between the first requests of windows."""

    # What a run of the stream is made of

    progress: Progress | None = None
    """How far the run has come; None before it has begun."""
    within: Callable[[Callable[[], None]], None]
    """What a run of the stream is made within: it reports its failure, and continues with other streams."""

    def __init__(self, tap: Tap, api: Callable[[], Api]) -> None:
        """Args: tap: the plugin; api: the vendor product, which is made when first asked for."""
        super().__init__(tap)
        self._api_of_source = api
        self.within = lambda sync: sync()

    @cached_property
    def api(self) -> Api:
        """The vendor product, shared with its other streams."""
        return self._api_of_source()

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
            on_rescue=self._tell_of_rescued,
            on_missing_key=lambda: self.logger.warning(
                "A row lacks its key, or has one of another type, and is given one made from what identifies it."
            ),
        )

    def _tell_of_rescued(self, name: str) -> None:
        known = any(name == each.get("x-source") for each in self.schema["properties"].values())
        self.logger.warning(
            "Field %r is new or does not fit its type; its values are kept in _rescued_data.",
            name if known else clean_name(name),
        )

    # What a source has to say

    @abstractmethod
    def new_paginator(self, window: TimeWindow) -> Paginator[Any]:
        """A paginator for one window; where a page size goes with it, that is `window.page_size(...)`."""

    @abstractmethod
    def request(self, window: TimeWindow, page: Any) -> requests.Request:
        """The request for a page of a window, of `window.page_size(...)` rows.

        `page` is the paginator's name for it.
        """

    @abstractmethod
    def page(self, asked: Asked, envelope: Any, records: list[Record], response: requests.Response) -> Page:
        """What an answer holds.

        Args:
            asked: what was asked for.
            envelope: the body, but for its rows.
            records: what has become of its rows.
            response: the answer.

        Raises:
            BrokenBody: it is not what the vendor documents, and is asked for again.
            FatalAPIError: it shows that the vendor does not do what it was asked for.
        """

    # What it may override

    @property
    def retention(self) -> timedelta:
        """How far back the vendor serves; where it states no limit, how far back a first run begins by itself."""
        return TWO_YEARS

    @property
    def key_defaults(self) -> Mapping[str, str]:
        """What replaces a key property that a row lacks."""
        return {}

    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:  # noqa: ARG002 - for sources
        """What to do about a page that does not come: what is asked for instead, or the page that replaces it.

        Args:
            error: an error of `STREAM_ENDING`.
            asked: what was asked for, and which try it was.

        Raises:
            PageLost: the window has to be begun again.
            AskedTooMuch: it has to be read in halves.
            Exception: the error, where nothing can be done.
        """
        raise error

    def halves(self, window: TimeWindow) -> tuple[TimeWindow, TimeWindow]:
        """What a window asks for in two halves that overlap."""
        return halves(window)

    def seen_rows(self) -> SeenRows:
        """What remembers the rows of a run, for as long as a window can meet them again."""
        return SeenRows()

    def mark_of(self, window: TimeWindow) -> datetime:
        """The value of `window_end_column` for the rows of a window."""
        return window.end

    def beside_bookmark(self, finished: TimeWindow, bookmark: str) -> Mapping[str, Any]:  # noqa: ARG002 - for sources
        """What the state keeps next to the bookmark once a window is finished, for `read_beside_bookmark`."""
        return {}

    def remarks(self) -> Sequence[str]:
        """What a person should know after a run that came to its end, a sentence each."""
        return ()
