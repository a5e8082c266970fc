"""Names that can't be resolved, connections and answers that take too long cost no row, or end the run in words."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from typing import Any

import pytest

from sandbox import Clock, Fault, Sandbox
from sandbox.subject import Subject
from tap_callrecords.http.client import VendorApi
from tests.faults.clocks import client_clock
from tests.faults.judge import Judge, visible
from tests.faults.runs import OFFSET, SIZE, box, complete, config_of, now, served
from tests.faults.subjects import VENDORS
from tests.support.tap import sync

__all__ = ["box", "served"]


@pytest.mark.parametrize("kind", ["slow_headers", "slow_body"])
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_an_answer_that_trickles_in_is_given_up_after_the_time_out_and_asked_for_again(
    box: Sandbox, subject: Subject, kind: Any
) -> None:
    box.faults.add(Fault(kind, match=subject.path, piece=3, delay_seconds=0.2, after=1))
    before = now()
    complete(box, subject, request_timeout_seconds=1)
    assert now() - before < timedelta(seconds=30)  # the whole of it would take minutes
    trickled = [request for request in box.requests if request.fault]
    assert len(trickled) == 1
    again = box.requests[box.requests.index(trickled[0]) + 1]
    assert (again.path, again.query, again.body) == (trickled[0].path, trickled[0].query, trickled[0].body)


@pytest.mark.parametrize("where", ["a look-up", "a handshake"])
def test_a_connection_that_takes_longer_than_the_time_out_is_given_up(
    box: Sandbox, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, resolved = VENDORS[-1], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes a connection and says nothing
        config = config_of(box, subject, request_timeout_seconds=1, max_attempts=1)
        if where == "a handshake":
            config[f"{subject.vendor}_api_url"] = f"https://127.0.0.1:{silent.getsockname()[1]}"
        else:
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved.wait(60))
        before = now()
        out = sync(config, streams=[subject.stream])
        resolved.set()
    assert "127.0.0.1 did not answer within 1 seconds" in str(out.error)
    assert now() - before < timedelta(seconds=30)


@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_name_that_can_not_be_resolved_for_a_while_costs_no_row(
    box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = socket.getaddrinfo, iter([socket.gaierror(-3, "Temporary failure in name resolution")] * 3)

    def resolve(*args: Any, **kwargs: Any) -> Any:
        for failure in failures:
            raise failure
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    complete(box, subject)
    assert next(failures, None) is None


@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_name_that_does_not_exist_ends_the_run_at_once_with_a_readable_line(
    box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def resolve(*args: Any, **__: Any) -> Any:
        asked.append(args)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    config = config_of(box, subject, max_attempts=8)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    out = sync(config, streams=[subject.stream])
    assert "the name 127.0.0.1 could not be resolved; there is no such host" in str(out.error)
    assert len(asked) <= config.get("parallel_windows", 1)
    assert not out.bookmarks(subject.stream)


@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_vendor_that_refuses_connections_for_a_while_costs_no_row(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(**SIZE) as gone:
        config = config_of(gone, subject)
        port = int(gone.url.rpartition(":")[2])
    back = Sandbox(**SIZE, clock=Clock(OFFSET.total_seconds()), port=port)
    subject.reset(back)
    announced: list[str] = []

    def announce(_: Any, trouble: str, *__: Any) -> None:
        announced.append(trouble)
        if len(announced) == 2:
            back.start()

    monkeypatch.setattr(VendorApi, "_announce", announce)
    try:
        with client_clock(OFFSET):
            out = sync(config, streams=[subject.stream])
        rows = visible(back, subject)
    finally:
        back.stop()
    assert out.error is None
    assert announced == ["127.0.0.1 refused the connection"] * 2
    assert Judge(subject, config).faults(out, rows, {}, now()) == []
