"""A list that is read whole, with or without pages."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.paging.base import Page, Paginator, Refusal


@dataclass(slots=True, kw_only=True)
class ListPage(Page):
    """Entries of a list.

    Attributes:
        entries: how many the answer says the list has, or this page; None where it does not say.
        pages: how many pages it says there are; 0 where it does not say.
        following: the parameters that ask for the next page, as the answer says; None where it names none.
        more: it says that there is one.
    """

    entries: int | None = None
    pages: int = 0
    following: Mapping[str, str] | None = None
    more: bool = False


class ListPaginator(Paginator[Mapping[str, str]]):
    """Reads a list to its end: one page, unless an answer speaks of more. A page is named by its parameters.

    It ends with the first page that brings nothing new; with one that is refused where all that are counted came.
    """

    def __init__(self, vendor: str, stream: str, key: Callable[[Any], Hashable]) -> None:
        """Args: vendor, stream: for messages; key: what tells entries apart."""
        self.current: Mapping[str, str] = {}
        self._of = f"{vendor}'s list for stream {stream}"
        self._key = key
        self._number = 1
        self._counted = 0
        self._received = 0
        self._seen: set[int] = set()

    @override
    def advance(self, page: Page) -> bool:
        if isinstance(page, Refusal):
            if self._counted and self._received >= self._counted:
                return False
            raise page.error
        assert isinstance(page, ListPage)  # noqa: S101 - a list's stream makes no other
        new = {hash(self._key(record)) for record in page.records} - self._seen
        self._seen |= new
        self._counted = max(self._counted, page.entries or 0)
        if new:
            self._received += len(page.records)
            if page.following or page.more or page.pages > self._number or self._received < self._counted:
                self._number += 1
                self.current = page.following or {"page": str(self._number)}
                return True
        if self._received < self._counted:
            raise FatalAPIError(
                f"{self._of} is cut: {self._counted} entries are counted, {self._received} came, and no further "
                "page brings others. Report it to the vendor; until then deselect the stream."
            )
        if page.records and not new and not self._counted:
            raise FatalAPIError(
                f"{self._of} is cut: a further page is announced, but brings the entries of another one. Report it to "
                "the vendor; until then deselect the stream."
            )
        return False
