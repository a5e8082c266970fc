"""Zoom Phone: the history of calls, and the lists of users and call queues (ZP)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import requests
from typing_extensions import override

from tap_callrecords.errors import AskedTooMuch, BrokenBody, PageLost, Refused
from tap_callrecords.http.retries import pause
from tap_callrecords.paging.base import Page
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import Misfit, announced_count, instant, tells_nothing
from tap_callrecords.rows.repeats import SeenRows
from tap_callrecords.sources.zoom_phone.api import PageTokenRefused, ZoomPhoneApi
from tap_callrecords.sources.zoom_phone.months import DAY, crosses_months, is_cut, is_month, windows_by_day
from tap_callrecords.sources.zoom_phone.pages import CallPages, Place, TokenPages
from tap_callrecords.stream import Asked, CallRecordStream, FullTableStream
from tap_callrecords.stream.paged import NO_SUCH_PAGE
from tap_callrecords.windows.plan import OVERLAP, Span, TimeWindow, ceil_second, floor_second

Row = TypeVar("Row")

LARGEST_PAGE = 300
LARGEST_LIST_PAGE = 100
TRIES_OF_A_FILTER = 3
"""How often calls without a recording are asked for by themselves before it is believed that they can't be."""
FORM = "%Y-%m-%dT%H:%M:%SZ"


def rows_or_none(rows: list[Row] | None, total: Any) -> list[Row]:
    """The rows of an answer; null stands for none where none is counted.

    Raises:
        BrokenBody: there is no array, and no count of zero.
    """
    if rows is None and announced_count(total) != 0:
        raise BrokenBody("no rows")
    return rows or []


class UserEnvelope(msgspec.Struct, Generic[Row], rename={"rows": "users"}):
    """Body of the answer with users (ZP 4)."""

    rows: list[Row] | None
    total_records: Any = None
    next_page_token: Any = None

    def __post_init__(self) -> None:
        """Refuse null in place of rows (msgspec turns the error into its own)."""
        self.rows = rows_or_none(self.rows, self.total_records)


class QueueEnvelope(msgspec.Struct, Generic[Row], rename={"rows": "call_queues"}):
    """Body of the answer with call queues (ZP 4)."""

    rows: list[Row] | None
    total_records: Any = None
    next_page_token: Any = None

    def __post_init__(self) -> None:
        """Refuse null in place of rows (msgspec turns the error into its own)."""
        self.rows = rows_or_none(self.rows, self.total_records)


class CallEnvelope(msgspec.Struct, Generic[Row], rename={"rows": "call_history", "logs": "call_logs", "since": "from"}):
    """Body of the answer with calls (ZP 4): in an array, in another one that ends in November 2026, or in both.

    Attributes:
        since: from when on it really is ...
        to: ... and to when.
    """

    rows: list[Row] | None = None
    logs: list[Any] | None = None
    since: Any = None
    to: Any = None
    total_records: Any = None
    next_page_token: Any = None

    def __post_init__(self) -> None:
        """Refuse what has neither array (msgspec turns the error into its own)."""
        self.rows = rows_or_none([] if self.rows is None and self.logs is not None else self.rows, self.total_records)


class ZoomStream(CallRecordStream[ZoomPhoneApi]):
    """What Zoom's lists share: tokens from page to page, and a count (ZP 4)."""

    api_type = ZoomPhoneApi

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ends: set[tuple[Any, ...]] = set()
        self._told = False

    @override
    def new_paginator(self, window: TimeWindow) -> TokenPages:
        return TokenPages(attrgetter(*(self.primary_keys or ())))

    @override
    def get(self, asked: Asked) -> Page:
        self._check_age(asked)
        page = super().get(asked)
        self._check_age(asked)
        return page

    def _check_age(self, asked: Asked) -> None:
        """Raises: PageLost: a page token is so old that its page may be the first one, without a word (ZP A28)."""
        if asked.name.is_old:
            raise PageLost("A page token of Zoom Phone expired before it could be used.")

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        """Begin again where a page is refused; one that is refused at the same place again is the end (ZP A1)."""
        place: Place = asked.name
        if not isinstance(error, Refused) or error.status not in NO_SUCH_PAGE or place.token is None:
            raise error
        if isinstance(error, PageTokenRefused) and not place.is_old:
            here = (
                asked.window.query_start,
                asked.window.query_end,
                asked.window.rows_per_page,
                place.filter,
                place.read,
            )
            if here in self._ends and place.read >= place.announced:
                return Page([])
            self._ends.add(here)
        raise PageLost("Zoom Phone no longer accepts a page token.") from None

    def parameters(self, page: Place, size: int) -> dict[str, str]:
        """What asks for a page of so many entries."""
        return {"page_size": str(size)} | ({} if page.token is None else {"next_page_token": page.token})

    def counted(self, envelope: Any, records: list[Any]) -> Page:
        """An answer's page, with what it says about the others.

        Raises:
            BrokenBody: it neither counts nor says whether there is a next page: nothing would show that one is missing.
        """
        announced, token = announced_count(envelope.total_records), envelope.next_page_token
        is_one = isinstance(token, (str, int)) and not tells_nothing(token)
        if announced is None and not is_one and not isinstance(token, str):
            raise BrokenBody("neither a count nor a page token")
        if announced is None and not self._told:
            self._told = True
            self.logger.warning("Zoom Phone does not say how many rows there are: it is not verified that all came.")
        return Page(records, next=str(token) if is_one else None, announced=announced)

    def with_account(self, records: list[Record]) -> list[Record]:
        """Rows with the account that they are of, which none of them says."""
        account = self.config["zoom_phone_account_id"]
        for record in records:
            record.account_id = account
        return records


class CallHistory(ZoomStream):
    """What is read from the list of calls, by the time at which they began (ZP 3, 5)."""

    path = "/phone/call_history"
    limit_is_stated = True
    longest_window = DAY + 2 * OVERLAP
    only_one_window_at_once: ClassVar = "Zoom counts the requests of all apps of an account together"
    requests_of_a_window = 2  # none of its calls has no recording: those are asked for by themselves

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_filtered = False

    @property
    @override
    def retention(self) -> timedelta:
        return timedelta(days=self.config["zoom_phone_history_days"])

    @override
    def windows_of(self, span: Span) -> Sequence[TimeWindow]:
        return windows_by_day(span, self.window_length)

    @override
    def seen_rows(self) -> SeenRows:
        return SeenRows(reach=3 + 2 * (DAY // self.window_length))  # days may be answered for instants (ZP A6)

    @override
    def new_paginator(self, window: TimeWindow) -> CallPages:
        return CallPages(attrgetter("call_history_uuid"))

    @override
    def request(self, window: TimeWindow, page: Place) -> requests.Request:
        params = {
            "from": floor_second(window.query_start).strftime(FORM),
            "to": ceil_second(window.query_end).strftime(FORM),
            "time_type": "start_time",
            **self.parameters(page, window.page_size(self.config["zoom_phone_page_size"], most=LARGEST_PAGE)),
        }
        if page.filter is not None:
            params["recording_status"] = page.filter
        return requests.Request("GET", f"{self.api.url}{self.path}", params=params)

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        window, is_first = asked.window, asked.name.token is None
        refused = isinstance(error, (Refused, AskedTooMuch))
        if is_first and refused and crosses_months(window.query_start, window.query_end):
            return Page([])  # what it asks for once more, its neighbours ask for, too
        if is_first and asked.name.filter is not None and isinstance(error, Refused) and not self._has_filtered:
            if asked.tries < TRIES_OF_A_FILTER:
                time.sleep(pause(asked.tries))
                return asked
            self.logger.warning(
                "Zoom Phone refused to list the calls without a recording by themselves (status %d). If no call "
                "without one arrives, report it.",
                error.status,
            )
            return Page([])
        return super().remedy(error, asked)

    @override
    def page(self, asked: Asked, envelope: CallEnvelope[Any], records: list[Any], response: requests.Response) -> Page:
        self._has_filtered |= asked.name.filter is not None
        start, end = floor_second(asked.window.query_start), ceil_second(asked.window.query_end)
        # A month's last second may be told as its end; its edge is asked for twice.
        last = end - OVERLAP if is_month(end) else end
        if not crosses_months(start, end) and is_cut(start, last, envelope.since, envelope.to):
            raise AskedTooMuch("Zoom Phone answered for less time than it was asked for.")
        return self.counted(envelope, records)


class Calls(CallHistory):
    """One row per call record (ZP 6)."""

    name = "zoom_phone_calls"
    envelope = CallEnvelope

    @override
    def read_body(self, response: requests.Response) -> tuple[CallEnvelope[Any], list[Record]]:
        envelope, records = self.builder.read(response.content)
        if envelope.logs:
            met = {record.call_history_uuid for record in records} | {identity_of(each) for each in records}
            if alone := [row for row in envelope.logs if not met.intersection(names_of(row))]:
                records += self._of_logs(alone, beside=len(records))
        return envelope, self.with_account(records)

    def _of_logs(self, rows: list[Any], *, beside: int) -> list[Record]:
        """Records of rows that are in the older array only (ZP A3)."""
        if beside:
            self.logger.warning(
                "Zoom Phone lists %d calls in call_logs that are not in call_history; they are read as well.", len(rows)
            )
        records: list[Record] = self.builder.read(msgspec.json.encode({"call_history": [*map(renamed, rows)]}))[1]
        return records


def renamed(row: Any) -> Any:
    """A row of `call_logs` with the key by which `call_history` has it (ZP 4)."""
    if isinstance(row, dict) and tells_nothing(row.get("call_history_uuid")) and "id" in row:
        row = dict(row)
        row["call_history_uuid"] = row.pop("id")
    return row


def identity_of(record: Record) -> tuple[Any, ...]:
    """What a call is known by in addition to its key."""
    return record.call_id, record.start_time, record.direction


def names_of(row: Any) -> tuple[Any, ...]:
    """What a row of `call_logs` may be known by in `call_history`."""
    if not isinstance(row, dict):
        return ()
    key = renamed(row).get("call_history_uuid")
    try:
        begun = instant(row.get("start_time"))
    except Misfit:
        begun = None
    identity = row.get("call_id"), begun, row.get("direction")
    return tuple(
        name
        for name, tells in ((key, isinstance(key, str)), (identity, all(isinstance(each, str) for each in identity)))
        if tells
    )


class ZoomList(ZoomStream, FullTableStream[ZoomPhoneApi]):
    """A list of the account (ZP 4)."""

    page_size: ClassVar[int] = LARGEST_LIST_PAGE

    @override
    def request(self, window: TimeWindow, page: Place) -> requests.Request:
        size = window.page_size(self.page_size, most=LARGEST_LIST_PAGE)
        return requests.Request("GET", f"{self.api.url}{self.path}", params=self.parameters(page, size))

    @override
    def page(self, asked: Asked, envelope: Any, records: list[Record], response: requests.Response) -> Page:
        return self.counted(envelope, self.with_account(records))


class Users(ZoomList):
    """One row per user with a licence."""

    name = "zoom_phone_users"
    path = "/phone/users"
    envelope = UserEnvelope


class CallQueues(ZoomList):
    """One row per call queue."""

    name = "zoom_phone_call_queues"
    path = "/phone/call_queues"
    envelope = QueueEnvelope
