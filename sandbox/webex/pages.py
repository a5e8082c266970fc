"""One page of a window and the link to the next one, by a cursor that is a time (WX 6)."""

from __future__ import annotations

from bisect import bisect_left
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec
from starlette.responses import Response

from sandbox.table import Row, Table
from sandbox.vendor import json_page
from sandbox.webex.refusals import no_records
from sandbox.webex.rows import ORG, spelt_as_documented, utc_text

if TYPE_CHECKING:
    from sandbox.webex.query import Query
    from sandbox.webex.switches import Switches

INSTANTS = ("report", "start", "inserted")
"""Times that windows may select by, in the order in which they stand in a table's sort keys."""
LINKS = {
    "correct": '<{}>; rel="next"',
    "no_space": '<{}>;rel="next"',
    "unquoted": "<{}>; rel=next",
    "malformed": '<<{}>;rel="next">',
    "two_relations": '<{}>; rel="next", <https://analytics-calling.webexapis.com/v1/cdr_feed>; rel="first"',
    "relative": '</webex/v1/{1}?{2}>; rel="next"',
    "query_only": '<?{2}>; rel="next"',
    "doubled": '<http,{}>; rel="next"',
    "broken": '<https://[::1/v1/cdr_feed?{2}>; rel="next"',
    "foreign": '<https://example.invalid/v1/cdr_feed?{}>; rel="next"',
    "no_relation": "<{}>",
    "removed": "",
}
ODD_VALUES: tuple[Row, ...] = (
    {"Duration": "36", "Ring duration": 8, "Hold duration": ""},
    {"Answered": True, "Site timezone": -300},
    {"Release time": "2023-10-12 21:22:32.621", "Caller Reputation Score": "2.5"},
    {"Duration": "a while", "Called number": 2002, "Answer time": "yesterday"},
    {"Ring duration": None, "User": {"first": "Ana"}, "Site timezone": ""},
    {"Caller Reputation Score": "n/a", "Answered": "maybe", "Location": None},
)


class Pages:
    """Answers data requests; remembers the links that it gave, which have to come back as they are."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._rng = Random(seed)
        self.links: set[str] = set()

    def answer(self, table: Table, query: Query, switches: Switches, now_ms: int) -> Response:
        """One page.

        Raises:
            RefusedError: the window is empty and that is told with a 404.
        """
        instant = switches.filter_field if query.endpoint == "cdr_feed" else "inserted"
        with table.lock:
            table.delay_ms = int(switches.landing_delay_seconds * 1000)
            table.jitter_ms = int(switches.landing_jitter_seconds * 1000)
            chosen = self._chosen(table, query, switches, instant, now_ms)
            when = [table.orders[number][INSTANTS.index(instant)] for number in chosen]
            begin = 0 if query.cursor is None else bisect_left(when, query.cursor)
            if not chosen and switches.empty != "200":
                if switches.empty == "404":
                    raise no_records()
                return Response(status_code=204)
            if switches.empty_pages and chosen and not query.is_blank_done:
                cursor = query.low if query.cursor is None else query.cursor
                return self._page([], self._link(query, cursor, len(chosen), switches, blank=True))
            end = begin + query.size
            page = [self._encoded(table, number, switches) for number in chosen[begin:end]]
            if switches.order == "shuffled":
                self._rng.shuffle(page)
            link = None
            if end < len(chosen):
                cursor = when[end - (switches.page_edge == "repeat")]
                if switches.cursor_seconds:
                    grain = switches.cursor_seconds * 1000
                    cursor = max(cursor // grain * grain, query.low)
                if switches.repeat_link and query.cursor is not None:
                    cursor = query.cursor
                link = self._link(query, cursor, len(chosen), switches)
            if link is None and switches.endless_links:
                link = self._link(query, max(query.high, query.cursor or 0) + 1, len(chosen), switches)
            return self._page(page, link)

    def _chosen(self, table: Table, query: Query, switches: Switches, instant: str, now_ms: int) -> list[int]:
        chosen = table.select(
            instant,
            query.low,
            query.high,
            now_ms,
            low_open=switches.bounds[0] == "(",
            high_open=switches.bounds[1] == ")",
        )
        if query.locations:
            chosen = [number for number in chosen if table.partitions[number] in query.locations]
        at = INSTANTS.index(instant)
        return sorted(chosen, key=lambda number: (table.orders[number][at], table.orders[number][-1]))

    def _encoded(self, table: Table, number: int, switches: Switches) -> bytes:
        changed = switches.missing_keys or switches.unknown_fields or switches.odd_values
        if not changed and switches.spelling == "real":
            return table.encoded[number]
        row = table.decoded(number)
        if switches.odd_values:
            row |= ODD_VALUES[number % len(ODD_VALUES)]
        if switches.unknown_fields:
            row |= {"Sandbox field": f"new {number}", "Sandbox object": {"score": number % 5}}
        if switches.missing_keys:
            row = {name: value for name, value in row.items() if value != ""}
        return msgspec.json.encode(spelt_as_documented(row) if switches.spelling == "docs" else row)

    def _link(self, query: Query, cursor: int, total: int, switches: Switches, *, blank: bool = False) -> str:
        """A link in the vendor's order of parameters; what came with the request is in it."""
        parts: dict[str, Any] = {
            "endTime": utc_text(query.high),
            "startTime": utc_text(query.low),
            "startTimeForNextFetch": utc_text(cursor),
        }
        if switches.total_count:
            parts["totalCount"] = total + switches.overcount
        parts |= {"max": query.asked, "orgId": ORG}
        if query.locations and switches.link_filter:
            parts["locations"] = quote(",".join(sorted(query.locations)), safe="/,")
        if blank:
            parts["blank"] = 1
        target = "&".join(f"{name}={value}" for name, value in parts.items())
        self.links.add(target)
        if switches.link_text == "raw":
            target = unquote(target).replace(" ", "%20").encode().decode("latin-1")
        return LINKS[switches.link].format(f"{self._url}/{query.endpoint}?{target}", query.endpoint, target)

    def _page(self, rows: list[bytes], link: str | None) -> Response:
        response = json_page(b'{"items":[', rows, b"]}")
        if link:
            response.headers["Link"] = link
        return response
