"""Zoom Phone: the legs of calls, one request a call, only of calls that are new or have changed (ZP 5, 8)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import cached_property, partial
from hashlib import blake2b
from itertools import count
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
import requests
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import BrokenBody
from tap_callrecords.http.retries import pause
from tap_callrecords.paging.base import Page, Paginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import Misfit, instant, tells_nothing
from tap_callrecords.rows.loose_json import decode_loosely
from tap_callrecords.rows.repeats import OnceOnly
from tap_callrecords.sources.zoom_phone.api import DetailRequest, NoDetails
from tap_callrecords.sources.zoom_phone.streams import CallEnvelope, CallHistory, names_of, renamed
from tap_callrecords.stream.parallel import read_windows
from tap_callrecords.windows.plan import Span, TimeWindow
from tap_callrecords.windows.readings import Completeness, Reading

Row = TypeVar("Row")

MOST_AT_ONCE = 12
"""Requests for details under way at the same time."""
CALLS_OF_A_PAGE = 20
"""So many calls' legs leave together."""
TRIES_OF_A_DETAIL = 4
"""How often a call that has no details is asked for: one that has just ended may have them seconds later (ZP 8)."""
MOST_REFUSED = 20
"""So many refusals before any call was given are not about single calls."""
QUARTER = timedelta(minutes=15)
"""What is remembered is whether anything has changed in a quarter of an hour."""
READ = "read"
"""The name in the state of what is remembered."""


class Legs(msgspec.Struct, Generic[Row]):
    """Legs as they are handed to the row builder."""

    rows: list[Row]


class Detail(msgspec.Struct):
    """Body of the answer for one call (ZP 6), as far as it is not in the list; no legs where they are to come."""

    call_elements: list[Any] | None = None
    call_path: list[Any] | None = None
    call_history_uuid: Any = None
    id: Any = None

    def __post_init__(self) -> None:
        """Refuse what has no call (msgspec turns the error into its own)."""
        if all(each is None for each in (self.call_elements, self.call_path, self.call_history_uuid, self.id)):
            raise BrokenBody("no call")


class ListedCall(msgspec.Struct, frozen=True):
    """A call as the list has it.

    Attributes:
        call_history_uuid: its key; made from the row where that has none.
        digest: of all that the list says about it, the same in every run.
        start: when it began, in our form; None where the vendor does not say.
        recording_status: in the vendor's word.
        has_details: whether it can be asked for.
    """

    call_history_uuid: str
    digest: str
    start: str | None
    recording_status: Any
    has_details: bool

    @classmethod
    def of(cls, row: Any) -> ListedCall:
        """Take what is needed from a row, whatever it is like."""
        found = row if isinstance(row, dict) else {}
        digest = blake2b(msgspec.json.encode(row, order="sorted"), digest_size=8).hexdigest()
        key = found.get("call_history_uuid")
        has_key = type(key) in (str, int) and not tells_nothing(key)
        try:
            start = instant(found.get("start_time"))
        except Misfit:
            start = None
        has_details = has_key and str(key).strip(".") != ""  # . and .. would ask for something else
        name = str(key) if has_key else f"missing-{digest}"
        return cls(name, digest, start, found.get("recording_status"), has_details)

    @property
    def quarter(self) -> str:
        """The quarter of an hour in which it began, `2026-01-31T09:15`; "" where that is unknown."""
        return "" if self.start is None else f"{self.start[:14]}{int(self.start[14:16]) // 15 * 15:02}"


_list = msgspec.json.Decoder(CallEnvelope[Any])
_detail = msgspec.json.Decoder(Detail)


class CallLegs(CallHistory):
    """One row per leg of a call (ZP 6).

    The list of calls is read as `zoom_phone_calls` reads it, then each call's details. Those of the look-back are
    asked for again only where the list shows that something has changed since they were read: the state keeps a
    digest of each quarter of an hour of the list next to the bookmark.
    """

    name = "zoom_phone_call_legs"
    envelope = Legs

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[str, str] = {}
        self._finished: dict[int, dict[str, str]] = {}
        self._put_off: dict[int, dict[str, ListedCall]] = {}
        self._without: set[str] = set()
        self._has_details = False
        self._refused = 0

    @cached_property
    def _listed(self) -> OnceOnly:
        """The calls that this run has met."""
        return OnceOnly(self.seen_rows(), ("call_history_uuid",))

    # What earlier runs have read

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        kept = self.read_beside_bookmark(READ)
        if isinstance(kept, dict) and kept.get("up_to") == self.read_bookmark():
            quarters = kept.get("quarters")
            self._known = dict(quarters) if isinstance(quarters, dict) else {}
        return super().plan()

    @override
    def beside_bookmark(self, finished: TimeWindow, bookmark: str) -> Mapping[str, Any]:
        self._listed.forget_before(finished.index)
        self._known |= self._finished.pop(finished.index, {})
        oldest = instants.to_text(instants.parse(bookmark) - self.lookback - QUARTER)
        self._known = {quarter: digest for quarter, digest in sorted(self._known.items()) if quarter > oldest}
        return {READ: {"up_to": bookmark, "quarters": dict(self._known)}}

    # The list

    @override
    def read_body(self, response: requests.Response) -> tuple[CallEnvelope[Any], list[Any]]:
        envelope = decode_loosely(response.content, _list)
        rows = [*map(renamed, envelope.rows or ())]
        if envelope.logs:
            met = {name for row in rows for name in names_of(row)}
            rows += (renamed(row) for row in envelope.logs if met.isdisjoint(names_of(row)))
        try:
            return envelope, [*map(ListedCall.of, rows)]
        except RecursionError as error:
            raise BrokenBody("nested too deeply") from error

    @override
    def pages(self, window: TimeWindow, paginator: Paginator[Any]) -> Iterator[Page]:
        """The legs of the calls that a window lists: at once, or when it is known whether anything has changed."""
        put_off = self._put_off.setdefault(window.index, {})
        listed: dict[str, ListedCall] = {}
        number = count(1)
        for calls in self._whole_list(window, paginator, listed):
            put_off |= {each.call_history_uuid: each for each in calls if each.quarter in self._known}
            for page in self._legs_of(each for each in calls if each.quarter not in self._known):
                page.query, page.number = window, next(number)
                yield page
        digests = {
            quarter: digest
            for quarter, digest in digests_of(listed.values()).items()
            if lies_within(quarter, window.query_start, window.query_end)
        }
        changed = (each for each in put_off.values() if digests.get(each.quarter) != self._known.get(each.quarter))
        for page in self._legs_of(changed):
            page.query, page.number = window, next(number)
            yield page
        put_off.clear()
        lacking = {each.quarter for each in listed.values() if each.call_history_uuid in self._without}
        digests = {quarter: digest for quarter, digest in digests.items() if quarter not in lacking}
        self._finished.setdefault(window.index, {}).update(digests)

    def _whole_list(
        self, window: TimeWindow, paginator: Paginator[Any], listed: dict[str, ListedCall]
    ) -> Iterator[Sequence[ListedCall]]:
        """The calls of a window that are new to this run, page by page, until as many have come as are announced.

        Raises:
            FatalAPIError: fewer come each time.
        """
        judge = Completeness(window, self.product, self.logger, is_binding=self.announcement_is_binding)
        again: TimeWindow | None = window
        while again is not None:
            reading = Reading()
            for page in super().pages(again, paginator):
                listed |= {each.call_history_uuid: each for each in page.records}
                calls, _, brought_news = self._listed.new(window.index, page.records)
                reading.take(page, brought_news=brought_news)
                yield calls
            again = judge.read_again(reading, self._listed.seen)
            paginator = self.new_paginator(window)

    # The legs

    def _legs_of(self, calls: Iterable[ListedCall]) -> Iterator[Page]:
        """The legs of calls, several of which are asked for at once."""
        due = [*calls]
        self._without |= {each.call_history_uuid for each in due if not each.has_details}
        due = [each for each in due if each.has_details]
        parts = [due[at : at + CALLS_OF_A_PAGE] for at in range(0, len(due), CALLS_OF_A_PAGE)]
        at_once = min(MOST_AT_ONCE, self.api.details_per_second)
        with closing(read_windows(parts, self._details, at_once=at_once)) as reader:
            yield from (page for _, page in reader if page is not None and page.records)

    def _details(self, calls: Sequence[ListedCall]) -> Iterator[Page]:
        yield Page([leg for call in calls for leg in self._detail(call)])

    def _detail(self, call: ListedCall) -> list[Record]:
        """A call's legs; none where the vendor has no details of it, or none yet, which is logged at the end."""
        key = quote(call.call_history_uuid, safe="")
        key = quote(key, safe="") if "%2F" in key else key  # as the vendor asks for (ZP 3)
        request = DetailRequest("GET", f"{self.api.url}{self.path}/{key}")
        for tries in range(1, TRIES_OF_A_DETAIL + 1):
            try:
                legs = self.api.call(request, partial(self._read_detail, call))
            except NoDetails as error:
                self._believe(error)
            else:
                self._has_details = True
                return legs
            if tries < TRIES_OF_A_DETAIL:
                time.sleep(pause(tries))
        self._without.add(call.call_history_uuid)
        return []

    def _believe(self, refusal: NoDetails) -> None:
        """Take a refusal for one of a single call, unless no call at all has been given and several were refused.

        Raises:
            NoDetails: the refusal is meant for all.
        """
        if refusal.status in (requests.codes.ok, requests.codes.not_found):
            return
        self._refused += 1
        if not self._has_details and self._refused > MOST_REFUSED:
            raise refusal

    def _read_detail(self, call: ListedCall, response: requests.Response) -> list[Record]:
        self._measure(response)
        detail = decode_loosely(response.content, _detail)
        if detail.call_elements is None and detail.call_path is None:
            raise NoDetails("Zoom Phone has no legs of a call yet.", response.status_code, response)
        rows = [of_call(row, call) for row in detail.call_elements or detail.call_path or ()]
        try:
            records: list[Record] = self.builder.read(msgspec.json.encode({"rows": rows}))[1]
        except RecursionError as error:
            raise BrokenBody("nested too deeply") from error
        if not records:  # each call has a leg: it is to come
            self._without.add(call.call_history_uuid)
        places: dict[str, int] = {}  # a leg that stands twice has one
        for number, record in enumerate(records, 1):
            record.call_start_time = call.start
            record.element_number = places.setdefault(record.call_element_id, number)
        return self.with_account(records)

    @override
    def remarks(self) -> Sequence[str]:
        if not self._without:
            return ()
        return [
            f"Zoom Phone had no details of {len(self._without)} calls: their legs are missing. They are asked for "
            "again as long as the look-back reaches them."
        ]


def of_call(row: Any, call: ListedCall) -> Any:
    """A leg with its call's key, and with its own, which older answers name otherwise (ZP A35)."""
    row = {**(row if isinstance(row, dict) else {"": row}), "call_history_uuid": call.call_history_uuid}
    if tells_nothing(row.get("call_element_id")) and "id" in row:
        row["call_element_id"] = row.pop("id")
    return row


def digests_of(calls: Iterable[ListedCall]) -> dict[str, str]:
    """A digest of the calls of each quarter of an hour."""
    quarters: dict[str, list[str]] = {}
    for call in calls:
        if call.start is not None:
            quarters.setdefault(call.quarter, []).append(call.call_history_uuid + call.digest)
    return {
        quarter: blake2b("".join(sorted(each)).encode(), digest_size=8).hexdigest()
        for quarter, each in quarters.items()
    }


def lies_within(quarter: str, start: datetime, end: datetime) -> bool:
    """Whether a quarter of an hour lies in a time as a whole."""
    return start <= instants.parse(quarter) <= end - QUARTER
