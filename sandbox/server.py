"""The sandbox on a port of this machine: in a thread, or in the foreground."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sandbox.app import App
from sandbox.clock import Clock
from sandbox.listener import Server
from sandbox.logged import LoggedRequest
from sandbox.registry import VENDORS
from sandbox.vendor import Vendor, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from sandbox.eightx8_analytics import EightX8Analytics
    from sandbox.eightx8_contact_center import EightX8ContactCenter
    from sandbox.eightx8_work import EightX8Work
    from sandbox.faults import Faults
    from sandbox.voiso import Voiso
    from sandbox.webex import Webex

V = TypeVar("V", bound=Vendor)


class Sandbox:
    """All simulated vendors on one loopback port.

    Args:
        seed: Decides every generated call.
        days: How many days back the calls reach.
        calls_per_day: About how many calls a weekday has.
        samples: Serve the vendors' documented sample rows too, moved to recent days.
        apart: Each product has calls of its own, as parts of a company that differ in their telephone system.
        empty: No rows at all.
        port: 0 takes a free one.
        warm: Names of vendors whose rows are made before the start; the others make theirs at the first request.
        clock: A clock to share or to freeze.

    Each vendor is in `vendors`, and an attribute by its name; a type checker knows those named below, and `of`.
    """

    eightx8_work: EightX8Work
    eightx8_contact_center: EightX8ContactCenter
    eightx8_analytics: EightX8Analytics
    webex: Webex
    voiso: Voiso

    def __init__(
        self,
        *,
        seed: int = 8,
        days: int = 3,
        calls_per_day: int = 200,
        samples: bool = False,
        apart: bool = False,
        empty: bool = False,
        port: int = 0,
        warm: Iterable[str] = (),
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.world = World(seed, days, 0 if empty else calls_per_day, samples and not empty, self.clock, apart=apart)
        self.vendors: dict[str, Vendor] = {kind.name: kind(self.world) for kind in VENDORS}
        vars(self).update(self.vendors)
        self.app = App(self.world, self.vendors)
        self._port = port
        self._warm = tuple(warm)
        self._socket: socket.socket | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return self.world.url

    @property
    def faults(self) -> Faults:
        """Failures planned and to plan."""
        return self.app.faults

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request to a vendor so far."""
        return self.app.requests

    @property
    def config(self) -> dict[str, Any]:
        """The tap settings that reach every vendor."""
        return {name: value for vendor in self.vendors.values() for name, value in vendor.config.items()}

    def of(self, kind: type[V]) -> V:
        """The vendor of a class."""
        return next(vendor for vendor in self.vendors.values() if isinstance(vendor, kind))

    def _bind(self) -> tuple[Server, socket.socket]:
        """Take the port and make the rows of the warm vendors."""
        # The protocol is named so that asyncio sets TCP_NODELAY: without it every page waits 40 ms for a delayed ACK.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self._port))
        self.world.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        for name in self._warm:
            self.vendors[name].refresh()
        return Server(self.app), sock

    def serve(self, ready: Callable[[], None]) -> None:
        """Serve in the foreground until SIGTERM or SIGINT; calls ``ready`` once the port answers."""
        server, sock = self._bind()

        def announce() -> None:
            if _answers(server):
                ready()

        threading.Thread(target=announce, name="sandbox-ready", daemon=True).start()
        with sock:
            server.run(sockets=[sock])

    def start(self) -> Self:
        """Serve in a thread; returns when the port answers."""
        server, sock = self._bind()
        self._thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="sandbox", daemon=True)
        self._thread.start()
        self._server, self._socket = server, sock
        if not _answers(server, self._thread):
            raise RuntimeError("the sandbox did not start")
        return self

    def stop(self) -> None:
        """Stop serving and give the port back."""
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join(10)
        if self._socket is not None:
            self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _answers(server: Server, thread: threading.Thread | None = None) -> bool:
    """Wait until the server has started; false if it ends before."""
    while not server.started:
        if server.should_exit or (thread is not None and not thread.is_alive()):
            return False
        time.sleep(0.002)
    return True
