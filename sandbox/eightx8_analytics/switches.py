"""What the detailed reports' documents leave open, and what reality may do (CC D1 to D9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.vendor import CountForm


@dataclass
class Switches:
    """All may be set while running; the defaults are the documents' plainest reading.

    Attributes:
        select_by: Which time of an interaction the date range selects by (D1).
        bounds: Which ends of the range belong to it (D2).
        create_answer: Whether creation answers an object or a list of one (D4).
        polls: How often the status is asked until a report is done; until then its data are half (D4).
        fail_reason: Every report fails, for this reason (D4).
        forget_after: A report is unknown after so many of its pages, 404 (D5).
        forget_times: So many reports are forgotten; ``None`` all.
        forgotten_status: What is answered for a report that is forgotten: 404, or 400, 403, 410, 422 (D5).
        token_lifetime_seconds: ``expires_in`` of new tokens, as text (D5).
        token_requests: A token expires after so many requests (D5).
        withhold: So many rows of a report are counted but not answered.
        withhold_reports: Only in so many reports of the same range; ``None`` always.
        shapes: Durations and finish as ``{value, ongoing}``, as text, or now so and now so (D6).
        cursor_header: ``Last-Document-Id`` raw or percent-encoded (D7).
        links: ``Link`` as documented, absent, to another host, without a host, escaped for JSON or HTML, without
            the cursor, or no URL at all (D7).
        done_word: How the status of a report that is done is written (D4).
        unready: The data of each report answer 404 to so many requests although it is done (D5).
        strip_headers: So many pages come without the headers that count and lead on, as by a proxy; ``None`` all.
        strip_after: Only after so many pages.
        count_form: How ``X-Total-Elements`` is written.
        second_count: That header comes twice, joined: the second count is larger by so many; ``None`` for once.
        later_counts: Whether pages after the first have ``X-Total-Elements``.
        empty_body: What a report without rows answers in place of ``[]``.
        repeated_rows: So many rows of a window come twice, byte for byte, and are counted twice.
        null_row: Every page begins with a row that is null.
        repeat_cursor: Every page names the same next one.
        zones: Zones the tenant has configured; UTC is none of them (D8).
        render_zone: Zone of the values when none is asked for (D8).
        new_metrics: A metric that no document has joins where all are asked for (D9).
        unknown_fields: It joins whatever is asked for.
        multitenant: Requests need ``X-Tenant-Info``.
    """

    select_by: Literal["creation", "finish"] = "creation"
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    create_answer: Literal["object", "array"] = "object"
    polls: int = 0
    fail_reason: str | None = None
    forget_after: int | None = None
    forget_times: int | None = 1
    forgotten_status: int = 404
    token_lifetime_seconds: int = 1799
    token_requests: int | None = None
    withhold: int = 0
    withhold_reports: int | None = 1
    shapes: Literal["v8", "old", "mixed"] = "v8"
    cursor_header: Literal["raw", "percent"] = "raw"
    links: Literal["documented", "absent", "other_host", "relative", "json", "html", "no_cursor", "broken"] = (
        "documented"
    )
    done_word: str = "DONE"
    unready: int = 0
    strip_headers: int | None = 0
    strip_after: int = 0
    count_form: CountForm = "number"
    second_count: int | None = None
    later_counts: bool = True
    empty_body: str = "[]"
    repeated_rows: int = 0
    null_row: bool = False
    repeat_cursor: bool = False
    zones: tuple[str, ...] = ("America/Los_Angeles", "Europe/London")
    render_zone: str = "America/Los_Angeles"
    new_metrics: bool = False
    unknown_fields: bool = False
    multitenant: bool = False
