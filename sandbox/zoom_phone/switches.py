"""What Zoom's documents leave open about Zoom Phone, and worse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal[400, 401]


@dataclass
class Switches:
    """The defaults are the plainest reading; in brackets the question that a switch plays (ZP 14).

    Attributes:
        arrays: In which of the two arrays calls stand; in ``unequal``, each has one that the other lacks [A3].
        last_token: What the last page says about a next one, and what that is then [A1].
        total: What ``total_records`` counts; ``None`` leaves it out [A2].
        overcount: So many calls more than there are are counted ...
        overcount_reads: ... in so many readings of a range; ``None`` all.
        withhold: So many calls are counted but not sent ...
        withhold_reads: ... in so many readings of a range; ``None`` all.
        empty_pages: So many pages after the first one are empty, and lead on.
        stale_tokens: So many page tokens count as expired when they are used [A28].
        stale_answer: What such a token gets.
        month: What a range must not exceed [A4].
        over_month: What a longer range gets: what lies in its last month, told or not, or nothing [A4].
        last_second: Whether a range up to a month's end is told as one up to its last second [A4].
        history_days: How far back calls are served.
        too_old: What a range gets that begins before that [A22].
        dates: Whether ``from`` and ``to`` are cut to days ... [A6]
        zone: ... of which zone [A5].
        bounds: Which ends of the range belong to it [A7].
        time_type: Whether it chooses the time that the range selects by [A8].
        recording_default: Which calls are listed without ``recording_status`` [A9].
        recording_filter: What that parameter does.
        page_cap: The real limit of ``page_size``, lower than asked for, without saying so [A27].
        order: In which order calls come; ``ties_shuffled``: those of one second in another order each time [A29].
        leg_times: By which names a leg tells its waiting [A10].
        first_segment: Number of the first step [A11].
        nodes: What ``node`` is: the main branch, or the place in the step [A11].
        transfers: The word for a transfer [A12].
        words: ``odd`` for words that no document has, and for blanks [A14, A15].
        country_codes: How the country of a number is told [A16].
        account_code: How the details spell the caller's account code [A18].
        empties: What a field is that has no value [A19].
        internal: How many records an internal call has [A30]; before the first request only.
        element_ids: Whether a leg's id begins with the call's date [A35].
        detail_arrays: In which array legs stand [A35].
        details_late: So many requests for a call's details are answered with 404 first [A21].
        token_lifetime_seconds: Of an access token.
        token_requests: An access token serves so many requests.
        one_token: Whether a new access token ends the older ones [A24].
        token_refusal: Status of the refusal of an access token.
        scope_status: Status ...
        scope_code: ... and code of the refusal for want of a scope [A31].
        unknown_fields: Fields that no document has.
        odd_values: Values of other types than documented.
    """

    arrays: Literal["both", "call_history", "call_logs", "unequal"] = "both"
    last_token: Literal["empty", "missing", "then empty page", "then first page", "then refused"] = "empty"
    total: Literal["query", "page"] | None = "query"
    overcount: int = 0
    overcount_reads: int | None = 1
    withhold: int = 0
    withhold_reads: int | None = 1
    empty_pages: int = 0
    stale_tokens: int = 0
    stale_answer: Literal["400", "300", "first page"] = "400"
    month: Literal["calendar", "30 days", "31 days"] = "calendar"
    over_month: Literal["cut", "cut silently", "refuse"] = "cut"
    last_second: bool = False
    history_days: int = 184
    too_old: Literal["refuse", "empty", "cut"] = "refuse"
    dates: Literal["instants", "days"] = "instants"
    zone: str = "UTC"
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    time_type: Literal["filters", "ignored"] = "filters"
    recording_default: Literal["recorded"] | None = None
    recording_filter: Literal["filters", "ignored", "refused"] = "filters"
    page_cap: int | None = None
    order: Literal["newest_first", "oldest_first", "ties_shuffled"] = "newest_first"
    leg_times: Literal["waiting_time", "wait_time"] = "waiting_time"
    first_segment: Literal[0, 1] = 1
    nodes: Literal["main", "place"] = "main"
    transfers: Literal["direct_transfer", "warm_transfer", "warm_transfer_outgoing"] = "direct_transfer"
    words: Literal["documented", "odd"] = "documented"
    country_codes: Literal["1", "US"] = "1"
    account_code: Literal["caller_acconut_code", "caller_account_code"] = "caller_acconut_code"
    empties: Literal["missing", "null", "empty"] = "missing"
    internal: Literal["one record", "two records"] = "two records"
    element_ids: Literal["dated", "plain"] = "dated"
    detail_arrays: Literal["call_elements", "call_path", "both"] = "both"
    details_late: int = 0
    token_lifetime_seconds: int = 3600
    token_requests: int | None = None
    one_token: bool = False
    token_refusal: Status = 401
    scope_status: Status = 400
    scope_code: Literal[4700, 201, 4711] = 4700
    unknown_fields: bool = False
    odd_values: bool = False
