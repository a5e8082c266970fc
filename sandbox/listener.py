"""uvicorn, changed in two ways: the application may break a connection, and the end comes at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import uvicorn
from starlette.requests import ClientDisconnect
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.wire import EXTENSION

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from starlette.types import ASGIApp, Receive, Scope, Send


class Protocol(HttpToolsProtocol):
    """HTTP with the connection handed to the application, which faults need to break it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.lost = asyncio.Event()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"transport": self.transport, "lost": self.lost}}


class Server(uvicorn.Server):
    """A server without grace: a simulator's open answers need not be waited for."""

    def __init__(self, app: ASGIApp) -> None:
        async def until_cancelled(scope: Scope, receive: Receive, send: Send) -> None:
            with contextlib.suppress(asyncio.CancelledError, ClientDisconnect):
                await app(scope, receive, send)

        super().__init__(
            uvicorn.Config(
                until_cancelled,
                http=Protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                log_level="error",
                server_header=False,
                date_header=False,
            )
        )
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Stop serving; may be called from any thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.end()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    @override
    async def main_loop(self) -> None:
        await self._ending.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Protocol):
                connection.transport.abort()
                await connection.lost.wait()
        for task in self.server_state.tasks:
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
