"""Voiso: the CDR API and its lists (VO)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox.table import Row, Table
from sandbox.vendor import Vendor, World, json_page
from sandbox.voiso.paging import SEARCH, Slice, answer
from sandbox.voiso.rows import call_row, ended_ms, is_as_kept, lists, new_row, samples, spelled, started_ms, written
from sandbox.voiso.subjects import STREAMS
from sandbox.voiso.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call

KEYS = {"wrapup_codes": "code"}
LISTS = ("agents", "deleted_agents", "queues", "teams", "wrapup_codes", "campaigns")
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
SEAL = "+/="
"""Ends every token, so that one that was not encoded arrives damaged."""


class _Refused(Exception):  # noqa: N818 - an answer, not a defect
    def __init__(self, status: int, body: Any) -> None:
        super().__init__()
        self.response = JSONResponse(body, status)


class Voiso(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        api_key: The accepted ``key``, a user's.
    """

    name: ClassVar[str] = "voiso"
    part: ClassVar[int] = 3
    prefix: ClassVar[str] = "/api/v2"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"voiso_api_key": "another"}
    small: ClassVar[Mapping[str, Any]] = {"tap_callrecords.sources.voiso.streams.Interactions.block": 20}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.api_key = "sandbox+voiso/user=key"
        self.switches = Switches()
        self.tables = {
            "cdr": Table(
                key=lambda row: row.get("uuid"),
                order=lambda row: (ended_ms(row), str(row.get("uuid"))),
                instants={"start": started_ms, "end": ended_ms},
                ended=ended_ms,
            ),
            **{name: _list_table(KEYS.get(name, "id")) for name in LISTS},
        }
        if world.calls_per_day:
            self._add(lists(self.seed))
        self._requests = 0

    @property
    def cdr(self) -> Table:
        """Interactions as stored."""
        return self.table("cdr")

    @property
    @override
    def config(self) -> dict[str, Any]:
        return {"voiso_api_key": self.api_key, "voiso_api_url": self.url}

    def new_interaction(self, ended: datetime | None = None, **fields: Any) -> Row:
        """A complete outbound call that ends at an instant (an hour ago), with the given fields; not yet added."""
        ms = int((ended or self.clock.now() - timedelta(hours=1)).timestamp() * 1000)
        uuid = str(UUID(int=len(self.tables["cdr"]) << 64 | ms, version=4))
        return {**new_row(ms, uuid), **fields}

    def add_interactions(self, *rows: Row, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put rows in, seen at once, from an instant (epoch ms), or after so many data requests."""
        self.add_rows("cdr", rows, visible_at=visible_at, after_requests=after_requests)

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        return {"cdr": [call_row(call) for call in calls if call.direction != "internal"]}

    @override
    def sample_rows(self) -> dict[str, list[Row]]:
        return {"cdr": samples(self.clock.now_ms())}

    @override
    def routes(self) -> Sequence[Route]:
        return [
            Route("/cdr", self._interactions, methods=["GET"]),
            *(Route(f"/cdr/{name}", self._list, methods=["GET"]) for name in LISTS),
        ]

    async def _list(self, request: Request) -> Response:
        try:
            self._authorise(request)
        except _Refused as refused:
            return refused.response
        rows: list[Row] = [*self.tables[request.url.path.rpartition("/")[2]]]
        if self.switches.unknown_fields:
            rows = [{**row, "sandbox_field": "new"} for row in rows]
        match self.switches.lists:
            case "array":
                return self._bare_list(request, rows)
            case "object":
                return JSONResponse({"items": rows, "count": len(rows)})
        page = self._list_page(request, rows)
        if not page["items"] and self.switches.list_end in ("null_body", "refuse"):
            return JSONResponse(None) if self.switches.list_end == "null_body" else JSONResponse({"error": "?"}, 404)
        return JSONResponse(page)

    def _bare_list(self, request: Request, rows: list[Row]) -> Response:
        """A bare array; in pages, headers tell of what follows."""
        size = self.switches.list_page or len(rows) or 1
        number = int(request.query_params.get("page", "1"))
        headers = {}
        if self.switches.list_next == "link" and number * size < len(rows):
            headers = {"Link": f'<{request.url.path}?key={self.api_key}&page={number + 1}>; rel="next"'}
        elif self.switches.list_next == "none":
            headers = {"X-Total-Count": str(len(rows))}
        return JSONResponse(rows[(number - 1) * size : number * size], headers=headers)

    def _list_page(self, request: Request, rows: list[Row]) -> Any:
        """A page of a list in v4's general form (VO 11)."""
        switches, query = self.switches, request.query_params
        size = switches.list_page or len(rows) or 1
        by_page = "1" if switches.list_next == "digits" else query.get("page", "1")
        asked = query.get("cursor", "").removeprefix("after-") or by_page
        number = min(int(asked), switches.list_pages_given or int(asked))
        page = rows[(number - 1) * size : number * size]
        metadata: dict[str, Any] = {"total": len(rows) + switches.list_total_off}
        more = number * size < len(rows) or (switches.list_end != "plain" and number * size < len(rows) + size)
        link = f"{request.url.path}?key={self.api_key}&page={number + 1}"
        if switches.list_next == "cursor":
            metadata["next_cursor"] = f"after-{number + 1}" if more else None
        if switches.list_next == "digits":
            metadata["next_cursor"] = f"000{number + 1}" if more else None
        if switches.list_next == "more":
            metadata = {"has_more": more}
        if switches.list_next == "more_text":
            metadata = {"has_more": str(more)}
        if switches.list_next == "pages":
            metadata = {"pagination": {"page": number, "total_pages": -(-len(rows) // size)}}
        named = {
            "link": f"http://internal.example{link}",
            "relative": link,
            "number": number + 1,
            "path": f"{request.url.path}/{number + 1}",
        }
        if switches.list_next == "path":
            metadata = {}
        following = {"next": named[switches.list_next] if more else None} if switches.list_next in named else {}
        return {
            "items": page or (None if switches.null_records or switches.list_end == "null" else []),
            "metadata": metadata,
            **following,
        }

    async def _interactions(self, request: Request) -> Response:
        try:
            self._authorise(request)
            if self.switches.error is not None:
                return JSONResponse({"error": self.switches.error})
            response = self._page(dict(request.query_params))
        except _Refused as refused:
            return refused.response
        self.count_request()
        return response

    def _authorise(self, request: Request) -> None:
        key = request.query_params.get("key")
        if key != self.api_key:
            said = "Invalid User API Key" + (f" {key}" if self.switches.echo_key else "")
            raise _Refused(self.switches.bad_key_status, {"error": said})

    def _page(self, query: dict[str, str]) -> Response:
        """Answer one page (VO 3, VO 4)."""
        switches, table = self.switches, self.cdr
        table.delay_ms = int(switches.landing_delay_seconds * 1000)
        number = _whole(query, "page", 1, 10**9)
        size = _whole(query, "per_page", 1000, switches.largest_page)
        self._strike(number, size)
        if switches.token_required and "search_token" not in query:
            raise _Refused(422, {"errors": {"search_token": ["can't be blank"]}})
        with table.lock:
            chosen = self._chosen(table, query)
            after = self._position(table, chosen, query.get("search_token", ""))
            given = answer(len(chosen), number, size, after, switches)
            if isinstance(given, int):
                said = f"page {number} is out of range" + (f" (key {self.api_key})" if switches.echo_key else "")
                raise _Refused(given, {"error": said})
            page = chosen[given.start : given.stop]
            rows = [self._encoded(table, each) for each in page if not self._is_hidden(table, each)]
            if rows and switches.null_rows:
                rows.append(b"null")
            tail = self._tail(table, chosen, given, number, size)
            if switches.endless_tokens and after is not None and not page:
                self._requests += 1
                tail["search_token"] = self._sealed(0, f"{self._requests}")
            if page:
                self._move(table, page)
        if switches.rowless and number == 1 and after is None and page:
            switches.rowless -= 1
            rows = []
        elif switches.null_records and not page:
            return JSONResponse({"records": None, **tail})
        return json_page(b'{"records":[', rows, b"]," + msgspec.json.encode(tail)[1:])

    def _is_hidden(self, table: Table, number: int) -> bool:
        hidden = self.switches.hidden
        return hidden is not None and re.search(hidden, str(table.decoded(number).get("uuid"))) is not None

    def _tail(self, table: Table, chosen: list[int], given: Slice, number: int, size: int) -> dict[str, Any]:
        """What follows the records."""
        switches, total = self.switches, self._total(len(chosen), size)
        tail: dict[str, Any] = {
            "total": {"number": total, "text": str(total), "decimal": float(total)}[switches.total_as],
            "page": number,
            "search_token": self._token(table, chosen, given),
        }
        if given.token is None and not switches.page_on_last:
            del tail["page"]
        return tail

    def _strike(self, number: int, size: int) -> None:
        """Refuse what the switches say is refused."""
        switches = self.switches
        if switches.overload_above is not None and size > switches.overload_above:
            raise _Refused(504, {"error": "Gateway timeout"})
        if number == switches.refused_page and switches.refused_times != 0:
            if switches.refused_times is not None:
                switches.refused_times -= 1
            raise _Refused(switches.refused_status, {"error": "Bad request"})

    def _chosen(self, table: Table, query: dict[str, str]) -> list[int]:
        """The rows of a query in the server's order."""
        switches = self.switches
        low, high = self._instant(query, "start", 0), self._instant(query, "end", 2**50)
        opened = {"low_open": switches.bounds[0] == "(", "high_open": switches.bounds[1] == ")"}
        chosen = [*table.select(switches.filter_time, low, high, self.clock.now_ms(), **opened)]
        if switches.order == "unstable_ties":
            self._requests += 1
            order = Random(self._requests)
            ties = [[*tie] for _, tie in groupby(chosen, key=lambda each: table.orders[each][0])]
            for tie in ties:
                order.shuffle(tie)
            chosen = [each for tie in ties for each in tie]
        return chosen if switches.order == "oldest_first" else chosen[::-1]

    def _instant(self, query: dict[str, str], end: str, default: int) -> int:
        """A bound in epoch ms; the second or the day that it names (VO 2)."""
        switches = self.switches
        zone = ZoneInfo(switches.user_zone if switches.filter_zone == "user" else switches.filter_zone)
        text, day = query.get(f"{end}_datetime"), query.get(f"{end}_date")
        if text is None and day is None:
            return default
        clock = time.min if end == "start" else time.max
        try:
            local = datetime.fromisoformat(text) if text else datetime.combine(datetime.fromisoformat(day or ""), clock)
        except ValueError:
            local = None
        if local is None or (text and not LOCAL.fullmatch(text)):
            raise _Refused(422, {"errors": {f"{end}_datetime": ["is invalid"]}})
        return int(local.replace(tzinfo=zone).astimezone(UTC).timestamp() * 1000)

    def _position(self, table: Table, chosen: list[int], token: str) -> int | None:
        """Where a token leads to among the chosen rows; None without one."""
        switches = self.switches
        if not token:
            return None
        damaged = switches.damaged_tokens if switches.damaged_times != 0 else "no"
        if damaged != "no" and switches.damaged_times is not None:
            switches.damaged_times -= 1
        try:
            ms, name = msgspec.json.decode(base64.b64decode(token.removesuffix(SEAL)))
        except (ValueError, binascii.Error, msgspec.DecodeError):
            damaged = "refused"
        if damaged == "refused" or not token.endswith(SEAL):
            raise _Refused(422, {"errors": {"search_token": ["is invalid"]}})
        if damaged != "no":
            return 0 if damaged == "restart" else len(chosen)
        if ms == SEARCH:
            return 0
        order = (ms, name.removeprefix("cdr_item#"))
        ascending = switches.order == "oldest_first"
        orders = (table.orders[each] for each in chosen)
        return sum(1 for each in orders if (each <= order if ascending else each >= order))

    def _token(self, table: Table, chosen: list[int], given: Slice) -> str | None:
        """Base64 of the sort key of the record that the token stands behind (VO 3)."""
        if given.token is None:
            return None
        ms, name = (SEARCH, "search")
        if given.token > 0:
            ms, name = table.orders[chosen[given.token - 1]]
        return self._sealed(ms, name)

    def _sealed(self, ms: int, name: str) -> str:
        return base64.b64encode(msgspec.json.encode([ms, f"cdr_item#{name}"])).decode() + SEAL

    def _total(self, records: int, size: int) -> int:
        in_block = min(records, self.switches.block)
        counts: dict[str, int] = {
            "pages": -(-records // size),
            "records": records,
            "block_pages": -(-in_block // size),
            "block_records": in_block,
        }
        return counts.get(self.switches.total, 176 if records else 0)

    def _move(self, table: Table, page: list[int]) -> None:
        """Let records arrive, end, or vanish between two pages."""
        switches, now = self.switches, self.clock.now_ms()
        first, last = table.decoded(page[0]), table.decoded(page[-1])
        if switches.arrivals:
            switches.arrivals -= 1
            uuid = str(UUID(int=1 << 100 | switches.arrivals << 64 | now, version=4))
            table.add([{**first, "uuid": uuid, "timestamp": written(now)}])
        if switches.changes:
            switches.changes -= 1
            table.replace([{**last, "disposition": "archived", "timestamp": written(now)}])
        if switches.departures:
            switches.departures -= 1
            table.remove([first["uuid"]])

    def _encoded(self, table: Table, number: int) -> bytes:
        if is_as_kept(self.switches):
            return table.encoded[number]
        return msgspec.json.encode(spelled(table.decoded(number), number, self.switches))


def _list_table(key: str) -> Table:
    return Table(key=lambda row: row.get(key), order=lambda row: (str(row.get(key)),), instants={}, ended=lambda _: 0)


def _whole(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= most:
        raise _Refused(422, {"errors": {name: [f"must be a number from 1 to {most}"]}})
    return int(text)


VENDOR = Voiso
