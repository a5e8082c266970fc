"""What 8x8 Work's documents leave open, and what reality may do (WA 8, WA 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.vendor import CountForm


@dataclass
class Switches:
    """All may be set while running; the defaults are the documents' plainest reading.

    Attributes:
        record_filter: Which time of a call record the window selects by (A1).
        bounds: Which ends of the window belong to it (A2).
        end_second: What the last second of ``endTime`` means (A2).
        repeated_hour: How a local time that exists twice or never is read (A3).
        utc_accepted: Whether the zone name ``UTC`` is known; ``Etc/UTC`` always is (A3).
        render_zone: Zone of the rendered times, whatever was asked for (A3).
        end_signal: How the end is told (A4); ``cursor``: only by having no rows.
        end_on_last_page: Tell the end with the last rows already (A4).
        page_cap: The real page size limit, lower than asked for, without saying so (A4).
        short_pages: Share of pages that are under-filled at random (A4).
        page2_parameters: Whether a request with ``scrollId`` needs all the others too (A5).
        oversized: What becomes of a ``pageSize`` above 7000 (A6).
        order: Whether rows come newest first (A7).
        arrivals_per_page: Rows that land after each full page, in turn newer and older than it (A8).
        repeat_last_row: Every page begins with the last row of the one before (A8).
        change_repeated_rows: ... which has changed meanwhile, with each page again.
        endless: The last page comes again and again, with another cursor each time.
        page_size: The only page size there is, whatever was asked for (A6).
        landing_delay_seconds: From a call's end until its rows are seen (A9).
        landing_jitter_seconds: Up to so much more, different from call to call (A9).
        token_lifetime_seconds: ``expires_in`` of new tokens (A11).
        token_requests: A token expires after so many requests (A11).
        cursor_bound_to_token: A cursor is no good under another token: 400 (A11).
        repeat_cursor: Pages after the first answer the cursor they were asked with (A4).
        all_pbxes: ``allpbxes`` with rights to some only: those, or 403 (A13).
        leg_count_as_int: ``callLegCount`` as an integer (A14).
        null_arrays: ``departments`` and ``branches`` null (A14).
        odd_values: Values of unexpected types and forms (A14).
        unknown_fields: Fields that no document has (A14).
        v1_status: ``v1/cdr`` is gone with this status, 404 or 410 (A15).
        throttle_every: One of so many data requests is answered 429 (A17).
        throttle_retry_after: The ``Retry-After`` of those.
        overcount: ``totalRecordCount`` is too high by so much.
        overcount_reads: Only in so many reads of the same window; ``None`` always.
        withhold: So many rows of a window are counted but not answered.
        withhold_from: Only of windows that have so many rows at least.
        withhold_reads: Only in so many reads of the same window; ``None`` always.
        count_form: How ``totalRecordCount`` is written.
        later_counts: ``totalRecordCount`` on pages after the first.
        bare_answers: So many answers lack count and cursor (one of a window's pages: not told from an end).
        bare_after: Only after so many data requests.
        bare_form: What they have otherwise: no rows, the page's rows, or nulls beside an error.
        repeated_rows: So many rows of a window come twice, byte for byte, and are counted twice.
        null_data: ``data`` is null where there is no row.
        null_row: Every page begins with a row that is null.
        wrong_password_status: 400 or 401 (WA 5).
    """

    record_filter: Literal["start", "disconnect"] = "start"
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    end_second: Literal[".000", ".999"] = ".000"
    repeated_hour: Literal["first", "second", "error"] = "first"
    utc_accepted: bool = True
    render_zone: str | None = None
    end_signal: Literal["No Data", "null", "missing", "empty", "cursor"] = "No Data"
    end_on_last_page: bool = False
    page_cap: int | None = None
    short_pages: float = 0.0
    page2_parameters: Literal["needed", "optional"] = "needed"
    oversized: Literal["reject", "clamp"] = "reject"
    order: Literal["newest_first", "shuffled"] = "newest_first"
    arrivals_per_page: int = 0
    repeat_last_row: bool = False
    change_repeated_rows: bool = False
    endless: bool = False
    page_size: int | None = None
    landing_delay_seconds: float = 0.0
    landing_jitter_seconds: float = 0.0
    token_lifetime_seconds: int = 1800
    token_requests: int | None = None
    cursor_bound_to_token: bool = False
    repeat_cursor: bool = False
    all_pbxes: Literal["subset", "reject"] = "subset"
    leg_count_as_int: bool = False
    null_arrays: bool = False
    odd_values: bool = False
    unknown_fields: bool = False
    v1_status: int | None = None
    throttle_every: int | None = None
    throttle_retry_after: str = "0"
    overcount: int = 0
    overcount_reads: int | None = None
    withhold: int = 0
    withhold_from: int = 0
    withhold_reads: int | None = 1
    count_form: CountForm = "number"
    later_counts: Literal["same", "absent", "null", "more"] = "same"
    bare_answers: int = 0
    bare_after: int = 0
    bare_form: Literal["no rows", "rows", "error"] = "no rows"
    repeated_rows: int = 0
    null_data: bool = False
    null_row: bool = False
    wrong_password_status: int = 400

    @property
    def changes_rows(self) -> bool:
        """Whether rows are answered otherwise than they are stored."""
        return self.leg_count_as_int or self.null_arrays or self.odd_values or self.unknown_fields
