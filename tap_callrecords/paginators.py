"""How the next page of a window is named. Paginators know neither Singer nor any vendor.

The SDK's paginators look into the response; ours are handed the decoded page, because decoding a body twice is
what an idiomatic tap spends a seventh of its time on. `advance` returns whether there is another page, whose
name is then `current`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.records import Record

if TYPE_CHECKING:
    from tap_callrecords.windows import TimeWindow

Name = TypeVar("Name")
_REL_NEXT = re.compile(r'(?:^|;)\s*rel\s*=\s*(?:"[^"]*(?<![\w-])next(?![\w-])[^"]*"|next(?![\w-]))', re.IGNORECASE)


class CursorRepeated(FatalAPIError):  # noqa: N818 - named for what it is
    """A vendor named a page of a window that has been read already."""

    def __init__(self) -> None:
        super().__init__(
            "The vendor repeated a cursor within one time window: going on would not end, and stopping would "
            "lose records. The bookmark stays before this window; run again, and report it to the vendor "
            "if it stays so."
        )


@dataclass(slots=True)
class Page:
    """One decoded answer.

    Attributes:
        records: our records, in the vendor's order.
        next: what the vendor says about the next page (cursor, token, URL), as it was sent; None without.
        announced: how many rows the vendor says the whole window has; None when it does not say, or says so on a
            page whose word does not count. The largest of a window's pages is what has to be received.
        query: what it belongs to: the window, or a part of it. Set by `CallRecordStream.pages`, as what follows.
        number: which page of its query it is, from 1.
        counted: how many of its rows count towards what is announced; None for all.
    """

    records: list[Record]
    next: str | None = None
    announced: int | None = None
    query: TimeWindow | None = None
    number: int = 0
    counted: int | None = None


class Paginator(ABC, Generic[Name]):
    """Names the pages of one window, the first one to begin with."""

    current: Name

    @abstractmethod
    def advance(self, page: Page) -> bool:
        """Take in the page that `current` named; whether there is another one, then named by `current`.

        Raises:
            FatalAPIError: going on would not end, or would lose records.
        """

    def counted(self, page: Page) -> int:
        """How many rows of the page that `current` names count: none that were asked for again on purpose."""
        return len(page.records)


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
            raise CursorRepeated
        self._seen.add(page.next)
        self.current = page.next
        return True


class PageNumberPaginator(Paginator[int]):
    """Numbered pages, that is offsets, over a set that may move while it is read (CC R4 to R6).

    A window has no more rows when a page is empty, or when as many rows as announced have come and the page is
    shorter than asked for: a server that clamps the page size sends short pages all the way. Then page 1 is asked for
    once more. A row that came in meanwhile has shifted the others, and shows itself in a larger announcement.
    """

    def __init__(self, page_size: int) -> None:
        """Args: page_size: rows asked for."""
        self.current = 1
        self._page_size = page_size
        self._announced: int | None = None
        self._received = 0
        self._counting_again = False

    @override
    def advance(self, page: Page) -> bool:
        if self._counting_again:
            return False
        if self.current == 1:
            self._announced = page.announced
        self._received += len(page.records)
        if page.records and not self._is_last(page):
            self.current += 1
        else:
            self.current = 1
            self._counting_again = True
        return True

    @override
    def counted(self, page: Page) -> int:
        return 0 if self._counting_again else len(page.records)

    def _is_last(self, page: Page) -> bool:
        if self._announced is None:
            return False
        if self._received > 2 * (self._announced + self._page_size):
            raise FatalAPIError(
                f"The vendor announced {self._announced} rows for a time window, but goes on after {self._received}: "
                "it seems to answer the same page for every page number. The bookmark stays before this window; "
                "report it to the vendor."
            )
        return self._received >= self._announced and len(page.records) < self._page_size


def next_link(header: str | None) -> str | None:
    """The URL of relation `next` in a `Link` header, as it was sent; None without one.

    Takes RFC 8288 and also what its examples get wrong in the wild: doubled opening brackets, a closing bracket
    after the relation, commas in the URL (WX 6).
    """
    for segment in (header or "").split("<"):
        url, _, parameters = segment.partition(">")
        if _REL_NEXT.search(parameters):
            return url.strip()
        url, _, parameters = url.rpartition(";")
        if _REL_NEXT.search(parameters):
            return url.strip()
    return None


class LinkPaginator(Paginator[tuple[int, str | None]]):
    """URLs that the vendor puts together, followed as they are (WX 6); (pass, None) names the first page of a pass.

    A window has several passes where one query cannot hold all that is asked for. A pass has ended when there is no
    further URL, and never on a short or an empty page.
    """

    def __init__(self, may_follow: Callable[[str], bool], *, passes: int = 1) -> None:
        """Args: may_follow: whether credentials may go to a URL; passes: queries per window."""
        self.current: tuple[int, str | None] = (0, None)
        self._may_follow = may_follow
        self._passes = passes
        self._seen: set[str] = set()

    @override
    def advance(self, page: Page) -> bool:
        number, _ = self.current
        if page.next is None:
            self.current = (number + 1, None)
            self._seen.clear()
            return number + 1 < self._passes
        if not self._may_follow(page.next):
            raise FatalAPIError(
                f"The vendor's link to the next page leads to {_host(page.next)}, where credentials must not go. The "
                "bookmark stays before this window."
            )
        if page.next in self._seen:
            raise CursorRepeated
        self._seen.add(page.next)
        self.current = (number, page.next)
        return True


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"
