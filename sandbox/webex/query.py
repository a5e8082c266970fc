"""Understands the parameters of cdr_feed and cdr_stream, and refuses what their documents refuse (WX 3, 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sandbox.webex.refusals import bad_parameter
from sandbox.webex.rows import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.webex.switches import Switches

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HOUR = 3_600_000
MINUTE = 60_000
MOST_LOCATIONS = 10


@dataclass(frozen=True)
class Rules:
    """What an endpoint serves, in ms: how far back, how long at once, how near to now; and its pages."""

    history: int
    longest: int
    newest_start: int
    newest_end: int
    least_page: int
    most_page: int
    usual_page: int


FEED = {
    "earlier": Rules(48 * HOUR, 48 * HOUR, 5 * MINUTE, 0, 1, 500, 500),
    "2026": Rules(720 * HOUR, 12 * HOUR, 5 * MINUTE, 5 * MINUTE, 500, 5000, 5000),
}
STREAM = Rules(12 * HOUR, 2 * HOUR, MINUTE, MINUTE, 500, 5000, 5000)


@dataclass(frozen=True)
class Query:
    """One data request, understood.

    ``asked`` is the page size that was asked for, ``size`` the real one. ``cursor`` is where a link goes on from, epoch
    ms; ``None`` on a first page.
    """

    endpoint: Literal["cdr_feed", "cdr_stream"]
    low: int
    high: int
    asked: int
    size: int
    locations: frozenset[str]
    cursor: int | None
    is_blank_done: bool


def understand(given: Mapping[str, str], endpoint: str, switches: Switches, now_ms: int) -> Query:
    """The request's query.

    Raises:
        RefusedError: a parameter is missing or not taken.
    """
    is_feed = endpoint == "cdr_feed"
    rules = FEED[switches.version] if is_feed else STREAM
    low, high = _time(given, "startTime"), _time(given, "endTime")
    cursor = _time(given, "startTimeForNextFetch") if "startTimeForNextFetch" in given else None
    if high <= low:
        raise bad_parameter("endTime must be later than startTime")
    if high - low > rules.longest:
        raise bad_parameter(f"endTime must be at most {rules.longest // HOUR} hours after startTime")
    if switches.longest_minutes is not None and high - low > switches.longest_minutes * MINUTE:
        raise bad_parameter(switches.longest_words)
    if low < now_ms - rules.history or low > now_ms - rules.newest_start:
        newest, oldest = rules.newest_start // MINUTE, rules.history // HOUR
        raise bad_parameter(f"startTime must be between {newest} minutes ago and {oldest} hours ago")
    if high > now_ms - rules.newest_end:
        raise bad_parameter(f"endTime must be at least {rules.newest_end // MINUTE} minutes ago")
    locations = [name for name in given.get("locations", "").split(",") if name]
    if len(locations) > MOST_LOCATIONS:
        raise bad_parameter(f"at most {MOST_LOCATIONS} locations")
    return Query(
        endpoint="cdr_feed" if is_feed else "cdr_stream",
        low=low,
        high=high,
        asked=(asked := _size(given.get("max"), rules, switches)),
        size=asked if switches.page_cap is None else min(asked, switches.page_cap),
        locations=frozenset(locations),
        cursor=cursor,
        is_blank_done="blank" in given,
    )


def _time(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "")
    ms = epoch_ms(text) if TIME.fullmatch(text) else None
    if ms is None:
        raise bad_parameter(f"{name} must be of the form YYYY-MM-DDTHH:MM:SS.mmmZ")
    return ms


def _size(text: str | None, rules: Rules, switches: Switches) -> int:
    """The page size: current servers clamp without a word, older ones refuse (WX 3)."""
    size = rules.usual_page
    if text is not None:
        if not re.fullmatch(r"\d{1,6}", text):
            raise bad_parameter("max must be a number")
        size = int(text)
    if switches.version == "earlier" and not rules.least_page <= size <= rules.most_page:
        raise bad_parameter(f"max must be between {rules.least_page} and {rules.most_page}")
    return min(max(size, rules.least_page), rules.most_page)
