"""How the next page of a window is named. Paginators know neither Singer nor any vendor.

The SDK's paginators look into the response; ours are handed the decoded page, because decoding a body twice is
what an idiomatic tap spends a seventh of its time on. `advance` returns whether there is another page, whose
name is then `current`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.records import Record

Name = TypeVar("Name")


@dataclass(slots=True)
class Page:
    """One decoded answer.

    Attributes:
        records: our records, in the vendor's order.
        next: what the vendor says about the next page (cursor, token, URL), as it was sent; None without.
        announced: how many rows the vendor says the whole window has; None when it does not say, or says so on a
            page whose word does not count. The largest of a window's pages is what has to be received.
    """

    records: list[Record]
    next: str | None = None
    announced: int | None = None


class Paginator(ABC, Generic[Name]):
    """Names the pages of one window, the first one to begin with."""

    current: Name

    @abstractmethod
    def advance(self, page: Page) -> bool:
        """Take in the page that `current` named; whether there is another one, then named by `current`.

        Raises:
            FatalAPIError: going on would not end, or would lose records.
        """


class SinglePage(Paginator[None]):
    """One page is all."""

    current = None

    @override
    def advance(self, page: Page) -> bool:
        return False


class ScrollIdPaginator(Paginator[str | None]):
    """A forward cursor that the vendor moves along (WA 4.3): None names the first page.

    The window has ended when the answer has no cursor, the terminator instead of one, or no rows; never on a
    page shorter than asked for: the server may clamp or under-fill pages (WA A4, A6).
    """

    def __init__(self, terminators: tuple[str, ...] = ("", "No Data")) -> None:
        self.current: str | None = None
        self._terminators = terminators
        self._seen: set[str] = set()

    @override
    def advance(self, page: Page) -> bool:
        if page.next is None or page.next in self._terminators or not page.records:
            return False
        if page.next in self._seen:
            raise FatalAPIError(
                "The vendor repeated a cursor within one time window: going on would not end, and stopping would "
                "lose records. The bookmark stays before this window; run again, and report it to the vendor "
                "if it stays so."
            )
        self._seen.add(page.next)
        self.current = page.next
        return True
