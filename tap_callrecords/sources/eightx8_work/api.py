"""8x8 Work Analytics: where it is, its token, its refusals, its names for UTC (WA 1, 2, 5, A3)."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests
from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import AccessRefused, EndpointGone, Refused
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.tokens import NoAuth, Token, TokenClient, read_token_answer, token_lifetime
from tap_callrecords.http.words import words_of

TIME_ZONES = ("UTC", "Etc/UTC", "GMT")
"""Names for a zone without daylight saving; the first that a deployment accepts is used (WA A3)."""
REFUSALS = (
    (
        r"SHA001|Invalid 8x8-apikey",
        "8x8 Work does not know the API key. Check setting eightx8_work_api_key: it is the Key (not the Secret) of an "
        "App in 8x8 Admin Console that includes the product Analytics for 8x8 Work; a product that was just added "
        "takes some minutes.",
    ),
    (
        r"USER_NOTFOUND",
        "8x8 Work does not know the user. Check setting eightx8_work_username: it is the name with which that person "
        "signs in to 8x8.",
    ),
    (
        r"105-400-038|does not have access to api category",
        "The 8x8 Work user may not read call records. In 8x8 Admin Console, give the user of setting "
        "eightx8_work_username a licence with Analytics and the access level Supervisor.",
    ),
    (
        r"does not have access to pbxId",
        "The 8x8 Work user may not read one of the PBXs. Check setting eightx8_work_pbx_ids (names of PBXs as in 8x8 "
        "Admin Console, or allpbxes), or give the user of setting eightx8_work_username access to it.",
    ),
    (
        r"PASSWORD|BAD_?CREDENTIALS|Bad credentials",
        "8x8 Work refused the password. Check settings eightx8_work_password and eightx8_work_username.",
    ),
)
"""What the refusals of WA 5 mean, and what to do: pattern in the answer's words, sentence."""
V1_IS_GONE = (
    "8x8 Work no longer serves v1/cdr, which it had deprecated. Select the streams eightx8_call_records and "
    "eightx8_call_legs (v2) instead of eightx8_cdr_call_records and eightx8_cdr_call_legs: they have the same rows, "
    "keys and columns."
)
NOT_SIGNED_IN = (
    "8x8 Work refused to sign the user in. Check settings eightx8_work_username and eightx8_work_password, and let the "
    "user open Analytics for 8x8 Work in a browser once: before that the API refuses them."
)
TOKEN_REFUSED = (
    "8x8 Work refused a token that it has just issued. Check that the App of setting eightx8_work_api_key and the user "
    "of setting eightx8_work_username belong to the same company."
)


class PasswordToken(TokenClient):
    """The token call (WA 2): user name and password, a form; no grant type, no refresh token."""

    def __init__(self, api: WorkApi) -> None:
        super().__init__()
        self._api = api

    @override
    def fetch(self) -> Token:
        config = self._api.config
        request = requests.Request(
            "POST",
            f"{self._api.url}/v1/oauth/token",
            data={"username": config["eightx8_work_username"], "password": config["eightx8_work_password"]},
            auth=NoAuth(),
        )
        answer = self._api.call(request, read_token_answer)
        return Token(answer["access_token"], token_lifetime(answer, default=1800))


class WorkApi(VendorApi):
    """8x8 Work Analytics (WA 1, 2, 5)."""

    product = "8x8 Work"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = PasswordToken(self)
        self.time_zone = TIME_ZONES[0]
        self.time_zone_accepted = False
        self._choosing = threading.Lock()

    def may_try_again(self, time_zone: str) -> bool:
        """Some deployments may not know a zone by one name (WA A3): after a refusal, whether another one is left."""
        with self._choosing:
            if self.time_zone == time_zone and not self.time_zone_accepted and time_zone != TIME_ZONES[-1]:
                self.time_zone = TIME_ZONES[TIME_ZONES.index(time_zone) + 1]
            return self.time_zone != time_zone

    @cached_property
    @override
    def url(self) -> str:
        return str(self.config["eightx8_work_api_url"]).rstrip("/")

    @override
    def headers(self) -> Mapping[str, str]:
        return {"8x8-apikey": self.config["eightx8_work_api_key"]}

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError | None:
        path = urlsplit(str(response.request.url)).path
        said = " ".join(str(word) for word in words_of(response).values())
        for pattern, sentence in REFUSALS:
            if re.search(pattern, said, re.IGNORECASE):
                return AccessRefused(sentence)
        if path.endswith("/oauth/token"):
            return AccessRefused(NOT_SIGNED_IN)
        if response.status_code in (requests.codes.not_found, requests.codes.gone) and path.endswith("/v1/cdr"):
            return EndpointGone(V1_IS_GONE)
        if response.status_code == requests.codes.unauthorized:
            return Refused(TOKEN_REFUSED, response.status_code, response)
        return None
