"""A stream over a list that is read whole at every run: one request, one page, no bookmark."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import requests
from typing_extensions import override

from tap_callrecords.paginators import Page, SinglePage
from tap_callrecords.records import Record
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.windows import Span, TimeWindow, floor_second


class FullTableStream(CallRecordStream):
    """A stream whose only window stands for everything."""

    replication_key = None
    has_windows = False

    @abstractmethod
    def list_request(self) -> requests.Request:
        """The request for the whole list."""

    @override
    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        now = floor_second(datetime.now(UTC))
        return Span(now, now), [TimeWindow(0, now, now, now, now)]

    @override
    def new_paginator(self, window: TimeWindow) -> SinglePage:
        return SinglePage()

    @override
    def request(self, window: TimeWindow, page: None) -> requests.Request:
        return self.list_request()

    @override
    def page(self, envelope: Any, records: list[Record], response: requests.Response) -> Page:
        return Page(records)
