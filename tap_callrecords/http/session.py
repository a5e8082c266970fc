"""A `requests` session that follows no redirect to another host, and bounds what it reads in time and size."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tap_callrecords.http.hosts import host_of, origin_of

T = TypeVar("T")

LARGEST_BODY = 128 * 2**20
"""Bytes of an answer, unpacked. The largest pages (10,000 rows of 1.5 KB) are an eighth of it; decoded, a hostile one
takes some thirty times its size in memory."""
LARGEST_REFUSAL = 2**20
"""Bytes that are read of an answer that is not good; it is only searched for words."""
_PIECE = 2**16


class CarefulSession(requests.Session):
    """Follows redirects on the same host only, with method and body as they were; bounds what it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.hooks["response"].append(read_within_bounds)  # before redirects are followed

    def send_in_time(self, request: requests.PreparedRequest, timeout: float, **settings: Any) -> requests.Response:
        """Send a request; all of its answer comes within so many seconds.

        Raises:
            TimeoutError: it does not.
            requests.RequestException: the connection fails.
        """
        return in_time(lambda: self.send(request, timeout=timeout, **settings), timeout)

    @override
    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        try:
            return super().send(request, **kwargs)
        except requests.exceptions.InvalidHeader as error:  # of the answer: our own were looked at before
            raise requests.ConnectionError(error, request=request) from None

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
                    f"{host_of(response.url)} sent an answer of more than {LARGEST_BODY // 2**20} MiB, more than the "
                    "tap takes into memory. Lower the page size of the source and run again: nothing was skipped."
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
