"""The ASGI application: log, faults, vendors, control."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from sandbox.faults import Fault, Faults, RandomFaults
from sandbox.logged import LoggedRequest
from sandbox.wire import apply_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from sandbox.vendor import Vendor, World

CONTROL = "/_sandbox"
MAX_LOGGED = 200_000


@dataclass
class App:
    """Everything behind the port."""

    world: World
    vendors: Mapping[str, Vendor]
    faults: Faults = field(default_factory=Faults)
    requests: list[LoggedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Mount the vendors; the longest prefix wins."""
        mounts = [
            Mount(vendor.prefix, app=Starlette(routes=vendor.routes()))
            for vendor in sorted(self.vendors.values(), key=lambda vendor: -len(vendor.prefix))
        ]
        self._router = Starlette(routes=[Mount(CONTROL, routes=self._control()), *mounts])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self.world.clock.now_ms() / 1000, usegmt=True).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
                if logged is not None:
                    logged.status = message["status"]
            await send(message)

        async def heard() -> Message:
            message = await receive()
            if logged is not None and message["type"] == "http.request":
                logged.body += message.get("body", b"")
            return message

        logged: LoggedRequest | None = None
        if scope["path"].startswith(CONTROL):
            await self._router(scope, heard, dated)
            return
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + ("?" + query if query else "")
        logged = LoggedRequest(
            method=scope["method"],
            path=scope["path"],
            query={name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()},
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            time=self.world.clock.now_ms() / 1000,
        )
        if len(self.requests) >= MAX_LOGGED:
            del self.requests[: MAX_LOGGED // 2]
        self.requests.append(logged)
        began = time.monotonic()
        fault = self.faults.pick(scope["method"], target)
        if fault is None:
            await self._router(scope, heard, dated)
        else:
            logged.fault = fault.kind
            await apply_fault(fault, self.world.clock, self._router, scope, heard, dated)
        logged.seconds = time.monotonic() - began

    def _control(self) -> list[Route]:
        return [
            Route("/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/clock", self._clock, methods=["GET", "POST"]),
            Route("/switches/{vendor}", self._switches, methods=["GET", "POST"]),
            Route("/rows/{vendor}/{table}", self._rows, methods=["GET", "POST", "PUT", "DELETE"]),
            Route("/config", self._config, methods=["GET"]),
        ]

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.requests.clear()
        return _json([{**asdict(one), "body": one.body.decode("utf-8", "replace")} for one in self.requests])

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            content = await _body(request)
            try:
                if isinstance(content, dict) and "faults" in content:
                    pairs = [(Fault(**one["fault"]), one["probability"]) for one in content.pop("faults")]
                    self.faults.schedule = RandomFaults(pairs, **content)
                else:
                    self.faults.add(*(Fault(**one) for one in (content if isinstance(content, list) else [content])))
            except (TypeError, ValueError) as error:
                return _json({"error": str(error)}, 400)
        return _json([asdict(fault) for fault in self.faults.planned])

    async def _clock(self, request: Request) -> Response:
        if request.method == "POST":
            for name, value in (await _body(request)).items():
                setattr(self.world.clock, name, value)
        return _json({**asdict(self.world.clock), "now_ms": self.world.clock.now_ms()})

    async def _switches(self, request: Request) -> Response:
        vendor = self.vendors.get(request.path_params["vendor"])
        if vendor is None:
            return _json({"error": f"no such vendor; there are {', '.join(self.vendors)}"}, 404)
        if request.method == "POST":
            try:
                vendor.set_switches(await _body(request))
            except ValueError as error:
                return _json({"error": str(error)}, 400)
        return _json(asdict(vendor.switches))

    async def _rows(self, request: Request) -> Response:
        vendor = self.vendors.get(request.path_params["vendor"])
        name = request.path_params["table"]
        if vendor is None or name not in vendor.tables:
            return _json({"error": "no such vendor or table"}, 404)
        if request.method == "GET":
            return _json(list(vendor.table(name)))
        if request.method == "DELETE":
            vendor.table(name).clear()
            return _json([])
        content = await _body(request)
        options: dict[str, Any] = {} if isinstance(content, list) else content
        rows = content if isinstance(content, list) else options.pop("rows", [])
        try:
            if request.method == "PUT":
                vendor.table(name).replace(rows, **options)
            else:
                vendor.add_rows(name, rows, **options)
        except TypeError as error:
            return _json({"error": str(error)}, 400)
        return _json({"rows": len(vendor.tables[name])})

    async def _config(self, _: Request) -> Response:
        return _json({name: vendor.config for name, vendor in self.vendors.items()})


def _json(content: Any, status: int = 200) -> Response:
    if status != 200:
        return JSONResponse(content, status)
    return Response(msgspec.json.encode(content), media_type="application/json")


async def _body(request: Request) -> Any:
    return msgspec.json.decode(await request.body())
