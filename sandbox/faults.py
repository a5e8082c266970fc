"""Failures on demand, for any path of any vendor, applied around the application.

Replaced answers (``status``, ``html``, ``empty``, ``redirect``) never reach the vendor; all others do, so a reset
on a token refresh loses an answer whose effect has happened.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.clock import Clock

Kind = Literal[
    "status",  # `status` with `body`, `retry_after`, `headers`
    "reset",  # connection reset before a byte of the answer
    "reset_mid_body",  # reset after `fraction` of the body
    "reset_after_body",  # a complete answer, then a reset of the kept-alive connection
    "close",  # connection closed properly before a byte of the answer
    "truncated_json",  # 200 with `fraction` of the JSON and a Content-Length that agrees
    "truncated_length",  # `fraction` of the body, less than Content-Length says, then a close
    "empty",  # 200 without a body
    "html",  # 200 with a web page
    "content_type",  # the right body under `content_type`
    "slow",  # `delay_seconds` before the answer
    "slow_body",  # the body in pieces of `piece` bytes, `delay_seconds` apart
    "nan",  # 200 whose first number is NaN
    "redirect",  # `status` (default 302) to `location`
]
KINDS: tuple[str, ...] = get_args(Kind)
HTML = b"<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>"


@dataclass
class Fault:
    """One failure and when it strikes.

    Attributes:
        kind: What goes wrong; see ``Kind``.
        match: Only paths (with query) that contain this text.
        method: Only this HTTP method.
        after: Lets this many matching requests through first.
        times: Strikes this often, then is spent; ``None`` for ever.
        status: Code of ``status`` and ``redirect``.
        retry_after: ``Retry-After`` in seconds or any text.
        retry_as_date: Turn ``retry_after`` seconds into an HTTP date from the sandbox's now.
        body: Body of ``status``: text, bytes, or anything that becomes JSON.
        headers: More headers of ``status`` and ``redirect``.
        content_type: For ``content_type`` and ``status``.
        location: Target of ``redirect``.
        delay_seconds: Of ``slow`` (whole) and ``slow_body`` (per piece).
        piece: Bytes per piece of ``slow_body``.
        fraction: Share of the body sent by the cutting kinds.
        seen: Matching requests so far.
        struck: Strikes so far.
    """

    kind: Kind
    match: str = ""
    method: str | None = None
    after: int = 0
    times: int | None = 1
    status: int = 500
    retry_after: str | float | None = None
    retry_as_date: bool = False
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/plain"
    location: str = ""
    delay_seconds: float = 0.05
    piece: int = 1
    fraction: float = 0.5
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        """Refuse unknown kinds.

        Raises:
            ValueError: If the kind is unknown.
        """
        if self.kind not in KINDS:
            raise ValueError(f"no fault of the kind {self.kind!r}; there are {', '.join(KINDS)}")

    def strikes(self, method: str, target: str) -> bool:
        """Count a request; say whether the fault strikes it."""
        if self.match not in target or (self.method or method) != method:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


@dataclass
class RandomFaults:
    """A seeded schedule: every matching request suffers one of the faults with its probability.

    ``times`` bounds the strikes in all; ``in_a_row`` bounds consecutive strikes, so that a client that tries more
    often than that must get through.
    """

    faults: list[tuple[Fault, float]]
    seed: int = 0
    match: str = ""
    times: int | None = None
    in_a_row: int = 3
    struck: int = 0

    def __post_init__(self) -> None:
        """Prepare the dice."""
        self._rng = Random(self.seed)
        self._row = 0

    def pick(self, target: str) -> Fault | None:
        """The fault that strikes this request, if any."""
        if self.match not in target or (self.times is not None and self.struck >= self.times):
            return None
        draw = self._rng.random()
        for fault, probability in self.faults:
            if draw < probability and self._row < self.in_a_row:
                self._row += 1
                self.struck += 1
                fault.struck += 1
                return fault
            draw -= probability
        self._row = 0
        return None


class Faults:
    """The faults in force, in the order they were added; the first that strikes is applied."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.schedule: RandomFaults | None = None
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Plan faults."""
        with self._lock:
            self.planned += faults

    def extend(self, faults: Iterable[Fault]) -> None:
        """Plan many faults."""
        self.add(*faults)

    def clear(self) -> None:
        """Forget all faults and the schedule."""
        with self._lock:
            self.planned.clear()
            self.schedule = None

    def pick(self, method: str, target: str) -> Fault | None:
        """Count a request against every planned fault; the one to apply, if any."""
        with self._lock:
            struck = None
            for fault in self.planned:
                if struck is None and fault.strikes(method, target):
                    struck = fault
            if struck is None and self.schedule is not None:
                struck = self.schedule.pick(target)
            return struck


@dataclass
class _Answer:
    """An application's answer, caught before it is sent."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def catch(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def without(self, *names: bytes) -> list[tuple[bytes, bytes]]:
        return [(name, value) for name, value in self.headers if name not in names]

    async def send(self, send: Send) -> None:
        head = [*self.without(b"content-length"), (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": head})
        await send({"type": "http.response.body", "body": self.body})

    def raw(self, length: int) -> bytes:
        head = [*self.without(b"content-length"), (b"content-length", str(length).encode())]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        return b"HTTP/1.1 %d Sandbox\r\n%s\r\n" % (self.status, lines)


async def apply_fault(
    fault: Fault, app: ASGIApp, clock: Clock, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer one request the faulty way."""
    if fault.kind in ("status", "redirect", "html", "empty"):
        await _replacement(fault, clock).send(send)
        return
    if fault.kind == "slow":
        await asyncio.sleep(fault.delay_seconds)
        await app(scope, receive, send)
        return
    answer = _Answer()
    await app(scope, receive, answer.catch)
    part = answer.body[: int(len(answer.body) * fault.fraction)]
    transport: asyncio.Transport = scope["extensions"]["sandbox.transport"]["transport"]
    match fault.kind:
        case "reset":
            await _reset(transport)
        case "close":
            transport.close()
        case "reset_mid_body":
            transport.write(answer.raw(len(answer.body)) + part)
            await _reset(transport, pause=0.02)
        case "reset_after_body":
            transport.write(answer.raw(len(answer.body)) + answer.body)
            await _reset(transport, pause=0.02)
        case "truncated_length":
            transport.write(answer.raw(len(answer.body)) + part)
            transport.close()
        case "truncated_json":
            answer.body = part
            await answer.send(send)
        case "content_type":
            answer.headers = [
                *answer.without(b"content-type"),
                (b"content-type", fault.content_type.encode()),
            ]
            await answer.send(send)
        case "nan":
            answer.body = re.sub(rb":\s*-?\d[\d.]*", b":NaN", answer.body, count=1)
            await answer.send(send)
        case "slow_body":
            head = [*answer.without(b"content-length"), (b"content-length", str(len(answer.body)).encode())]
            await send({"type": "http.response.start", "status": answer.status, "headers": head})
            for at in range(0, len(answer.body), fault.piece):
                piece = answer.body[at : at + fault.piece]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(fault.delay_seconds)
            await send({"type": "http.response.body", "body": b""})
    while transport.is_closing() and not scope["extensions"]["sandbox.transport"]["gone"]():
        await asyncio.sleep(0.001)


def _replacement(fault: Fault, clock: Clock) -> _Answer:
    headers = dict(fault.headers)
    body, status = b"", 200
    if fault.kind == "status":
        status = fault.status
        if isinstance(fault.body, str | bytes):
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            headers.setdefault("content-type", fault.content_type)
        elif fault.body is not None:
            body = msgspec.json.encode(fault.body)
            headers.setdefault("content-type", "application/json")
    elif fault.kind == "redirect":
        status = fault.status if 300 <= fault.status < 400 else 302
        headers["location"] = fault.location
    elif fault.kind == "html":
        body = HTML
        headers["content-type"] = "text/html; charset=utf-8"
    else:
        headers["content-type"] = "application/json"
    if fault.retry_after is not None:
        text = str(fault.retry_after)
        if fault.retry_as_date:
            text = format_datetime(clock.now() + timedelta(seconds=float(fault.retry_after)), usegmt=True)
        headers["retry-after"] = text
    return _Answer(status, [(name.lower().encode(), value.encode()) for name, value in headers.items()], body)


async def _reset(transport: asyncio.Transport, pause: float = 0.0) -> None:
    """End a connection with RST instead of FIN: a socket that lingers for zero seconds."""
    if pause:
        await asyncio.sleep(pause)
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
