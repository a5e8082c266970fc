"""Conversations with a paginator of searches, turn by turn."""

from __future__ import annotations

from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paging.base import Page, Refusal
from tap_callrecords.paging.search_known import SearchPage
from tap_callrecords.paging.search_token import SearchTokenPaginator

NONE = Page([])
REFUSED = Refusal(error=FatalAPIError("refused"))


def paginator(
    size: int = 4, block: int = 20, *, use_tokens: bool = True, thinned: bool = False
) -> SearchTokenPaginator:
    return SearchTokenPaginator(size, key=int, block=block, use_tokens=use_tokens, thinned=thinned)


def talk(asks: SearchTokenPaginator, *turns: tuple[int, int, str | None, Page]) -> bool:
    """Answer what is asked for, by number, size and token; whether there is more."""
    more = True
    for number, size, token, page in turns:
        assert more
        assert asks.current == SearchPage(number, size, token)
        more = asks.advance(page)
    return more


def nothing(
    numbers: range, size: int, token: str | None = None, leads_to: str | None = None
) -> list[tuple[int, int, str | None, Page]]:
    return [(number, size, token, Page([], next=leads_to)) for number in numbers]
