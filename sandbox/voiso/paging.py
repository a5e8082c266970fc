"""How pages, blocks and search tokens belong together: each reading of the documents (VO 4), as pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REFUSED, FAILED = 422, 500
"""Statuses of pages that the server does not give."""
SEARCH = -1
"""The position that a token has which names the search (D)."""


@dataclass
class Paging:
    """What the documents leave open about paging; the defaults are their plainest reading.

    Attributes:
        reading: What a token means: A, B1, B2, B3 or D of VO 4.
        block: How many records are reached without a token.
        page_cap: The server gives no more than so many records in a page, without saying so (VO A5).
        offset_by: Whether a capped page begins where the capped or the asked-for pages before it end.
        pages_ignored: Whether every page number brings page 1.
        beyond_block: What a page beyond the block is: 422, empty, the last page again, or 500.
        reach: Whether a page is beyond the block when it begins there, or when it would end there.
        beyond_end: What a page after the last record, within the block, is: empty, 422, or the last page again.
        token_on: Whether all answers of a block have its token, its last one only (A), or no answer ever.
        short_token: Whether results that fit one block come with a token (VO 4).
        final: The last answer's token: null, one that leads to an empty answer, or the one it was asked with.
    """

    reading: Literal["A", "B1", "B2", "B3", "D"] = "A"
    block: int = 10_000
    page_cap: int | None = None
    offset_by: Literal["capped", "asked"] = "capped"
    pages_ignored: bool = False
    beyond_block: Literal["refuse", "empty", "last", "fail"] = "refuse"
    reach: Literal["begin", "end"] = "begin"
    beyond_end: Literal["empty", "refuse", "last"] = "empty"
    token_on: Literal["every", "last", "never"] = "every"
    short_token: bool = False
    final: Literal["null", "token", "repeat"] = "null"


@dataclass(frozen=True, slots=True)
class Slice:
    """An answer.

    Attributes:
        start, stop: which records it has, counted from 0 in the server's order.
        token: the position that its token leads to; None for a null token, `SEARCH` for one that names the search.
    """

    start: int
    stop: int
    token: int | None


def answer(total: int, page: int, size: int, after: int | None, paging: Paging) -> Slice | int:
    """Answer a request, or give the status that refuses it.

    Args:
        total: how many records match.
        page: the page number, from 1.
        size: the page size asked for.
        after: the position that the request's token leads to; None without a token.
        paging: the reading.
    """
    limit = min(size, paging.page_cap or size)
    step = limit if paging.offset_by == "capped" else size
    base, end = _reach(total, after, paging)
    if after is not None and paging.reading == "B3" and page > 1:
        return REFUSED
    turned = 0 if paging.pages_ignored or (after is not None and paging.reading == "B2") else page - 1
    start = base + turned * step
    in_block = after is None or paging.reading == "A"
    far = start + (size if paging.reach == "end" else 1)
    if in_block and turned and far > base + paging.block:
        if paging.beyond_block in ("refuse", "fail"):
            return REFUSED if paging.beyond_block == "refuse" else FAILED
        start = end if paging.beyond_block == "empty" else _last(base, end, step)
    elif start >= end and turned and paging.beyond_end != "empty":
        if paging.beyond_end == "refuse":
            return REFUSED
        start = _last(base, end, step)
    start = min(start, end)
    stop = min(start + limit, end)
    return Slice(start, stop, _token(total, after, base, stop, paging))


def _reach(total: int, after: int | None, paging: Paging) -> tuple[int, int]:
    """Where page 1 begins and the last page ends."""
    if after is None:
        return 0, min(paging.block, total)
    if paging.reading == "A":
        return min(after, total), min(after + paging.block, total)
    return (0 if paging.reading == "D" else min(after, total)), total


def _last(base: int, end: int, step: int) -> int:
    return base + max(0, (end - base - 1) // step) * step


def _token(total: int, after: int | None, base: int, stop: int, paging: Paging) -> int | None:
    if paging.token_on == "never" or (after is None and total <= paging.block and not paging.short_token):
        return None
    if paging.reading == "D":
        return None if stop >= total and paging.final == "null" else SEARCH
    ends = min(base + paging.block, total) if paging.reading == "A" else stop
    if paging.reading == "A" and paging.token_on == "last" and stop < ends:
        return None
    if ends < total:
        return ends
    if paging.final == "repeat":
        return after
    return total if paging.final == "token" and stop > base else None
