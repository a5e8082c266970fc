"""How each fault looks on the wire: answers replaced, cut, slowed, and connections really reset."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.clock import Clock
    from sandbox.faults import Fault

EXTENSION = "sandbox.wire"
"""ASGI extension with the connection's ``transport`` and ``lost``, an event set when it is gone."""

HTML = b"<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>"
FLUSH_SECONDS = 0.02
"""Left between bytes and the reset after them, so that the client has read them."""


@dataclass
class Answer:
    """A whole answer in hand."""

    status: int = 200
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    async def catch(self, message: Message) -> None:
        """Take an application's messages instead of sending them."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Send, piece: int = 0, pause: float = 0.0) -> None:
        """Send the answer properly, at once or in pieces."""
        self.headers[b"content-length"] = str(len(self.body)).encode()
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers.items()]})
        for at in range(0, len(self.body) if piece else 0, piece or 1):
            await send({"type": "http.response.body", "body": self.body[at : at + piece], "more_body": True})
            await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": b"" if piece else self.body})

    def raw(self, share: float) -> bytes:
        """Bytes of the answer with a share of its body and the whole's Content-Length."""
        self.headers[b"content-length"] = str(len(self.body)).encode()
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in self.headers.items())
        return b"HTTP/1.1 %d Sandbox\r\n%s\r\n" % (self.status, lines) + self.part(share)

    def part(self, share: float) -> bytes:
        """The first share of the body."""
        return self.body[: int(len(self.body) * share)]


@dataclass
class _Wire:
    """What a fault works with: itself, the application's answer, the way to send, the connection."""

    fault: Fault
    answer: Answer
    send: Send
    transport: asyncio.Transport

    async def reset(self) -> None:
        await self._reset()

    async def reset_mid_body(self) -> None:
        self.transport.write(self.answer.raw(self.fault.fraction))
        await self._reset(FLUSH_SECONDS)

    async def reset_after_body(self) -> None:
        self.transport.write(self.answer.raw(1.0))
        await self._reset(FLUSH_SECONDS)

    async def close(self) -> None:
        self.transport.close()

    async def truncated_length(self) -> None:
        self.transport.write(self.answer.raw(self.fault.fraction))
        self.transport.close()

    async def truncated_json(self) -> None:
        self.answer.body = self.answer.part(self.fault.fraction)
        await self.answer.send(self.send)

    async def content_type(self) -> None:
        self.answer.headers[b"content-type"] = self.fault.content_type.encode()
        await self.answer.send(self.send)

    async def nan(self) -> None:
        self.answer.body = re.sub(rb":\s*-?\d[\d.]*", b":NaN", self.answer.body, count=1)
        await self.answer.send(self.send)

    async def slow_headers(self) -> None:
        self.answer.headers[b"connection"] = b"close"
        head, between, body = self.answer.raw(1.0).partition(b"\r\n\r\n")
        pieces = [head[at : at + self.fault.piece] for at in range(0, len(head), self.fault.piece)]
        for piece in [*pieces, between + body]:
            self.transport.write(piece)
            await asyncio.sleep(self.fault.delay_seconds)
        self.transport.close()

    async def slow_body(self) -> None:
        await self.answer.send(self.send, self.fault.piece, self.fault.delay_seconds)

    async def _reset(self, pause: float = 0.0) -> None:
        """End the connection with RST instead of FIN: a socket that lingers for zero seconds."""
        await asyncio.sleep(pause)
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def apply_fault(fault: Fault, clock: Clock, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request the faulty way."""
    if fault.kind in ("status", "redirect", "html", "empty"):
        await _replacement(fault, clock).send(send)
        return
    if fault.kind == "slow":
        await asyncio.sleep(fault.delay_seconds)
        await app(scope, receive, send)
        return
    answer = Answer()
    await app(scope, receive, answer.catch)
    connection = scope["extensions"][EXTENSION]
    strike: Callable[[], Awaitable[None]] = getattr(_Wire(fault, answer, send, connection["transport"]), fault.kind)
    await strike()
    if connection["transport"].is_closing():
        await connection["lost"].wait()


def _replacement(fault: Fault, clock: Clock) -> Answer:
    """The answer given in the application's place."""
    headers = dict(fault.headers)
    body, status = b"", 200
    if fault.kind == "status":
        status, kind, body = fault.status, fault.content_type, _bytes(fault.body)
        if not isinstance(fault.body, str | bytes):
            kind = "application/json"
        headers.setdefault("content-type", kind)
    elif fault.kind == "redirect":
        status = fault.status if 300 <= fault.status < 400 else 302
        headers["location"] = fault.location
    elif fault.kind == "html":
        body, headers["content-type"] = HTML, "text/html; charset=utf-8"
    else:
        headers["content-type"] = "application/json"
    if fault.retry_after is not None:
        text = str(fault.retry_after)
        if fault.retry_as_date:
            text = format_datetime(clock.now() + timedelta(seconds=float(fault.retry_after)), usegmt=True)
        headers["retry-after"] = text
    return Answer(status, {name.lower().encode(): value.encode() for name, value in headers.items()}, body)


def _bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)
