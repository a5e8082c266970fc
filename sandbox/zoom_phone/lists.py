"""One page of the list of calls: what is selected, which page it is, and what is said about the next one (ZP 3, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from sandbox.vendor import json_page
from sandbox.zoom_phone import answers
from sandbox.zoom_phone.refusals import bad_field, bad_page_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from sandbox.table import Table
    from sandbox.zoom_phone.switches import Switches

LARGEST_PAGE = 300
FORM = "%Y-%m-%dT%H:%M:%SZ"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Range:
    """From when to when is answered, and what the answer says of that; a month begins with its first instant."""

    start: datetime
    end: datetime
    said: tuple[str, str]
    is_cut: bool = False


def ms(when: datetime) -> int:
    """Epoch ms of an instant."""
    return int(when.timestamp() * 1000)


def understood(given: Mapping[str, str], switches: Switches, now: datetime) -> Range | None:
    """The range that is asked for as it is answered; ``None`` where nothing is.

    Raises:
        RefusedError: it is none, or is not served.
    """
    try:
        days = [len(given[name]) == len("2026-01-31") for name in ("from", "to")]
        start, end = (datetime.fromisoformat(given[name]).replace(tzinfo=UTC) for name in ("from", "to"))
    except (KeyError, ValueError):
        raise bad_field("from", "to") from None
    if start > end:
        raise bad_field("from")
    oldest = now - timedelta(days=switches.history_days)
    echoed_start = start
    if end < oldest or start < oldest:
        if switches.too_old == "refuse":
            raise bad_field("from")
        if switches.too_old == "empty":
            return None
        start = echoed_start = min(max(start, oldest), end)
    month = within_a_month(start, end, switches)
    is_cut = month > start
    if is_cut:
        if switches.over_month == "refuse":
            raise bad_field("from", "to")
        start, echoed_start = month, month if switches.over_month == "cut" else echoed_start
    ends_with_a_month = (end.day, end.time()) == (1, time()) and start < end
    told_end = end - timedelta(seconds=1) if switches.last_second and ends_with_a_month else end
    said = echoed_start.strftime(FORM), told_end.strftime(FORM)
    if switches.dates == "days" or all(days):
        said = said[0][:10], said[1][:10]
        start, end = day_of(start.date(), switches.zone), day_of(end.date() + DAY, switches.zone) - timedelta(seconds=1)
    return Range(start, end, said, is_cut=is_cut)


def day_of(day: date, zone: str) -> datetime:
    """When a day begins in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def within_a_month(start: datetime, end: datetime, switches: Switches) -> datetime:
    """The earliest start with which a range is within a month."""
    if switches.month == "calendar":  # the last instant of a month may be written as the first one of the next
        month = (end - timedelta(microseconds=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return max(start, month) if start < end else start
    return max(start, end - int(switches.month[:2]) * DAY)


class Lists:
    """Answers pages; remembers the tokens that it gave out and how often a range was read."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._tokens: dict[str, tuple[dict[str, str], int]] = {}
        self._reads: dict[tuple[str, ...], int] = {}

    def calls(self, table: Table, given: dict[str, str], switches: Switches, now: datetime) -> Response:
        """A page of calls.

        Raises:
            RefusedError: a parameter is not taken.
        """
        size = self._size(given, LARGEST_PAGE)
        status = given.get("recording_status")
        if status is not None and (
            switches.recording_filter == "refused" or status not in ("recorded", "non_recorded")
        ):
            raise bad_field("recording_status")
        if given.get("time_type", "start_time") not in ("start_time", "end_time"):
            raise bad_field("time_type")
        asked = understood(given, switches, now)
        with table.lock:
            chosen = [] if asked is None else self._select(table, given, asked, switches, ms(now))
            total = len(chosen)
            if "next_page_token" not in given:
                reads = tuple(given.get(name, "") for name in ("from", "to", "recording_status"))
                self._reads[reads] = self._reads.get(reads, 0) + 1
            chosen, total = self._miscounted(chosen, total, given, switches)
            at = self._place(given, switches)
            page = chosen[at : at + min(size, switches.page_cap or size)]
            if "next_page_token" in given and switches.empty_pages:
                switches.empty_pages -= 1
                page = []
            plain = answers.is_plain(switches)
            rows = [table.encoded[each] if plain else answers.call(table.decoded(each), switches) for each in page]
        token = self._next(given, at, len(page), len(chosen), switches)
        tail = self._told(len(page) if switches.total == "page" else total, size, token, switches)
        if asked is not None:
            tail |= {"from": asked.said[0], "to": asked.said[1]}
        return json_page(b"{" + arrays(rows, switches), [], b"," + msgspec.json.encode(tail)[1:])

    def all(self, name: str, rows: Sequence[bytes], given: dict[str, str], most: int, switches: Switches) -> Response:
        """A page of a list that is read whole.

        Raises:
            RefusedError: a parameter is not taken.
        """
        size = self._size(given, most)
        at = self._place(given, switches)
        page = rows[at : at + min(size, switches.page_cap or size)]
        token = self._next(given, at, len(page), len(rows), switches)
        tail = self._told(len(page) if switches.total == "page" else len(rows), size, token, switches)
        return json_page(f'{{"{name}":['.encode(), page, b"]," + msgspec.json.encode(tail)[1:])

    @staticmethod
    def _size(given: Mapping[str, str], most: int) -> int:
        size = int(given.get("page_size", "30"))
        if not 1 <= size <= most:
            raise bad_field("page_size")
        return size

    def _select(
        self, table: Table, given: Mapping[str, str], asked: Range, switches: Switches, now_ms: int
    ) -> list[int]:
        by = given.get("time_type", "start_time") if switches.time_type == "filters" else "start_time"
        opened = {"low_open": switches.bounds[0] == "(" and not asked.is_cut, "high_open": switches.bounds[1] == ")"}
        chosen = [*table.select(by.removesuffix("_time"), ms(asked.start), ms(asked.end), now_ms, **opened)]
        status = given.get("recording_status") if switches.recording_filter == "filters" else None
        if (status := status or switches.recording_default) is not None:
            chosen = [each for each in chosen if table.partitions[each] == status]
        if switches.order == "newest_first":
            chosen.reverse()
        elif switches.order == "ties_shuffled":
            ties = {each: self._rng.random() for each in chosen}
            chosen.sort(key=lambda each: (table.orders[each][0], ties[each]))
        return chosen

    def _miscounted(
        self, chosen: list[int], total: int, given: Mapping[str, str], switches: Switches
    ) -> tuple[list[int], int]:
        reads = self._reads.get(tuple(given.get(name, "") for name in ("from", "to", "recording_status")), 0)
        if switches.overcount and (switches.overcount_reads is None or reads <= switches.overcount_reads):
            total += switches.overcount
        if switches.withhold and (switches.withhold_reads is None or reads <= switches.withhold_reads):
            middle = len(chosen) // 2
            chosen = chosen[:middle] + chosen[middle + switches.withhold :]
        return chosen, total

    def _place(self, given: Mapping[str, str], switches: Switches) -> int:
        """How many rows lie before the page.

        Raises:
            RefusedError: the page token is none, or no longer one.
        """
        token = given.get("next_page_token")
        if not token:
            return 0
        same, at = self._tokens.get(token, ({}, -1))
        if {name: value for name, value in given.items() if name != "next_page_token"} != same:
            raise bad_page_token()
        if switches.stale_tokens:
            switches.stale_tokens -= 1
            if switches.stale_answer != "first page":
                raise bad_page_token(int(switches.stale_answer))
            return 0
        if at < 0:
            raise bad_page_token()
        return at

    def _next(self, given: Mapping[str, str], at: int, length: int, total: int, switches: Switches) -> str | None:
        """The token of the next page; ``None`` where the answer has no such member."""
        if at + length < total:
            return self._token(given, at + length)
        if switches.last_token in ("empty", "missing"):
            return "" if switches.last_token == "empty" else None
        beyond = {"then empty page": total, "then first page": 0, "then refused": -1}[switches.last_token]
        return self._token(given, beyond)

    def _token(self, given: Mapping[str, str], at: int) -> str:
        token = f"{self._rng.getrandbits(128):032x}"
        self._tokens[token] = ({name: value for name, value in given.items() if name != "next_page_token"}, at)
        return token

    @staticmethod
    def _told(total: int, size: int, token: str | None, switches: Switches) -> dict[str, Any]:
        told: dict[str, Any] = {"page_count": -(-total // size), "page_size": size}
        if switches.total is not None:
            told["total_records"] = total
        if token is not None:
            told["next_page_token"] = token
        return told


def arrays(rows: Sequence[bytes], switches: Switches) -> bytes:
    """The arrays of calls, without the object around them."""
    history, logs = list(rows), [answers.logged(row) for row in rows]
    if switches.arrays == "unequal":
        history, logs = history[: max(1, len(history) - 1)], logs[min(1, len(logs) - 1) :]
    named = {b"call_logs": logs, b"call_history": history}
    kept = {"call_history": [b"call_history"], "call_logs": [b"call_logs"]}.get(switches.arrays, [*named])
    return b",".join(b'"' + name + b'":[' + b",".join(named[name]) + b"]" for name in kept)
