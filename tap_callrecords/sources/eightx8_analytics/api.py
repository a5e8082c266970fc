"""8x8 Analytics for Contact Center: where it is, its token, its refusals, its next page (CC B1, B2, B5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urljoin

import requests
from requests.auth import HTTPBasicAuth
from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import AccessRefused
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.hosts import host_of
from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.http.tokens import Token, TokenClient, TokenRequest, read_token_answer, token_lifetime
from tap_callrecords.http.words import words_of
from tap_callrecords.paging.links import corrected_link, next_link

REGIONS = {"us": "", "eu": "/eu", "au": "/au", "ca": "/ca"}
"""What stands before `/analytics/cc` in the path (CC B1)."""
VERSION = "v8"
PAGE_SIZE = 1000
"""The most that the vendor allows (CC B4)."""
TENANT_MISSING = (
    "8x8 Analytics for Contact Center needs to know the tenant, as the customer has several. Set "
    "eightx8_analytics_tenant_id to the tenant's id."
)
TENANT_UNKNOWN = (
    "8x8 Analytics for Contact Center does not know the tenant. Check setting eightx8_analytics_tenant_id, and that "
    "the App of setting eightx8_analytics_key belongs to the same customer."
)
NOT_SIGNED_IN = (
    "8x8 Analytics for Contact Center refused the credentials. Check settings eightx8_analytics_key and "
    "eightx8_analytics_secret: they are Key and Secret of an App in 8x8 Admin Console that includes Analytics for "
    "Contact Center."
)
NO_RIGHT = (
    "8x8 Analytics for Contact Center does not let the App of setting eightx8_analytics_key read reports. In 8x8 Admin "
    "Console, add the product Analytics for Contact Center to it, and check settings eightx8_analytics_region and "
    "eightx8_analytics_tenant_id."
)
NOT_HERE = (
    "8x8 Analytics for Contact Center serves no detailed reports at this address. Check setting "
    "eightx8_analytics_region (or eightx8_analytics_api_url, which ends in /analytics/cc)."
)


class ClientCredentials(TokenClient):
    """The token call (CC B2): Key and Secret as Basic authorisation; the lifetime comes as text."""

    def __init__(self, api: AnalyticsApi) -> None:
        super().__init__()
        self._api = api

    @override
    def fetch(self) -> Token:
        key, secret = (self._api.config[f"eightx8_analytics_{name}"] for name in ("key", "secret"))
        REDACTOR.hide(f"{key}:{secret}")
        request = TokenRequest(
            f"{str(self._api.config['eightx8_analytics_auth_url']).rstrip('/')}/token",
            setting="eightx8_analytics_auth_url",
            data={"grant_type": "client_credentials"},
            auth=HTTPBasicAuth(key, secret),
        )
        answer = self._api.call(request, read_token_answer)
        return Token(answer["access_token"], token_lifetime(answer, default=1799))


class AnalyticsApi(VendorApi):
    """8x8 Analytics for Contact Center (CC B1, B2, B5)."""

    product = "8x8 Analytics for Contact Center"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = ClientCredentials(self)

    @property
    @override
    def url(self) -> str:
        configured = self.config.get("eightx8_analytics_api_url")
        base = configured or f"https://api.8x8.com{REGIONS[self.config['eightx8_analytics_region']]}/analytics/cc"
        return f"{str(base).rstrip('/')}/{VERSION}/historical-metrics"

    @override
    def headers(self) -> Mapping[str, str]:
        tenant = self.config.get("eightx8_analytics_tenant_id")
        return {"X-Tenant-Info": tenant} if tenant else {}

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError | None:
        said = " ".join(str(word) for word in words_of(response).values()) or response.text
        if "X-Tenant-Info" in said:
            return AccessRefused(TENANT_MISSING if "missing" in said else TENANT_UNKNOWN)
        is_token_call = not str(response.request.url).startswith(self.url)
        if is_token_call or response.status_code == requests.codes.unauthorized:
            return AccessRefused(NOT_SIGNED_IN)
        if response.status_code == requests.codes.forbidden:
            return AccessRefused(NO_RIGHT)
        if response.status_code == requests.codes.not_found and response.request.method == "POST":
            return AccessRefused(NOT_HERE)
        return None

    def next_page(self, response: requests.Response) -> str | None:
        """The URL of the next page (CC B4, D7): the vendor's link, or its cursor where the link leads elsewhere.

        Raises:
            FatalAPIError: the link leads to another host, and there is no cursor.
        """
        here = str(response.url)
        link = next_link(response.headers.get("Link"))
        target = corrected_link(link or "", here)
        stays_here = link is not None and target.startswith(urljoin(here, "/"))
        goes_on = stays_here and _cursor_in(target) not in ([], _cursor_in(here))
        cursor = response.headers.get("Last-Document-Id")
        if cursor and not goes_on:
            return f"{page_url(here)}&lastDocumentId={quote(unquote(cursor), safe='')}"
        if stays_here:
            return target
        if link is not None:
            raise FatalAPIError(
                f"{self.product} names the next page at {host_of(link)}, where credentials must not go. The bookmark "
                "stays before this window."
            )
        return None


def _cursor_in(url: str) -> list[str]:
    return parse_qs(url.partition("?")[2]).get("lastDocumentId", [])


def page_url(data_url: str, size: int | None = None) -> str:
    """The URL of a report's first page, of so many rows; by default of as many as the given one asks for."""
    bare, _, query = data_url.partition("?")
    return f"{bare}?size={size or parse_qs(query).get('size', [PAGE_SIZE])[0]}"
