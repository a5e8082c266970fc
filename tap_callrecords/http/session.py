"""One polite, patient, discreet way to talk to a vendor.

Polite: requests are paced where the vendor says how many it allows. Patient: 429 and 503 wait as long as the
vendor asks, other passing troubles are tried again with growing pauses. Discreet: errors name the host and the
trouble, never the URL, the headers or the body; no redirect leads to another host. And careful: what a vendor
sends is bounded in time and size.
"""

from __future__ import annotations

import random
import re
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urljoin, urlsplit

import backoff
import requests
from singer_sdk.exceptions import ConfigurationError, FatalAPIError, RetriableAPIError, SingerSDKError
from typing_extensions import override
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, ReadTimeoutError

from tap_callrecords import surroundings
from tap_callrecords.errors import AccessRefused
from tap_callrecords.surroundings import Proxy

if TYPE_CHECKING:
    from backoff.types import Details

P = ParamSpec("P")
T = TypeVar("T")

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0
_A_YEAR_IN_SECONDS = 366 * 86_400.0
LARGEST_BODY = 128 * 2**20
"""Bytes of an answer, unpacked. The largest pages (10,000 rows of 1.5 KB) are an eighth of it; decoded, an evil one
takes some thirty times its size in memory."""
LARGEST_REFUSAL = 2**20
"""Bytes that are read of an answer that is not good; it is only searched for words."""
_PIECE = 2**16
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")  # so says http.client
CREDENTIALS_OF_PROXY = (
    "write them into what names it, like http://user:password@proxy.example:3128, with special letters like %40."
)
PASSING_TROUBLES = (
    RetriableAPIError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.ChunkedEncodingError,
)


class Refused(FatalAPIError):  # noqa: N818 - named for what it is
    """The vendor refused a request for good.

    Attributes:
        status: HTTP status, 400 to 499.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class PageLost(FatalAPIError):  # noqa: N818 - named for what it is
    """The vendor no longer knows the cursor or report: the window has to be read from its first page again."""


class AskedTooMuch(FatalAPIError):  # noqa: N818 - named for what it is
    """The vendor does not serve a time window as a whole: it is read in halves."""


class RangeRefused(AskedTooMuch):
    """The vendor refused a time window for its length: it refuses all that are as long."""


class CarefulSession(requests.Session):
    """Follows redirects on the same host only, with method and body as they were; bounds what it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.hooks["response"].append(read_within_bounds)  # before redirects are followed

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        try:
            target = super().get_redirect_target(resp)
            if target is None or origin_of(urljoin(resp.url, target)) != origin_of(resp.url):
                return None
        except ValueError:
            return None
        # Of 301 to 303 requests would make a GET without a body, whose answer says nothing about what was asked for.
        resp.status_code = requests.codes.permanent_redirect
        return target

    @override
    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """It is the same place, so the credentials stay; requests would look for others in a .netrc file."""


def origin_of(url: str) -> tuple[str, str | None, str | None, str | None, int | None]:
    """What has to agree for two URLs to lead to the same place: scheme, user, password, host, and port.

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    usual_port = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.username, parts.password, parts.hostname, parts.port or usual_port


def in_time(call: Callable[[], T], seconds: float) -> T:
    """What a call returns, or raises, within so many seconds.

    The time-outs of sockets bound only the pauses between bytes, and those of a name look-up not even that. So the call
    is made in a thread of its own, which is left alone when the time is over.

    Raises:
        TimeoutError: it takes longer.
    """
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome.set_exception(error)

    threading.Thread(target=work, name="request", daemon=True).start()
    return outcome.result(seconds)


def read_within_bounds(response: requests.Response, **settings: Any) -> None:
    """Read the body of an answer whose headers have come; a hook for sessions.

    Args:
        response: its body is read into it.
        settings: `timeout`, the seconds that the whole request may take: that of a connection only bounds the pauses.

    Raises:
        FatalAPIError: the body is larger than `LARGEST_BODY`.
        requests.RequestException: the connection breaks, or the time is over.
    """
    ends = time.monotonic() + settings["timeout"] - response.elapsed.total_seconds()
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.raw.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_REFUSAL and not response.ok:
                break
            if size > LARGEST_BODY:
                raise FatalAPIError(
                    f"{host_of(response.url)} sent an answer of more than {LARGEST_BODY // 2**20} MiB, which is more "
                    "than is taken into memory at once. Lower the page size of the source and run again: nothing "
                    "was skipped."
                )
            if time.monotonic() > ends:
                raise requests.ReadTimeout(request=response.request)
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error, request=response.request) from None
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error, request=response.request) from None
    finally:
        if not response.raw.isclosed():
            response.close()
    response.encoding = response.encoding or "utf-8"  # else requests would guess, at length
    response._content = b"".join(pieces)  # noqa: SLF001 - where requests itself keeps what it has read
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001


def host_of(url: str | bytes | None) -> str:
    """The host of a URL, for messages."""
    text = url.decode(errors="replace") if isinstance(url, bytes) else url or ""
    try:
        return urlsplit(text).hostname or "the vendor's host"
    except ValueError:
        return "the vendor's host"


def place_of(url: str | None) -> str:
    """Scheme, host and port of a URL, for messages; the host only where it is relative."""
    try:
        parts = urlsplit(url or "")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the vendor's host"
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.scheme and parts.hostname else host_of(url)


def describe(error: BaseException, *, timeout: float) -> str:
    """Say what went wrong with a request in words, without its URL, headers or body."""
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
    surroundings.note_that_it_works(proxy)


def _proxy_of(error: BaseException) -> Proxy | None:
    """The proxy that an error is about, or that may be behind it; None without one."""
    request = getattr(error, "request", None)
    if request is None or not isinstance(error, requests.RequestException):
        return None
    return surroundings.proxy_for(request.url)


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
    if not _lies_before(error, proxy) or passes or surroundings.has_worked(proxy):
        return None
    return "correct what names it, or remove it where no proxy is needed."


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


def _cure_of_hopeless(error: BaseException) -> str | None:
    """What a person has to do where trying again is no use; None for an error that may pass."""
    if cure := _cure_of_hopeless_proxy(error):
        return cure
    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            if variable := surroundings.ca_variable():
                return f"nothing was sent. The file of CA certificates that {variable} names does not fit: correct it."
            return (
                "nothing was sent. Check the URL settings; where a proxy signs certificates itself, "
                "name the file of its CA in the environment variable REQUESTS_CA_BUNDLE."
            )
        if isinstance(each, socket.gaierror) and each.errno == socket.EAI_NONAME:  # others, as EAI_AGAIN, pass
            return "there is no such host. Check the URL and cluster settings, and the network."
    return None


def _reach(error: BaseException) -> type[SingerSDKError]:
    """Whether an error that can't pass ends a stream, its source, or the run: a proxy is there for all."""
    chain = _chain(error)
    proxy, status = _proxy_of(error), _tunnel_status(chain)
    if proxy is not None and (status == requests.codes.proxy_authentication_required or _lies_before(error, proxy)):
        return ConfigurationError
    if status is not None or any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        return AccessRefused
    return FatalAPIError


def retry_after_seconds(response: requests.Response | None) -> float | None:
    """How long the vendor asks to wait: `Retry-After` in seconds or as an HTTP date; None without one."""
    value = "" if response is None else response.headers.get("Retry-After", "").strip()
    if response is None or not value:
        return None
    if re.fullmatch(r"[+-]?\d+(\.\d*)?", value):
        return min(max(0.0, float(value)), _A_YEAR_IN_SECONDS)
    until = http_date(value)
    if until is None:
        return None
    # A date is meant by the vendor's clock, which the answer tells: ours may be minutes off.
    answered = http_date(response.headers.get("Date")) or datetime.now(UTC)
    return min(max(0.0, (until - answered).total_seconds()), _A_YEAR_IN_SECONDS)


def http_date(text: str | None) -> datetime | None:
    """The instant that an HTTP date names; None for what is no date, or one that no calendar has."""
    try:
        instant = parsedate_to_datetime(text or "")
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def waits() -> Generator[float, Any, None]:
    """How long to wait before each further try; takes the error of the last one (backoff's protocol)."""
    error = yield 0.0
    longest = FIRST_WAIT_SECONDS
    while True:
        asked = retry_after_seconds(getattr(error, "response", None))
        if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
            return  # not a pause but a closed door: the run fails and the next one goes on from the bookmark
        error = yield (random.uniform(longest / 2, longest) if asked is None else asked)
        longest = min(longest * 2, LONGEST_WAIT_SECONDS)


def patient(
    func: Callable[P, T], *, max_attempts: int, timeout: float, on_wait: Callable[[str, float, int], None]
) -> Callable[P, T]:
    """Let a function try again after passing troubles.

    Args:
        func: sends one request.
        max_attempts: tries before it fails.
        timeout: seconds that a request may take, for the message.
        on_wait: told the trouble, the seconds until the next try, and the tries so far.

    Raises:
        FatalAPIError: from the returned function, when no try succeeded.
    """

    def announce(details: Details) -> None:
        on_wait(describe(details["exception"], timeout=timeout), details["wait"], details["tries"])

    trying = backoff.on_exception(
        waits,
        PASSING_TROUBLES,
        max_tries=max_attempts,
        giveup=lambda error: _cure_of_hopeless(error) is not None,
        jitter=None,
        on_backoff=announce,
        logger=None,
    )(func)

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return trying(*args, **kwargs)
        except PASSING_TROUBLES as error:
            trouble = describe(error, timeout=timeout)
            if cure := _cure_of_hopeless(error):
                raise _reach(error)(f"{trouble}; {cure}") from None
            asked = retry_after_seconds(getattr(error, "response", None))
            if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
                reason = f"asks to wait {asked / 3600:.1f} hours"
            else:
                reason = f"gave up after {max_attempts} tries (setting max_attempts)"
            raise FatalAPIError(f"{trouble}; {reason}. Nothing was skipped: run again to go on.") from None
        except requests.RequestException as error:
            raise FatalAPIError(f"{describe(error, timeout=timeout)}. Check the URL settings.") from None

    return call


class Pacer:
    """Lets at most so many calls through in any stretch of time, over all threads: `with pacer: send(...)`.

    A vendor counts a call when it arrives, which may be long after it was sent (a slow connection, a token to be
    fetched first). So a call counts from its beginning until a stretch after its end: however late calls arrive,
    the vendor never sees more of them than it allows.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        """Args: calls: how many are let through ...; seconds: ... in any stretch this long."""
        self._calls = calls
        self._seconds = seconds
        self._under_way = 0
        self._ended: deque[float] = deque()
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        while (pause := self._begin()) > 0:
            time.sleep(pause)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._under_way -= 1
            self._ended.append(time.monotonic())
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait for the turn of a call that takes no time itself."""
        with self:
            pass

    def _begin(self) -> float:
        """Let a call through, or say in how many seconds that may be possible."""
        with self._changed:
            while self._under_way == self._calls:
                self._changed.wait()
            now = time.monotonic()
            while self._ended and self._ended[0] + self._seconds <= now:
                self._ended.popleft()
            if self._under_way + len(self._ended) < self._calls:
                self._under_way += 1
                return 0.0
            return self._ended[0] + self._seconds - now
