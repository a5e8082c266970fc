"""Tokens: fetched when first needed, renewed before they expire, and once when the vendor refuses them."""

from __future__ import annotations

import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase
from typing_extensions import override

from tap_callrecords.errors import BrokenBody
from tap_callrecords.http.redaction import REDACTOR

EARLY_SECONDS = 60.0
"""A token is renewed this long before it expires, or at half of its life if that is later."""


_SENDABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token.

    Attributes:
        value: what goes into the header.
        lifetime: seconds.
    """

    value: str
    lifetime: float


class TokenRequest(requests.Request):
    """A request for a token, to an address that has a setting of its own."""

    def __init__(self, url: str, *, setting: str, **more: Any) -> None:
        """Args: setting: the one of the address."""
        super().__init__("POST", url, **more)
        self.setting = setting


class TokenClient(AuthBase, ABC):
    """Puts a valid bearer token on each request; shared by the streams and threads of a vendor."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: str | None = None
        self._renew_at = 0.0

    @abstractmethod
    def fetch(self) -> Token:
        """Ask the vendor for a new token.

        Raises:
            ConfigurationError: the vendor refuses the credentials.
            FatalAPIError: the vendor could not be reached.
        """

    def token(self) -> str:
        """The current token, renewed when it is about to expire."""
        with self._lock:
            if self._value is None or time.monotonic() >= self._renew_at:
                asked_at = time.monotonic()
                token = self.fetch()
                REDACTOR.hide(token.value, passing=True)
                self._value = token.value
                self._renew_at = asked_at + max(token.lifetime - EARLY_SECONDS, token.lifetime / 2)
            return self._value

    def refuse(self, value: str) -> None:
        """The vendor refused this token: the next request gets a new one (once, however many threads report it)."""
        with self._lock:
            if self._value == value:
                self._value = None

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self.token()}"
        return r


def bearer_of(request: requests.PreparedRequest) -> str:
    """The token that a request carried."""
    return str(request.headers.get("Authorization", "")).removeprefix("Bearer ")


class NoAuth(AuthBase):
    """Adds nothing (and keeps requests from looking for a .netrc file)."""

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


def read_token_answer(response: requests.Response) -> Mapping[str, Any]:
    """The JSON object of a token endpoint.

    Raises:
        BrokenBody: there is none, or it has no `access_token` that a header takes.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError):
        raise BrokenBody("no JSON") from None
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not _SENDABLE.fullmatch(token.strip()):
        raise BrokenBody("no access_token")
    return {**body, "access_token": token.strip()}


def token_lifetime(answer: Mapping[str, Any], *, default: float) -> float:
    """`expires_in` in seconds, a number or text (CC B2)."""
    try:
        return float(answer.get("expires_in", default))
    except (TypeError, ValueError, OverflowError):
        return default
