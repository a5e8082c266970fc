"""What Webex's documents leave open, and what reality may do (WX 13.3, WX 15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """All may be set while running; the defaults are the current documents' plainest reading, without a rate limit.

    Attributes:
        version: ``earlier``: 48 h of history, any window, pages of 1 to 500; ``2026``: 30 days, 12 h, 500 to 5000.
        filter_field: Which time of a record ``cdr_feed`` selects by (A1).
        bounds: Which ends of the window belong to it (A6).
        order: Whether the records of a page come in order (A29).
        link: How the ``Link`` header is written (WX A12, WX 8); ``foreign`` leads to another host,
            ``removed``: by a proxy.
        link_text: Whether names in links are encoded, or raw UTF-8 (WX 8).
        link_filter: Whether links keep the filter of locations (WX 8).
        page_edge: Whether a page begins with the last record of the one before (A14).
        page_cap: The real page size limit, lower than asked for, without saying so (A9).
        cursor_seconds: Grain of the time that a link continues from; 0 for milliseconds (A15).
        repeat_link: Every link but a window's first leads to the page it stands on (A15).
        endless_links: Every window goes on with links to pages without items, each with a link of its own (WX 8).
        empty_pages: Every page is preceded by one without items, but with a link (A17).
        empty: How an empty window is told (A16).
        total_count: Whether links have ``totalCount`` (A14).
        overcount: ``totalCount`` is too high by so much (A14).
        longest_minutes: Longer windows are refused, in ``longest_words`` (WX 3).
        longest_words: What is said then.
        slow_above: Links that ask for more records end in 504 (WX 7).
        slow_minutes: Links into longer windows end in 504 (WX 7).
        link_status: Links are answered with this status.
        initial_interval_seconds: Least time between two initial requests of a token, else 429 (A11).
        pages_per_minute: Most page requests of a token in a minute, else 429 (A10).
        retry_after: Whether a 429 says ``Retry-After``.
        wrong_region_answers: So many data requests are answered 451 (A25).
        region_host: The host that those name; empty for none.
        region_form: How those name it (WX 1).
        token_lifetime_seconds: ``expires_in`` of renewed tokens.
        token_requests: A token expires after so many requests.
        refresh_token_lifetime_seconds: ``refresh_token_expires_in``.
        rotation: Whether a renewal brings another refresh token, and what becomes of the old one (A27).
        spelling: Keys as in real answers, or as the documents write them (A18).
        missing_keys: Records lack empty fields.
        unknown_fields: Fields that no document has.
        odd_values: Values of unexpected types and forms (A19, A20, A21).
        landing_delay_seconds: From a record's storing until it is seen.
        landing_jitter_seconds: Up to so much more, different from record to record.
    """

    version: Literal["earlier", "2026"] = "2026"
    filter_field: Literal["report", "start", "inserted"] = "report"
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    order: Literal["ascending", "shuffled"] = "ascending"
    link: Literal[
        "correct",
        "no_space",
        "unquoted",
        "malformed",
        "two_relations",
        "relative",
        "query_only",
        "doubled",
        "broken",
        "foreign",
        "no_relation",
        "removed",
    ] = "correct"
    link_text: Literal["encoded", "raw"] = "encoded"
    link_filter: bool = True
    page_edge: Literal["exact", "repeat"] = "exact"
    page_cap: int | None = None
    cursor_seconds: int = 0
    repeat_link: bool = False
    endless_links: bool = False
    empty_pages: bool = False
    empty: Literal["200", "204", "404"] = "200"
    total_count: bool = True
    overcount: int = 0
    longest_minutes: int | None = None
    longest_words: str = "The difference between startTime and endTime exceeds the allowed range"
    slow_above: int | None = None
    slow_minutes: int | None = None
    link_status: int | None = None
    initial_interval_seconds: float = 0.0
    pages_per_minute: int | None = None
    retry_after: bool = True
    wrong_region_answers: int = 0
    region_host: str = "analytics-calling-eu.webexapis.com"
    region_form: Literal["plain", "quoted", "escaped"] = "plain"
    token_lifetime_seconds: int = 1_209_600
    token_requests: int | None = None
    refresh_token_lifetime_seconds: int = 7_776_000
    rotation: Literal["none", "old_lives", "old_dies"] = "none"
    spelling: Literal["real", "docs"] = "real"
    missing_keys: bool = False
    unknown_fields: bool = False
    odd_values: bool = False
    landing_delay_seconds: float = 0.0
    landing_jitter_seconds: float = 0.0
