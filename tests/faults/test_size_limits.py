"""An answer takes no more memory than a page may take, however long it is."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from singer_sdk.exceptions import FatalAPIError

from sandbox import Fault, Sandbox
from tap_callrecords.http import session
from tests.faults.evils import box, config_of
from tests.support.tap import sync

__all__ = ["box"]


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LARGEST_BODY", 2**20)
    monkeypatch.setattr(session, "LARGEST_REFUSAL", 2**16)


def page_of_blanks(size: int) -> bytes:
    return b'{"meta":{"totalRecordCount":0},"data":[' + b" " * size + b"]}"


TOO_LARGE = (
    "127.0.0.1 sent an answer of more than 1 MiB, more than the tap takes into memory. Lower the page size "
    "of the source and run again: nothing was skipped."
)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_page_over_the_limit_ends_the_run_in_words_and_at_once(
    box: Sandbox, small_limits: None, packed: bool
) -> None:
    config = config_of(box)
    for size, error in ((2**20 - 100, "None"), (2**20 + 100, TOO_LARGE)):
        box.faults.clear()
        body = page_of_blanks(size)
        fault = Fault("status", status=200, body=body, match="call-records", content_type="application/json", times=1)
        if packed:
            fault.body, fault.headers = gzip.compress(body), {"content-encoding": "gzip"}
        box.faults.add(fault)
        out = sync(config, streams=["eightx8_call_records"])
        assert str(out.error) == error
        assert fault.struck == 1


def test_a_refusal_without_end_is_read_no_further_than_it_can_tell_something(box: Sandbox, small_limits: None) -> None:
    config = config_of(box)
    body = b'{"message":"Invalid timeZone' + b" and more" * 10**6 + b'"}'
    box.faults.add(Fault("status", status=422, body=body, match="call-records", times=None))
    out = sync(config, streams=["eightx8_call_records"])
    assert isinstance(out.error, FatalAPIError)
    assert "8x8 Work refused a request with status 422" in str(out.error)
    assert len(str(out.error)) < 300


@contextmanager
def endless(head: bytes) -> Iterator[tuple[str, list[int]]]:
    """A server that answers without end: its URL, and how many bytes it got rid of."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                sent.append(0)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
                    while True:
                        connection.sendall(
                            b"10000\r\n" + b" " * 0x10000 + b"\r\n" if b"chunked" in head else b" " * 0x10000
                        )
                        sent[-1] += 0x10000
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "head",
    [b"", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 99999999999999\r\n"],
    ids=["open", "chunked", "length"],
)
def test_an_answer_without_end_is_not_read_to_the_end_of_memory(small_limits: None, head: bytes) -> None:
    with endless(head) as (url, sent):
        config = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": url, "max_attempts": 2}
        out = sync(config, streams=["voiso_cdr"])
    assert str(out.error) == TOO_LARGE
    assert len(sent) == 1
    assert sent[0] < 16 * 2**20  # what the sockets' buffers hold besides


def test_an_answer_with_two_lengths_is_asked_for_again(small_limits: None) -> None:
    with endless(b"Content-Length: 5\r\nContent-Length: 6\r\n") as (url, sent):
        config = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": url, "max_attempts": 2}
        out = sync(config, streams=["voiso_cdr"])
    assert "gave up after 2 tries" in str(out.error)
    assert len(sent) == 2
