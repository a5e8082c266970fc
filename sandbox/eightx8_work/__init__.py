"""8x8 Work Analytics Historical: the token call, v1/cdr, v2/call-records, v2/call-legs, v2/pbxes (WA 2 to 6, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox.eightx8_work.pages import Pages
from sandbox.eightx8_work.query import Query, require, understand
from sandbox.eightx8_work.refusals import (
    RefusedError,
    bad_key,
    bad_parameter,
    bad_token,
    invalid_grant,
    no_access,
    no_licence,
)
from sandbox.eightx8_work.rows import call_rows, new_row, sample_rows
from sandbox.eightx8_work.subjects import STREAMS
from sandbox.eightx8_work.switches import Switches
from sandbox.table import Row, Table
from sandbox.tokens import Tokens, Verdict
from sandbox.vendor import Vendor, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call

__all__ = ["EightX8Work", "Switches"]

SAMPLE_PBX = "acmecorppbx"
MAX_CURSORS = 100_000


class EightX8Work(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        api_key: The accepted ``8x8-apikey``.
        username: The user who may log in.
        password: The user's password.
        pbxes: Names of the PBXes there are; those of rows put in are added.
        allowed_pbxes: Those the user may read; ``None`` for all.
        user_has_licence: Else every data request answers 105-400-038.
        user_opened_analytics: Else the login fails.
        switches: What the API does where the documents are silent, and worse.
        tokens: The access tokens given out.
    """

    name: ClassVar[str] = "eightx8_work"
    prefix: ClassVar[str] = "/analytics/work"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"eightx8_work_password": "another"}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.api_key = "sandbox-8x8-work-key"
        self.username = "analytics.reader@sandbox.example"
        self.password = "sandbox-8x8-work-password"
        self.pbxes = {"northwindlon", "northwindnyc", SAMPLE_PBX}
        self.allowed_pbxes: set[str] | None = None
        self.user_has_licence = True
        self.user_opened_analytics = True
        self.switches = Switches()
        self.tokens = Tokens(world.clock)
        self.tables = {"records": _table("callId"), "legs": _table("callId", "legId")}
        self._pages = Pages(self.switches, world.seed)
        self._cursors: dict[str, tuple[dict[str, str], str]] = {}
        self._data_requests = 0

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

    def new_record(self, **fields: Any) -> Row:
        """A complete call record with the given vendor fields; not yet put in."""
        return new_row("records", self.clock.now_ms(), fields)

    def new_leg(self, **fields: Any) -> Row:
        """A complete call leg with the given vendor fields; not yet put in."""
        return new_row("legs", self.clock.now_ms(), fields)

    def add_record(self, row: Row, *, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put one call record in: seen at once, from an instant (epoch ms), or after so many data requests."""
        self.add_rows("records", [row], visible_at=visible_at, after_requests=after_requests)

    def add_records(self, rows: Iterable[Row], *, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put call records in."""
        self.add_rows("records", rows, visible_at=visible_at, after_requests=after_requests)

    def add_legs(self, rows: Iterable[Row], *, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put call legs in."""
        self.add_rows("legs", rows, visible_at=visible_at, after_requests=after_requests)

    def replace(self, *rows: Row) -> None:
        """Put rows (a leg has a ``legId``) in the place of those with the same key."""
        self.records.replace([row for row in rows if "legId" not in row])
        self.legs.replace([row for row in rows if "legId" in row])

    @override
    def add_rows(
        self, table: str, rows: Iterable[Row], *, visible_at: int | None = None, after_requests: int = 0
    ) -> None:
        kept = list(rows)
        self.pbxes |= {str(row["pbxId"]) for row in kept if row.get("pbxId")}
        super().add_rows(table, kept, visible_at=visible_at, after_requests=after_requests)

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        records: list[Row] = []
        legs: list[Row] = []
        for call in calls:
            record, its_legs = call_rows(call, f"northwind{call.site.code}")
            records.append(record)
            legs += its_legs
        return {"records": records, "legs": legs}

    @override
    def sample_rows(self) -> dict[str, list[Row]]:
        return sample_rows(self.clock.now_ms())

    @override
    def routes(self) -> Sequence[Route]:
        data = ("/v1/cdr", "/v2/call-records", "/v2/call-legs")
        return [
            Route("/v1/oauth/token", self._login, methods=["POST"]),
            *(Route(path, self._data, methods=["GET"]) for path in data),
        ]

    async def _login(self, request: Request) -> Response:
        if request.headers.get("8x8-apikey") != self.api_key:
            return bad_key()
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("username") != self.username:
            return invalid_grant("USER_NOTFOUND_ERROR")
        if form.get("password") != self.password:
            return invalid_grant("BAD_CREDENTIALS_ERROR", self.switches.wrong_password_status)
        if not self.user_opened_analytics:
            return invalid_grant("USER_NOT_PROVISIONED_ERROR")
        lifetime = self.switches.token_lifetime_seconds
        token = self.tokens.issue(self.username, lifetime)
        return JSONResponse({"access_token": token.text, "token_type": "bearer", "expires_in": lifetime})

    async def _data(self, request: Request) -> Response:
        switches, path = self.switches, request.url.path.removeprefix(self.prefix)
        if path == "/v1/cdr" and switches.v1_status:
            return JSONResponse({"status": switches.v1_status, "error": "No longer served"}, switches.v1_status)
        self._data_requests += 1
        if switches.throttle_every and self._data_requests % switches.throttle_every == 0:
            wait = {"Retry-After": switches.throttle_retry_after}
            return JSONResponse({"message": "API rate limit exceeded"}, 429, headers=wait)
        try:
            bearer = self._authorise(request)
            given = self._complete(dict(request.query_params), bearer)
            require(given)
            pbxes = self._choose_pbxes(given["pbxId"], "/cdr" if path == "/v1/cdr" else path)
            query = understand(given, path, switches, self.clock.now(), self.pbxes)
        except RefusedError as refused:
            return refused.response
        return self._page(query, pbxes, given, bearer)

    def _page(self, query: Query, pbxes: set[str] | None, given: dict[str, str], bearer: str) -> Response:
        self._pages.switches = self.switches
        response, cursor = self._pages.answer(self.table(query.kind), query, pbxes, self.clock.now_ms())
        if cursor is not None:
            if len(self._cursors) >= MAX_CURSORS:
                self._cursors.clear()
            self._cursors[cursor] = (given, bearer)
        self.count_request()
        return response

    def _authorise(self, request: Request) -> str:
        """Check key and bearer (WA 8); gives the bearer's text."""
        if request.headers.get("8x8-apikey") != self.api_key:
            raise RefusedError(bad_key())
        self.tokens.max_uses = self.switches.token_requests
        verdict, token = self.tokens.check(request.headers.get("authorization"))
        if token is None:
            raise RefusedError(bad_token("Cannot convert access token to JSON"))
        if verdict is Verdict.EXPIRED:
            raise RefusedError(bad_token(f"Access token expired: {token.text}"))
        return token.text

    def _complete(self, given: dict[str, str], bearer: str) -> dict[str, str]:
        """The parameters of a page request, with those of its first page where they are not needed again."""
        first, its_bearer = self._cursors.get(given.get("scrollId", ""), ({}, bearer))
        if self.switches.cursor_bound_to_token and its_bearer != bearer:
            raise RefusedError(bad_parameter("scrollId", "no longer valid"))
        return {**first, **given} if self.switches.page2_parameters == "optional" else given

    def _choose_pbxes(self, asked: str, endpoint: str) -> set[str] | None:
        """The PBXes to answer for; ``None`` for all there are."""
        if not self.user_has_licence:
            raise RefusedError(no_licence(self.username, asked))
        if asked == "allpbxes":
            if self.allowed_pbxes is None or self.switches.all_pbxes == "subset":
                return self.allowed_pbxes
            names = self.pbxes
        else:
            names = {name.strip() for name in asked.split(",")}
        readable = self.pbxes if self.allowed_pbxes is None else self.allowed_pbxes
        for name in sorted(names - readable):
            raise RefusedError(no_access(self.username, name, endpoint, self.clock.now()))
        return names


def _table(*ids: str) -> Table:
    def order(row: Row) -> tuple[Any, ...]:
        return (row.get("startTimeUTC") or 0, *[str(row.get(name)) for name in ids])

    def time(name: str) -> Callable[[Row], int | None]:
        return lambda row: value if isinstance(value := row.get(name), int) else None

    return Table(
        key=lambda row: (row.get("pbxId"), *[row.get(name) for name in ids]),
        order=order,
        instants={
            "start": time("startTimeUTC"),
            "connect": lambda row: row.get("connectTimeUTC") or None,
            "disconnect": time("disconnectedTimeUTC"),
        },
        ended=lambda row: row.get("disconnectedTimeUTC") or 0,
        partition=lambda row: str(row.get("pbxId")),
    )


VENDOR = EightX8Work
