"""8x8 Contact Center: Recent Calls, numbered pages over a range of milliseconds (CC A)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import AccessRefused, BrokenBody, Refused
from tap_callrecords.http.redaction import clean_quote
from tap_callrecords.paging.base import Page, Refusal
from tap_callrecords.paging.page_numbers import PageNumberPaginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import announced_count
from tap_callrecords.sources.eightx8_contact_center.api import ContactCenterApi
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.stream.paged import NO_SUCH_PAGE, TRIES_OF_A_REFUSED_PAGE
from tap_callrecords.windows.plan import TimeWindow, epoch_ms

Row = TypeVar("Row")

LARGEST_PAGE = 5000
"""The most rows that the vendor allows (CC A2)."""
TIME_ZONE = "GMT"
SAME_ZONE = frozenset({"GMT", "UTC", "Z", "ZULU", "UCT", "ETC/GMT", "ETC/UTC", "ETC/UCT", "GMT0", "GMT+0", "GMT+00:00"})
"""What the vendor may echo for it."""
CLOCK_TOLERANCE = timedelta(seconds=2)
"""Between `callDate`, cut to seconds, and the milliseconds in `callId` (CC R7)."""
LONGEST_DURATION_MS = 10 * 365 * 86_400_000
"""A duration beyond ten years means nothing, and must not lead beyond the calendar."""
LONGEST_TAIL = timedelta(hours=1)
"""How long after its end a call may still be at work (wrap-up, survey), if the range selects by that (CC R3)."""
FAR = timedelta(days=30)
"""So far from its window, a call whose two times agree was not asked for."""
_CREATED = re.compile(r"int-([1-3][0-9a-f]{10})-", re.IGNORECASE)
"""Hexadecimal milliseconds from 2004 to 2109: a number outside is no time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer (CC A2); `data` may be null where there is no row."""

    rows: list[Row] | None = msgspec.field(name="data")
    hits: Any = None
    timezone: str | None = None

    @property
    def announced(self) -> int | None:
        """How many calls the whole window has, as far as the answer says so."""
        return announced_count(self.hits)


class RecentCalls(CallRecordStream[ContactCenterApi]):
    """One row per call of the tenant, voice only (CC A2)."""

    name = "eightx8_recent_calls"
    path = "/v1/recentCallData"
    api_type = ContactCenterApi
    envelope = Envelope

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._met: dict[tuple[datetime, datetime], set[int]] = {}
        self._told_of_a_mismatch = self._told_of_a_stray = False

    @property
    @override
    def key_defaults(self) -> Mapping[str, str]:
        return {"tenant_id": self.config.get("eightx8_contact_center_tenant_id", "")}

    @override
    def new_paginator(self, window: TimeWindow) -> PageNumberPaginator:
        met = self._met.setdefault((window.query_start, window.query_end), set())
        return PageNumberPaginator(self._page_size(window), key=lambda row: hash((row.tenant_id, row.call_id)), met=met)

    def _page_size(self, window: TimeWindow) -> int:
        return window.page_size(self.config["eightx8_contact_center_page_size"], most=LARGEST_PAGE)

    @override
    def request(self, window: TimeWindow, page: int) -> requests.Request:
        body = {
            "tenantId": self.config["eightx8_contact_center_tenant_id"],
            "page": page,
            "rows": str(self._page_size(window)),
            # Never together with `duration`, no blanks in it, no filters (CC R1, R2, R8).
            "timeRange": f"{epoch_ms(window.query_start)}-{epoch_ms(window.query_end)}",
            "timezone": TIME_ZONE,
        }
        region = self.config["eightx8_contact_center_region"]
        return requests.Request("POST", f"{self.api.url}{self.path}/{region}", json=body)

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        """A page that stays refused may lie beyond the last one: that is for the paginator to judge (CC R5)."""
        stays_refused = asked.name > 1 and asked.tries == TRIES_OF_A_REFUSED_PAGE
        if stays_refused and isinstance(error, (Refused, AccessRefused)) and error.status in NO_SUCH_PAGE:
            return Refusal(error=error)
        raise error

    @override
    def page(self, asked: Asked, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        zone = envelope.timezone
        if zone and zone.strip().upper() not in SAME_ZONE:
            raise FatalAPIError(
                f"8x8 Contact Center was asked for times in {TIME_ZONE} but answered in {clean_quote(zone)}: the "
                "times of its calls can't be trusted, so nothing is taken from them."
            )
        is_first = asked.name == 1
        if is_first and (envelope.announced is None or (envelope.announced and not records)):
            raise BrokenBody("a first page that does not count, or counts rows that it has not")
        for record in records:
            self._check_time(record, asked.window)
        # What is counted past the first page is not documented (CC R6).
        return Page(records, announced=envelope.announced if is_first else None)

    def _check_time(self, record: Record, window: TimeWindow) -> None:
        """Trust the time in the call's id more than the rendered one, and look out for calls that were not asked for.

        Raises:
            FatalAPIError: the vendor ignores the range.
        """
        rendered = instants.parse(record.call_date_utc) if record.call_date_utc else None
        created = created_at(record.call_id)
        if created is not None and (rendered is None or abs(created - rendered) > CLOCK_TOLERANCE):
            if rendered is not None and not self._told_of_a_mismatch:
                self._told_of_a_mismatch = True
                self.logger.warning(
                    "The time in a call's id differs from its callDate by %s; call_date_utc is taken from the id.",
                    abs(created - rendered),
                )
            record.call_date_utc = instants.to_text(created)
        times = [each for each in (rendered, created) if each is not None]
        if not times:
            return
        length = timedelta(milliseconds=min(max(0, record.call_duration or 0), LONGEST_DURATION_MS))
        begins_too_late = min(times) > window.query_end + CLOCK_TOLERANCE
        ended_too_early = max(times) < window.query_start - LONGEST_TAIL - length
        if begins_too_late or ended_too_early:
            away = max(min(times) - window.query_end, window.query_start - max(times))
            is_beyond_doubt = away > FAR and len(times) > 1 and max(times) - min(times) <= CLOCK_TOLERANCE
            self._judge_stray(times[0], window, is_beyond_doubt=is_beyond_doubt)

    def _judge_stray(self, time: datetime, window: TimeWindow, *, is_beyond_doubt: bool) -> None:
        """A call outside its window is bad data, to be kept, unless the vendor ignores the time range (CC R8).

        Raises:
            FatalAPIError: it does: a range that can't hold a call brings some, or this one is from another season.
        """
        asked = f"calls from {instants.to_text(window.query_start)} to {instants.to_text(window.query_end)}"
        if is_beyond_doubt or self._range_is_ignored:
            raise FatalAPIError(
                f"8x8 Contact Center was asked for {asked} but sent one of {instants.to_text(time)}: it ignores the "
                "time range, and the run ends before it reads all history. The bookmark stays before this window; "
                "report it to the vendor."
            )
        if not self._told_of_a_stray:
            self._told_of_a_stray = True
            self.logger.warning(
                "8x8 Contact Center was asked for %s but sent one of %s too. It is kept.", asked, instants.to_text(time)
            )

    @cached_property
    def _range_is_ignored(self) -> bool:
        """Whether the vendor sends calls for a range of 1970, in which there were none."""
        long_ago = TimeWindow(0, _EPOCH, _EPOCH, _EPOCH, _EPOCH + timedelta(milliseconds=1))
        try:
            return self.api.call(self.request(long_ago, 1), self._has_calls)
        except Refused:
            return False

    def _has_calls(self, response: requests.Response) -> bool:
        return bool(self.read_answer(response)[1])


def created_at(call_id: str) -> datetime | None:
    """The time in an interaction's id, its hexadecimal milliseconds (CC A2); None where it has none."""
    found = _CREATED.match(call_id)
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1], 16)) if found else None
    except OverflowError:  # no time that a calendar has
        return None


STREAMS: Sequence[type[CallRecordStream[Any]]] = (RecentCalls,)
