"""Acme: calls, in numbered pages from 1 over a range of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import requests
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.http.client import VendorApi
from tap_callrecords.paging.base import Page
from tap_callrecords.paging.numbered import NumberedPages
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import announced_count
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.windows.plan import TimeWindow

Row = TypeVar("Row")
LARGEST_PAGE = 500


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer; `total` counts the calls of the whole range."""

    rows: list[Row] = msgspec.field(name="calls")
    total: Any = None


class AcmeApi(VendorApi):
    """Acme's REST API, version 1: a key in a header."""

    product = "Acme"
    credentials = ("acme_api_key",)

    @property
    @override
    def url(self) -> str:
        return str(self.config["acme_api_url"]).rstrip("/")

    @override
    def headers(self) -> Mapping[str, str]:
        return {**super().headers(), "X-Api-Key": self.config["acme_api_key"]}


class Calls(CallRecordStream[AcmeApi]):
    """One row per call that has ended."""

    name = "acme_calls"
    path = "/calls"
    api_type = AcmeApi
    envelope = Envelope

    @override
    def new_paginator(self, window: TimeWindow) -> NumberedPages:
        # Calls that land meanwhile move the others to later pages, where they are met again and written once. One that
        # leaves would move them to earlier pages, and be missed: `total` shows that, and the range is read again.
        return NumberedPages(first_page=1)

    @override
    def request(self, window: TimeWindow, page: int) -> requests.Request:
        query: dict[str, str | int] = {
            "from": instants.to_text(window.query_start),
            "to": instants.to_text(window.query_end),
            "page": page,
            "per_page": window.page_size(self.config["acme_page_size"], most=LARGEST_PAGE),
        }
        return requests.Request("GET", f"{self.api.url}{self.path}", params=query)

    @override
    def page(self, asked: Asked, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        return Page(records, announced=announced_count(envelope.total))


STREAMS: Sequence[type[CallRecordStream[Any]]] = (Calls,)
