"""Webex Calling: detailed call history, as a feed by time of the call and as a live stream, paged by links (WX)."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
import requests
from singer_sdk.exceptions import RetriableAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import AskedTooMuch, PageLost, Refused
from tap_callrecords.http.client import VendorApi, VerbatimRequest
from tap_callrecords.http.hosts import host_of
from tap_callrecords.http.pacing import Pacer
from tap_callrecords.output.progress import in_words
from tap_callrecords.paging.base import CursorRepeated, Page, Paginator
from tap_callrecords.paging.links import LinkPaginator, corrected_link, next_link
from tap_callrecords.rows.builder import Record
from tap_callrecords.sources.webex.refusals import HeldElsewhere, refusal
from tap_callrecords.sources.webex.tokens import RefreshToken, StaticToken
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.windows.plan import OVERLAP, Span, TimeWindow, floor_second, plan_windows

Row = TypeVar("Row")
T = TypeVar("T")

MARGIN = timedelta(minutes=15)
"""How far from the edge of what Webex serves is kept: clocks differ by minutes, and requests wait for their turn."""
MORE_LOOKBACK = timedelta(hours=12)
"""The feed may select by a call's start (WX A1), and the longest call and the latest record add up."""
LIVE_REACH = timedelta(hours=12)
LIVE_OVERLAP = timedelta(minutes=5)
LIVE_FROM = timedelta(hours=10)
"""Where the live stream goes on when a gap before it is read from the feed, which may take an hour and more."""
GAP_OVERLAP = timedelta(hours=1)
"""How much of what the live stream serves the feed is asked for, too."""
MOST_LOCATIONS = 10
LEAST_PAGE_SIZE = 500
"""Current servers take no smaller one (WX 3)."""
TIME_OUTS_OF_A_PAGE = 2
"""Of Webex's gateway, until less is asked for than the smallest page."""
_VENDOR_URL = re.compile(r"https://(?:[a-z0-9-]+\.)+webexapis\.com(?::443)?/[^\s\\]*", re.IGNORECASE)


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer; the header `Link` leads to further pages (WX 6)."""

    rows: list[Row] = msgspec.field(name="items")


class LinkRefused(AskedTooMuch):
    """Webex does not take a link that it has put together itself: the window may have left what it serves."""


class FurtherPage(VerbatimRequest):
    """A request by a link, which keeps its page size however often it is sent."""

    def __init__(self, url: str) -> None:
        super().__init__("GET", url)
        self.time_outs = 0
        self.may_shrink = False


class FirstPage(requests.Request):
    """The first request of a window, which Webex counts in its own way; put together when its turn has come.

    Attributes:
        path: of the endpoint.
        start: `startTime`, moved up if Webex would no longer serve it.
        end: `endTime`.
        reach: how far back Webex serves, less a margin.
        locations: names to filter by; empty for all.
    """

    def __init__(
        self, path: str, start: datetime, end: datetime, *, reach: timedelta, locations: Sequence[str] = ()
    ) -> None:
        super().__init__("GET")
        self.path = path
        self.start = start
        self.end = end
        self.reach = reach
        self.locations = locations
        self.time_outs = 0


class WebexApi(VendorApi):
    """Webex Calling's call history (WX 1, 2, 7)."""

    product = "Webex Calling"
    retry_statuses = VendorApi.retry_statuses | {requests.codes.locked}
    usual_retry_after: ClassVar = {requests.codes.locked: 60, requests.codes.too_many_requests: 60}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = RefreshToken(self) if self.config.get("webex_refresh_token") else StaticToken(self.config)
        interval: int = self.config["webex_initial_request_interval_seconds"]
        self._first_pages = Pacer(1, interval) if interval else None
        self._further_pages = Pacer(self.config["webex_page_requests_per_minute"], 60)
        self._page_size: int = self.config["webex_page_size"]
        self._base = str(self.config["webex_api_url"]).rstrip("/")
        self._has_moved = False
        self._lock = threading.Lock()

    @property
    @override
    def url(self) -> str:
        return self._base

    @override
    @contextmanager
    def turn(self, request: requests.Request) -> Iterator[requests.Request]:
        if isinstance(request, FirstPage) and self._first_pages:
            with self._first_pages:
                yield self._put_together(request)
        elif isinstance(request, FirstPage):
            yield self._put_together(request)
        elif isinstance(request, FurtherPage):
            with self._further_pages:
                yield request
        else:
            yield request

    def _put_together(self, request: FirstPage) -> requests.Request:
        start = max(request.start, datetime.now(UTC) - request.reach)
        if start - request.start > timedelta(minutes=1):
            self.warn_of_loss(request.start, start)
        query = {
            "startTime": instants.to_text(start),
            "endTime": instants.to_text(request.end),
            "max": str(self._page_size),
        }
        if request.locations:
            query["locations"] = ",".join(request.locations)
        # Blanks as %20, the rest as in the vendor's own example (WX 3).
        return VerbatimRequest("GET", f"{self.url}{request.path}?{urlencode(query, safe='/:,', quote_via=quote)}")

    def warn_of_loss(self, start: datetime, end: datetime) -> None:
        """Say what can't be read any more."""
        self.logger.warning(
            "Webex no longer serves what is from %s until %s: it left its history while the tap was reading.",
            instants.to_text(start),
            instants.to_text(end),
        )

    def may_follow(self, url: str) -> bool:
        """Whether a link leads to where the token may go: Webex, or the configured host (WX 6)."""
        own = urlsplit(self.url)
        return bool(_VENDOR_URL.fullmatch(url)) or url.startswith(f"{own.scheme}://{own.netloc}/")

    def is_empty(self, response: requests.Response) -> bool:
        """Whether an answer without records says that there are none (WX 6): 204, or 404 in certain words."""
        if response.status_code == requests.codes.not_found:
            return "no cdrs" in response.text.lower()
        return bool(response.status_code == requests.codes.no_content)

    @override
    def _call_once(self, request: requests.Request, read: Callable[[requests.Response], T]) -> T:
        try:
            return super()._call_once(request, read)
        except RetriableAPIError as error:
            if error.response is not None and error.response.status_code == requests.codes.gateway_timeout:
                self._ask_for_less(request)
            raise

    def _ask_for_less(self, request: requests.Request) -> None:
        """After a time-out of the gateway, the vendor's advice: a smaller page, then a shorter window (WX 7).

        Raises:
            PageLost: the window has to be begun again, with smaller pages.
            AskedTooMuch: pages can't be smaller.
        """
        smaller = max(LEAST_PAGE_SIZE, self._page_size // 2)
        shrinks = smaller < self._page_size
        self._page_size = min(smaller, self._page_size)
        if isinstance(request, FurtherPage):
            request.may_shrink |= shrinks
        elif not isinstance(request, FirstPage) or shrinks:
            return
        request.time_outs += 1
        if request.time_outs < min(TIME_OUTS_OF_A_PAGE, self._max_attempts):
            return
        if isinstance(request, FurtherPage) and request.may_shrink:
            raise PageLost(f"Webex did not have a page ready in time (504), {self._page_size} records are asked for.")
        raise AskedTooMuch("Webex did not have a page ready in time (504).")

    @override
    def is_answer(self, response: requests.Response) -> bool:
        return super().is_answer(response) or self.is_empty(response)

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError:
        return refusal(response, self.config)

    def moves_to(self, region: str) -> bool:
        """Take the host that a refusal names, once in a run; whether a request is worth repeating there."""
        with self._lock:
            if not self._has_moved:
                self._has_moved = True
                self._base = region + urlsplit(self._base).path
                self.logger.warning(
                    "Webex holds the data of this organisation at %s, which is used for this run. Set webex_api_url "
                    "to %s to save a request.",
                    host_of(region),
                    self._base,
                )
            return host_of(self._base) == host_of(region)


class WebexStream(CallRecordStream[WebexApi]):
    """What feed and live stream share: query, links, envelope, fields (WX 3, 6, 8)."""

    api_type = WebexApi
    envelope = Envelope
    field_names_in_any_case = True
    only_one_window_at_once = "Webex allows one initial request a minute"
    test_windows = 1  # each waits for its minute
    limit_is_stated = True
    announcement_is_binding = False  # the meaning of totalCount is inferred (WX A14)
    least_settle: ClassVar[timedelta]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._met: set[str] = set()
        self.requests_of_a_window = len(self._passes)
        self.seconds_between_requests = self.config["webex_initial_request_interval_seconds"]

    @property
    @override
    def settle(self) -> timedelta:
        # With the overlap, and times cut to seconds: what is asked for ends no later than the setting says, so that
        # the usual 15 minutes allow for a clock that is 10 minutes ahead of Webex's.
        return max(super().settle, self.least_settle) + 2 * OVERLAP

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        span, windows = super().plan()
        least = (len(windows) * self.requests_of_a_window - 1) * self.seconds_between_requests
        if least >= 60:  # noqa: PLR2004 - what is over within a minute needs no word
            self.logger.info(
                "%d time windows, a request to begin each, and Webex's allowance for such requests: %s at least.",
                len(windows),
                in_words(least),
            )
        return span, windows

    @property
    def _locations(self) -> Sequence[str]:
        return list(dict.fromkeys(self.config.get("webex_locations") or ()))

    @property
    def _filters_here(self) -> bool:
        """Whether the tap filters by location: Webex takes no name with a comma (WX A28)."""
        return any("," in name for name in self._locations)

    @property
    def _passes(self) -> Sequence[Sequence[str]]:
        """The locations that each pass over a window asks for."""
        names = [] if self._filters_here else self._locations
        return [names[at : at + MOST_LOCATIONS] for at in range(0, len(names), MOST_LOCATIONS)] or [()]

    @override
    def new_paginator(self, window: TimeWindow) -> LinkPaginator:
        return LinkPaginator(self.api.may_follow, passes=len(self._passes))

    @override
    def request(self, window: TimeWindow, page: tuple[int, str | None]) -> requests.Request:
        number, url = page
        if url is not None:
            return FurtherPage(url)
        path, reach = self.endpoint(window)
        return FirstPage(path, window.query_start, window.query_end, reach=reach, locations=self._passes[number])

    def endpoint(self, window: TimeWindow) -> tuple[str, timedelta]:  # noqa: ARG002 - for the live stream
        """Path and reach of what serves a window."""
        return self.path, self.retention

    @override
    def pages(self, window: TimeWindow, paginator: Paginator[Any]) -> Iterator[Page]:
        try:
            yield from super().pages(window, paginator)
        except CursorRepeated:  # perhaps more records on one instant of the cursor than a page holds (WX A15)
            raise AskedTooMuch("Webex repeated a cursor within one time window.") from None

    @override
    def prepared(self, asked: Asked) -> Page | None:
        """Nothing, where Webex no longer serves a window."""
        window, (_, url) = asked.window, asked.name
        if url is not None or window.query_end >= datetime.now(UTC) - self.endpoint(window)[1]:
            return None
        self.api.warn_of_loss(window.query_start, window.query_end)
        return Page([])

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        is_first = asked.name[1] is None
        if isinstance(error, HeldElsewhere) and is_first and self.api.moves_to(error.region):
            return asked
        if isinstance(error, Refused) and not is_first and error.status == requests.codes.bad_request:
            raise LinkRefused(str(error)) from None
        raise error

    @override
    def read_body(self, response: requests.Response) -> tuple[Envelope[Any], list[Record]]:
        return (Envelope([]), []) if self.api.is_empty(response) else super().read_body(response)

    @override
    def remarks(self) -> Sequence[str]:
        missing = [name for name in self._locations if _same_name(name) not in self._met]
        return [f"No record is of location {', '.join(missing)} (setting webex_locations)."] if missing else []

    @override
    def page(self, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        link = next_link(response.headers.get("Link"))
        url = None if link is None else corrected_link(link, str(response.url))
        if self._locations and not _is_filtered(str(response.url)):
            records = self._of_locations(records)
        if self._locations:
            self._met.update(_same_name(str(record.location)) for record in records)
        return Page(records, next=url, announced=None if self._locations else _total_count(url))

    def _of_locations(self, records: list[Record]) -> list[Record]:
        """Those of the configured locations, and those that name none: they can't be told to be another's."""
        wanted = {_same_name(name) for name in self._locations}
        return [record for record in records if not record.location or _same_name(record.location) in wanted]


def _is_filtered(url: str) -> bool:
    """Whether Webex was asked to filter by location. Then its word counts: a location may have another name by now."""
    return bool(parse_qs(urlsplit(url).query).get("locations"))


def _same_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _total_count(url: str | None) -> int | None:
    counts = parse_qs(urlsplit(url).query).get("totalCount", []) if url else []
    return int(counts[0]) if counts and re.fullmatch(r"[0-9]{1,18}", counts[0]) else None


class DetailedCallHistory(WebexStream):
    """One row per leg of a call; by which of its times the window selects is open, hence the look-back (WX A1)."""

    name = "webex_detailed_call_history"
    path = "/cdr_feed"
    longest_window: ClassVar[timedelta] = timedelta(hours=12)
    least_settle = timedelta(minutes=5, seconds=30)

    @property
    @override
    def lookback(self) -> timedelta:
        return super().lookback + MORE_LOOKBACK

    @property
    @override
    def retention(self) -> timedelta:
        return timedelta(hours=self.config["webex_history_hours"]) - MARGIN


class LiveCallHistory(WebexStream):
    """The same rows by the time when Webex stored them, which no field tells: hence `inserted_before` (WX 13.2).

    What lies between a bookmark and the reach of the live stream is read from the feed. A row that was stored in the
    gap belongs to a call that ended before; the feed's look-back covers those that were stored late. So the bookmark
    moves over the gap's windows as over any others: a run that ends within leaves a smaller gap.
    """

    name = "webex_live_call_history"
    path = "/cdr_stream"
    window_end_column = "inserted_before"
    longest_window = timedelta(hours=2)
    least_settle = timedelta(minutes=1, seconds=30)
    _live_from: datetime | None = None
    """Where the live stream goes on after a gap; None without one."""

    @property
    @override
    def retention(self) -> timedelta:
        return LIVE_REACH - MARGIN if self._live_from is None else self._feed_reach

    @property
    def _feed_reach(self) -> timedelta:
        return timedelta(hours=self.config["webex_history_hours"]) - MARGIN

    @property
    @override
    def lookback(self) -> timedelta:
        # Late rows come in later windows of the live stream; only clocks and the order of storing may differ.
        return LIVE_OVERLAP if self._live_from is None else super().lookback + MORE_LOOKBACK

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        now, bookmark = floor_second(datetime.now(UTC)), self.read_bookmark()
        self._live_from = None
        if bookmark and instants.parse(bookmark) < now - self.retention:
            self._live_from = now - LIVE_FROM
            self.logger.warning(
                "Stream %s was last read up to %s, but Webex keeps its live records for 12 hours only. The gap until "
                "%s is read from the detailed history, which has the same records; then the live stream goes on.",
                self.name,
                bookmark,
                instants.to_text(self._live_from),
            )
        return super().plan()

    @override
    def windows_of(self, span: Span) -> Sequence[TimeWindow]:
        if self._live_from is None:
            return super().windows_of(span)
        longest = DetailedCallHistory.longest_window - GAP_OVERLAP - 2 * OVERLAP
        length = min(timedelta(hours=self.config["window_hours"]), longest)
        gap = [*plan_windows(replace(span, end=min(span.end, self._live_from)), length)]
        gap[-1:] = [replace(last, query_end=min(last.end + GAP_OVERLAP, span.end + OVERLAP)) for last in gap[-1:]]
        live = super().windows_of(replace(span, start=max(span.start, self._live_from)))
        return [*gap, *(replace(window, index=len(gap) + window.index) for window in live)]

    @override
    def endpoint(self, window: TimeWindow) -> tuple[str, timedelta]:
        reach = LIVE_REACH - MARGIN
        if self._live_from is not None and (
            window.end <= self._live_from or window.query_start < datetime.now(UTC) - reach  # while the gap was read
        ):
            return DetailedCallHistory.path, self._feed_reach
        return self.path, reach

    @override
    def mark_of(self, window: TimeWindow) -> datetime:
        # Rows of the gap carry its end, so that marks grow from run to run; when each was stored, nothing tells.
        return window.end if self._live_from is None else max(window.end, self._live_from)


STREAMS: Sequence[type[CallRecordStream[Any]]] = (DetailedCallHistory, LiveCallHistory)
