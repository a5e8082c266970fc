"""8x8 Work Analytics Historical: the token call, v1/cdr, v2/call-records, v2/call-legs, v2/pbxes (WA 2 to 6, 8)."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import parse_qs
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox.eightx8_work_rows import full_row, in_zone, leg_row, record_row, sample_rows
from sandbox.table import Row, Table
from sandbox.tokens import JWT_HEADER, Tokens, Verdict
from sandbox.vendor import Vendor, World, json_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - a path
REPORT_PATH = "/api/analytics/report/external"
SAMPLE_PBX = "acmecorppbx"
UTC_NAMES = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/UCT", "UCT", "Zulu"}
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass
class Switches:
    """What the documents leave open or reality may do (WA 8.6, WA 10); all may be set while running."""

    record_filter: Literal["start", "disconnect"] = "start"
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    end_second: Literal[".000", ".999"] = ".000"
    repeated_hour: Literal["first", "second", "error"] = "first"
    landing_delay_seconds: float = 0.0
    landing_jitter_seconds: float = 0.0
    arrivals_per_page: int = 0
    oversized: Literal["reject", "clamp"] = "reject"
    page_cap: int | None = None
    short_pages: float = 0.0
    leg_count_as_int: bool = False
    null_arrays: bool = False
    odd_values: bool = False
    unknown_fields: bool = False
    token_lifetime_seconds: int = 1800
    token_requests: int | None = None
    cursor_bound_to_token: bool = False
    repeat_cursor: bool = False
    repeat_last_row: bool = False
    page2_parameters: Literal["needed", "optional"] = "needed"
    end_signal: Literal["No Data", "null", "missing", "empty"] = "No Data"
    end_on_last_page: bool = False
    throttle_every: int | None = None
    throttle_retry_after: str = "0"
    order: Literal["newest_first", "shuffled"] = "newest_first"
    overcount: int = 0
    overcount_reads: int | None = None
    withhold: int = 0
    withhold_reads: int | None = 1
    utc_accepted: bool = True
    render_zone: str | None = None
    v1_status: int | None = None
    all_pbxes: Literal["subset", "reject"] = "subset"
    wrong_password_status: int = 400


class _Refused(Exception):  # noqa: N818 - an answer, not a defect
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass
class _Query:
    """One data request, understood."""

    kind: Literal["records", "legs"]
    pbxes: list[str]
    low: int
    high: int
    zone: tzinfo
    page_size: int
    scroll: str | None
    by_connect: bool
    simplified: bool
    parties: dict[str, set[str]] = field(default_factory=dict)
    identity: str = ""


class EightX8Work(Vendor):
    """The simulated API; state is plain and may be changed while running."""

    name: ClassVar[str] = "eightx8_work"
    prefix: ClassVar[str] = "/analytics/work"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.api_key = "sandbox-8x8-work-key"
        self.username = "analytics.reader@sandbox.example"
        self.password = "sandbox-8x8-work-password"  # noqa: S105 - fake
        self.pbxes = ["northwindlon", "northwindnyc", SAMPLE_PBX]
        self.allowed_pbxes: set[str] | None = None
        """PBX names the user may read; ``None`` for all."""
        self.user_has_licence = True
        self.user_opened_analytics = True
        self.switches = Switches()
        self.tokens = Tokens(world.clock)
        self.tables = {
            "records": _table(("pbxId", "callId"), ("startTimeUTC", "callId")),
            "legs": _table(("pbxId", "callId", "legId"), ("startTimeUTC", "callId", "legId")),
        }
        self._reads: dict[str, int] = {}
        self._scrolls: dict[str, tuple[dict[str, str], str]] = {}
        self._data_requests = 0
        self._rng = Random(world.seed)

    @property
    def records(self) -> Table:
        """Call records as stored."""
        return self.table("records")

    @property
    def legs(self) -> Table:
        """Call legs as stored."""
        return self.table("legs")

    @property
    @override
    def config(self) -> dict[str, Any]:
        return {
            "eightx8_work_api_key": self.api_key,
            "eightx8_work_username": self.username,
            "eightx8_work_password": self.password,
            "eightx8_work_api_url": self.url,
        }

    def new_record(self, **fields: Any) -> Row:  # noqa: ANN401
        """A complete call record with the given fields; not yet added."""
        return full_row({**_blank("records", self.pbxes[0], self.clock.now_ms())}, fields.items())

    def new_leg(self, **fields: Any) -> Row:  # noqa: ANN401
        """A complete call leg with the given fields; not yet added."""
        return full_row({**_blank("legs", self.pbxes[0], self.clock.now_ms())}, fields.items())

    def add_record(self, row: Row, *, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put one call record in, seen at once, from an instant (epoch ms), or after so many data requests."""
        self.add_records([row], visible_at=visible_at, after_requests=after_requests)

    def add_records(
        self, rows: Iterable[Row], *, visible_at: int | None = None, after_requests: int = 0
    ) -> None:
        """Put call records in."""
        self.add_rows("records", rows, visible_at=visible_at, after_requests=after_requests)

    def add_legs(
        self, rows: Iterable[Row], *, visible_at: int | None = None, after_requests: int = 0
    ) -> None:
        """Put call legs in."""
        self.add_rows("legs", rows, visible_at=visible_at, after_requests=after_requests)

    def replace(self, *rows: Row) -> None:
        """Put rows (legs have a ``legId``) in the place of those with the same key."""
        self.records.replace([row for row in rows if "legId" not in row])
        self.legs.replace([row for row in rows if "legId" in row])

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        records, legs = [], []
        for call in calls:
            pbx = f"northwind{call.site.code}"
            records.append(record_row(call, pbx))
            legs += [leg_row(call, leg, pbx) for leg in call.legs]
        return {"records": records, "legs": legs}

    @override
    def sample_rows(self) -> dict[str, list[Row]]:
        return sample_rows(self.clock.now_ms())

    @override
    def routes(self) -> Sequence[Route]:
        return [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route("/v1/cdr", self._data, methods=["GET"]),
            Route("/v2/call-records", self._data, methods=["GET"]),
            Route("/v2/call-legs", self._data, methods=["GET"]),
            Route("/v2/pbxes", self._list_pbxes, methods=["GET"]),
            Route("/v2/pbxes/", self._list_pbxes, methods=["GET"]),
        ]

    async def _token(self, request: Request) -> Response:
        if request.headers.get("8x8-apikey") != self.api_key:
            return _bad_key()
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("username") != self.username:
            return _invalid_grant("USER_NOTFOUND_ERROR", 400)
        if form.get("password") != self.password:
            return _invalid_grant("BAD_CREDENTIALS_ERROR", self.switches.wrong_password_status)
        if not self.user_opened_analytics:
            return _invalid_grant("USER_NOT_PROVISIONED_ERROR", 400)
        lifetime = self.switches.token_lifetime_seconds
        token = self.tokens.issue(self.username, lifetime)
        return JSONResponse({"access_token": token.text, "token_type": "bearer", "expires_in": lifetime})

    async def _list_pbxes(self, request: Request) -> Response:
        try:
            self._authorise(request)
            query = request.query_params
            page = _integer(query.get("page", "0"), "page", 0, 10**6)
            size = _integer(query.get("size", "50"), "size", 1, 100)
        except _Refused as refused:
            return refused.response
        names = sorted(self._readable())
        pages = -(-len(names) // size)

        def link(number: int) -> dict[str, str]:
            return {"href": f"{self.url}/v2/pbxes?page={number}&size={size}"}

        links = {"self": link(page), "first": link(0), "last": link(max(pages - 1, 0))}
        if page + 1 < pages:
            links["next"] = link(page + 1)
        listed = [
            {
                "id": base64.urlsafe_b64encode(name.encode()[:16].ljust(16, b"=")).decode()[:22],
                "name": name,
                "deleted": False,
            }
            for name in names[page * size : (page + 1) * size]
        ]
        shape = {"size": size, "totalElements": len(names), "totalPages": pages, "number": page}
        return JSONResponse({"_embedded": {"pbxList": listed}, "_links": links, "page": shape})

    async def _data(self, request: Request) -> Response:
        version1 = request.url.path.endswith("/v1/cdr")
        switches = self.switches
        if version1 and switches.v1_status:
            return JSONResponse({"error": "Gone", "status": switches.v1_status}, switches.v1_status)
        self._data_requests += 1
        if switches.throttle_every and self._data_requests % switches.throttle_every == 0:
            return JSONResponse(
                {"message": "API rate limit exceeded"},
                429,
                headers={"Retry-After": switches.throttle_retry_after},
            )
        try:
            self.tokens.max_uses = switches.token_requests
            bearer = self._authorise(request)
            query = self._understand(request, bearer, version1=version1)
        except _Refused as refused:
            return refused.response
        self.refresh()
        response = self._page(query, dict(request.query_params), bearer)
        self.count_request()
        return response

    def _authorise(self, request: Request) -> str:
        """Check key and bearer; gives the bearer's text (WA 5, WA 8.1)."""
        if request.headers.get("8x8-apikey") != self.api_key:
            raise _Refused(_bad_key())
        verdict, token = self.tokens.check(request.headers.get("authorization"))
        if verdict is Verdict.EXPIRED and token:
            raise _Refused(_bad_token(f"Access token expired: {token.text}"))
        if verdict is not Verdict.VALID or token is None:
            raise _Refused(_bad_token("Cannot convert access token to JSON"))
        return token.text

    def _readable(self) -> set[str]:
        return set(self.pbxes) if self.allowed_pbxes is None else self.allowed_pbxes

    def _choose_pbxes(self, given: str, path: str) -> list[str]:
        if not self.user_has_licence:
            text = f"user({self.username}) does not have access to api category(CDR) for pbxId([{given}])."
            raise _Refused(_gateway("105-400-038", text, "pbxId"))
        readable = self._readable()
        names = [name.strip() for name in given.split(",")]
        if names == ["allpbxes"]:
            names = list(self.pbxes) if self.switches.all_pbxes == "reject" else sorted(readable)
        for name in names:
            if name not in readable:
                text = f"user({self.username}) does not have access to pbxId({name}) to make this request."
                now = self.clock.now()
                raise _Refused(
                    JSONResponse(
                        {
                            "timeStamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000",
                            "status": 403,
                            "error": "Access Denied",
                            "exception": text,
                            "message": text,
                            "path": REPORT_PATH + path,
                        },
                        403,
                    )
                )
        return names

    def _understand(self, request: Request, bearer: str, *, version1: bool) -> _Query:
        """Check the parameters (WA 3.1, WA 8.2)."""
        given = dict(request.query_params)
        scroll = given.get("scrollId")
        if scroll is not None:
            remembered = self._scrolls.get(scroll)
            if self.switches.page2_parameters == "optional" and remembered:
                given = {**remembered[0], **given}
            if self.switches.cursor_bound_to_token and remembered and remembered[1] != bearer:
                raise _Refused(_bad_parameter("scrollId", "The scrollId is no longer valid"))
        for name in ("pbxId", "startTime", "endTime", "timeZone", "pageSize"):
            if not given.get(name):
                raise _Refused(_bad_parameter(name, "A required parameter is missing"))
        path = request.url.path.removeprefix(self.prefix)
        pbxes = self._choose_pbxes(given["pbxId"], "/cdr" if version1 else path)
        as_records = _flag(given, "isCallRecord") if version1 else path == "/v2/call-records"
        by_connect, simplified = _flag(given, "isConnectTime"), _flag(given, "isSimplified")
        for name, on in (("isConnectTime", by_connect), ("isSimplified", simplified)):
            if as_records and on:
                raise _Refused(_bad_parameter(name, "Not valid for call records"))
        parties = {
            name: set(given[name].split(","))
            for name in ("caller", "callee", "callerOrCallee")
            if given.get(name)
        }
        if "callerOrCallee" in parties and len(parties) > 1:
            raise _Refused(_bad_parameter("callerOrCallee", "Cannot be combined with caller or callee"))
        for name, wanted in parties.items():
            if len(wanted) > 125:
                raise _Refused(_bad_parameter(name, "At most 125 values"))
        limit = 7000 if self.switches.oversized == "reject" else 10**9
        size = min(_integer(given["pageSize"], "pageSize", 1, limit), 7000)
        zone = self._zone(given["timeZone"])
        last = 999 if self.switches.end_second == ".999" else 0
        now = self.clock.now()
        oldest = now.replace(year=now.year - 2, day=28 if (now.month, now.day) == (2, 29) else now.day)
        kind: Literal["records", "legs"] = "records" if as_records else "legs"
        identity = msgspec.json.encode(
            [path, kind, sorted((k, v) for k, v in given.items() if k != "scrollId")]
        )
        return _Query(
            kind=kind,
            pbxes=pbxes,
            low=max(self._instant(given["startTime"], zone, "startTime"), int(oldest.timestamp() * 1000)),
            high=self._instant(given["endTime"], zone, "endTime") + last,
            zone=zone,
            page_size=size,
            scroll=scroll,
            by_connect=by_connect,
            simplified=simplified,
            parties=parties,
            identity=identity.decode(),
        )

    def _zone(self, name: str) -> tzinfo:
        if name == "UTC" and not self.switches.utc_accepted:
            raise _Refused(_bad_parameter("timeZone", "Unknown time zone"))
        if name in UTC_NAMES:
            return UTC
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise _Refused(_bad_parameter("timeZone", "Unknown time zone")) from error

    def _instant(self, text: str, zone: tzinfo, name: str) -> int:
        try:
            naive = datetime.fromisoformat(text) if TIME.fullmatch(text) else None
        except ValueError:
            naive = None
        if naive is None:
            raise _Refused(_bad_parameter(name, "Expected yyyy-MM-dd HH:mm:ss"))
        first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() != second.utcoffset() and self.switches.repeated_hour == "error":
            raise _Refused(_bad_parameter(name, "This local time is ambiguous or does not exist"))
        chosen = second if self.switches.repeated_hour == "second" else first
        return int(chosen.timestamp() * 1000)

    def _page(self, query: _Query, given: dict[str, str], bearer: str) -> Response:
        """Answer one page of the selection (WA 4.1 to 4.3)."""
        switches, table = self.switches, self.tables[query.kind]
        table.delay_ms = int(switches.landing_delay_seconds * 1000)
        table.jitter_ms = int(switches.landing_jitter_seconds * 1000)
        instant = "disconnect"
        if query.kind == "records":
            instant = switches.record_filter
        elif query.by_connect:
            instant = "connect"
        with table.lock:
            chosen = table.select(
                instant,
                query.low,
                query.high,
                self.clock.now_ms(),
                low_open=switches.bounds[0] == "(",
                high_open=switches.bounds[1] == ")",
            )
            chosen = self._narrow(table, chosen, query)
            if query.scroll is None:
                self._reads[query.identity] = self._reads.get(query.identity, 0) + 1
            reads = self._reads.get(query.identity, 1)
            total = len(chosen)
            if switches.withhold and (switches.withhold_reads is None or reads <= switches.withhold_reads):
                middle = total // 2
                chosen = chosen[:middle] + chosen[middle + switches.withhold :]
            if switches.overcount and (switches.overcount_reads is None or reads <= switches.overcount_reads):
                total += switches.overcount
            sort_key: Callable[[int], Any] = table.orders.__getitem__
            if switches.order == "shuffled":
                sort_key = lambda number: _scrambled(table.orders[number])  # noqa: E731
                chosen = sorted(chosen, key=sort_key)
            until = len(chosen)
            if query.scroll is not None:
                position = _position(query.scroll, len(table.orders[0]) if table.orders else 2)
                if isinstance(position, Response):
                    return position
                wanted = _scrambled(position) if switches.order == "shuffled" else position
                until = bisect_left(chosen, wanted, key=sort_key)
            size = query.page_size if switches.page_cap is None else min(query.page_size, switches.page_cap)
            if switches.short_pages and self._rng.random() < switches.short_pages:
                size = self._rng.randint(1, size)
            page = chosen[max(until - size, 0) : until][::-1]
            if not page:
                return self._end()
            last = table.decoded(page[-1])
            rows = self._encoded(table, page, query.zone)
            if switches.repeat_last_row and until < len(chosen):
                rows = [*self._encoded(table, [chosen[until]], query.zone), *rows]
            cursor = _cursor(str(last.get("pbxId")), table.orders[page[-1]])
            if switches.repeat_cursor and query.scroll is not None:
                cursor = query.scroll
            meta: dict[str, Any] = {"totalRecordCount": total, "scrollId": cursor}
            if switches.end_on_last_page and until <= size:
                meta = {"totalRecordCount": total, **self._end_signal()}
            else:
                if len(self._scrolls) > 100_000:
                    self._scrolls.clear()
                self._scrolls[cursor] = (given, bearer)
            if switches.arrivals_per_page:
                self._arrive(table, page)
        return json_page(b'{"meta":' + msgspec.json.encode(meta) + b',"data":[', rows, b"]}")

    def _narrow(self, table: Table, chosen: list[int], query: _Query) -> list[int]:
        """Keep the asked PBXes, parties and, simplified, no child legs."""
        if set(query.pbxes) >= set(self.pbxes) and not query.parties and not query.simplified:
            return chosen
        pbxes = set(query.pbxes)
        return [number for number in chosen if _wanted(table.decoded(number), pbxes, query)]

    def _encoded(self, table: Table, page: list[int], zone: tzinfo) -> list[bytes]:
        """Rows in the requested zone, as they are kept where that is UTC and no switch changes rows."""
        switches = self.switches
        if switches.render_zone:
            zone = ZoneInfo(switches.render_zone)
        changed = (
            switches.leg_count_as_int
            or switches.null_arrays
            or switches.odd_values
            or switches.unknown_fields
        )
        if zone is UTC and not changed:
            return [table.encoded[number] for number in page]
        return [
            msgspec.json.encode(self._changed(in_zone(table.decoded(number), zone), number))
            for number in page
        ]

    def _changed(self, row: Row, number: int) -> Row:
        switches = self.switches
        if switches.leg_count_as_int and str(row.get("callLegCount", "")).isdigit():
            row["callLegCount"] = int(row["callLegCount"])
        if switches.null_arrays:
            row.update({name: None for name in ("departments", "branches") if name in row})
        if switches.unknown_fields:
            row["sandboxNewField"] = f"new {number}"
            row["sandboxNewObject"] = {"score": number % 5, "tags": ["a", "ü"]}
        if switches.odd_values:
            odd = ODD_VALUES[number % len(ODD_VALUES)]
            row.update({name: value for name, value in odd.items() if name in row})
        return row

    def _arrive(self, table: Table, page: list[int]) -> None:
        """Rows that land between pages: in turn newer and older than the page."""
        for turn in range(self.switches.arrivals_per_page):
            row = table.decoded(page[-1] if turn % 2 else page[0])
            row["startTimeUTC"] += -1 if turn % 2 else 1
            row["callId"] = str(9_000_000_000_000 + len(table))
            table.add([in_zone(row)])

    def _end_signal(self) -> dict[str, str | None]:
        signals: dict[str, dict[str, str | None]] = {
            "No Data": {"scrollId": "No Data"},
            "null": {"scrollId": None},
            "missing": {},
            "empty": {"scrollId": ""},
        }
        return signals[self.switches.end_signal]

    def _end(self) -> Response:
        return JSONResponse({"meta": {"totalRecordCount": 0, **self._end_signal()}, "data": []})


ODD_VALUES: tuple[Row, ...] = (
    {"talkTimeMS": "12"},
    {"talkTimeMS": None, "callerName": None, "calleeName": None},
    {"callTime": 12.5},
    {"departments": "Sales"},
    {"branches": [None, 7]},
    {"lraType": "4"},
    {"status": "In Progress", "lastLegDisposition": 0},
    {"talkTimeMS": 2**70},
    {"dnis": 12025550123, "missed": True},
    {"callerName": "a\u0000b \U0001f4de \\ \" '", "calleeName": {"first": "J", "last": "L"}},
    {"calleeHoldDurationMS": -1, "ringDuration": "n/a"},
)


def _blank(kind: str, pbx: str, now_ms: int) -> Row:
    """A sample row emptied, an hour old and a minute long, with an id of its own."""
    row = dict(sample_rows(now_ms)[kind][0])
    started = now_ms // 1000 * 1000 - 3_600_000
    row.update(startTimeUTC=started, connectTimeUTC=0, disconnectedTimeUTC=started + 60_000, pbxId=pbx)
    row.pop("callTime")
    return row


def _table(key: tuple[str, ...], order: tuple[str, ...]) -> Table:
    def time(name: str) -> Callable[[Row], int | None]:
        return lambda row: value if isinstance(value := row.get(name), int) else None

    return Table(
        key=lambda row: tuple(row.get(name) for name in key),
        order=lambda row: (row.get("startTimeUTC") or 0, *(str(row.get(name)) for name in order[1:])),
        instants={
            "start": time("startTimeUTC"),
            "connect": lambda row: row.get("connectTimeUTC") or None,
            "disconnect": time("disconnectedTimeUTC"),
        },
        ended=lambda row: row.get("disconnectedTimeUTC") or 0,
    )


def _wanted(row: Row, pbxes: set[str], query: _Query) -> bool:
    if row.get("pbxId") not in pbxes:
        return False
    if query.simplified and (
        row.get("callerSvcName") or row.get("calleeSvcName") in ("CallForking", "CallRecording")
    ):
        return False
    fields = {"caller": ("caller",), "callee": ("callee",), "callerOrCallee": ("caller", "callee")}
    return all(any(row.get(one) in wanted for one in fields[name]) for name, wanted in query.parties.items())


def _scrambled(order: tuple[Any, ...]) -> tuple[Any, ...]:
    return (crc32(repr(order).encode()), *order)


def _cursor(pbx: str, order: tuple[Any, ...]) -> str:
    text = "_".join([pbx.lower(), *order[1:], str(order[0])])
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _position(scroll: str, width: int) -> tuple[Any, ...] | Response:
    try:
        text = base64.b64decode(scroll + "=" * (-len(scroll) % 4), validate=True).decode()
        pbx, *ids, start = text.rsplit("_", width)
        if not pbx or len(ids) != width - 1:
            return _bad_parameter("scrollId", "Cannot decode the scrollId")
        return (int(start), *ids)
    except (binascii.Error, ValueError):
        return _bad_parameter("scrollId", "Cannot decode the scrollId")


def _flag(given: dict[str, str], name: str) -> bool:
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise _Refused(_bad_parameter(name, "Expected true or false"))
    return text == "true"


def _integer(text: str, name: str, low: int, high: int) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        raise _Refused(_bad_parameter(name, f"Expected a whole number from {low} to {high}"))
    return int(text)


def _gateway(code: str, message: str, path: str, location: str = "query", hint: str = "") -> Response:
    """The gateway's error family (WA 5)."""
    details = [{"type": "invalidValue", "location": location, "path": [path], "hint": hint or message}]
    return JSONResponse({"status": 400, "message": message, "code": code, "details": details}, 400)


def _bad_parameter(name: str, message: str) -> Response:
    return _gateway("SHA002", f"Invalid {name}: {message}", name)


def _bad_key() -> Response:
    hint = "Please provide valid apikey. If you don't have one, please sign up and create a developer account"
    return _gateway("SHA001", "Invalid 8x8-apikey", "8x8-apikey", "header", hint)


def _bad_token(description: str) -> Response:
    return JSONResponse({"error": "invalid_token", "error_description": description}, 401)


def _invalid_grant(description: str, status: int) -> Response:
    return JSONResponse({"error_description": description, "error": "invalid_grant"}, status)
