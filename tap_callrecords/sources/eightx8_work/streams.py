"""8x8 Work Analytics: call records and call legs, paged by scrollId (WA)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.errors import BrokenBody, PageLost, Refused
from tap_callrecords.output.progress import Progress
from tap_callrecords.paging.base import Page
from tap_callrecords.paging.scroll_id import ScrollIdPaginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import announced_count
from tap_callrecords.sources.eightx8_work.api import WorkApi
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.windows.plan import TimeWindow

Row = TypeVar("Row")

LARGEST_PAGE = 7000
"""The most rows that the vendor allows (WA 3.1)."""
NO_SCROLL_ID = ("", "No Data")
"""What stands for a `scrollId` that leads no further (WA 4.3)."""
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$|Z$")


class Meta(msgspec.Struct):
    """`meta` of an answer (WA 4.1)."""

    total_record_count: Any = msgspec.field(name="totalRecordCount", default=None)
    scroll_id: str | None = msgspec.field(name="scrollId", default=None)


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer (WA 4.1); `data` may be null where there is no row."""

    meta: Meta
    rows: list[Row] | None = msgspec.field(name="data")


class WorkStream(CallRecordStream[WorkApi]):
    """What the endpoints share: query, cursor, envelope (WA 3, 4)."""

    api_type = WorkApi
    envelope = Envelope
    limit_is_stated = True  # two years (WA 6)
    more_params: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pbxes: set[str] = set()

    @override
    def new_paginator(self, window: TimeWindow) -> ScrollIdPaginator:
        return ScrollIdPaginator(*NO_SCROLL_ID)

    @override
    def request(self, window: TimeWindow, page: str | None) -> requests.Request:
        start, end = window.in_whole_seconds()
        params = {
            "pbxId": ",".join(self._pbx_ids),
            "startTime": _naive(start),
            "endTime": _naive(end),
            "timeZone": self.api.time_zone,
            "pageSize": str(window.page_size(self.config["eightx8_work_page_size"], most=LARGEST_PAGE)),
            **self.more_params,
        }
        if page is not None:
            params["scrollId"] = page  # with all the others, unchanged (WA A5)
        return requests.Request("GET", f"{self.api.url}{self.path}", params=params)

    @property
    def _pbx_ids(self) -> Sequence[str]:
        """The configured names; without any, the name for all of them."""
        return [name.strip() for name in self.config["eightx8_work_pbx_ids"] if name.strip()] or ["allpbxes"]

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        if isinstance(error, Refused) and error.status == requests.codes.bad_request:
            if asked.name is not None:
                raise PageLost("8x8 Work no longer accepts the cursor.") from None
            if self.api.may_try_again(time_zone_of(error)):
                return asked
        raise error

    @override
    def page(self, asked: Asked, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        rendered = next((record.start_time for record in records if record.start_time), "")
        offset = _OFFSET.search(str(rendered))
        if offset and offset.group() not in ("Z", "+0000", "+00:00", "-0000", "-00:00"):
            raise FatalAPIError(
                f"8x8 Work was asked for times in {self.api.time_zone} but answered in another zone "
                f"({offset.group()}): the time windows can't be trusted, so nothing is taken from them."
            )
        self._pbxes.update(record.pbx_id for record in records)
        cursor, total = envelope.meta.scroll_id, None
        if asked.name is None:  # only the first page counts the window as the cursor walks it (WA 4.3)
            total = announced_count(envelope.meta.total_record_count)
            if total is None or (total and not records):
                raise BrokenBody("a first page that does not count, or counts rows that it has not")
            if cursor is None and len(records) < total:
                raise BrokenBody("a page that names no next one, but counts more rows than it has")
        elif cursor is None and announced_count(envelope.meta.total_record_count) is None:
            raise BrokenBody("neither a count nor a cursor")
        self.api.time_zone_accepted = True
        return Page(records, next=cursor, announced=total)

    @override
    def remarks(self) -> Sequence[str]:
        met = {name.casefold() for name in self._pbxes}
        named = (name for name in self.config["eightx8_work_pbx_ids"] if name.casefold() != "allpbxes")
        missing = [name for name in named if name.casefold() not in met]
        return [f"No row is of PBX {', '.join(missing)} (setting eightx8_work_pbx_ids)."] if missing else []

    @override
    def report(self, progress: Progress, differing: int) -> None:
        super().report(progress, differing)
        self.logger.info("PBXs with rows: %s.", ", ".join(sorted(self._pbxes)) or "none")  # absent ones show (WA A13)


def time_zone_of(error: Refused) -> str:
    """The time zone that a refused request named."""
    url = "" if error.response is None else str(error.response.request.url)
    return parse_qs(urlsplit(url).query).get("timeZone", [""])[0]


def _naive(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")


class CallRecords(WorkStream):
    """One row per call (WA 4.4). Which time the window selects by is not documented, hence the look-back (WA A1)."""

    name = "eightx8_call_records"
    path = "/v2/call-records"


class CallLegs(WorkStream):
    """One row per leg of a call; the window selects by the leg's disconnect time (WA 4.6)."""

    name = "eightx8_call_legs"
    path = "/v2/call-legs"
    more_params: ClassVar = {"isConnectTime": "false", "isSimplified": "false"}  # anything else drops rows (WA A16)


class CdrCallRecords(CallRecords):
    """The same rows from the endpoint that the vendor has deprecated without a date (WA A15)."""

    name = "eightx8_cdr_call_records"
    path = "/v1/cdr"
    more_params: ClassVar = {"isCallRecord": "true"}


class CdrCallLegs(CallLegs):
    """The same rows from the endpoint that the vendor has deprecated without a date (WA A15)."""

    name = "eightx8_cdr_call_legs"
    path = "/v1/cdr"
    more_params: ClassVar = {"isCallRecord": "false", **CallLegs.more_params}


STREAMS: Sequence[type[CallRecordStream[Any]]] = (CallRecords, CallLegs, CdrCallRecords, CdrCallLegs)
