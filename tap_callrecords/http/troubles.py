"""What went wrong with a request, as a readable message: by host and kind, without URL, headers or body."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Sequence

import requests
from singer_sdk.exceptions import ConfigurationError, FatalAPIError, RetriableAPIError, SingerSDKError
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from tap_callrecords.errors import AccessRefused
from tap_callrecords.http import proxies
from tap_callrecords.http.hosts import host_of
from tap_callrecords.http.proxies import Proxy

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")  # so says http.client
CREDENTIALS_OF_PROXY = (
    "write them into that setting, like http://user:password@proxy.example:3128, and percent-encode special "
    "characters (@ is %40)."
)


def describe(error: BaseException, *, timeout: float) -> str:
    """Say what went wrong with a request, as a readable message without its URL, headers or body."""
    request = getattr(error, "request", None)
    host = host_of(request.url) if request is not None else "the vendor's host"
    chain = _chain(error)
    if (proxy := _proxy_of(error)) is not None:
        if said := _told_of_proxy(error, proxy, host):
            return said
        host = f"{host} through {proxy}"
    if isinstance(error, requests.Timeout):
        return f"{host} did not answer within {timeout:g} seconds"
    for each in chain:
        if isinstance(each, (NameResolutionError, socket.gaierror)):
            return f"the name {host} could not be resolved"
        if isinstance(each, requests.exceptions.SSLError):
            return f"the TLS certificate of {host} could not be verified"
        if isinstance(each, (NewConnectionError, ConnectionRefusedError)):
            return f"{host} refused the connection"
    broke = f"the connection to {host} broke ({type(error).__name__})"
    return broke if isinstance(error, requests.RequestException) else str(error)


def unreadable(response: requests.Response) -> RetriableAPIError:
    """The error that a good answer with a broken body is: it is asked for again."""
    return RetriableAPIError(
        f"{host_of(response.url)} answered {response.status_code} with a body that is not what it documents", response
    )


def note_answer_through(proxy: Proxy, response: requests.Response) -> None:
    """A request has come through a proxy, or to one that does not let it through.

    Raises:
        ConfigurationError: the proxy wants credentials.
    """
    if response.status_code == requests.codes.proxy_authentication_required:
        raise ConfigurationError(
            f"{proxy} asks for credentials, or refuses those that it is given ({response.status_code}); "
            f"{CREDENTIALS_OF_PROXY}"
        )
    proxies.note_that_it_works(proxy)


def _proxy_of(error: BaseException) -> Proxy | None:
    """The proxy that an error is about, or that may be behind it; None without one."""
    request = getattr(error, "request", None)
    if request is None or not isinstance(error, requests.RequestException):
        return None
    return proxies.proxy_for(request.url)


def _told_of_proxy(error: BaseException, proxy: Proxy, host: str) -> str | None:
    """What is wrong between the tap and a proxy; None where what is wrong lies behind it."""
    chain = _chain(error)
    if (status := _tunnel_status(chain)) is not None:
        if status == requests.codes.proxy_authentication_required:
            return f"{proxy} asks for credentials, or refuses those that it is given ({status})"
        return f"{proxy} does not connect to {host} ({status})"
    if not _lies_before(error, proxy):
        return None
    if any(isinstance(each, (NameResolutionError, socket.gaierror)) for each in chain):
        return f"the name of {proxy} could not be resolved"
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        return f"the TLS certificate of {proxy} could not be verified"
    return f"{proxy} can't be reached"


def _lies_before(error: BaseException, proxy: Proxy) -> bool:
    """Whether a connection did not even get to its proxy; behind a SOCKS proxy the libraries can't tell."""
    through = isinstance(error, requests.exceptions.ProxyError) or str(proxy.url.scheme).startswith("socks")
    return through and any(
        isinstance(each, (ConnectTimeoutError, NewConnectionError, ssl.SSLError)) for each in _chain(error)
    )


def _tunnel_status(chain: Sequence[BaseException]) -> int | None:
    """With which HTTP status a proxy refused to connect; None where it did not."""
    for each in chain:
        if isinstance(each, OSError) and (found := _TUNNEL.match(str(each))):
            return int(found[1])
    return None


def _cure_of_hopeless_proxy(error: BaseException) -> str | None:
    """What a person has to do about a proxy; None where trying again may help."""
    proxy = _proxy_of(error)
    if proxy is None:
        return None
    status = _tunnel_status(_chain(error))
    if status == requests.codes.proxy_authentication_required:
        return CREDENTIALS_OF_PROXY
    if status is not None:
        return "ask who runs it to let that host through." if status < 500 else None  # noqa: PLR2004
    passes = any(isinstance(each, socket.gaierror) and each.errno != socket.EAI_NONAME for each in _chain(error))
    if not _lies_before(error, proxy) or passes or proxies.has_worked(proxy):
        return None
    return "correct that setting, or remove it if no proxy is needed."


def _chain(error: BaseException) -> list[BaseException]:
    """An error and what has led to it, by whatever way one library hands another's error on."""
    chain = [error]
    while (inner := _inner(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
    return chain


def _inner(error: BaseException) -> BaseException | None:
    if error.__cause__ or error.__context__:
        return error.__cause__ or error.__context__
    return next((arg for arg in (*error.args, getattr(error, "reason", None)) if isinstance(arg, BaseException)), None)


def cure_of(error: BaseException) -> str | None:
    """What a person has to do where trying again is no use; None for an error that may pass."""
    if cure := _cure_of_hopeless_proxy(error):
        return cure
    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            if variable := proxies.ca_variable():
                return f"nothing was sent. The file of CA certificates that {variable} names does not fit: correct it."
            return (
                "nothing was sent. Check the URL settings; where a proxy signs certificates itself, "
                "name the file of its CA in the environment variable REQUESTS_CA_BUNDLE."
            )
        if isinstance(each, socket.gaierror) and each.errno == socket.EAI_NONAME:  # others, as EAI_AGAIN, pass
            return "there is no such host. Check the URL and cluster settings, and the network."
    return None


def reach_of(error: BaseException) -> type[SingerSDKError]:
    """Whether an error that can't pass ends a stream, its source, or the run: a proxy is there for all."""
    chain = _chain(error)
    proxy, status = _proxy_of(error), _tunnel_status(chain)
    if proxy is not None and (status == requests.codes.proxy_authentication_required or _lies_before(error, proxy)):
        return ConfigurationError
    if status is not None or any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        return AccessRefused
    return FatalAPIError
