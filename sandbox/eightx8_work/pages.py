"""One page of a scroll: select, position, answer, and play the tricks the switches ask for (WA 4, WA 8)."""

from __future__ import annotations

from bisect import bisect_left
from random import Random
from typing import TYPE_CHECKING, Any
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import JSONResponse, Response

from sandbox.eightx8_work.query import Query, cursor
from sandbox.eightx8_work.rows import in_zone
from sandbox.vendor import json_page, with_repeats, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from sandbox.eightx8_work.switches import Switches
    from sandbox.table import Row, Table

END_SIGNALS: dict[str, dict[str, str | None]] = {
    "No Data": {"scrollId": "No Data"},
    "null": {"scrollId": None},
    "missing": {},
    "empty": {"scrollId": ""},
    "cursor": {"scrollId": "YV9jdXJzb3JfYmV5b25kX3RoZV9lbmQ"},
}
ODD_VALUES: tuple[Row, ...] = (
    {"talkTimeMS": "12"},
    {"talkTimeMS": None, "callerName": None, "calleeName": None},
    {"callTime": 12.5},
    {"departments": "Sales"},
    {"branches": [None, 7]},
    {"lraType": "4", "callLegCount": "many"},
    {"status": "In Progress", "lastLegDisposition": 0},
    {"talkTimeMS": 2**70},
    {"dnis": 12025550123, "missed": True},
    {"callerName": "a\u0001b \U0001f4de \\ \" '", "calleeName": {"first": "J", "last": "L"}},
    {"calleeHoldDurationMS": -1, "ringDuration": "n/a"},
)


class Pages:
    """Answers pages of tables; remembers only how often a window was read and which cursors it gave out."""

    def __init__(self, switches: Switches, seed: int) -> None:
        self.switches = switches
        self.reads: dict[tuple[Any, ...], int] = {}
        self._rng = Random(seed)
        self._changes = 0

    def answer(self, table: Table, query: Query, pbxes: set[str] | None, now_ms: int) -> tuple[Response, str | None]:
        """The page asked for and the cursor given; ``pbxes`` limits the rows, ``None`` does not."""
        switches = self.switches
        with table.lock:
            chosen = self._select(table, query, pbxes, now_ms)
            chosen, total = self._miscounted(with_repeats(chosen, switches.repeated_rows), query)
            until = len(chosen)
            if switches.order == "shuffled":
                chosen = sorted(chosen, key=lambda number: _scrambled(table.orders[number]))
            if query.position is not None:
                until = self._until(table, chosen, query.position)
            size = self._size(query.page_size)
            page = chosen[max(until - size, 0) : until][::-1]
            beyond = not page and switches.endless and bool(chosen)
            if beyond:
                page = chosen[:size][::-1]
            if not page:
                counted = total if query.position is None else 0
                meta = self._meta(query, counted, self._end)
                return self._answer(meta, None if switches.null_data else []), None
            again: list[int] = []
            if switches.repeat_last_row and until < len(chosen):
                again = [chosen[until]]
                page = page[: max(size - 1, 1)]
            rows = self._encode(table, again + page, query.zone)
            if again and switches.change_repeated_rows:
                self._changes += 1
                rows[0] = msgspec.json.encode(msgspec.json.decode(rows[0]) | {"callerName": f"C {self._changes}"})
            given = cursor(table.partitions[page[-1]], table.orders[page[-1]])
            if beyond:
                self._changes += 1
                start, *ids = table.orders[page[-1]]
                given = cursor(table.partitions[page[-1]], (start - self._changes, *ids))
            if switches.repeat_cursor and query.scroll is not None:
                given = query.scroll
            is_last = switches.end_on_last_page and page[-1] == chosen[0]
            meta = self._meta(query, total, self._end if is_last else {"scrollId": given})
            if len(page) == query.page_size:
                self._arrive(table, page)
        return self._answer(meta, [b"null", *rows] if switches.null_row else rows), given

    def _meta(self, query: Query, total: int, cursor: dict[str, str | None]) -> dict[str, Any]:
        """Count and cursor, as the switches have them."""
        switches, later = self.switches, query.position is not None
        if later and switches.later_counts == "absent":
            return {**cursor}
        counts = {"same": written(total, switches.count_form), "null": None, "more": total + 1000}
        return {"totalRecordCount": counts[switches.later_counts if later else "same"], **cursor}

    def _answer(self, meta: dict[str, Any], rows: list[bytes] | None) -> Response:
        switches = self.switches
        if switches.bare_after:
            switches.bare_after -= 1
        elif switches.bare_answers:
            switches.bare_answers -= 1
            if switches.bare_form == "error":
                nulls = {"meta": {"totalRecordCount": None, "scrollId": None}, "data": None}
                return JSONResponse({**nulls, "status": 500, "error": "Internal Server Error"})
            meta, rows = {}, rows if switches.bare_form == "rows" else []
        if rows is None:
            return JSONResponse({"meta": meta, "data": None})
        return json_page(b'{"meta":' + msgspec.json.encode(meta) + b',"data":[', rows, b"]}")

    @property
    def _end(self) -> dict[str, str | None]:
        return END_SIGNALS[self.switches.end_signal]

    def _select(self, table: Table, query: Query, pbxes: set[str] | None, now_ms: int) -> list[int]:
        """Row numbers of the window, ascending by start; read from the end they are newest first."""
        switches = self.switches
        table.delay_ms = int(switches.landing_delay_seconds * 1000)
        table.jitter_ms = int(switches.landing_jitter_seconds * 1000)
        instant = "connect" if query.by_connect else "disconnect"
        chosen = table.select(
            switches.record_filter if query.kind == "records" else instant,
            query.low,
            query.high,
            now_ms,
            low_open=switches.bounds[0] == "(",
            high_open=switches.bounds[1] == ")",
        )
        if pbxes is not None:
            chosen = [number for number in chosen if table.partitions[number] in pbxes]
        if query.simplified:
            chosen = [number for number in chosen if _is_simple(table.decoded(number))]
        return chosen

    def _miscounted(self, chosen: list[int], query: Query) -> tuple[list[int], int]:
        """The rows to answer and the number to announce, which switches make differ."""
        switches = self.switches
        if query.scroll is None:
            self.reads[query.identity] = self.reads.get(query.identity, 0) + 1
        reads = self.reads.get(query.identity, 1)
        total = len(chosen)
        if (
            switches.withhold
            and total >= switches.withhold_from
            and (switches.withhold_reads is None or reads <= switches.withhold_reads)
        ):
            middle = total // 2
            chosen = chosen[:middle] + chosen[middle + switches.withhold :]
        if total and (switches.overcount_reads is None or reads <= switches.overcount_reads):
            total += switches.overcount
        return chosen, total

    def _until(self, table: Table, chosen: list[int], position: tuple[Any, ...]) -> int:
        """How many of the chosen come strictly after the cursor."""
        sort_key: Callable[[int], Any] = table.orders.__getitem__
        if self.switches.order == "shuffled":
            position = _scrambled(position)
            return bisect_left(chosen, position, key=lambda number: _scrambled(table.orders[number]))
        return bisect_left(chosen, position, key=sort_key)

    def _size(self, asked: int) -> int:
        size = self.switches.page_size or min(asked, self.switches.page_cap or asked)
        if self.switches.short_pages and self._rng.random() < self.switches.short_pages:
            return self._rng.randint(1, size)
        return size

    def _encode(self, table: Table, page: list[int], zone: tzinfo) -> list[bytes]:
        """Rows in the requested zone: as they are kept where that is UTC and no switch changes them."""
        if self.switches.render_zone:
            zone = ZoneInfo(self.switches.render_zone)
        if not isinstance(zone, ZoneInfo) and not self.switches.changes_rows:
            return [table.encoded[number] for number in page]
        return [msgspec.json.encode(self._changed(in_zone(table.decoded(number), zone), number)) for number in page]

    def _changed(self, row: Row, number: int) -> Row:
        switches = self.switches
        if switches.leg_count_as_int and str(row.get("callLegCount", "")).isdigit():
            row["callLegCount"] = int(row["callLegCount"])
        if switches.null_arrays:
            row |= {name: None for name in ("departments", "branches") if name in row}
        if switches.unknown_fields:
            row |= {"newText": f"new {number}", "newObject": {"score": number % 5, "tags": ["a", "ü"]}}
        if switches.odd_values:
            odd = ODD_VALUES[number % len(ODD_VALUES)]
            row |= {name: value for name, value in odd.items() if name in row}
        return row

    def _arrive(self, table: Table, page: list[int]) -> None:
        """Land rows between this page and the next, in turn newer and older than this page."""
        for turn in range(self.switches.arrivals_per_page):
            older = turn % 2
            row = table.decoded(page[-1] if older else page[0])
            row["startTimeUTC"] += -1 if older else 1
            row["callId"] = str(9_000_000_000_000 + len(table))
            table.add([in_zone(row)])


def _is_simple(row: Row) -> bool:
    """Whether a leg is left when legs are simplified (WA 3.1)."""
    return not row.get("callerSvcName") and row.get("calleeSvcName") not in ("CallForking", "CallRecording")


def _scrambled(order: tuple[Any, ...]) -> tuple[Any, ...]:
    return (crc32(repr(order).encode()), *order)
