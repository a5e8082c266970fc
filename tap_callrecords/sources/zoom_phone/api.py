"""Zoom's API, as far as Zoom Phone is concerned: tokens, pace, and what its refusals mean (ZP 1, 2, 9, 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.auth import HTTPBasicAuth
from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import AccessRefused, Refused
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.pacing import Pacer
from tap_callrecords.http.redaction import REDACTOR, clean_quote
from tap_callrecords.http.tokens import Token, TokenClient, TokenRequest, read_token_answer, token_lifetime
from tap_callrecords.http.words import body_of, refused, said_in, words_of

TOKEN_CODE = 124
NO_ZOOM_PHONE_CODES = (2001, 2031)
VALIDATION_CODE = 300
DETAILS = "/phone/call_history/"
"""In the URL of a request for one call."""
PAGE = "next_page_token="
"""In the URL of a request for a page after others: there is a list at this address."""
NO_SUCH_CALL = (
    requests.codes.bad_request,
    requests.codes.not_found,
    requests.codes.gone,
    requests.codes.unprocessable,
)
"""A call that can't be asked for is one call only: it must not keep the others from being read."""
STRETCH_SECONDS = 1.0
"""What the setting for detail requests counts in."""
NOT_SIGNED_IN = (
    "Zoom refused the credentials. Check settings zoom_phone_account_id, zoom_phone_client_id and "
    "zoom_phone_client_secret: they are those of a Server-to-Server OAuth app in Zoom's App Marketplace, which has to "
    "be activated."
)
TOKEN_REFUSED = (
    "Zoom refused a token that it has just issued. Give each program that reads Zoom its own app, as a new token "
    "may end the one before; and check that settings zoom_phone_auth_url and zoom_phone_api_url belong together."
)
NO_RIGHT = (
    "Zoom does not let the app of setting zoom_phone_client_id read Zoom Phone. In Zoom, give the user who made the "
    "app a role that may view Zoom Phone for the whole account, then activate the app again."
)
NO_ZOOM_PHONE = (
    "The Zoom account has no Zoom Phone. Check setting zoom_phone_account_id: the app may belong to another account."
)
NOT_HERE = "Zoom Phone is not at this address. Check setting zoom_phone_api_url, which ends in /v2."
_SCOPES = re.compile(r"does not contain scopes?:?\s*\[?([\w:., -]+)", re.IGNORECASE)
_PAGE_TOKEN = re.compile(r"page[ _]?token", re.IGNORECASE)
_RANGE = re.compile(r"\b(?:from|to|date|time|month)\b", re.IGNORECASE)


class PageTokenRefused(Refused):
    """Zoom does not take a page token: it has expired, or stood on the last page (ZP A1, A28)."""


class NoDetails(Refused):
    """Zoom has no details of a call, or none yet (ZP 8, 9)."""


class DetailRequest(requests.Request):
    """A request for one call, which Zoom counts in its own way (ZP 10)."""


class AccountCredentials(TokenClient):
    """The token call (ZP 2): client id and secret as Basic authorisation, the account in the form."""

    def __init__(self, api: ZoomPhoneApi) -> None:
        super().__init__()
        self._api = api

    @override
    def fetch(self) -> Token:
        config = self._api.config
        client, secret = config["zoom_phone_client_id"], config["zoom_phone_client_secret"]
        REDACTOR.hide(f"{client}:{secret}")
        request = TokenRequest(
            self._api.token_url,
            setting="zoom_phone_auth_url",
            data={"grant_type": "account_credentials", "account_id": config["zoom_phone_account_id"]},
            auth=HTTPBasicAuth(client, secret),
        )
        answer = self._api.call(request, read_token_answer)
        return Token(answer["access_token"], token_lifetime(answer, default=3600))


class ZoomPhoneApi(VendorApi):
    """Zoom's API (ZP 1, 2, 9, 10)."""

    product = "Zoom Phone"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = AccountCredentials(self)
        self._details = Pacer(self.details_per_second, STRETCH_SECONDS)

    @property
    @override
    def url(self) -> str:
        return str(self.config["zoom_phone_api_url"]).rstrip("/")

    @property
    def token_url(self) -> str:
        """Where tokens are issued."""
        return f"{str(self.config['zoom_phone_auth_url']).rstrip('/')}/token"

    @property
    def details_per_second(self) -> int:
        """How many calls may be asked for in a second."""
        return int(self.config["zoom_phone_detail_requests_per_second"])

    @contextmanager
    @override
    def turn(self, request: requests.Request) -> Iterator[requests.Request]:
        if not isinstance(request, DetailRequest):
            yield request
            return
        with self._details:
            yield request

    @override
    def refuses_token(self, response: requests.Response) -> bool:
        return super().refuses_token(response) or (
            response.status_code == requests.codes.bad_request and _speaks_of_token(response)
        )

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError | None:
        status, said = response.status_code, said_by(response)
        if scopes := _SCOPES.search(said):
            return Refused(
                f"Zoom's app lacks a right: add the scope {clean_quote(scopes[1].strip())} to the app of setting "
                "zoom_phone_client_id in Zoom's App Marketplace, and activate it again.",
                status,
                response,
            )
        if sentence := self._refused_access(response, said):
            return AccessRefused(sentence)
        if status in NO_SUCH_CALL and DETAILS in str(response.request.url):
            lacking = "Zoom Phone has no details of a call."
            refusing = f"Zoom Phone refused a request for the legs of a call with status {status}{said_in(response)}"
            return NoDetails(lacking if status == requests.codes.not_found else refusing, status, response)
        if _PAGE_TOKEN.search(said):
            return PageTokenRefused("Zoom Phone does not accept a page token.", status, response)
        if words_of(response).get("code") == VALIDATION_CODE and _RANGE.search(said):
            return refused(
                f"Zoom Phone refused a time range: {clean_quote(said)} Check setting zoom_phone_history_days, and this "
                "machine's clock.",
                response,
            )
        return None

    def _refused_access(self, response: requests.Response, said: str) -> str | None:
        url, status, codes = str(response.request.url), response.status_code, requests.codes
        reasons = (
            (url == self.token_url, NOT_SIGNED_IN),
            (status == codes.unauthorized or _speaks_of_token(response), TOKEN_REFUSED),
            (words_of(response).get("code") in NO_ZOOM_PHONE_CODES, NO_ZOOM_PHONE),
            (status == codes.forbidden or "have permission" in said, NO_RIGHT),
            (status == codes.not_found and DETAILS not in url and PAGE not in url, NOT_HERE),
        )
        return next((sentence for applies, sentence in reasons if applies), None)


def said_by(response: requests.Response) -> str:
    """The messages of a refusal, those about single fields included (ZP 9)."""
    body = body_of(response)
    errors = body.get("errors")
    fields = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    parts = [body.get("message"), *(f"{each.get('field')}: {each.get('message')}" for each in fields)]
    return " ".join(str(part) for part in parts if part)


def _speaks_of_token(response: requests.Response) -> bool:
    """Whether a refusal is one of the access token, whatever its status; a lack of scopes is none (ZP A31)."""
    said = said_by(response)
    words = words_of(response).get("code") == TOKEN_CODE and "token" in said.lower()
    return words and not _SCOPES.search(said)
