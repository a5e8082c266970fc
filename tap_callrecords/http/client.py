"""What the streams of one vendor product share: its address, credentials, sessions, and its error messages."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

import backoff
import requests
from requests.auth import AuthBase
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError, SingerSDKError

from tap_callrecords.errors import AccessRefused, BrokenBody
from tap_callrecords.http import proxies
from tap_callrecords.http.hosts import host_of, place_of
from tap_callrecords.http.retries import TROUBLES, is_hopeless, retry_after_seconds, verdict, waits
from tap_callrecords.http.session import CarefulSession
from tap_callrecords.http.tokens import NoAuth, TokenClient, TokenRequest, bearer_of
from tap_callrecords.http.troubles import describe, note_answer_through, unreadable
from tap_callrecords.http.words import (
    said_in,
    speaks_of_rate,
    text_of,
    undocumented,
)

if TYPE_CHECKING:
    from backoff.types import Details

P = ParamSpec("P")
T = TypeVar("T")


NOT_HERE = (requests.codes.not_found, requests.codes.method_not_allowed, requests.codes.gone)
"""Statuses that are about an address, and not about what was sent to it."""


class VerbatimRequest(requests.Request):
    """A request whose URL is sent as it is: requests would encode again what a vendor has put together."""


class VendorApi(ABC):
    """One vendor product; made once for a tap and used by all its streams and their threads."""

    product: ClassVar[str]
    """What people call it."""
    retry_statuses: ClassVar[frozenset[int]] = frozenset({408, 425, 429})
    """Statuses below 500 that pass."""
    credentials: ClassVar[Sequence[str]] = ()
    """The settings to check when the vendor refuses the credentials, where the source has no better words for it."""
    usual_retry_after: ClassVar[Mapping[int, int]] = {}
    """Seconds to wait, by status, where the vendor has forgotten to say `Retry-After`."""

    def __init__(self, config: Mapping[str, Any], *, user_agent: str, logger: logging.Logger) -> None:
        self.config = config
        self.logger = logger
        self._user_agent = user_agent
        self._timeout = float(config["request_timeout_seconds"])
        self._max_attempts = int(config["max_attempts"])
        self._local = threading.local()
        self.auth: AuthBase = NoAuth()

    @property
    @abstractmethod
    def url(self) -> str:
        """The base URL, without a slash at its end."""

    def headers(self) -> Mapping[str, str]:
        """What every request to this vendor carries beside `Accept` and `User-Agent`; asked for once in each thread."""
        return {}

    def refusal(self, response: requests.Response) -> SingerSDKError | None:
        """The error that a refusal (a status from 400 to 499) is, if the vendor documents it; None for any other.

        It says what is wrong and what to do: `AccessRefused` where a setting or a right is wrong whatever is asked for,
        `EndpointGone`, or `Refused` and its kinds. It is only told from the answer: nothing is sent, raised or changed.
        What can be done about an error, a stream's `remedy` knows.
        """
        if self.credentials and response.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            settings = " and ".join(self.credentials)
            return AccessRefused(
                f"{self.product} refused the credentials ({response.status_code}). Check {settings} in the settings, "
                "and what their user may read."
            )
        return None

    def refuses_token(self, response: requests.Response) -> bool:
        """Whether an answer refuses the token of its request, which is then renewed, once for each request."""
        return bool(response.status_code == requests.codes.unauthorized)

    def is_answer(self, response: requests.Response) -> bool:
        """Whether it is what was asked for, and no refusal, trouble or redirect."""
        return bool(response.status_code < requests.codes.multiple_choices)

    def instead_of_another_try(
        self,
        request: requests.Request,  # noqa: ARG002 - for sources
        response: requests.Response,  # noqa: ARG002
    ) -> FatalAPIError | None:
        """The error that ends the tries of a request after an answer that would pass; None where it is tried again."""
        return None

    @contextmanager
    def turn(self, request: requests.Request) -> Iterator[requests.Request]:
        """Hold while a request is on its way: wait for its turn where the vendor sets a pace, yield what to send."""
        yield request

    def session(self) -> CarefulSession:
        """This thread's session."""
        session: CarefulSession | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = CarefulSession()
            session.headers.update({"User-Agent": self._user_agent, "Accept": "application/json", **self.headers()})
        return session

    def hurry(self, *, attempts: int, seconds: float) -> None:
        """Give up sooner than configured, from the first request on: a person waits.

        Args:
            attempts: of each request at most.
            seconds: of each attempt at most.
        """
        self._max_attempts = min(self._max_attempts, attempts)
        self._timeout = min(self._timeout, seconds)

    def patient(self, ask: Callable[P, T]) -> Callable[P, T]:
        """Let what asks the vendor once try again after troubles that may pass.

        Raises:
            SingerSDKError: from the returned function: another try is no use, or there have been `max_attempts`.
        """
        return backoff.on_exception(
            waits,
            TROUBLES,
            max_tries=self._max_attempts,
            giveup=is_hopeless,
            jitter=None,
            on_backoff=self._tell_wait,
            on_giveup=self._give_up,
            logger=None,
        )(ask)

    def _tell_wait(self, details: Details) -> None:
        self._announce(describe(details["exception"], timeout=self._timeout), details["wait"], details["tries"])

    def _announce(self, trouble: str, seconds: float, tries: int) -> None:
        self.logger.warning(
            "%s; trying again in %.1f seconds (try %d of %d)", trouble, seconds, tries + 1, self._max_attempts
        )

    def _give_up(self, details: Details) -> None:
        error = details["exception"]
        raise verdict(error, max_attempts=self._max_attempts, timeout=self._timeout) from error

    def call(self, request: requests.Request, read: Callable[[requests.Response], T]) -> T:
        """Send a request until its answer can be read. Pages are read by their stream, see `PagedStream.get`.

        Args:
            request: as in `send`.
            read: turns a good answer into what is wanted; a `BrokenBody` that it raises is asked for again.

        Raises:
            SingerSDKError: as in `patient` and `send`.
        """

        def ask() -> T:
            response = self.send(request)
            try:
                return read(response)
            except BrokenBody:
                raise unreadable(response) from None

        return self.patient(ask)()

    def send(self, request: requests.Request) -> requests.Response:
        """Send a request once, or twice where its token is refused; its answer, if that is a good one.

        Args:
            request: with `auth` set where it needs other credentials than the vendor's data requests.

        Raises:
            RetriableAPIError, requests.RequestException: a trouble, most of which pass (see `patient`).
            AccessRefused: credentials or a right are wrong.
            ConfigurationError: a setting of this machine is wrong.
            FatalAPIError: the vendor refused.
        """
        auth = request.auth or self.auth
        response = self._send(request, auth)
        if isinstance(auth, TokenClient) and self.refuses_token(response):
            auth.refuse(bearer_of(response.request))
            response = self._send(request, auth)
        if not self.is_answer(response):
            raise self._error_of(request, response)
        return response

    def _send(self, request: requests.Request, auth: Any) -> requests.Response:
        with self.turn(request) as due:
            return self._send_now(due, auth)

    def _send_now(self, request: requests.Request, auth: Any) -> requests.Response:
        session = self.session()
        prepared = session.prepare_request(
            requests.Request(
                request.method,
                request.url,
                params=request.params,
                data=request.data,
                json=request.json,
                headers=request.headers,
                auth=auth,
            )
        )
        if isinstance(request, VerbatimRequest):
            prepared.url = request.url
        settings = session.merge_environment_settings(prepared.url, {}, None, None, None)
        if isinstance(bundle := settings["verify"], str):
            proxies.check_ca(bundle)
        proxy = proxies.proxy_for(str(prepared.url)) if settings["proxies"] else None
        try:
            response = session.send_in_time(prepared, self._timeout, **settings)
        except TimeoutError:
            del self._local.session  # the request under way keeps it
            raise requests.ReadTimeout(request=prepared) from None
        if proxy is not None:
            note_answer_through(proxy, response)
        return response

    def _error_of(self, request: requests.Request, response: requests.Response) -> Exception:
        status = response.status_code
        host = host_of(response.url)
        leads_nowhere = status < 400 and not response.headers.get("Location")  # noqa: PLR2004 - 304, as of a cache
        if status >= 500 or leads_nowhere or status in self.retry_statuses or self._asks_to_wait(response):  # noqa: PLR2004
            if status in self.usual_retry_after:
                response.headers.setdefault("Retry-After", str(self.usual_retry_after[status]))
            said = said_in(response) if status < 500 else ""  # noqa: PLR2004
            trouble = RetriableAPIError(f"{host} answered {status}{said}", response)
            return self.instead_of_another_try(request, response) or trouble
        if status < 400:  # noqa: PLR2004
            return FatalAPIError(
                f"{host} answered with a redirect ({status}) to {place_of(response.headers.get('Location'))}, which "
                f"is not followed: credentials go to the configured host only. Check the API URL of {self.product}."
            )
        if isinstance(request, TokenRequest) and status in NOT_HERE:
            return AccessRefused(f"{self.product} has no token endpoint at this URL. Check setting {request.setting}.")
        error = self.refusal(response) or undocumented(self.product, response)
        if isinstance(error, AccessRefused):
            error.status = status
        return error

    def _asks_to_wait(self, response: requests.Response) -> bool:
        """Whether a refusal means "later": it says when, or speaks of too many requests."""
        if response.status_code < 400:  # noqa: PLR2004
            return False
        if retry_after_seconds(response) is not None:
            return True
        if not speaks_of_rate(text_of(response)):
            return False
        if (usual := self.usual_retry_after.get(requests.codes.too_many_requests)) is not None:
            response.headers["Retry-After"] = str(usual)
        return True
