"""A detailed report: what was asked for, its rows, its pages (CC B3, B4)."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import Response

from sandbox.eightx8_analytics.rows import METRICS, created_ms, epoch, finished_ms, rendered
from sandbox.vendor import json_page, written

if TYPE_CHECKING:
    from sandbox.eightx8_analytics.switches import Switches
    from sandbox.table import Row

REPORT_TYPE = "detailed-reports-interaction-details"
TITLE = re.compile(r"[A-Za-z0-9 !\-_.*'()]+")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")
NEW_METRIC = "sandboxNewMetric"


class RequestError(Exception):
    """A request that cannot be served."""


@dataclass(frozen=True)
class Query:
    """What a report is made of; the range in epoch ms, both ends included."""

    low: int
    high: int
    zone: ZoneInfo
    metrics: tuple[str, ...]
    participants: bool
    ongoing: bool
    media: frozenset[str] | None

    def shows(self, row: Row) -> bool:
        """Whether a row passes the filters."""
        finished = self.ongoing or finished_ms(row) is not None
        return finished and (self.media is None or str(row["mediaType"]).lower() in self.media)


def understand(body: dict[str, Any], switches: Switches) -> Query:
    """Check a report's definition.

    Raises:
        RequestError: It cannot be made.
    """
    if body.get("type") != REPORT_TYPE:
        raise RequestError("Invalid type")
    if not TITLE.fullmatch(str(body.get("title", ""))):
        raise RequestError("Invalid title")
    ends = [str(body.get("dateRange", {}).get(end)) for end in ("start", "end")]
    if not all(INSTANT.fullmatch(end) for end in ends):
        raise RequestError("Invalid dateRange")
    zone = body.get("timezone")
    if zone is not None and zone not in switches.zones:
        raise RequestError("Invalid timezone")
    metrics = tuple(dict.fromkeys(body.get("metrics") or ()))
    if unknown := set(metrics) - set(METRICS):
        raise RequestError(f"Invalid metrics {sorted(unknown)}")
    media: frozenset[str] | None = None
    for condition in body.get("searchQuery", ()):
        if condition["field"] != "mediaType" or condition["operator"] != "in":
            raise RequestError("Not simulated: searchQuery other than mediaType in")
        media = frozenset(value.lower() for value in condition["value"])
    everything = (*METRICS, NEW_METRIC) if switches.new_metrics else METRICS
    chosen = metrics or everything
    if switches.unknown_fields:
        chosen = (*chosen, NEW_METRIC)
    return Query(
        low=epoch(ends[0]),
        high=epoch(ends[1]),
        zone=ZoneInfo(zone or switches.render_zone),
        metrics=chosen,
        participants=bool(body.get("includeParticipants")),
        ongoing=bool(body.get("reportSettings", {}).get("showOngoingInteractions")),
        media=media,
    )


@dataclass
class Report:
    """A report as created: rows that come later are not in it.

    Attributes:
        id: Its number.
        query: What was asked for.
        rows: Its rows, oldest first.
        polls_left: How often its status has to be asked until it is done.
        left_out: So many rows are counted but not answered.
        unready: To so many further requests its data are not there yet.
        pages: How many pages were asked for.
    """

    id: int
    query: Query
    rows: list[Row]
    polls_left: int = 0
    left_out: int = 0
    unready: int = 0
    pages: int = 0

    def page(self, asked: dict[str, str], switches: Switches, url: str) -> Response:
        """One page, with the headers that lead to the next.

        Raises:
            RequestError: ``size`` or ``lastDocumentId`` is no good.
        """
        text = asked.get("size", "100")
        if not text.isdigit() or not 1 <= int(text) <= 1000:
            raise RequestError("Invalid size")
        rows = [*enumerate(self.rows)]
        if self.polls_left:
            rows = rows[: len(rows) // 2]
        size, total, middle = int(text), len(rows), len(rows) // 2
        rows = rows[:middle] + rows[middle + self.left_out :]
        first = 0
        if "lastDocumentId" in asked:
            first = bisect_right(rows, self._position(asked["lastDocumentId"]), key=itemgetter(0))
        page = rows[first : first + size]
        headers = {
            "X-Page-Size": str(size),
            "X-Total-Pages": str(-(-total // size)),
            "X-Total-Elements": str(written(total, switches.count_form)),
        }
        if switches.second_count is not None:
            headers["X-Total-Elements"] += f", {total + switches.second_count}"
        if first and not switches.later_counts:
            del headers["X-Total-Elements"]
        if first + size < len(rows) or (switches.repeat_cursor and page):
            at = asked.get("lastDocumentId") if switches.repeat_cursor else None
            cursor = at or _cursor(page[-1][0], created_ms(page[-1][1]))
            headers["Last-Document-Id"] = quote(cursor, safe="") if switches.cursor_header == "percent" else cursor
            if link := _link(switches, url, f"size={size}&lastDocumentId={quote(cursor, safe='')}"):
                headers["Link"] = f'<{link}>; rel="next"'
        bodies = [msgspec.json.encode(self._row(row, number, switches)) for number, row in page]
        return _answer(bodies, headers, switches)

    def _position(self, cursor: str) -> int:
        try:
            when, number = msgspec.json.decode(base64.b64decode(cursor, validate=True))["searchAfter"]
            last = self.rows[number]
        except (binascii.Error, msgspec.DecodeError, KeyError, IndexError, ValueError, TypeError) as error:
            raise RequestError("Invalid lastDocumentId") from error
        if created_ms(last) != when:
            raise RequestError("Invalid lastDocumentId")
        return int(number)

    def _row(self, row: Row, number: int, switches: Switches) -> Row:
        old = switches.shapes == "old" or (switches.shapes == "mixed" and number % 2 == 1)
        keys = (*self.query.metrics, *(("participants",) if self.query.participants else ()))
        extra = {NEW_METRIC: f"new {number}"}
        items = [
            {"key": key, "label": _label(key), "value": rendered((row | extra)[key], key, self.query.zone, old=old)}
            for key in keys
        ]
        return {"total": None, "items": items}


def _answer(rows: list[bytes], headers: dict[str, str], switches: Switches) -> Response:
    response = json_page(b"[", [b"null", *rows] if switches.null_row else rows, b"]")
    if not rows:
        response = Response(switches.empty_body, media_type="application/json")
    if switches.strip_after:
        switches.strip_after -= 1
    elif switches.strip_headers != 0:
        switches.strip_headers = switches.strip_headers and switches.strip_headers - 1
        return response
    response.headers.update(headers)
    return response


def _cursor(number: int, when: int) -> str:
    return base64.b64encode(msgspec.json.encode({"searchAfter": [when, number]})).decode()


def _link(switches: Switches, url: str, query: str) -> str | None:
    if switches.links == "absent":
        return None
    if switches.links == "other_host":
        url = "https://internal.invalid" + url[url.index("/", 8) :]
    elif switches.links == "relative":
        url = url[url.index("/", 8) :]
    elif switches.links == "broken":
        url = "https://[::1"
    elif switches.links == "no_cursor":
        query = query.partition("&")[0]
    link = f"{url}?{query}"
    escaped = {"json": link.replace("/", "\\/"), "html": link.replace("&", "&amp;")}
    return escaped.get(switches.links, link)


def _label(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key[0].upper() + key[1:])
