"""Voiso's CDR API: where it is, how its key travels, and what its refusals mean (VO 1, 10)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from singer_sdk.exceptions import ConfigurationError, SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import AccessRefused, Refused
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.redaction import clean_quote
from tap_callrecords.http.words import refused, words_of

DOMAIN = ".voiso.com"
KEY_REFUSED = (
    "Voiso refused the API key. Check settings voiso_api_key and voiso_cluster: the key is that of a user (not of the "
    "contact center), and it belongs to the cluster at whose address that user signs in."
)
NOT_ALLOWED = (
    "The Voiso user of setting voiso_api_key may not read call detail records. In Voiso, give the user a role and a "
    "security access group with access to CDRs."
)
NO_CDR_API = (
    "Voiso has no CDR API at this address. Check setting voiso_cluster: it is the first label of the address at which "
    "users sign in, such as cluster1 of https://cluster1.voiso.com."
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_INVALID_KEY = re.compile(r"invalid (?:user )?api[ _]?key|unauthorized", re.IGNORECASE)
_TOKEN_DEMANDED = re.compile(
    r"search_token\W+(?:\w+\W+){0,6}(?:required|missing|blank|empty|present|mandatory)\b"
    r"|\b(?:required|missing|mandatory)\W+(?:\w+\W+){0,6}search_token",
    re.IGNORECASE,
)


class TokenDemanded(Refused):
    """The vendor seems to take no request without a search token, not even the first one (VO A4)."""


class KeyInQuery(AuthBase):
    """The key is a parameter of the URL (VO 1); put there last, it is in no request that anybody describes."""

    def __init__(self, key: str) -> None:
        self._key = key

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.prepare_url(r.url, {"key": self._key})
        return r


def cluster_url(cluster: str) -> str:
    """The API's URL for a cluster, given as a label, as its host or as a URL (VO A25).

    Raises:
        ConfigurationError: it is not the vendor's host: the key would travel there.
    """
    try:
        host = urlsplit(cluster if "//" in cluster else f"//{cluster.strip()}").hostname or ""
    except ValueError:
        host = ""
    while host.endswith(DOMAIN):
        host = host.removesuffix(DOMAIN)
    if not _LABEL.fullmatch(host):
        raise ConfigurationError(
            "Setting voiso_cluster must be the first label of the address at which users sign in, such as cluster1 of "
            "https://cluster1.voiso.com. For another host set voiso_api_url."
        )
    return f"https://{host}{DOMAIN}/api/v2"


class VoisoApi(VendorApi):
    """Voiso's CDR API, version 2 (VO 1, 10)."""

    product = "Voiso"
    retry_statuses = VendorApi.retry_statuses | {424}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._url = self.config.get("voiso_api_url") or cluster_url(self.config["voiso_cluster"])
        self.auth = KeyInQuery(self.config["voiso_api_key"])
        self.page_size: int = self.config["voiso_page_size"]
        self.first_token: str | None = None
        """What stands for no search token: nothing, until the vendor demands one."""

    @property
    @override
    def url(self) -> str:
        return str(self._url).rstrip("/")

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError:
        path = urlsplit(str(response.request.url))
        match response.status_code:
            case 404 if path.path.endswith("/cdr"):
                return refused(NO_CDR_API, response)
            case 404:
                name = path.path.rpartition("/")[2]
                said = f"Voiso does not serve the list {name} at this address. Deselect stream voiso_{name}."
                return refused(said, response)
            case status if status == 401 or speaks_of_wrong_key(response):  # noqa: PLR2004
                return AccessRefused(KEY_REFUSED)
            case 403:
                return AccessRefused(NOT_ALLOWED)
            case status:
                said = f"Voiso refused a request with status {status}: {clean_quote(response.text)}"
                if "search_token=" not in path.query and _TOKEN_DEMANDED.search(response.text):
                    return TokenDemanded(said, status)
                return refused(said, response)


def speaks_of_wrong_key(response: requests.Response) -> bool:
    """Whether an answer says that the key is wrong, whatever the status it comes with (VO 10)."""
    return _INVALID_KEY.search(str(words_of(response).get("error"))) is not None
