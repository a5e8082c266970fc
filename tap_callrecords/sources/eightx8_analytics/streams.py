"""8x8 Analytics for Contact Center: the detailed report on interactions, version 8 (CC B).

A window is a report: it is created, waited for, and read page by page along the vendor's links.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, NoReturn, TypeVar

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import AccessRefused, BrokenBody, PageLost, Refused
from tap_callrecords.http.client import VerbatimRequest
from tap_callrecords.http.redaction import clean_quote
from tap_callrecords.http.retries import pause
from tap_callrecords.paging.base import Page
from tap_callrecords.paging.links import LinkPaginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import count_in_header
from tap_callrecords.rows.loose_json import decode_loosely
from tap_callrecords.sources.eightx8_analytics.api import PAGE_SIZE, AnalyticsApi, page_url
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.stream.paged import NO_SUCH_PAGE, TRIES_OF_A_REFUSED_PAGE
from tap_callrecords.windows.plan import TimeWindow

Row = TypeVar("Row")

STATUS_REQUESTS = 40
"""How often a report that is not done is asked after: about half an hour."""
TRIES_OF_AN_UNKNOWN_REPORT = 7
"""How often a report that the vendor does not know, or a page of it, is asked for before another report is made: about
a minute."""
UNKNOWN = (requests.codes.not_found, requests.codes.gone)
EXPIRED = (requests.codes.bad_request, requests.codes.forbidden, requests.codes.unprocessable)
"""Other refusals that may mean it, where earlier pages of the same report came: how long one lives is not documented
(CC D5)."""
HEADERS_MISSING = (
    "8x8 Analytics for Contact Center sent a page of a report without the headers that count its rows and lead to the "
    "next page (X-Total-Elements, Link, Last-Document-Id): a proxy on the way may remove them"
)


class Envelope(msgspec.Struct, Generic[Row]):
    """The rows of a page, once the keys and values of each have become an object."""

    rows: list[Row]


class Item(msgspec.Struct, gc=False):
    """A field of a row (CC B4)."""

    key: str
    value: Any = None


class ReportRow(msgspec.Struct, gc=False):
    """A row as the vendor sends it (CC B4)."""

    items: list[Item]
    total: Any = None

    def fields(self) -> dict[str, Any]:
        """The row as an object; `total` is null in all that was seen. A key that comes again is marked."""
        fields: dict[str, Any] = {} if self.total is None else {"total": self.total}
        for item in self.items:
            name = item.key
            while name in fields:
                name += "'"
            fields[name] = item.value
        return fields


def fields_of(row: Any) -> Any:
    """A row as an object, whatever it looks like: what is no row of the documented form stays as it is."""
    try:
        return msgspec.convert(row, ReportRow).fields()
    except msgspec.ValidationError:
        return row


class Report(msgspec.Struct):
    """What the vendor says about a report (CC B3)."""

    id: int | str
    status: str
    reason: str | None = None


_rows = msgspec.json.Decoder(list[ReportRow | str | int | float | bool | list[Any] | None])
"""What is no object is no row, but must neither stop the others nor be dropped."""
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_report: msgspec.json.Decoder[Report | list[Report]] = msgspec.json.Decoder(Report | list[Report])


def total_of(response: requests.Response) -> int | None:
    """How many rows a report has; None where the answer does not say so."""
    return count_in_header(response.headers.get("X-Total-Elements"))


def is_a_page(response: requests.Response) -> bool:
    """Whether an answer has one of the headers that every page of a report has (CC B4)."""
    return not {"x-total-elements", "x-page-size", "x-total-pages"}.isdisjoint(map(str.lower, response.headers))


def rows_of(response: requests.Response) -> list[Any]:
    """The rows of an answer as objects; on a page of a report, one that is no such row stays as it is (bad data).

    Raises:
        BrokenBody: the answer is no list of rows (or, where no row is counted, nothing that stands for none).
    """
    try:
        rows = decode_loosely(response.content, _rows)
        return [row.fields() if isinstance(row, ReportRow) else row for row in rows]
    except BrokenBody:
        if not is_a_page(response):
            raise
    body = decode_loosely(response.content, _anything)
    if total_of(response) == 0 and (body is None or (isinstance(body, dict) and not body.get("items"))):
        return []
    if not isinstance(body, list):
        raise BrokenBody("no list")
    return [fields_of(row) for row in body]


class Interactions(CallRecordStream[AnalyticsApi]):
    """One row per interaction and transaction, of all media (CC B6)."""

    name = "eightx8_interactions"
    path = "/detailed-reports"
    api_type = AnalyticsApi
    envelope = Envelope
    requests_of_a_window = 2  # to have the report made, and for its first page

    @property
    @override
    def key_defaults(self) -> Mapping[str, str]:
        return {"transaction_id": ""}

    @cached_property
    def metrics(self) -> Sequence[str]:
        """What is asked for: what the schema knows, so that new metrics change nothing by themselves (CC D9)."""
        sources = (column.get("x-source") for column in self.schema["properties"].values())
        return [name for name in dict.fromkeys(sources) if name and name != "participants"]

    @override
    def new_paginator(self, window: TimeWindow) -> LinkPaginator:
        return LinkPaginator(lambda _: True)  # `AnalyticsApi.next_page` names this host's only

    @override
    def request(self, window: TimeWindow, page: tuple[int, str | None]) -> requests.Request:
        _, url = page
        if url is not None:
            return VerbatimRequest("GET", url)
        body = {
            "type": "detailed-reports-interaction-details",
            "title": f"tap-callrecords {window.start:%Y-%m-%d %H.%M.%S} - {window.end:%Y-%m-%d %H.%M.%S}",
            "dateRange": {
                "start": instants.to_text(window.query_start),
                "end": instants.to_text(window.query_end),
            },
            # No `timezone`: it would have to be one that the tenant has configured (CC D8).
            "metrics": self.metrics,
            "includeParticipants": True,
        }
        return requests.Request("POST", f"{self.api.url}{self.path}", json=body)

    @override
    def get(self, asked: Asked) -> Page:
        """Before the first page, have the report made, which the paginator then remembers."""
        if asked.name[1] is not None:
            return super().get(asked)
        report = self._make_report(asked.window)
        data_url = f"{self.api.url}{self.path}/{report}/data"
        return Page([], next=page_url(data_url, asked.window.page_size(PAGE_SIZE, most=PAGE_SIZE)))

    def _report_lost(self) -> PageLost:
        return PageLost(f"{self.api.product} no longer knows the report.")

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        if getattr(error, "status", None) in EXPIRED and _is_further(asked.name):
            self._expired(error, asked)
        if not isinstance(error, Refused) or error.status not in UNKNOWN:
            raise error
        if asked.tries == TRIES_OF_AN_UNKNOWN_REPORT:
            raise self._report_lost() from None
        time.sleep(pause(asked.tries))  # a report may be done some seconds before its data are there
        return asked

    def _expired(self, error: Exception, asked: Asked) -> NoReturn:
        """A later page that stays refused: the next report shows whether it was that, or a right that is gone."""
        assert isinstance(error, (Refused, AccessRefused))  # noqa: S101 - others have no status
        if error.status in NO_SUCH_PAGE and asked.tries < TRIES_OF_A_REFUSED_PAGE:
            raise error
        said = f"{self.api.product} refused a page of a report with status {error.status}: it may have expired."
        raise PageLost(said, because=error) from None

    @override
    def read_body(self, response: requests.Response) -> tuple[None, list[Record]]:
        try:
            return None, self.builder.read(msgspec.json.encode({"rows": rows_of(response)}))[1]
        except RecursionError as error:
            raise BrokenBody("nested too deeply") from error

    @override
    def page(self, asked: Asked, envelope: None, records: list[Record], response: requests.Response) -> Page:
        following, total = self.api.next_page(response), total_of(response)
        if total is None and self._leaves_open_what_is_left(response, following):
            raise RetriableAPIError(HEADERS_MISSING, response)
        return Page(records, next=following, announced=total)

    @staticmethod
    def _leaves_open_what_is_left(response: requests.Response, following: str | None) -> bool:
        """Whether an answer without a count is no page: the first one has to count, a further one to lead on or end.

        The end is shown by headers that are not there (CC B4): it needs others that are, or a proxy that removes
        headers would make it.
        """
        is_first = not _is_further((0, str(response.request.url)))
        return is_first or (following is None and not is_a_page(response))

    def _make_report(self, window: TimeWindow) -> int | str:
        """Have a report made; its id, once the vendor says that it is done (CC B3, D4).

        Raises:
            PageLost: the vendor does not know it, nor does so soon.
            FatalAPIError: the vendor fails to make it, or does not finish.
        """
        report = self.api.call(self.request(window, (0, None)), read_report)
        for inquiry in range(1, STATUS_REQUESTS + 1):
            status = "".join(filter(str.isalpha, report.status.upper()))
            if status == "DONE":
                return report.id
            if status not in ("QUEUED", "INPROGRESS"):
                reason = f": {clean_quote(report.reason)}" if report.reason else ""
                raise FatalAPIError(
                    f"{self.api.product} did not make the report ({clean_quote(report.status)}{reason}). The bookmark "
                    "stays before this window; run again."
                )
            time.sleep(pause(inquiry))
            try:
                report = self.api.call(requests.Request("GET", f"{self.api.url}/{report.id}/status"), read_report)
            except Refused as error:  # a report may be made some seconds before it is known everywhere
                if error.status not in UNKNOWN:
                    raise
                if inquiry >= TRIES_OF_AN_UNKNOWN_REPORT:
                    raise self._report_lost() from None
        raise FatalAPIError(
            f"{self.api.product} has not finished a report after {STATUS_REQUESTS} status requests. The bookmark stays "
            "before this window; run again, with shorter windows (setting window_hours) if it persists."
        )


def _is_further(page: tuple[int, str | None]) -> bool:
    """Whether a page is one after the first of its report."""
    _, url = page
    return url is not None and url != page_url(url)


def read_report(response: requests.Response) -> Report:
    """What the vendor says about a report, as an object or a list of one (CC D4).

    Raises:
        BrokenBody: neither.
    """
    answer = decode_loosely(response.content, _report)
    if isinstance(answer, Report):
        return answer
    if len(answer) != 1:
        raise BrokenBody("not one report")
    return answer[0]


STREAMS: Sequence[type[CallRecordStream[Any]]] = (Interactions,)
