"""Voiso: interactions, paged by number and search token (VO)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import BrokenBody, PageLost, Refused
from tap_callrecords.http import retries
from tap_callrecords.paging.base import Page, Paginator, Refusal
from tap_callrecords.paging.search_known import SURE_PAGE, CountedPage, CutShort, SearchPage, fits
from tap_callrecords.paging.search_token import SearchTokenPaginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.repeats import SeenRows
from tap_callrecords.sources.voiso.answers import VoisoStream, count_of
from tap_callrecords.sources.voiso.api import TokenDemanded
from tap_callrecords.sources.voiso.lists import LISTS
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.stream.paged import NO_SUCH_PAGE, TRIES_OF_A_REFUSED_PAGE
from tap_callrecords.windows.plan import Span, TimeWindow, floor_second

Row = TypeVar("Row")

ZONES = timedelta(hours=14)
"""Local time is nowhere further from UTC. The zone of the time filters is not documented (VO 9)."""
CHANGE_OF_CLOCKS = timedelta(hours=1)
SHORTEST_WINDOW = timedelta(hours=24)
"""Shorter windows would cost many times their length, widened as they are."""
SECOND = timedelta(seconds=1)
SHORTEST_QUERY = 3 * SECOND
"""Halves of what is shorter would be no shorter."""
SMALLER_PAGE = 1000
"""The vendor's default; asked for where a larger page is refused (VO A5) or brings the vendor down (VO 10)."""
SERVER_ERROR = 500


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer (VO 3). What `total` counts is not known: it steers nothing."""

    rows: list[Row] = msgspec.field(name="records")
    total: Any = None
    search_token: Any = None


class _NoRecords(msgspec.Struct):
    """Body of an answer that has null for its records."""

    records: None
    total: Any


class Interactions(VoisoStream):
    """One row per interaction (VO 6).

    Neither the zone of the time filters nor the time that they look at is documented. So a window asks for so much
    more at both ends that every zone is covered; rows of the neighbouring windows that come with it are repeats.
    """

    name = "voiso_cdr"
    path = "/cdr"
    envelope = Envelope
    block: ClassVar[int] = 10_000
    """How many records page numbers reach without a token (VO 2)."""
    _answered = False
    """Whether a page has ever come."""
    _leaves_out = False
    """Whether it was shown that pages come without records that the key's user may not see (VO A24)."""

    @property
    @override
    def window_length(self) -> timedelta:
        return max(super().window_length, SHORTEST_WINDOW)

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        span, windows = super().plan()
        return span, [
            replace(window, query_start=window.query_start - ZONES, query_end=window.query_end + ZONES)
            for window in windows
        ]

    @override
    def seen_rows(self) -> SeenRows:
        return SeenRows(reach=1 + (2 * ZONES + CHANGE_OF_CLOCKS) // self.window_length)

    @override
    def new_paginator(self, window: TimeWindow) -> SearchTokenPaginator:
        return self._paginator(use_tokens=True)

    def _paginator(self, *, use_tokens: bool, longest: int = SURE_PAGE) -> SearchTokenPaginator:
        return SearchTokenPaginator(
            self.api.page_size,
            key=attrgetter("uuid"),
            block=self.block,
            use_tokens=use_tokens,
            longest=longest,
            thinned=not use_tokens and self._leaves_out,
        )

    @override
    def drain(self, window: TimeWindow) -> Iterator[Page]:
        try:
            yield from super().drain(window)
        except (CutShort, PageLost) as error:
            self.logger.warning("%s The window is read again in halves.", error)
            cut = error
        else:
            return
        yield from self._drain_halves(window, cut)

    @override
    def halves(self, window: TimeWindow) -> tuple[TimeWindow, TimeWindow]:
        return halves(window)

    def _drain_halves(self, window: TimeWindow, cut: CutShort | PageLost) -> Iterator[Page]:
        """Read a window by plain pages, cut until each part fits the vendor's limit (VO 5.3)."""
        refusal, longest = (cut.refusal, cut.longest) if isinstance(cut, CutShort) else (None, SURE_PAGE)
        for half in halves(window, refusal):
            try:
                yield from self.pages(half, self._paginator(use_tokens=False, longest=longest))
            except (CutShort, PageLost) as error:
                cut = error
            else:
                continue
            yield from self._drain_halves(half, cut)

    @override
    def pages(self, window: TimeWindow, paginator: Paginator[Any]) -> Iterator[Page]:
        assert isinstance(paginator, SearchTokenPaginator)  # noqa: S101 - `new_paginator` says so
        size, total = paginator.current.size, None
        for page in super().pages(window, paginator):
            if total is None and isinstance(page, CountedPage):
                total = page.total
            self._leaves_out = self._leaves_out or paginator.thinned
            yield page
        found, longest = len(paginator.known.seen), paginator.known.longest
        if total is not None and not fits(total, found, {size, longest}, self.block):
            self.logger.warning(
                "Voiso's total from %s to %s is %d, which fits neither the %d records that came nor their pages. What "
                "it counts is not documented; if this continues, compare with Voiso's own reports.",
                instants.to_text(window.query_start),
                instants.to_text(window.query_end),
                total,
                found,
            )

    @override
    def request(self, window: TimeWindow, page: SearchPage) -> requests.Request:
        start, end = window.in_whole_seconds()
        params = {
            "start_datetime": _naive(start),
            "end_datetime": _naive(end),
            "page": str(page.number),
            "per_page": str(page.size),
        }
        token = self.api.first_token if page.token is None else page.token
        if token is not None:
            params["search_token"] = token
        return requests.Request("GET", f"{self.api.url}{self.path}", params=params)

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        """Ask with an empty token where one is demanded, for less where that may help, and again where it is refused.

        A page that stays refused may lie beyond the last one: that is for the paginator to judge.
        """
        page: SearchPage = asked.name
        if isinstance(error, TokenDemanded) and page.token is None:
            return replace(asked, name=replace(page, token=""), because=error)
        if isinstance(error, Refused) and isinstance(asked.because, Refused):
            error = asked.because  # the token was not what it meant
        if not isinstance(error, Refused):
            if isinstance(error, FatalAPIError) and page.size > SMALLER_PAGE and _was_too_much(error.__cause__):
                self._ask_for_less(f"Voiso could not give a page of {page.size} records")
            raise error
        if error.status not in NO_SUCH_PAGE:  # of others none means a page beyond the last one (VO 5.2)
            raise error
        first = page.number == 1 and not page.token
        tries = asked.tries - (asked.because is not None)
        if not first or self._answered:  # else nobody has ever been given such a page
            self.logger.warning("Voiso refused page %d with status %d.", page.number, error.status)
            if tries < TRIES_OF_A_REFUSED_PAGE:
                time.sleep(retries.FIRST_WAIT_SECONDS * tries)
                return asked
        if first and page.size > SMALLER_PAGE:
            self._ask_for_less(f"Voiso refused a page of {page.size} records")
        return Refusal(error=error)

    def _ask_for_less(self, why: str) -> NoReturn:
        self.api.page_size = SMALLER_PAGE
        raise PageLost(f"{why}: {SMALLER_PAGE} are asked for.") from None

    @override
    def page(self, asked: Asked, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        total = count_of(envelope.total)
        is_first = asked.name.number == 1 and not asked.name.token
        if is_first and not records and total is not None and total > 1 and not self._leaves_out:
            raise BrokenBody(f"no records of {total}")
        self._answered = True
        if asked.name.token == "":
            self.api.first_token = ""  # now it is known what the refusal meant
        token = envelope.search_token
        return CountedPage(records, next=str(token) if token and isinstance(token, (str, int)) else None, total=total)

    @override
    def nothing(self, body: bytes) -> Envelope[Any] | None:
        try:
            said = msgspec.json.decode(body, type=_NoRecords)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return Envelope([], total=0) if count_of(said.total) == 0 else None


def _was_too_much(error: BaseException | None) -> bool:
    """Whether the last try ended in a time-out or a server's error: smaller pages may help then (VO 10)."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return isinstance(error, requests.Timeout) or status >= SERVER_ERROR


def halves(window: TimeWindow, refusal: SingerSDKError | None = None) -> tuple[TimeWindow, TimeWindow]:
    """Cut what a window asks for in two, a second of it in both.

    Raises:
        FatalAPIError: it can't be cut further.
    """
    start, end = window.in_whole_seconds()
    if end - start <= SHORTEST_QUERY:
        if refusal is not None:
            raise FatalAPIError(
                f"Voiso refuses pages of its records at {instants.to_text(start)} (status "
                f"{getattr(refusal, 'status', 'unknown')}), however short the time that is asked for. The bookmark "
                "stays before this window; report it to the vendor."
            )
        raise FatalAPIError(
            f"Voiso has more records at {instants.to_text(start)} than it gives for one search, and its search tokens "
            "do not lead on. The bookmark stays before this window; report it to the vendor."
        )
    middle = floor_second(start + (end - start) / 2)
    if middle.second == 0:  # clocks change at whole minutes: both halves have to be asked for on the same side
        middle += SECOND
    return (
        replace(window, query_start=start, query_end=middle),
        replace(window, query_start=middle - SECOND, query_end=end),
    )


def _naive(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


STREAMS: Sequence[type[CallRecordStream[Any]]] = (Interactions, *LISTS)
