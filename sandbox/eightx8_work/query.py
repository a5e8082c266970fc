"""A data request's parameters, checked and understood (WA 3.1, WA 8)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from sandbox.eightx8_work.refusals import RefusedError, bad_parameter

if TYPE_CHECKING:
    from sandbox.eightx8_work.switches import Switches

Kind = Literal["records", "legs"]
REQUIRED = ("pbxId", "startTime", "endTime", "timeZone", "pageSize")
UTC_NAMES = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "UCT", "Etc/UCT", "Zulu"}
MAX_PAGE_SIZE = 7000
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass
class Query:
    """One data request: what to select (epoch ms, ``low`` to ``high``), and how to answer it.

    ``position`` is the sort key of the last row answered before, from the cursor. ``identity`` is the same for
    every page and every read of the same window.
    """

    kind: Kind
    low: int
    high: int
    zone: tzinfo
    page_size: int
    by_connect: bool
    simplified: bool
    scroll: str | None
    position: tuple[Any, ...] | None
    identity: tuple[Any, ...]


def require(given: dict[str, str]) -> None:
    """Refuse a request that lacks a parameter.

    Raises:
        RefusedError: 400.
    """
    for name in REQUIRED:
        if not given.get(name):
            raise RefusedError(bad_parameter(name, "required"))


def understand(given: dict[str, str], path: str, switches: Switches, now: datetime, pbxes: set[str]) -> Query:
    """Check what ``require`` let pass; ``path`` is the public one, ``pbxes`` all names there are.

    Raises:
        RefusedError: 400 for any parameter that is not as documented.
    """
    kind: Kind = "records" if path == "/v2/call-records" else "legs"
    if path == "/v1/cdr" and flag(given, "isCallRecord"):
        kind = "records"
    by_connect, simplified = flag(given, "isConnectTime"), flag(given, "isSimplified")
    if kind == "records" and (by_connect or simplified):
        raise RefusedError(bad_parameter("isConnectTime" if by_connect else "isSimplified", "call legs only"))
    limit = MAX_PAGE_SIZE if switches.oversized == "reject" else 999_999_999
    zone = _zone(given["timeZone"], switches)
    end = _instant(given, "endTime", zone, switches)
    return Query(
        kind=kind,
        low=max(_instant(given, "startTime", zone, switches), _two_years_before(now)),
        high=end + (999 if switches.end_second == ".999" else 0),
        zone=zone,
        page_size=min(whole_number(given["pageSize"], "pageSize", 1, limit), MAX_PAGE_SIZE),
        by_connect=by_connect,
        simplified=simplified,
        scroll=given.get("scrollId"),
        position=_position(given["scrollId"], kind, pbxes) if "scrollId" in given else None,
        identity=(path, kind, *sorted(item for item in given.items() if item[0] not in ("scrollId", "pageSize"))),
    )


def flag(given: dict[str, str], name: str) -> bool:
    """A boolean parameter, false by default."""
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise RefusedError(bad_parameter(name, "true or false"))
    return text == "true"


def whole_number(text: str, name: str, low: int, high: int) -> int:
    """An integer parameter within limits."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
        raise RefusedError(bad_parameter(name, f"a whole number from {low} to {high}"))
    return int(text)


def cursor(pbx: str, order: tuple[Any, ...]) -> str:
    """The ``scrollId`` after a row: base64 without padding of pbx, ids and start (WA 4.2)."""
    text = "_".join([pbx.lower(), *order[1:], str(order[0])])
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _position(scroll: str, kind: Kind, pbxes: set[str]) -> tuple[Any, ...]:
    try:
        text = base64.b64decode(scroll + "=" * (-len(scroll) % 4), validate=True).decode()
        pbx, *ids, start = text.rsplit("_", 2 if kind == "records" else 3)
        if pbx in {name.lower() for name in pbxes}:
            return (int(start), *ids)
    except (binascii.Error, ValueError):
        pass
    raise RefusedError(bad_parameter("scrollId", "cannot be decoded"))


def _zone(name: str, switches: Switches) -> tzinfo:
    if name in UTC_NAMES and (name != "UTC" or switches.utc_accepted):
        return UTC
    try:
        if name != "UTC":
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise RefusedError(bad_parameter("timeZone", "unknown time zone"))


def _instant(given: dict[str, str], name: str, zone: tzinfo, switches: Switches) -> int:
    text = given[name] if TIME.fullmatch(given[name]) else ""
    try:
        first = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as error:
        raise RefusedError(bad_parameter(name, "yyyy-MM-dd HH:mm:ss")) from error
    second = first.replace(fold=1)
    if first.utcoffset() != second.utcoffset() and switches.repeated_hour == "error":
        raise RefusedError(bad_parameter(name, "this local time exists twice or never"))
    return int((second if switches.repeated_hour == "second" else first).timestamp() * 1000)


def _two_years_before(now: datetime) -> int:
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return int(now.replace(year=now.year - 2, day=day).timestamp() * 1000)
