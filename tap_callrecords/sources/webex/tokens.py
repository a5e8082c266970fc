"""Webex's tokens: one that is ready, or ones fetched with a refresh token (WX 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase
from typing_extensions import override

from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.http.tokens import NoAuth, Token, TokenClient, TokenRequest, read_token_answer, token_lifetime

if TYPE_CHECKING:
    from tap_callrecords.http.client import VendorApi

HALF_A_DAY = 12 * 3600.0
SOON_DAYS = 14


class StaticToken(AuthBase):
    """A ready access token, which can't be renewed."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._token: str = config["webex_access_token"]

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


class RefreshToken(TokenClient):
    """The OAuth 2 refresh grant, the same for an integration and for a service app.

    Webex may hand out another refresh token with each access token. The newest one is used for the rest of the run;
    it is written nowhere, since a Singer tap is given its configuration and has no place to keep secrets.
    """

    def __init__(self, api: VendorApi) -> None:
        super().__init__()
        self._api = api
        self._refresh_token: str = api.config["webex_refresh_token"]

    @override
    def fetch(self) -> Token:
        config = self._api.config
        request = TokenRequest(
            f"{str(config['webex_auth_url']).rstrip('/')}/access_token",
            setting="webex_auth_url",
            data={
                "grant_type": "refresh_token",
                "client_id": config["webex_client_id"],
                "client_secret": config["webex_client_secret"],
                "refresh_token": self._refresh_token,
            },
            auth=NoAuth(),
        )
        answer = self._api.call(request, read_token_answer)
        self._keep(answer)
        return Token(answer["access_token"], token_lifetime(answer, default=HALF_A_DAY))

    def _keep(self, answer: Mapping[str, Any]) -> None:
        newest = answer.get("refresh_token")
        if isinstance(newest, str) and newest and newest != self._refresh_token:
            REDACTOR.hide(newest, passing=True)
            self._refresh_token = newest
            self._api.logger.warning(
                "Webex has issued another refresh token. It is used until this run ends and is written nowhere; the "
                "next run begins with setting webex_refresh_token again. Where Webex refuses that, its refresh tokens "
                "rotate and the newest has to be stored: let the program that stores it renew, and set "
                "webex_access_token for each run."
            )
        try:
            days = float(answer["refresh_token_expires_in"]) / 86_400
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        if days < SOON_DAYS:
            self._api.logger.warning(
                "The refresh token of setting webex_refresh_token expires in %.0f days: authorise the integration or "
                "service app again before then.",
                days,
            )
