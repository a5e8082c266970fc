"""What Voiso's documents leave open, and what reality may do (VO 12, VO 14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.voiso.paging import Paging


@dataclass
class Switches(Paging):
    """All may be set while running; those about pages and tokens stand in ``Paging``.

    Attributes:
        largest_page: A larger ``per_page`` is refused with 422 (#5).
        token_required: A request without ``search_token`` is refused with 422; an empty one will do (#4).
        damaged_tokens: What every token leads to: where it should, 422, the beginning of the search, or nothing (#27).
        damaged_times: How many tokens that happens to; ``None`` all.
        endless_tokens: Whether an empty answer to a token brings yet another token, without end.
        refused_page: A page, by its number, that is refused with ``refused_status``, with and without tokens.
        refused_status: 400, 404 or 422.
        refused_times: How often that happens; ``None`` always.
        overload_above: A larger ``per_page`` ends in 504.
        hidden: Records whose key this pattern finds are left out after the pages have been cut, as for a user without
            access to them (VO 1); ``total`` and tokens know of them.
        rowless: So many first pages come without the rows that their ``total`` counts.
        total: What ``total`` counts: pages or records, of the query or of the block; or nothing that one knows (#3).
        total_as: How ``total`` is written.
        null_rows: Whether every answer with rows has a null among them.
        null_records: Whether an answer without rows has null for them.
        page_on_last: Whether the last answer has ``page`` (VO 3).
        order: Which records come first; with unstable ties those of one instant change places (VO 3).
        filter_time: Which time the filters look at (#9).
        filter_zone: Zone of the filters: ``user`` for that of the key's owner, or an IANA name (#8).
        user_zone: Zone of the key's owner, in which ``timestamp`` is written (VO 9).
        bounds: Which ends of the range belong to it (#10).
        landing_delay_seconds: From an interaction's end until it is listed (#13).
        arrivals: So many records arrive, one after each page (#12).
        changes: So many records, the last of a page, end only now (#12).
        departures: So many records, the first of a page, vanish after it (#12).
        sla: Shape of ``sla``, as it is kept or for all digital records (#16).
        type_spelling: How words in ``type`` are joined; ``odd`` for types that no document has (#17).
        numbers: ``agent_id``, ``num_segments``, ``cpc`` as numbers, or as text (#19).
        without: A field that every other record lacks (#18, #21).
        unknown_fields: Fields that no document has.
        lists: Whether lists are bare arrays, or objects with one array in them; ``metadata`` is v4's form (VO 11).
        list_page: Lists come in pages of so many entries; bare arrays tell of them in headers (link, none).
        list_next: How such a page names the next one: a link, a cursor (also of digits), its number, a path of its own,
            that there is one, as a word or in a text, how many there are; or not at all.
        list_pages_given: So many pages are given, then the last one again.
        list_end: What the pages of a list after the last one are, and whether that one names a further page although
            there is none: an empty page, null (its array, or all of it), or 404.
        list_total_off: What is added to a list's ``total``.
        bad_key_status: What a wrong key gets, with the documented body (VO 10).
        echo_key: Whether error bodies quote the key.
        error: Text of ``{"error": ...}``, sent with status 200 instead of interactions (#22).
    """

    largest_page: int = 10_000
    token_required: bool = False
    damaged_tokens: Literal["no", "refused", "restart", "empty"] = "no"
    damaged_times: int | None = None
    endless_tokens: bool = False
    refused_page: int | None = None
    refused_status: int = 400
    refused_times: int | None = None
    overload_above: int | None = None
    hidden: str | None = None
    rowless: int = 0
    total_as: Literal["number", "text", "decimal"] = "number"
    null_rows: bool = False
    null_records: bool = False
    total: Literal["pages", "records", "block_pages", "block_records", "unknown"] = "pages"
    page_on_last: bool = False
    order: Literal["newest_first", "oldest_first", "unstable_ties"] = "newest_first"
    filter_time: Literal["end", "start"] = "end"
    filter_zone: str = "user"
    user_zone: str = "America/Sao_Paulo"
    bounds: Literal["[]", "[)", "(]", "()"] = "[]"
    landing_delay_seconds: float = 0.0
    arrivals: int = 0
    changes: int = 0
    departures: int = 0
    sla: Literal["as_kept", "object", "array", "several", "null", "missing"] = "as_kept"
    type_spelling: Literal["as_kept", "_", "-", " ", "odd"] = "as_kept"
    numbers: Literal["as_kept", "text"] = "as_kept"
    without: str | None = None
    unknown_fields: bool = False
    lists: Literal["array", "object", "metadata"] = "array"
    list_page: int | None = None
    list_next: Literal[
        "link", "relative", "cursor", "digits", "number", "path", "more", "more_text", "pages", "none"
    ] = "link"
    list_pages_given: int | None = None
    list_end: Literal["plain", "null", "null_body", "refuse"] = "plain"
    list_total_off: int = 0
    bad_key_status: int = 401
    echo_key: bool = False
    error: str | None = None
