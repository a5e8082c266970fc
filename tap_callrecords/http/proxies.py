"""The proxies and certificates that environment variables name, and messages about what is wrong with them."""

from __future__ import annotations

import importlib.util
import os
import re
import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy
from singer_sdk.exceptions import ConfigurationError
from typing_extensions import override
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from tap_callrecords.http.redaction import REDACTOR

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_HOST = re.compile(r"(?:\w*:/+)?([a-z0-9.-]+)(?::\w*)?/?", re.IGNORECASE)


# Proxies


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy through which requests go.

    Attributes:
        url: its URL, with credentials.
        variable: the environment variable that names it.
    """

    url: Url
    variable: str

    @override
    def __str__(self) -> str:
        """The proxy as a person finds it, without credentials."""
        return f"the proxy {Url(self.url.scheme, None, self.url.host, self.url.port)} ({self.variable})"


_have_worked: set[Proxy] = set()
"""Proxies that have let a request through: from then on their trouble may pass."""


def proxy_for(url: str) -> Proxy | None:
    """The proxy that a request to a URL goes through; None without one.

    Raises:
        ConfigurationError: a variable names a proxy that can't be used.
    """
    given = select_proxy(url, get_environ_proxies(url, no_proxy=None))
    if not given:
        return None
    variable = _proxy_variable(urlsplit(url).scheme)
    try:
        parsed = parse_url(prepend_scheme_if_needed(given, "http"))  # type: ignore[no-untyped-call]
    except (LocationParseError, TypeError, ValueError):
        parsed = Url()
    proxy = Proxy(parsed, variable)
    REDACTOR.hide(*(part for part in _password_of(given, parsed) if part))
    # A path, a query or a fragment: most likely a password with a letter that ends the host.
    if parsed.scheme not in _PROXY_SCHEMES or not parsed.host or any((parsed.request_uri != "/", parsed.fragment)):
        raise ConfigurationError(
            f"There is no usable proxy in {variable}{_host_in(given)}: write it like "
            "http://proxy.example:3128, and percent-encode special characters of a user name or password (@ is %40)."
        )
    if parsed.scheme.startswith("socks") and importlib.util.find_spec("socks") is None:
        raise ConfigurationError(
            f"SOCKS proxies require the package PySocks, and {proxy} is one: run pip install PySocks in the "
            "environment of the tap."
        )
    return proxy


def has_worked(proxy: Proxy) -> bool:
    """Whether a request has come through this proxy since the tap was started."""
    return proxy in _have_worked


def note_that_it_works(proxy: Proxy) -> None:
    """A request has come through this proxy."""
    _have_worked.add(proxy)


def _proxy_variable(scheme: str) -> str:
    """The variable from which a proxy for a scheme comes, of several spellings the one that is taken."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        spellings = sorted((each for each in os.environ if each.lower() == name and os.environ[each]), reverse=True)
        if spellings:  # small letters come first
            return f"environment variable {spellings[0]}"
    return "system settings"


def _password_of(given: str, parsed: Url) -> tuple[str, ...]:
    password = (parsed.auth or given.rpartition("@")[0].rpartition("//")[2]).partition(":")[2]
    return password, unquote(password)


def _host_in(given: str) -> str:
    """The host of what was meant for a proxy's URL, where it can be told from a password; for a message."""
    found = _HOST.fullmatch(given.rpartition("@")[2].strip())
    return f" (host {found[1]})" if found else ""


# Certificates


def ca_variable() -> str | None:
    """The environment variable that names a file of certificates to trust; None without one."""
    return next((name for name in _CA_VARIABLES if os.environ.get(name)), None)


@lru_cache
def check_ca(bundle: str) -> None:
    """See that certificates can be checked against a file or a folder.

    Raises:
        ConfigurationError: they can't.
    """
    path = Path(bundle)
    try:
        missing = not path.exists()
        if not missing and not path.is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except (OSError, ValueError):
        raise ConfigurationError(
            f"The environment variable {ca_variable()} names {bundle}, which is not a readable file of CA certificates."
        ) from None
    if missing:
        raise ConfigurationError(f"The environment variable {ca_variable()} names {bundle}, which does not exist.")
