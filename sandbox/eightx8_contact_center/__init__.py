"""8x8 Contact Center, Customer Experience: Recent Calls (CC A)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox import contact_center as cc
from sandbox.eightx8_contact_center.rows import call_row, clock_ms, dates, ended_ms, samples, started_ms
from sandbox.eightx8_contact_center.subjects import STREAMS
from sandbox.eightx8_contact_center.switches import Switches
from sandbox.eightx8_work.refusals import bad_key
from sandbox.table import Row, Table
from sandbox.vendor import Vendor, World, json_page, with_repeats, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call

DAY_MS = 86_400_000
TEXT_FILTERS = {"tenantAgents": "agentId", "tenantQueues": "queueId", "tenantGroups": "agentGroup"}
NUMBER_FILTERS = {
    "transferCount": "transferCount",
    "callDuration": "callDuration",
    "timeInQueue": "waitTime",
    "timeInIVR": "timeInIVR",
    "agentCallDuration": "agentCallHandlingDuration",
    "agentHoldDuration": "holdDuration",
    "agentHoldCount": None,
    "agentMuteCount": None,
}
RANGE = re.compile(r"(range|sec|min):(-?\d+),(-?\d+)")
UNITS = {"range": 1, "sec": 1000, "min": 60_000}
FLOATS = ("agentCallHandlingDuration", "timeInIVR", "waitTime", "abandonTime", "holdDuration", "maximumHoldDuration")


class EightX8ContactCenter(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        api_key: The accepted ``8x8-apikey``.
        token: The accepted ``token``, the tenant's.
        tenant: The tenant's name.
    """

    name: ClassVar[str] = "eightx8_contact_center"
    part: ClassVar[int] = 1
    prefix: ClassVar[str] = "/customerexperience"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"eightx8_contact_center_token": "another"}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.api_key = "sandbox-8x8-recent-calls-key"
        self.token = "a1b2c3d4-sandbox-tenant-token"
        self.tenant = cc.TENANT
        self.switches = Switches()
        self.tables = {
            "calls": Table(
                key=lambda row: row.get("callId"),
                order=lambda row: (started_ms(row), str(row.get("callId"))),
                instants={"start": started_ms, "end": ended_ms},
                ended=ended_ms,
            )
        }
        self._reads: dict[str, int] = {}
        self._requests = 0

    @property
    def calls(self) -> Table:
        """Rows as stored, times in GMT."""
        return self.table("calls")

    @property
    @override
    def config(self) -> dict[str, Any]:
        return {
            "eightx8_contact_center_api_key": self.api_key,
            "eightx8_contact_center_token": self.token,
            "eightx8_contact_center_tenant_id": self.tenant,
            "eightx8_contact_center_api_url": self.url,
        }

    def new_call(self, started: datetime | None = None, **fields: Any) -> Row:
        """A complete row that starts at an instant (an hour ago), with the given fields; not yet added."""
        when = started or self.clock.now() - timedelta(hours=1)
        ms = int(when.timestamp() * 1000)
        serial = len(self.tables["calls"])
        call_id = f"int-{ms:x}-own{serial:05d}-phone-00-{self.tenant}"
        return {**samples()[0], "callId": call_id, "tenantId": self.tenant, **dates(ms), **fields}

    def add_calls(self, *rows: Row, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put rows in, seen at once, from an instant (epoch ms), or after so many data requests."""
        self.add_rows("calls", rows, visible_at=visible_at, after_requests=after_requests)

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        return {"calls": [call_row(call) for call in calls if cc.is_handled(call)]}

    @override
    def sample_rows(self) -> dict[str, list[Row]]:
        """The vendor's two rows, one and two days old, their ids' time moved along."""
        rows = []
        for days, row in enumerate(samples(), 1):
            old = int(row["callId"].split("-")[1], 16)
            new = old + (self.clock.now_ms() // DAY_MS - days - old // DAY_MS) * DAY_MS
            rows.append({**row, "callId": row["callId"].replace(f"{old:x}", f"{new:x}"), **dates(new)})
        return {"calls": rows}

    @override
    def routes(self) -> Sequence[Route]:
        return [Route("/v1/recentCallData/{region}", self._recent_calls, methods=["POST"])]

    async def _recent_calls(self, request: Request) -> Response:
        try:
            return self._refusal(request) or self._page(json.loads(await request.body()))
        except KeyError as missing:
            return _error(400, f"Required: {missing}")
        except (ValueError, TypeError) as wrong:
            return _error(400, f"Bad Request: {wrong}")

    def _refusal(self, request: Request) -> Response | None:
        switches, headers = self.switches, request.headers
        if switches.status:
            return _error(switches.status, "Recent Calls is no longer served")
        if request.path_params["region"] not in ("us", "uk"):
            return _error(404, "No such region")
        if headers.get("8x8-apikey") != self.api_key and switches.bad_key == "SHA001":
            return bad_key()
        if headers.get("8x8-apikey") != self.api_key or headers.get("token") != self.token:
            return _error(401, "Unauthorized")
        return None

    def _page(self, body: dict[str, Any]) -> Response:
        """Answer one page (CC A4)."""
        switches, table = self.switches, self.calls
        page, size = int(body["page"]), int(body["rows"])
        if body["tenantId"] != self.tenant:
            return _error(401, "Unauthorized")
        if page < 1 or not 1 <= size <= 5000:
            raise ValueError("page or rows")
        size = min(size, switches.page_cap or size)
        zone = ZoneInfo(switches.render_zone or body.get("timezone", "GMT"))
        with table.lock:
            low, high = self._range(body, zone)
            opened = {"low_open": switches.bounds[0] == "(", "high_open": switches.bounds[1] == ")"}
            chosen = [*table.select(switches.range_filter, low, high, self.clock.now_ms(), **opened)]
            chosen = with_repeats(self._narrow(table, chosen, body), switches.repeated_rows)
            hits = len(chosen)
            chosen = self._withheld(chosen, str(body.get("timeRange")), first=page == 1)
            if switches.order != "ascending":
                chosen.reverse()
            self._requests += 1
            if switches.order == "unstable":
                Random(self._requests).shuffle(chosen)
            first = 0 if switches.ignore_page else (page - 1) * size
            numbers = chosen[first : first + size]
            rows = [self._encoded(table, number, zone) for number in numbers]
            if numbers:
                self._exchange(table, chosen[: first + size], chosen[first + size :])
                self._shift(table, numbers[0])
        if not rows and page > 1:
            if switches.status_past_end:
                return _error(switches.status_past_end, "Page out of range")
            hits = {"total": hits, "zero": 0, "more": hits + 1000}[switches.hits_past_end]
        head: dict[str, Any] = {
            "hits": hits,
            "alertBellCount": 0,
            "sortColumn": None,
            "autoRefresh": None,
            "columns": [],
            "sortOrder": None,
            "page": page,
            "rows": int(body["rows"]),
            **({"timezone": str(zone.key)} if switches.echo_zone else {}),
        }
        self.count_request()
        return self._answer(head, rows)

    def _answer(self, head: dict[str, Any], rows: list[bytes]) -> Response:
        """The envelope, as the switches have it."""
        switches, later = self.switches, head["page"] > 1
        if switches.bare_answers:
            switches.bare_answers -= 1
            error = {"hits": None, "data": None, "status": 500, "error": "Internal Server Error"}
            no_count: dict[str, Any] = {"data": []}
            return JSONResponse(error if switches.bare_error else no_count)
        if later and switches.later_hits == "absent":
            del head["hits"]
        else:
            counts = {"same": written(head["hits"], switches.hits_form), "null": None, "more": head["hits"] + 1000}
            head["hits"] = counts[switches.later_hits if later else "same"]
        if not rows and switches.null_data:
            return JSONResponse({**head, "data": None})
        rows = [b"null", *rows] if switches.null_row else rows
        return json_page(msgspec.json.encode(head)[:-1] + b',"data":[', rows, b"]}")

    def _exchange(self, table: Table, sent: list[int], waiting: list[int]) -> None:
        """Let one row leave and another land, on both sides of what has been sent."""
        switches = self.switches
        if not switches.exchanges or not waiting:
            return
        switches.exchanges -= 1
        rng = Random(switches.exchanges)
        sides = {"hides": (sent, waiting), "repeats": (waiting, sent), "anywhere": (sent + waiting, sent + waiting)}
        leaves, lands = map(rng.choice, sides[switches.exchange])
        key, row = table.decoded(leaves)["callId"], table.decoded(lands)
        ms = started_ms(row) + (1 if switches.order == "ascending" else -1)
        own = f"int-{ms:x}-come{switches.exchanges:05d}-phone-00-{self.tenant}"
        table.add([{**row, "callId": own, **dates(ms)}])
        table.remove([key])

    def _range(self, body: dict[str, Any], zone: ZoneInfo) -> tuple[int, int]:
        """The asked range in epoch ms; all history where it is not looked at."""
        everything = (0, 2**50)
        text, duration = body.get("timeRange"), body.get("duration")
        if text is None and duration is None:
            raise KeyError("timeRange")
        if self.switches.filters_required and not (duration and NUMBER_FILTERS.keys() <= body.keys()):
            raise KeyError("duration")
        if text is None or (duration and self.switches.precedence == "duration"):
            return _named_range(str(duration), self.clock.now().astimezone(zone)) or everything
        if " " in text and self.switches.blanks == "reject":
            raise ValueError("timeRange")
        low, high = (int(part) for part in text.split("-"))
        late = self.switches.closing_minutes * 60_000
        low, high = low - late, high - late
        ignored = self.switches.ignore_range or (" " in text and self.switches.blanks == "ignore_range")
        return everything if ignored else (low, high)

    def _narrow(self, table: Table, chosen: list[int], body: dict[str, Any]) -> list[int]:
        """Apply the filters."""
        tests: list[Callable[[Row], bool]] = []
        for name, column in TEXT_FILTERS.items():
            if wanted := body.get(name):
                tests.append(partial(_names_one, column, set(wanted)))
        for name, number in NUMBER_FILTERS.items():
            if (text := body.get(name)) is not None:
                tests.append(partial(_lies_in, number, *_bounds(name, text)))
        if caller := (body.get("callerName") or [""])[0]:
            tests.append(lambda row: caller in row["callerName"] or caller in row["callerNumber"])
        return [number for number in chosen if all(test(table.decoded(number)) for test in tests)] if tests else chosen

    def _withheld(self, chosen: list[int], query: str, *, first: bool) -> list[int]:
        """Leave rows out, in as many reads as switched; a read's first page is asked for twice (count, recount)."""
        self._reads[query] = self._reads.get(query, 0) + first
        reads = (self._reads[query] + 1) // 2
        if self.switches.withhold_reads is not None and reads > self.switches.withhold_reads:
            return chosen
        middle = len(chosen) // 2
        return chosen[:middle] + chosen[middle + self.switches.withhold :]

    def _shift(self, table: Table, first: int) -> None:
        """Let a row land before, or vanish from, what has been sent."""
        if self.switches.arrivals:
            self.switches.arrivals -= 1
            row = table.decoded(first)
            ms = started_ms(row) + (-1 if self.switches.order == "ascending" else 1)
            own = f"int-{ms:x}-late{self.switches.arrivals:05d}-phone-00-{self.tenant}"
            table.add([{**row, "callId": own, **dates(ms)}])
        if self.switches.departures:
            self.switches.departures -= 1
            table.remove([table.decoded(first)["callId"]])

    def _encoded(self, table: Table, number: int, zone: ZoneInfo) -> bytes:
        """A row in the asked zone and form."""
        switches = self.switches
        if zone.key in ("GMT", "UTC", "Etc/UTC") and not switches.changes_rows:
            return table.encoded[number]
        row = table.decoded(number)
        if row.get("callDate"):
            row.update(dates(clock_ms(row), zone))
        if switches.unknown_fields:
            row["sandboxNewField"] = {"number": number}
        for name in (*FLOATS, "callDuration", "muteDuration", "transferCount"):
            if switches.numbers == "text":
                row[name] = str(int(float(row[name])))
            elif switches.numbers == "numbers":
                row[name] = float(row[name]) if number % 2 else int(float(row[name]))
            elif switches.numbers == "empty" and name in FLOATS:
                row[name] = ""
        return msgspec.json.encode(row)


def _bounds(name: str, text: str) -> tuple[int, int]:
    parts = RANGE.fullmatch(text)
    if parts is None:
        raise ValueError(name)
    low, high = (int(part) * UNITS[parts[1]] for part in (parts[2], parts[3]))
    return low, high


def _names_one(column: str, wanted: set[str], row: Row) -> bool:
    return bool(wanted & set(row[column].split(",")))


def _lies_in(column: str | None, low: int, high: int, row: Row) -> bool:
    """Both ends count; a negative one is no bound; no column has the counts of holds and mutes."""
    value = float(row[column]) if column else max(low, 0)
    return (low < 0 or value >= low) and (high < 0 or value <= high)


def _named_range(duration: str, now: datetime) -> tuple[int, int] | None:
    """``today``, ``yesterday``, ``week``, ``month`` as the guide defines them, to the 59th minute; None for all."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday, first = midnight - timedelta(days=midnight.weekday()), midnight.replace(day=1)
    spans = {
        "today": (midnight, midnight + timedelta(days=1)),
        "yesterday": (midnight - timedelta(days=1), midnight),
        "week": (monday, monday + timedelta(days=7)),
        "month": (first, (first + timedelta(days=32)).replace(day=1)),
    }
    if duration == "allhistory":
        return None
    start, end = spans[duration]
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000) - 60_000


def _error(status: int, message: str) -> Response:
    """No body of these is documented (CC A3)."""
    return JSONResponse({"status": status, "message": message}, status)


VENDOR = EightX8ContactCenter
