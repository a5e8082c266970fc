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
        damaged_times: How many tokens that befalls; ``None`` all.
        total: What ``total`` counts: pages or records, of the query or of the block; or nothing that one knows (#3).
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
        lists: Whether lists are bare arrays, or objects with one array in them (VO 11).
        bad_key_status: What a wrong key gets, with the documented body (VO 10).
        echo_key: Whether error bodies quote the key.
        error: Text of ``{"error": ...}``, sent with status 200 instead of interactions (#22).
    """

    largest_page: int = 10_000
    token_required: bool = False
    damaged_tokens: Literal["no", "refused", "restart", "empty"] = "no"
    damaged_times: int | None = None
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
    lists: Literal["array", "object"] = "array"
    bad_key_status: int = 401
    echo_key: bool = False
    error: str | None = None
