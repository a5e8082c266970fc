"""Zoom Phone: the token call, call_history and its details, users, call queues (ZP 1 to 9, 13)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox.directory import offices
from sandbox.table import Row, Table
from sandbox.tokens import Tokens, Verdict
from sandbox.vendor import Vendor, World, json_page
from sandbox.zoom_phone import answers
from sandbox.zoom_phone.lists import Lists
from sandbox.zoom_phone.refusals import RefusedError, bad_token, no_call, no_permission, no_scope, no_zoom_phone
from sandbox.zoom_phone.rows import call_rows, epoch_ms, new_call, new_leg, queue_row, user_row
from sandbox.zoom_phone.subjects import STREAMS
from sandbox.zoom_phone.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request

    from sandbox.calls import Call

__all__ = ["Switches", "ZoomPhone"]

LARGEST_LIST_PAGE = 100
SCOPES = {
    "call_history": "phone:read:list_call_logs:admin",
    "call": "phone:read:call_log:admin",
    "users": "phone:read:list_users:admin",
    "call_queues": "phone:read:list_call_queues:admin",
}
TOP = ("call_id", "connect_type", "call_type", "direction", "international", "start_time", "answer_time", "end_time")


class ZoomPhone(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        account_id: The account that the app reads.
        client_id: Of the app.
        client_secret: Of the app.
        scopes: What the app may read: the keys of ``SCOPES``.
        has_zoom_phone: Else every data request answers 403 with code 2031.
        has_permission: Else every data request answers 403.
        gone: Keys of calls that have no details for good.
        switches: What the API does where the documents are silent, and worse.
        tokens: The access tokens given out.
    """

    name: ClassVar[str] = "zoom_phone"
    part: ClassVar[int] = 4
    prefix: ClassVar[str] = "/zoom/v2"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"zoom_phone_client_secret": "another"}
    small: ClassVar[Mapping[str, Any]] = {"tap_callrecords.sources.zoom_phone.streams.ZoomList.page_size": 6}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.account_id = "sandbox-zoom-account"
        self.client_id = "sandbox-zoom-client"
        self.client_secret = "sandbox-zoom-client-secret"
        self.scopes = set(SCOPES)
        self.has_zoom_phone = True
        self.has_permission = True
        self.gone: set[str] = set()
        self.switches = Switches()
        self.tokens = Tokens(world.clock, style="opaque")
        self.tables = {
            "calls": _calls(),
            "legs": _legs(),
            "users": _list("extension_id"),
            "call_queues": _list("extension_id"),
        }
        self._lists = Lists(world.seed)
        self._asked: dict[str, int] = {}
        self._numbers: tuple[list[bytes], dict[str, int]] = ([], {})
        if world.calls_per_day:
            for office in offices(self.seed):
                self.tables["users"].add(user_row(person, office) for person in office.people)
                self.tables["call_queues"].add(queue_row(queue, office) for queue in office.queues)

    @property
    @override
    def config(self) -> dict[str, Any]:
        """Credentials and addresses; and no pace to speak of, as a sandbox sets none."""
        return {
            "zoom_phone_account_id": self.account_id,
            "zoom_phone_client_id": self.client_id,
            "zoom_phone_client_secret": self.client_secret,
            "zoom_phone_api_url": self.url,
            "zoom_phone_auth_url": f"{self.url}/oauth",
            "zoom_phone_detail_requests_per_second": 1000,
        }

    def add_call(self, *legs: Row, visible_at: int | None = None, after_requests: int = 0, **fields: Any) -> str:
        """Put a call with its legs in, an hour old and a minute long but for the given fields; its key."""
        call = new_call(self.clock.now_ms(), fields)
        self.add_rows("legs", [new_leg(call, number, leg) for number, leg in enumerate(legs or ({},), 1)])
        self.add_rows("calls", [call], visible_at=visible_at, after_requests=after_requests)
        return str(call["call_history_uuid"])

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = {"calls": [], "legs": []}
        for call in calls:
            records, legs = call_rows(call, twice=self.switches.internal == "two records")
            rows["calls"] += records
            rows["legs"] += legs
        return rows

    @override
    def routes(self) -> Sequence[Route]:
        return [
            Route("/oauth/token", self._login, methods=["POST"]),
            Route("/phone/call_history", self._list_calls, methods=["GET"]),
            Route("/phone/call_history/{key}", self._call, methods=["GET"]),
            Route("/phone/{name}", self._list, methods=["GET"]),
        ]

    async def _login(self, request: Request) -> Response:
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        form |= dict(request.query_params)
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return JSONResponse({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400)
        if form.get("grant_type") != "account_credentials":
            return JSONResponse({"reason": "unsupported grant type", "error": "unsupported_grant_type"}, 400)
        if form.get("account_id") != self.account_id:
            return JSONResponse({"reason": "Bad Request", "error": "invalid_request"}, 400)
        if self.switches.one_token:
            for token in self.tokens.issued.values():
                token.revoked = True
        lifetime = self.switches.token_lifetime_seconds
        token = self.tokens.issue(self.account_id, lifetime)
        scope = " ".join(SCOPES[name] for name in sorted(self.scopes))
        return JSONResponse(
            {
                "access_token": token.text,
                "token_type": "bearer",
                "expires_in": lifetime,
                "scope": scope,
                "api_url": "https://api-eu.zoom.us",
            }
        )

    def _authorise(self, request: Request, scope: str) -> None:
        """Check bearer, rights and scope (ZP 9)."""
        switches = self.switches
        self.tokens.max_uses = switches.token_requests
        verdict, _ = self.tokens.check(request.headers.get("authorization"))
        if verdict is not Verdict.VALID:
            raise bad_token(switches.token_refusal, expired=verdict is Verdict.EXPIRED)
        if not self.has_zoom_phone:
            raise no_zoom_phone()
        if not self.has_permission:
            raise no_permission()
        if scope not in self.scopes:
            raise no_scope(switches.scope_status, switches.scope_code, SCOPES[scope])

    async def _list_calls(self, request: Request) -> Response:
        try:
            self._authorise(request, "call_history")
            given = dict(request.query_params)
            response = self._lists.calls(self.table("calls"), given, self.switches, self.clock.now())
        except RefusedError as refused:
            return refused.response
        self.count_request()
        return response

    async def _list(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ("users", "call_queues"):
            return JSONResponse({"code": 404, "message": "Not found"}, 404)
        try:
            self._authorise(request, name)
            rows = self.table(name).encoded
            if self.switches.unknown_fields:
                rows = [row[:-1] + b',"sandbox_field":{"number":5}}' for row in rows]
            return self._lists.all(name, rows, dict(request.query_params), LARGEST_LIST_PAGE, self.switches)
        except RefusedError as refused:
            return refused.response

    async def _call(self, request: Request) -> Response:
        try:
            self._authorise(request, "call")
            return self._details(request.path_params["key"])
        except RefusedError as refused:
            return refused.response

    def _number_of(self, calls: Table, key: str) -> int | None:
        """The place of a call in its table."""
        if self._numbers[0] is not calls.encoded or len(self._numbers[1]) != len(calls):
            self._numbers = calls.encoded, {row["call_history_uuid"]: number for number, row in enumerate(calls)}
        return self._numbers[1].get(key)

    def _details(self, key: str) -> Response:
        asked = self._asked[key] = self._asked.get(key, 0) + 1
        calls, table, now = self.table("calls"), self.table("legs"), self.clock.now_ms()
        switches = self.switches
        with calls.lock, table.lock:
            number = self._number_of(calls, key)
            if number is None or key in self.gone or asked <= switches.details_late:
                raise no_call()
            call = calls.decoded(number)
            begun = epoch_ms(call["start_time"]) or 0
            legs = [table.decoded(each) for each in table.select("call_start", begun, begun, now)]
            legs = [leg for leg in legs if leg["call_history_uuid"] == key]
        top = {"id": key, "call_history_uuid": key, **{name: call.get(name) for name in TOP}}
        top[switches.account_code] = ""
        names = ["call_path", "call_elements"] if switches.detail_arrays == "both" else [switches.detail_arrays]
        listed = (
            f'"{name}":['.encode()
            + b",".join(answers.leg(leg, switches, older=name == "call_path") for leg in legs)
            + b"]"
            for name in names
        )
        return json_page(msgspec.json.encode(top)[:-1] + b",", listed, b"}")


def _calls() -> Table:
    def start(row: Row) -> int | None:
        return epoch_ms(row.get("start_time"))

    def end(row: Row) -> int | None:
        return epoch_ms(row.get("end_time"))

    return Table(
        key=lambda row: row["call_history_uuid"],
        order=lambda row: (start(row) or 0, row["call_history_uuid"]),
        instants={"start": start, "end": end},
        ended=lambda row: end(row) or 0,
        partition=lambda row: str(row.get("recording_status")),
        encode=answers.encoded,
    )


def _legs() -> Table:
    return Table(
        key=lambda row: (row["call_history_uuid"], row["call_element_id"]),
        order=lambda row: (row["_call_start_ms"], row["_number"], str(row["call_element_id"])),
        instants={"call_start": lambda row: row["_call_start_ms"]},
        ended=lambda row: epoch_ms(row.get("end_time")) or 0,
    )


def _list(key: str) -> Table:
    return Table(key=lambda row: row[key], order=lambda row: (row[key],), instants={}, ended=lambda _: 0)


VENDOR = ZoomPhone
