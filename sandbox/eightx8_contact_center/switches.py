"""What Recent Calls' documents leave open, and what reality may do (CC A4, R1 to R14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.vendor import CountForm


@dataclass
class Switches:
    """All may be set while running; the defaults are the documents' plainest reading.

    Attributes:
        precedence: Which of ``duration`` and ``timeRange`` wins (R1).
        filters_required: Without ``duration`` and the eight range filters: 400 (R2).
        range_filter: Which time of a call the range selects by (R3).
        closing_minutes: ... with ``end``: that is so much later, after wrap-up and survey.
        bounds: Which ends of the range belong to it (R3).
        order: Rows by start, or in another order at every request (R4).
        arrivals: So many rows land before the ones already sent, one after each page, and shift the offsets (R4).
        departures: So many sent rows vanish, one after each page, so that the next page skips a row (R4).
        exchanges: So many times, between two pages, one row leaves and another lands, so that the count stays (R4).
        exchange: Where: one of those sent leaves and one lands behind them, which ``hides`` a row from the next page;
            the other way round, which ``repeats`` one; or anywhere.
        withhold: So many rows are counted but not sent, on the first reads of a range (R4).
        withhold_reads: How many reads that are; ``None`` all.
        page_cap: The real limit of ``rows``, lower than asked for, without saying so (R5).
        ignore_page: Every page is the first (R5).
        status_past_end: A page past the end is refused with this status (R5).
        hits_past_end: ``hits`` on a page without rows (R6).
        hits_form: How ``hits`` is written.
        later_hits: ``hits`` on pages after the first (R6).
        bare_answers: So many answers have no ``hits`` and no rows; with an error where switched.
        bare_error: ... beside nulls in place of them.
        repeated_rows: So many rows of a window come twice, byte for byte, and are counted twice.
        null_data: ``data`` is null where there is no row.
        null_row: Every page begins with a row that is null.
        render_zone: Zone of the times and of the echo, whatever was asked for (R7).
        echo_zone: Whether the answer has ``timezone`` (R7).
        blanks: What becomes of a range with blanks (R8).
        ignore_range: The range is not looked at (R8).
        numbers: How numbers come (R11).
        unknown_fields: Fields that no document has.
        status: Recent Calls is no longer served, with this status (R13).
        bad_key: How an unknown key is refused (CC A4).
    """

    precedence: Literal["duration", "timeRange"] = "duration"
    filters_required: bool = False
    range_filter: Literal["start", "end"] = "start"
    closing_minutes: int = 0
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    order: Literal["ascending", "descending", "unstable"] = "ascending"
    arrivals: int = 0
    departures: int = 0
    exchanges: int = 0
    exchange: Literal["hides", "repeats", "anywhere"] = "hides"
    withhold: int = 0
    withhold_reads: int | None = 1
    page_cap: int | None = None
    ignore_page: bool = False
    status_past_end: int | None = None
    hits_past_end: Literal["total", "zero", "more"] = "total"
    hits_form: CountForm = "number"
    later_hits: Literal["same", "absent", "null", "more"] = "same"
    bare_answers: int = 0
    bare_error: bool = False
    repeated_rows: int = 0
    null_data: bool = False
    null_row: bool = False
    render_zone: str | None = None
    echo_zone: bool = True
    blanks: Literal["reject", "tolerate", "ignore_range"] = "reject"
    ignore_range: bool = False
    numbers: Literal["as documented", "text", "numbers", "empty"] = "as documented"
    unknown_fields: bool = False
    status: int | None = None
    bad_key: Literal["401", "SHA001"] = "401"

    @property
    def changes_rows(self) -> bool:
        """Whether rows are answered otherwise than they are stored, their zone aside."""
        return self.unknown_fields or self.numbers != "as documented"
