"""Acme: the calls of its REST API, version 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox.calls import instant
from sandbox.subject import Asked, Subject
from sandbox.table import Row, Table
from sandbox.vendor import CountForm, Vendor, World, json_page, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call
    from sandbox.logged import LoggedRequest

LARGEST_PAGE = 500


def _asked(request: LoggedRequest) -> Asked:
    start, end = (datetime.fromisoformat(request.query[name]).timestamp() for name in ("from", "to"))
    return start, end


STREAMS = (
    Subject(
        stream="acme_calls",
        vendor="acme",
        table="calls",
        path="/acme/v1/calls",
        keys={"call_id": "callId"},
        changing=("agentName", "agent_name"),
        asked=_asked,
        instant=lambda vendor: vendor.switches.selects_by,
        small_pages={"acme_page_size": 6},
        repeating={"arrivals": 3},
        shorter_pages={"page_cap": 4},
        longer_pages=(b"per_page=6", b"per_page=11"),
        withholding={"withhold": 1, "withhold_reads": None},
        around=("/acme/v1/calls", '{"calls":[%s],"page":1,"total":5}'),
        tricks={
            "selects_by": ["started", "ended"],
            "bounds": ["[]", "[)", "(]", "()", "()"],
            "order": ["oldest_first", "newest_first", "shuffled"],
            "page_cap": [None, 7],
            "total_form": ["number", "text", "decimal", "decimal text"],
            "total_on": ["every", "first"],
            "arrivals": [0, 3],
            "withhold": [0, 0, 2],
            "unknown_fields": [False, True],
        },
    ),
)
"""The tap's streams that read this vendor, as the suites that run over all streams see them."""


@dataclass
class Switches:
    """What Acme's documents leave open, and what reality may do; the defaults are their plainest reading.

    Attributes:
        selects_by: Which time of a call the range selects by.
        bounds: Which ends of the range belong to it.
        order: In which order the calls come.
        page_cap: The real limit of ``per_page``, lower than asked for, without saying so.
        total_form: How ``total`` is written.
        total_on: On which pages it stands.
        arrivals: So many calls land before the ones already sent, one after each page.
        withhold: So many calls are counted but not sent, in the first readings of a range.
        withhold_reads: How many readings that are; ``None`` all.
        unknown_fields: Fields that no document has.
    """

    selects_by: Literal["started", "ended"] = "ended"
    bounds: Literal["[]", "[)", "(]", "()"] = "[)"
    order: Literal["oldest_first", "newest_first", "shuffled"] = "newest_first"
    page_cap: int | None = None
    total_form: CountForm = "number"
    total_on: Literal["every", "first", "none"] = "every"
    arrivals: int = 0
    withhold: int = 0
    withhold_reads: int | None = 1
    unknown_fields: bool = False


class Acme(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        api_key: The accepted ``X-Api-Key``.
    """

    name: ClassVar[str] = "acme"
    prefix: ClassVar[str] = "/acme/v1"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"acme_api_key": "another"}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.api_key = "sandbox-acme-api-key"
        self.switches = Switches()
        self.tables = {
            "calls": Table(
                key=lambda row: row["callId"],
                order=lambda row: (_ms(row["endedAt"]), row["callId"]),
                instants={"started": lambda row: _ms(row["startedAt"]), "ended": lambda row: _ms(row["endedAt"])},
                ended=lambda row: _ms(row["endedAt"]),
            )
        }
        self._reads: dict[str, int] = {}

    @property
    @override
    def config(self) -> dict[str, Any]:
        return {"acme_api_key": self.api_key, "acme_api_url": self.url}

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        return {"calls": [_row(call) for call in calls]}

    @override
    def routes(self) -> Sequence[Route]:
        return [Route("/calls", self._calls, methods=["GET"])]

    async def _calls(self, request: Request) -> Response:
        if request.headers.get("X-Api-Key") != self.api_key:
            return JSONResponse({"message": "Unknown API key"}, 401)
        query = request.query_params
        page, size = int(query["page"]), int(query["per_page"])
        if page < 1 or not 1 <= size <= LARGEST_PAGE:
            return JSONResponse({"message": "page or per_page is out of range"}, 400)
        switches, table = self.switches, self.table("calls")
        size = min(size, switches.page_cap or size)
        with table.lock:
            opened = {"low_open": switches.bounds[0] == "(", "high_open": switches.bounds[1] == ")"}
            low, high, now = _ms(query["from"]), _ms(query["to"]), self.clock.now_ms()
            chosen = [*table.select(switches.selects_by, low, high, now, **opened)]
            total = len(chosen)
            chosen = self._withheld(chosen, f"{low} {high}", first=page == 1)
            if switches.order == "newest_first":
                chosen.reverse()
            elif switches.order == "shuffled":
                Random(8).shuffle(chosen)
            numbers = chosen[(page - 1) * size : page * size]
            rows = [self._encoded(table, number) for number in numbers]
            if numbers and switches.arrivals:
                switches.arrivals -= 1
                table.add([{**table.decoded(chosen[0]), "callId": f"{now}-{switches.arrivals}"}])
        tail: dict[str, Any] = {"page": page}
        if switches.total_on == "every" or (switches.total_on == "first" and page == 1):
            tail["total"] = written(total, switches.total_form)
        self.count_request()
        return json_page(b'{"calls":[', rows, b"]," + msgspec.json.encode(tail)[1:])

    def _withheld(self, chosen: list[int], query: str, *, first: bool) -> list[int]:
        """Leave calls out, in as many readings as switched."""
        self._reads[query] = self._reads.get(query, 0) + first
        if self.switches.withhold_reads is not None and self._reads[query] > self.switches.withhold_reads:
            return chosen
        middle = len(chosen) // 2
        return chosen[:middle] + chosen[middle + self.switches.withhold :]

    def _encoded(self, table: Table, number: int) -> bytes:
        if not self.switches.unknown_fields:
            return table.encoded[number]
        return msgspec.json.encode({**table.decoded(number), "sandboxField": {"number": number}})


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _text(ms: int | None) -> str | None:
    return None if ms is None else instant(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(call: Call) -> Row:
    agent = call.caller if call.direction == "outgoing" else next(iter(call.agents), None)
    return {
        "callId": f"{call.uid:016x}",
        "direction": {"incoming": "inbound", "outgoing": "outbound"}.get(call.direction, call.direction),
        "result": call.outcome,
        "startedAt": _text(call.started_ms),
        "answeredAt": _text(call.answered_ms),
        "endedAt": _text(call.ended_ms),
        "callerNumber": call.caller.number,
        "callerName": call.caller.name,
        "calleeNumber": call.dialled,
        "calleeName": call.callee.name,
        "queue": call.queue.name if call.queue else None,
        "agentId": agent.extension if agent else None,
        "agentName": agent.name if agent else None,
        "waitSeconds": call.wait_ms // 1000,
        "talkSeconds": call.talk_ms // 1000,
    }


VENDOR = Acme
