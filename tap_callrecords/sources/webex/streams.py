"""Webex Calling: detailed call history, as a feed by time of the call and as a live stream, paged by links (WX)."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import AskedTooMuch, BrokenBody, Refused
from tap_callrecords.http.retries import pause
from tap_callrecords.output.progress import in_words
from tap_callrecords.paging.base import CursorRepeated, Page, Paginator
from tap_callrecords.paging.links import LinkPaginator, corrected_link, next_link
from tap_callrecords.rows.builder import Record
from tap_callrecords.sources.webex.api import FirstPage, FurtherPage, WebexApi
from tap_callrecords.sources.webex.refusals import HeldElsewhere
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.stream.paged import SHORTEST_TO_HALVE
from tap_callrecords.windows.plan import OVERLAP, Span, TimeWindow, floor_second, plan_windows

Row = TypeVar("Row")

MARGIN = timedelta(minutes=15)
"""How far from the edge of what Webex serves is kept: clocks differ by minutes, and requests wait for their turn."""
MORE_LOOKBACK = timedelta(hours=12)
"""The feed may select by a call's start (WX A1), and the longest call and the latest record add up."""
LIVE_REACH = timedelta(hours=12)
LIVE_OVERLAP = timedelta(minutes=5)
LIVE_FROM = timedelta(hours=10)
"""Where the live stream continues when a gap before it is read from the feed, which may take an hour and more."""
GAP_OVERLAP = timedelta(hours=1)
"""How much of what the live stream serves the feed is asked for, too."""
MOST_LOCATIONS = 10
TRIES_OF_AN_EMPTY_PAGE = 3
"""How often a page that a link leads to is asked for before it is believed that it is empty."""
LEAST_FULL_PAGE = 500
"""Servers give so many records where fewer are asked for (WX 3); real limits are round numbers."""
CURSOR = "startTimeForNextFetch"
"""What a link to a next page has in its query (WX 6)."""
_RELATION = re.compile(r"\brel\s*=|^\s*$", re.IGNORECASE)
"""What a header of links has that can be read: a relation, or nothing."""


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer; the header `Link` leads to further pages (WX 6)."""

    rows: list[Row] = msgspec.field(name="items")


class LinkRefused(AskedTooMuch):
    """Webex does not take a link that it has put together itself: the window may have left what it serves."""


class NothingThere(FatalAPIError):  # noqa: N818 - named for what it is
    """A link promises records, but none came: nothing else would show that some are missing."""


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
        self._links_come = False
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
            raise AskedTooMuch("Webex returned the same cursor twice within one time window.") from None

    @override
    def get(self, asked: Asked) -> Page:
        """Nothing, where Webex no longer serves a window."""
        window, (_, url) = asked.window, asked.name
        if url is not None or window.query_end >= datetime.now(UTC) - self.endpoint(window)[1]:
            return super().get(asked)
        self.api.warn_of_loss(window.query_start, window.query_end)
        return Page([])

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        is_first = asked.name[1] is None
        if isinstance(error, HeldElsewhere) and is_first and self.api.moves_to(error.region):
            return asked
        if isinstance(error, NothingThere):
            self.logger.warning("%s It is asked for again.", error)
            time.sleep(pause(asked.tries))
            return asked
        if isinstance(error, Refused) and not is_first and error.status == requests.codes.bad_request:
            raise LinkRefused(str(error)) from None
        raise error

    @override
    def remarks(self) -> Sequence[str]:
        missing = [name for name in self._locations if _same_name(name) not in self._met]
        return [f"No record is of location {', '.join(missing)} (setting webex_locations)."] if missing else []

    @override
    def read_body(self, response: requests.Response) -> tuple[Envelope[Any], list[Record]]:
        return (Envelope([]), []) if self.api.is_empty(response) else super().read_body(response)

    @override
    def page(self, asked: Asked, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        links = response.headers.get("Link")
        link = next_link(links)
        if link is None and links and (CURSOR in links or not _RELATION.search(links)):
            raise BrokenBody("a link to a next page that can't be read")
        url = None if link is None else corrected_link(link, str(response.url))
        if asked.name[1] is not None and not records and url is None and asked.tries < TRIES_OF_AN_EMPTY_PAGE:
            raise NothingThere("Webex has led to a page and sent nothing.")
        self._check_end(asked, url, len(records), str(response.url))
        if self._locations and not _is_filtered(str(response.url)):
            records = self._of_locations(records)
        if self._locations:
            self._met.update(_same_name(str(record.location)) for record in records)
        return Page(records, next=url, announced=None if self._locations else _total_count(url))

    def _check_end(self, asked: Asked, url: str | None, rows: int, here: str) -> None:
        """Take a full first page without a link for the end only where links have come before, or none is in sight.

        Raises:
            AskedTooMuch: a proxy may remove the header, and nothing else leads on; halves show what lacks.
        """
        self._links_come |= url is not None
        window, (_, is_further) = asked.window, asked.name
        if self._links_come or is_further or window.query_end - window.query_start <= SHORTEST_TO_HALVE:
            return
        size = parse_qs(urlsplit(here).query).get("max", [""])[0]
        if rows and (size == str(rows) or not rows % LEAST_FULL_PAGE):
            raise AskedTooMuch(f"Webex sent a full page of {rows} records and no link (header Link) to a next one.")

    def _of_locations(self, records: list[Record]) -> list[Record]:
        """Those of the configured locations, and those that name none: they can't be shown to be another's."""
        wanted = {_same_name(name) for name in self._locations}
        return [record for record in records if not record.location or _same_name(record.location) in wanted]


def _is_filtered(url: str) -> bool:
    """Whether Webex was asked to filter by location. Then its word counts: a location may have another name by now."""
    return bool(parse_qs(urlsplit(url).query).get("locations"))


def _same_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _total_count(url: str | None) -> int | None:
    counts = parse_qs((url or "").partition("?")[2]).get("totalCount", [])
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
    """The same rows by the time when Webex stored them, which no field says: hence `inserted_before` (WX 13.2).

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
    """Where the live stream continues after a gap; None without one."""

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
                "%s is read from the detailed history, which has the same records; then the live stream continues.",
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
        # Rows of the gap carry its end, so that marks grow from run to run; when each was stored, nothing says.
        return window.end if self._live_from is None else max(window.end, self._live_from)


STREAMS: Sequence[type[CallRecordStream[Any]]] = (DetailedCallHistory, LiveCallHistory)
