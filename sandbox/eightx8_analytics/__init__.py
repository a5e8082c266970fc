"""8x8 Analytics for Contact Center: token call and detailed reports on interactions, version 8 (CC B)."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from sandbox import contact_center as cc
from sandbox.eightx8_analytics.reports import Report, RequestError, understand
from sandbox.eightx8_analytics.rows import blank, call_row, created_ms, finished_ms, iso, running, sample_rows
from sandbox.eightx8_analytics.subjects import STREAMS
from sandbox.eightx8_analytics.switches import Switches
from sandbox.table import Row, Table
from sandbox.tokens import Tokens, Verdict
from sandbox.vendor import Vendor, World, with_repeats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request

    from sandbox.calls import Call

BASE = "/analytics/cc/v8/historical-metrics"
PRODUCT = "analytics product"


class EightX8Analytics(Vendor):
    """The simulated API; its state is plain and may be changed while running.

    Attributes:
        key: The App's Key.
        secret: The App's Secret.
        tenant: Accepted value of ``X-Tenant-Info``.
        has_product: Whether the App includes the product; else data requests answer 403.
    """

    name: ClassVar[str] = "eightx8_analytics"
    part: ClassVar[int] = 1
    prefix: ClassVar[str] = "/eightx8-analytics"
    streams = STREAMS
    wrong_credential: ClassVar[Mapping[str, Any]] = {"eightx8_analytics_secret": "another"}
    small: ClassVar[Mapping[str, Any]] = {"tap_callrecords.sources.eightx8_analytics.streams.PAGE_SIZE": 6}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.key = "sandbox-8x8-analytics-key"
        self.secret = "sandbox-8x8-analytics-secret"
        self.tenant = cc.TENANT
        self.has_product = True
        self.switches = Switches()
        self.tokens = Tokens(world.clock, style="opaque")
        self.tables = {
            "interactions": Table(
                key=lambda row: (row["interactionId"], row["transactionId"]),
                order=lambda row: (created_ms(row), row["interactionId"], str(row["transactionId"])),
                instants={"creation": created_ms, "finish": finished_ms},
                ended=lambda row: finished_ms(row) or created_ms(row),
            )
        }
        self.reports: dict[int, Report] = {}
        self._made: dict[str, int] = {}
        self._ids = count(2_710_192)

    @property
    def interactions(self) -> Table:
        """Interactions as stored: a field for each metric, times in UTC, current shapes."""
        return self.table("interactions")

    @property
    @override
    def config(self) -> dict[str, Any]:
        return {
            "eightx8_analytics_key": self.key,
            "eightx8_analytics_secret": self.secret,
            "eightx8_analytics_api_url": f"{self.url}/analytics/cc",
            "eightx8_analytics_auth_url": f"{self.url}/oauth/v2",
        }

    def new_interaction(self, created: datetime, seconds: int = 60, **fields: Any) -> Row:
        """A finished interaction created at an instant, with the given fields; not yet added."""
        ms = int(created.timestamp() * 1000)
        serial = len(self.tables["interactions"])
        times: Row = {"time": iso(ms), "creationTime": iso(ms), "finishedTime": running(iso(ms + seconds * 1000))}
        ids = {"interactionId": f"int-{ms:x}-own{serial:05d}-phone-00-{self.tenant}", "transactionId": str(serial + 1)}
        return blank() | times | ids | {"mediaType": "Phone", "participants": []} | fields

    def add_interactions(self, *rows: Row, visible_at: int | None = None, after_requests: int = 0) -> None:
        """Put interactions in, seen at once, from an instant (epoch ms), or after so many data requests."""
        self.add_rows("interactions", rows, visible_at=visible_at, after_requests=after_requests)

    @override
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        return {"interactions": [call_row(call) for call in calls if cc.is_handled(call)]}

    @override
    def sample_rows(self) -> dict[str, list[Row]]:
        return {"interactions": sample_rows(self.clock.now_ms())}

    @override
    def routes(self) -> Sequence[Route]:
        return [
            Route("/oauth/v2/token", self._token, methods=["POST"]),
            Route(f"{BASE}/detailed-reports", self._guarded, methods=["POST"]),
            Route(f"{BASE}/detailed-reports/{{id:int}}/data", self._guarded, methods=["GET"]),
            Route(f"{BASE}/{{id:int}}/status", self._guarded, methods=["GET"]),
        ]

    async def _token(self, request: Request) -> Response:
        """Client credentials (CC B2); numbers come as text."""
        basic = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"ErrorCode": "invalid_client", "Error": "Client credentials are invalid"}, 401)
        if b"grant_type=client_credentials" not in await request.body():
            return JSONResponse({"ErrorCode": "invalid_request", "Error": "Unsupported grant type"}, 400)
        lifetime = self.switches.token_lifetime_seconds
        products = [PRODUCT, "vcc"] if self.has_product else ["vcc"]
        return JSONResponse(
            {
                "access_token": self.tokens.issue(self.key, lifetime).text,
                "token_type": "BearerToken",
                "status": "approved",
                "expires_in": str(lifetime),
                "issued_at": str(self.clock.now_ms()),
                "api_product_list": f"[{', '.join(products)}]",
                "api_product_list_json": products,
            }
        )

    async def _guarded(self, request: Request) -> Response:
        """Check the bearer and the tenant, then answer."""
        if refusal := self._refusal(request):
            return refusal
        try:
            if request.method == "POST":
                return self._create(json.loads(await request.body()))
            report = self.reports.get(request.path_params["id"])
            if report is None:
                return self._unknown()
            return self._status(report) if request.url.path.endswith("/status") else self._data(report, request)
        except RequestError as wrong:
            return _message(400, f"Bad request: {wrong}")

    def _refusal(self, request: Request) -> Response | None:
        self.tokens.max_uses = self.switches.token_requests
        verdict, _ = self.tokens.check(request.headers.get("authorization"))
        if verdict is not Verdict.VALID:
            return _message(401, "Unauthorized")
        if not self.has_product:
            return _message(403, "Forbidden")
        tenant = request.headers.get("x-tenant-info")
        if tenant is None and self.switches.multitenant:
            return _message(400, "Bad request: X-Tenant-Info header is missing.")
        if tenant not in (None, self.tenant):
            return _message(400, "Bad request: Invalid value for X-Tenant-Info header.")
        return None

    def _create(self, body: dict[str, Any]) -> Response:
        switches = self.switches
        query = understand(body, switches)
        table = self.interactions
        with table.lock:
            numbers = table.select(
                switches.select_by,
                query.low,
                query.high,
                self.clock.now_ms(),
                low_open=switches.bounds[0] == "(",
                high_open=switches.bounds[1] == ")",
            )
            rows = [table.decoded(number) for number in numbers]
        rows = with_repeats([row for row in rows if query.shows(row)], switches.repeated_rows)
        asked = f"{query.low}-{query.high}"
        self._made[asked] = self._made.get(asked, 0) + 1
        left_out = 0 if (switches.withhold_reports or 10**6) < self._made[asked] else switches.withhold
        report = Report(
            next(self._ids), query, rows, polls_left=switches.polls, left_out=left_out, unready=switches.unready
        )
        self.reports[report.id] = report
        link = f'<{self.url}{BASE}/detailed-reports/{report.id}/data?size=100>; rel="data"'
        answer: dict[str, Any] = {"id": report.id, "status": self._state(report)}
        if switches.fail_reason:
            answer["reason"] = switches.fail_reason
        self.count_request()
        return JSONResponse([answer] if switches.create_answer == "array" else answer, headers={"Link": link})

    def _state(self, report: Report) -> str:
        if report.polls_left:
            return "QUEUED" if report.polls_left > 1 else "IN_PROGRESS"
        return "FAILED" if self.switches.fail_reason else self.switches.done_word

    def _status(self, report: Report) -> Response:
        report.polls_left = max(report.polls_left - 1, 0)
        return JSONResponse({"id": report.id, "status": self._state(report), "reason": self.switches.fail_reason})

    def _unknown(self) -> Response:
        status = self.switches.forgotten_status
        return _message(status, HTTPStatus(status).phrase)

    def _data(self, report: Report, request: Request) -> Response:
        """A page of a report (CC B4)."""
        switches = self.switches
        if report.unready:
            report.unready -= 1
            return _message(404, "Not Found")
        report.pages += 1
        if switches.forget_after is not None and report.pages > switches.forget_after and switches.forget_times != 0:
            del self.reports[report.id]
            if switches.forget_times is not None:
                switches.forget_times -= 1
            return self._unknown()
        url = f"{self.url}{BASE}/detailed-reports/{report.id}/data"
        response = report.page(dict(request.query_params), switches, url)
        self.count_request()
        return response


def _message(status: int, message: str) -> Response:
    """Only the words of two of these are documented (CC B2, B5)."""
    return JSONResponse({"status": status, "message": message}, status)


VENDOR = EightX8Analytics
