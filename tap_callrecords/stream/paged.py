"""How the pages of a window are fetched: one after the other, again from the first, or in halves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import requests
from singer_sdk import metrics
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords import instants
from tap_callrecords.errors import STREAM_ENDING, AskedTooMuch, BrokenBody, PageLost, RangeRefused
from tap_callrecords.http.retries import pause
from tap_callrecords.http.troubles import unreadable
from tap_callrecords.http.words import speaks_of_failure
from tap_callrecords.paging.base import Page, Paginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.stream.hooks import Api, Asked, StreamHooks
from tap_callrecords.windows.plan import TimeWindow

RESTARTS_OF_A_LOST_WINDOW = 3
SHORTEST_TO_HALVE = timedelta(minutes=1)
NO_SUCH_PAGE = (requests.codes.bad_request, requests.codes.not_found, requests.codes.unprocessable)
"""Refusals that can mean that a page, and no more than that, is not there."""
TRIES_OF_A_REFUSED_PAGE = 3
"""How often a page is asked for after others have come: what had a right to them has one to it."""


class PagedStream(StreamHooks[Api]):
    """A stream that knows how to get all pages of a window."""

    _refused_length: timedelta = timedelta.max
    """The shortest time that the vendor has refused to serve at once."""

    def drain(self, window: TimeWindow) -> Iterator[Page]:
        """Read a window's pages, from the first to the last; in halves, and these in halves, where it is too much."""
        length = window.query_end - window.query_start
        try:
            if length < self._refused_length:
                yield from self._drain_at_once(window)
                return
        except AskedTooMuch as error:
            if length <= SHORTEST_TO_HALVE:
                raise FatalAPIError(
                    f"{error} Windows down to a minute were tried; the bookmark stays before this one: run again, and "
                    "report it to the vendor if it persists."
                ) from None
            if isinstance(error, RangeRefused):
                self._refused_length = length
            self.logger.warning(
                "%s The window from %s to %s is read again in halves.",
                error,
                instants.to_text(window.query_start),
                instants.to_text(window.query_end),
            )
        for half in self.halves(window):
            yield from self.drain(half)

    def _drain_at_once(self, window: TimeWindow) -> Iterator[Page]:
        """Read a window by one query.

        A vendor may forget a cursor; then the window is read from its first page again, and what has been met
        before is dropped as repeats.
        """
        for restarts_left in reversed(range(RESTARTS_OF_A_LOST_WINDOW)):
            try:
                yield from self.pages(window, self.new_paginator(window))
            except PageLost as error:
                if not restarts_left:
                    raise error.because or error from None
                self.logger.warning("%s The window is read from its first page again.", error)
            else:
                return

    def pages(self, window: TimeWindow, paginator: Paginator[Any]) -> Iterator[Page]:
        """The pages of a window that a paginator names."""
        first, number, more = paginator.current, 0, True
        while more:
            asked = Asked(window, paginator.current, is_further=number > 0)
            number = 1 if asked.name == first else number + 1
            page = self.get(asked)
            more = paginator.advance(page)
            page.query, page.number = window, number
            yield page
            del page  # two need not be in memory

    def get(self, asked: Asked) -> Page:
        """Get one page, patiently; where the vendor does not give it so, in another way that its source knows."""
        while True:
            try:
                return self._patiently(asked, self.request(asked.window, asked.name))
            except STREAM_ENDING as error:
                instead = self._instead(error, asked)
            if isinstance(instead, Page):
                return instead
            asked = replace(instead, tries=asked.tries + 1)

    def _instead(self, error: Exception, asked: Asked) -> Asked | Page:
        """What is done about a page that does not come: what its source knows; else, in the middle, another try.

        Raises:
            Exception: the error, or that of the source.
        """
        try:
            return self.remedy(error, asked)
        except STREAM_ENDING as ending:
            if ending is not error or not _may_be_a_slip(error, asked):
                raise
        self.logger.warning("%s A page after others was refused: it is asked for again.", error)
        time.sleep(pause(asked.tries))
        return asked

    @cached_property
    def _patiently(self) -> Callable[[Asked, requests.Request], Page]:
        """`_ask`, again after troubles that may pass."""
        return self.api.patient(self._ask)

    def _ask(self, asked: Asked, request: requests.Request) -> Page:
        response = self.api.send(request)
        self._measure(response)
        try:
            envelope, records = self.read_answer(response)
            return self.page(asked, envelope, records, response)
        except BrokenBody:
            raise unreadable(response) from None

    def read_answer(self, response: requests.Response) -> tuple[Any, list[Record]]:
        """Decode an answer as `read_body` does; one without rows has no word of an error.

        Raises:
            BrokenBody: it has one, or is not the documented envelope.
        """
        envelope, records = self.read_body(response)
        if not records and speaks_of_failure(response):
            raise BrokenBody("an error in place of rows")
        return envelope, records

    def read_body(self, response: requests.Response) -> tuple[Any, list[Record]]:
        """Decode an answer: its envelope and its records.

        Raises:
            BrokenBody: it is not the documented envelope.
        """
        return self.builder.read(response.content)

    def _measure(self, response: requests.Response) -> None:
        point = metrics.Point(
            "timer",
            metric=metrics.Metric.HTTP_REQUEST_DURATION,
            value=response.elapsed.total_seconds(),
            tags={
                metrics.Tag.STREAM: self.name,
                metrics.Tag.ENDPOINT: self.path,
                metrics.Tag.HTTP_STATUS_CODE: response.status_code,
                metrics.Tag.STATUS: metrics.Status.SUCCEEDED,
            },
        )
        metrics.log(self.metrics_logger, point)


def _may_be_a_slip(error: Exception, asked: Asked) -> bool:
    """Whether a refusal is not believed yet: of a page in the middle, for which no source has a remedy."""
    refused = getattr(error, "status", None) in NO_SUCH_PAGE
    return refused and asked.is_further and asked.tries < TRIES_OF_A_REFUSED_PAGE
