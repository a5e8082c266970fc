"""Webex Calling's API: its pace, its hosts, and what is done after its time-outs (WX 1, 2, 7)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

import requests
from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import AskedTooMuch, PageLost
from tap_callrecords.http.client import VendorApi, VerbatimRequest
from tap_callrecords.http.hosts import host_of
from tap_callrecords.http.pacing import Pacer
from tap_callrecords.sources.webex.refusals import refusal
from tap_callrecords.sources.webex.tokens import RefreshToken, StaticToken

LEAST_PAGE_SIZE = 500
"""Current servers take no smaller one (WX 3)."""
TIME_OUTS_OF_A_PAGE = 2
"""Of Webex's gateway, until less is asked for than the smallest page."""
_VENDOR_URL = re.compile(r"https://(?:[a-z0-9-]+\.)+webexapis\.com(?::443)?/[^\s\\]*", re.IGNORECASE)


class FurtherPage(VerbatimRequest):
    """A request by a link, which keeps its page size however often it is sent."""

    def __init__(self, url: str) -> None:
        super().__init__("GET", url)
        self.time_outs = 0
        self.may_shrink = False


class FirstPage(requests.Request):
    """The first request of a window, which Webex counts in its own way; put together when its turn has come.

    Attributes:
        path: of the endpoint.
        start: `startTime`, moved up if Webex would no longer serve it.
        end: `endTime`.
        reach: how far back Webex serves, less a margin.
        locations: names to filter by; empty for all.
    """

    def __init__(
        self, path: str, start: datetime, end: datetime, *, reach: timedelta, locations: Sequence[str] = ()
    ) -> None:
        super().__init__("GET")
        self.path = path
        self.start = start
        self.end = end
        self.reach = reach
        self.locations = locations
        self.time_outs = 0


class WebexApi(VendorApi):
    """Webex Calling's call history (WX 1, 2, 7)."""

    product = "Webex Calling"
    retry_statuses = VendorApi.retry_statuses | {requests.codes.locked}
    usual_retry_after: ClassVar = {requests.codes.locked: 60, requests.codes.too_many_requests: 60}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = RefreshToken(self) if self.config.get("webex_refresh_token") else StaticToken(self.config)
        interval: int = self.config["webex_initial_request_interval_seconds"]
        self._first_pages = Pacer(1, interval) if interval else None
        self._further_pages = Pacer(self.config["webex_page_requests_per_minute"], 60)
        self._page_size: int = self.config["webex_page_size"]
        self._base = str(self.config["webex_api_url"]).rstrip("/")
        self._has_moved = False
        self._lock = threading.Lock()

    @property
    @override
    def url(self) -> str:
        return self._base

    @override
    @contextmanager
    def turn(self, request: requests.Request) -> Iterator[requests.Request]:
        if isinstance(request, FirstPage) and self._first_pages:
            with self._first_pages:
                yield self._put_together(request)
        elif isinstance(request, FirstPage):
            yield self._put_together(request)
        elif isinstance(request, FurtherPage):
            with self._further_pages:
                yield request
        else:
            yield request

    def _put_together(self, request: FirstPage) -> requests.Request:
        start = max(request.start, datetime.now(UTC) - request.reach)
        if start - request.start > timedelta(minutes=1):
            self.warn_of_loss(request.start, start)
        query = {
            "startTime": instants.to_text(start),
            "endTime": instants.to_text(request.end),
            "max": str(self._page_size),
        }
        if request.locations:
            query["locations"] = ",".join(request.locations)
        # Blanks as %20, the rest as in the vendor's own example (WX 3).
        return VerbatimRequest("GET", f"{self.url}{request.path}?{urlencode(query, safe='/:,', quote_via=quote)}")

    def warn_of_loss(self, start: datetime, end: datetime) -> None:
        """Say what can't be read any more."""
        self.logger.warning(
            "Webex no longer serves what is from %s until %s: it left its history while the tap was reading.",
            instants.to_text(start),
            instants.to_text(end),
        )

    def may_follow(self, url: str) -> bool:
        """Whether a link leads to where the token may go: Webex, or the configured host (WX 6)."""
        own = urlsplit(self.url)
        return bool(_VENDOR_URL.fullmatch(url)) or url.startswith(f"{own.scheme}://{own.netloc}/")

    def is_empty(self, response: requests.Response) -> bool:
        """Whether an answer without records says that there are none (WX 6): 204, or 404 in certain words."""
        if response.status_code == requests.codes.not_found:
            return "no cdrs" in response.text.lower()
        return bool(response.status_code == requests.codes.no_content)

    @override
    def instead_of_another_try(self, request: requests.Request, response: requests.Response) -> FatalAPIError | None:
        """After a time-out of the gateway, the vendor's advice: a smaller page, then a shorter window (WX 7)."""
        if response.status_code != requests.codes.gateway_timeout:
            return None
        smaller = max(LEAST_PAGE_SIZE, self._page_size // 2)
        shrinks = smaller < self._page_size
        self._page_size = min(smaller, self._page_size)
        if isinstance(request, FurtherPage):
            request.may_shrink |= shrinks
        elif not isinstance(request, FirstPage) or shrinks:
            return None
        request.time_outs += 1
        if request.time_outs < min(TIME_OUTS_OF_A_PAGE, self._max_attempts):
            return None
        late = "Webex did not have a page ready in time (504)"
        if isinstance(request, FurtherPage) and request.may_shrink:
            return PageLost(f"{late}, {self._page_size} records are asked for.")
        return AskedTooMuch(f"{late}.")

    @override
    def is_answer(self, response: requests.Response) -> bool:
        return super().is_answer(response) or self.is_empty(response)

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError:
        return refusal(response, self.config)

    def moves_to(self, region: str) -> bool:
        """Take the host that a refusal names, once in a run; whether a request is worth repeating there."""
        with self._lock:
            if not self._has_moved:
                self._has_moved = True
                self._base = region + urlsplit(self._base).path
                self.logger.warning(
                    "Webex holds the data of this organisation at %s, which is used for this run. Set webex_api_url "
                    "to %s to save a request.",
                    host_of(region),
                    self._base,
                )
            return host_of(self._base) == host_of(region)
