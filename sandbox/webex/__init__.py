"""Webex Calling's call history: the token call, cdr_feed, cdr_stream (WX 1 to 8, 13.3)."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox.table import Row, Table
from sandbox.tokens import Tokens, Verdict
from sandbox.vendor import Vendor, World
from sandbox.webex.pages import Pages
from sandbox.webex.query import understand
from sandbox.webex.refusals import (
    RefusedError,
    bad_parameter,
    bad_refresh_token,
    bad_token,
    gateway_timeout,
    no_right,
    not_found,
    refusal,
    too_many,
    wrong_region,
)
from sandbox.webex.rows import INSERTED, STORED_AFTER_MS, call_rows, epoch_ms, new_row, sample_rows
from sandbox.webex.subjects import STREAMS
from sandbox.webex.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call

__all__ = ["Switches", "Webex"]

ADMIN = "admin@sandbox.example"
HALF_A_DAY = 43_200


class Webex(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        client_id: Of the integration that may renew tokens.
        client_secret: Of that integration.
        refresh_token: One that is good at the start.
        access_token: One that is good for half a day.
        has_right: Else every data request answers 403.
        switches: What the API does where the documents are silent, and worse.
        tokens: The tokens given out.
    """

    name: ClassVar[str] = "webex"
    part: ClassVar[int] = 2
    prefix: ClassVar[str] = "/webex/v1"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"webex_refresh_token": "another"}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.switches = Switches()
        self.tokens = Tokens(world.clock, style="opaque")
        self.client_id = "sandbox-webex-client"
        self.client_secret = "sandbox-webex-client-secret"
        self.refresh_token = self.tokens.issue_refresh(ADMIN).text
        self.access_token = self.tokens.issue(ADMIN, HALF_A_DAY).text
        self.has_right = True
        self.tables = {"records": _table()}
        self._pages: Pages | None = None
        self._first_requests: dict[str, int] = {}
        self._page_requests: dict[str, deque[int]] = {}

    @property
    def records(self) -> Table:
        """Records as stored."""
        return self.table("records")

    @property
    @override
    def config(self) -> dict[str, Any]:
        """Credentials and addresses; and no pace, which the switches do not ask for by default."""
        return {
            "webex_client_id": self.client_id,
            "webex_client_secret": self.client_secret,
            "webex_refresh_token": self.refresh_token,
            "webex_api_url": self.url,
            "webex_auth_url": self.url,
            "webex_initial_request_interval_seconds": 0,
            "webex_page_requests_per_minute": 100_000,
        }

    def new_record(self, fields: Row | None = None, **more: Any) -> Row:
        """A complete record an hour old and a minute long, with the given vendor fields; not yet put in."""
        return new_row(self.clock.now_ms(), {**(fields or {}), **more})

    def add_record(
        self, row: Row, *, inserted_at: int | None = None, visible_at: int | None = None, after_requests: int = 0
    ) -> None:
        """Put one record in, as ``add_records`` does."""
        self.add_records([row], inserted_at=inserted_at, visible_at=visible_at, after_requests=after_requests)

    def add_records(
        self,
        rows: Iterable[Row],
        *,
        inserted_at: int | None = None,
        visible_at: int | None = None,
        after_requests: int = 0,
    ) -> None:
        """Put records in: stored at an instant (epoch ms), seen at once, from an instant, or after so many requests.

        Without ``inserted_at`` they are stored when they can be seen, or soon after their calls.
        """
        stored = visible_at if inserted_at is None else inserted_at
        kept = [row if stored is None else {**row, INSERTED: stored} for row in rows]
        self.add_rows("records", kept, visible_at=visible_at, after_requests=after_requests)

    def replace(self, *rows: Row) -> None:
        """Put records in the place of those with the same key."""
        self.records.replace(rows)

    @override
    def stored(self, row: Row, at_ms: int) -> Row:
        return row | {INSERTED: at_ms}

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        return {"records": [row for call in calls for row in call_rows(call)]}

    @override
    def sample_rows(self) -> dict[str, list[Row]]:
        return {"records": sample_rows(self.clock.now_ms())}

    @override
    def routes(self) -> Sequence[Route]:
        return [
            Route("/access_token", self._renew, methods=["POST"]),
            Route("/cdr_feed", self._data, methods=["GET"]),
            Route("/cdr_stream", self._data, methods=["GET"]),
            Route("/{path:path}", self._unknown),
        ]

    async def _unknown(self, _: Request) -> Response:
        return not_found().response

    async def _renew(self, request: Request) -> Response:
        """The refresh grant (WX 2)."""
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "refresh_token" or request.url.query:
            return refusal(400, "unsupported_grant_type").response
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return refusal(401, "The client id or secret is invalid.").response
        switches, given = self.switches, form.get("refresh_token", "")
        token = self.tokens.redeem(given, rotate=switches.rotation == "old_dies")
        if token is None:
            return bad_refresh_token().response
        if switches.rotation == "old_lives":
            token = self.tokens.issue_refresh(ADMIN)
        return JSONResponse(
            {
                "access_token": self.tokens.issue(ADMIN, switches.token_lifetime_seconds).text,
                "expires_in": switches.token_lifetime_seconds,
                "refresh_token": token.text,
                "refresh_token_expires_in": switches.refresh_token_lifetime_seconds,
                "token_type": "Bearer",
                "scope": "spark-admin:calling_cdr_read spark:kms",
            }
        )

    async def _data(self, request: Request) -> Response:
        try:
            bearer = self._authorise(request)
            return self._answer(request, bearer)
        except RefusedError as refused:
            return refused.response

    def _answer(self, request: Request, bearer: str) -> Response:
        switches = self.switches
        endpoint = request.url.path.rpartition("/")[2]
        target = request.scope["query_string"].decode("latin-1")
        is_link = "startTimeForNextFetch" in request.query_params
        self._pace(bearer, is_link=is_link)
        if switches.wrong_region_answers:
            switches.wrong_region_answers -= 1
            raise wrong_region(switches.region_host, f"/v1/{endpoint}", switches.region_form)
        self._pages = self._pages or Pages(self.url, self.world.seed)
        if is_link and switches.link_status:
            raise refusal(switches.link_status, "startTime must be between 5 minutes ago and 720 hours ago")
        if is_link and switches.link_text == "encoded" and target not in self._pages.links:
            raise bad_parameter("this is not the link that was given")
        query = understand(dict(request.query_params), endpoint, switches, self.clock.now_ms())
        minutes = (query.high - query.low) / 60_000
        if is_link and (
            query.asked > (switches.slow_above or math.inf) or minutes > (switches.slow_minutes or math.inf)
        ):
            raise gateway_timeout()
        table = self.table("records")
        response = self._pages.answer(table, query, switches, self.clock.now_ms())
        self.count_request()
        return response

    def _authorise(self, request: Request) -> str:
        self.tokens.max_uses = self.switches.token_requests
        verdict, token = self.tokens.check(request.headers.get("authorization"))
        if verdict is not Verdict.VALID or token is None:
            raise bad_token()
        if not self.has_right:
            raise no_right()
        return token.subject

    def _pace(self, token: str, *, is_link: bool) -> None:
        """Count a request against the allowances of its token's user (WX 7)."""
        switches, now = self.switches, self.clock.now_ms()
        if not is_link:
            free_at = self._first_requests.get(token, -math.inf) + switches.initial_interval_seconds * 1000
            self._refuse_until(free_at, now)
            self._first_requests[token] = now
        elif switches.pages_per_minute is not None:
            recent = self._page_requests.setdefault(token, deque(maxlen=switches.pages_per_minute))
            if len(recent) == switches.pages_per_minute:
                self._refuse_until(recent[0] + 60_000, now)
            recent.append(now)

    def _refuse_until(self, free_at: float, now: int) -> None:
        if now < free_at:
            raise too_many(math.ceil((free_at - now) / 1000), retry_after=self.switches.retry_after)


def _table() -> Table:
    def inserted(row: Row) -> int:
        stored = row.get(INSERTED)
        return stored if isinstance(stored, int) else (epoch_ms(row.get("Report time")) or 0) + STORED_AFTER_MS

    def report(row: Row) -> int | None:
        return epoch_ms(row.get("Report time"))

    def start(row: Row) -> int | None:
        return epoch_ms(row.get("Start time"))

    return Table(
        key=lambda row: row.get("Report ID"),
        order=lambda row: (report(row) or 0, start(row) or 0, inserted(row), str(row.get("Report ID"))),
        instants={"report": report, "start": start, "inserted": inserted},
        ended=inserted,
        partition=lambda row: str(row.get("Location")),
        encode=lambda row: msgspec.json.encode({name: value for name, value in row.items() if name != INSERTED}),
    )


VENDOR = Webex
