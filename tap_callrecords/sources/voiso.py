"""Voiso: interactions, paged by number and search token, and the lists that explain their ids (VO)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.full_table import FullTableStream
from tap_callrecords.http import PageLost, Refused
from tap_callrecords.loose_json import BrokenBody
from tap_callrecords.paginators import Page
from tap_callrecords.paginators_search_token import BLOCK, CutShort, Refusal, SearchPage, SearchTokenPaginator
from tap_callrecords.records import Record
from tap_callrecords.repeats import SeenRows
from tap_callrecords.schemas import SCHEMAS, StreamSchema
from tap_callrecords.sources.voiso_api import TokenDemanded, VoisoApi
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.windows import Span, TimeWindow, ceil_second, floor_second

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
"""The vendor's default; asked for where a larger page is refused (VO 14 #5)."""
NO_SUCH_PAGE = frozenset({400, 404, 422})
"""Refusals that can mean a page beyond the last one (VO 5.2)."""


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer (VO 3). `total` is of unknown meaning and not looked at."""

    rows: list[Row] = msgspec.field(name="records")
    search_token: str | None = None


class ListEnvelope(msgspec.Struct, Generic[Row]):
    """A list, wrapped as an object."""

    rows: list[Row]


class VoisoStream(CallRecordStream):
    """What interactions and lists share."""

    api_type = VoisoApi

    @property
    def _api(self) -> VoisoApi:
        api = self.api
        assert isinstance(api, VoisoApi)  # noqa: S101 - `api_type` says so
        return api

    def body(self, response: requests.Response) -> bytes:
        """The JSON object that `envelope` describes.

        Raises:
            BrokenBody: there is none.
        """
        return response.content

    @override
    def read_body(self, response: requests.Response) -> tuple[Any, list[Record]]:
        try:
            return self.builder.read(self.body(response))
        except BrokenBody:
            self._api.refuse_wrong_key(response)
            raise


class Interactions(VoisoStream):
    """One row per interaction (VO 6).

    Neither the zone of the time filters nor the time that they look at is documented. So a window asks for so much
    more at both ends that every zone is covered; rows of the neighbouring windows that come with it are repeats.
    """

    name = "voiso_cdr"
    path = "/cdr"
    primary_keys = ("uuid",)
    replication_key = "timestamp_utc"
    schema = StreamSchema(SCHEMAS)
    envelope = Envelope
    block: ClassVar[int] = BLOCK

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
    def _seen_rows(self) -> SeenRows:
        return SeenRows(reach=1 + (2 * ZONES + CHANGE_OF_CLOCKS) // self.window_length)

    @override
    def new_paginator(self, window: TimeWindow) -> SearchTokenPaginator:
        return self._paginator(use_tokens=True)

    def _paginator(self, *, use_tokens: bool) -> SearchTokenPaginator:
        return SearchTokenPaginator(
            self._api.page_size, key=attrgetter("uuid"), block=self.block, use_tokens=use_tokens
        )

    @override
    def drain(self, window: TimeWindow) -> Iterator[Page]:
        try:
            yield from super().drain(window)
        except (CutShort, PageLost) as error:
            self.logger.warning("%s The window is read again in halves.", error)
        else:
            return
        yield from self._drain_halves(window)

    def _drain_halves(self, window: TimeWindow) -> Iterator[Page]:
        """Read a window by plain pages, cut until each part fits the vendor's limit (VO 5.3)."""
        for half in halves(window):
            try:
                yield from self.pages(half, self._paginator(use_tokens=False))
            except CutShort:
                pass
            else:
                continue
            yield from self._drain_halves(half)

    @override
    def request(self, window: TimeWindow, page: SearchPage) -> requests.Request:
        params = {
            "start_datetime": _naive(floor_second(window.query_start)),
            "end_datetime": _naive(ceil_second(window.query_end)),
            "page": str(page.number),
            "per_page": str(page.size),
        }
        token = self._api.first_token if page.token is None else page.token
        if token is not None:
            params["search_token"] = token
        return requests.Request("GET", f"{self._api.url}{self.path}", params=params)

    @override
    def fetch(self, window: TimeWindow, page: SearchPage) -> Page:
        try:
            return super().fetch(window, page)
        except TokenDemanded:
            self._api.first_token = ""
            return self.fetch(window, page)
        except Refused as error:
            if error.status not in NO_SUCH_PAGE:
                raise
            if page.number == 1 and page.token is None and page.size > SMALLER_PAGE:
                self._api.page_size = SMALLER_PAGE
                raise PageLost(f"Voiso refused a page of {page.size} records, {SMALLER_PAGE} are asked for.") from None
            return Refusal(error=error)

    @override
    def page(self, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        return Page(records, next=envelope.search_token or None)


def halves(window: TimeWindow) -> tuple[TimeWindow, TimeWindow]:
    """Cut what a window asks for in two, a second of it in both.

    Raises:
        FatalAPIError: it can't be cut further.
    """
    start, end = floor_second(window.query_start), ceil_second(window.query_end)
    if end - start <= SHORTEST_QUERY:
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


class VoisoList(VoisoStream, FullTableStream):
    """A list of the account, a bare JSON array (VO 11); several are documented by name only."""

    envelope = ListEnvelope
    primary_keys: ClassVar[Sequence[str]] = ("id",)

    @override
    def list_request(self) -> requests.Request:
        return requests.Request("GET", f"{self._api.url}{self.path}")

    @override
    def body(self, response: requests.Response) -> bytes:
        return b'{"rows":' + only_array(response.content) + b"}"


def only_array(body: bytes) -> bytes:
    """The JSON array that a body is, or the only one that is a member of the object that it is (VO 11).

    Raises:
        BrokenBody: there is none, or more than one.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body.startswith(b"["):
        return body
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenBody("no JSON object") from error
    arrays = [bytes(member) for member in members.values() if bytes(member).startswith(b"[")]
    if len(arrays) != 1:
        raise BrokenBody(f"{len(arrays)} arrays")
    return arrays[0]


class Agents(VoisoList):
    """One row per agent."""

    name = "voiso_agents"
    path = "/cdr/agents"
    schema = StreamSchema(SCHEMAS)


class DeletedAgents(VoisoList):
    """One row per archived agent."""

    name = "voiso_deleted_agents"
    path = "/cdr/deleted_agents"
    schema = StreamSchema(SCHEMAS)


class Queues(VoisoList):
    """One row per queue."""

    name = "voiso_queues"
    path = "/cdr/queues"
    schema = StreamSchema(SCHEMAS)


class Teams(VoisoList):
    """One row per team."""

    name = "voiso_teams"
    path = "/cdr/teams"
    schema = StreamSchema(SCHEMAS)


class WrapupCodes(VoisoList):
    """One row per wrap-up code."""

    name = "voiso_wrapup_codes"
    path = "/cdr/wrapup_codes"
    primary_keys = ("code",)
    schema = StreamSchema(SCHEMAS)


class Campaigns(VoisoList):
    """One row per campaign of the dialer."""

    name = "voiso_campaigns"
    path = "/cdr/campaigns"
    schema = StreamSchema(SCHEMAS)


STREAMS: Sequence[type[CallRecordStream]] = (
    Interactions,
    Agents,
    DeletedAgents,
    Queues,
    Teams,
    WrapupCodes,
    Campaigns,
)
