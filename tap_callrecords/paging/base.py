"""How the next page of a window is named. Paginators know neither Singer nor any vendor.

The SDK's paginators look into the response; ours are handed the decoded page, because decoding a body twice is
what an idiomatic tap spends a seventh of its time on. `advance` returns whether there is another page, whose
name is then `current`.
"""

from __future__ import annotations

import contextlib
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.rows.builder import Record

if TYPE_CHECKING:
    from tap_callrecords.windows.plan import TimeWindow

Name = TypeVar("Name")
MOST_PASSES = 40
"""How often a window of numbered pages is read while its rows keep moving. Where each request has an order of its own,
a pass of many pages misses a third of the rows, and 40 passes show each of 100,000 rows before and after an instant."""
MOST_PAGES_WITHOUT_NEWS = 50
"""Numbered pages in a row that bring only rows which the same pass has shown."""
_REL_NEXT = re.compile(r'(?:^|;)\s*rel\s*=\s*(?:"[^"]*(?<![\w-])next(?![\w-])[^"]*"|next(?![\w-]))', re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCHEME_AGAIN = re.compile(r"^(?:https?\s*(?:,|://)\s*)+(?=https?://)", re.IGNORECASE)
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


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
        number: which page of its query it is, from 1; with 1, all of the query begins again.
    """

    records: list[Record]
    next: str | None = None
    announced: int | None = None
    query: TimeWindow | None = None
    number: int = 0


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
            raise CursorRepeated
        self._seen.add(page.next)
        self.current = page.next
        return True


@dataclass(slots=True)
class _Pass:
    """One way through all pages of a window.

    Attributes:
        announced: what its first page announced; None for nothing.
        shown: how often it has shown each row.
        received: how many rows it has shown.
        pages_without_news: how many pages in a row brought none that it had not shown.
    """

    announced: int | None
    shown: Counter[Any] = field(default_factory=Counter)
    received: int = 0
    pages_without_news: int = 0


class PageNumberPaginator(Paginator[int]):
    """Numbered pages, that is offsets, over a set that may move while it is read (CC R4 to R6).

    A row that leaves moves those behind it to the page before, which has been read; one that lands meanwhile keeps the
    count. So neither a count nor an empty page shows that nothing was skipped. This does: if a row was seen before and
    after an instant, it was there at that instant; if such rows are as many as the vendor announced at that instant,
    there was no other. The instant is the first page of a pass, whose announcement is the only one that means
    something; one answer that holds all it announces needs nothing else. This is so in whatever order rows come,
    and in another one for each request.

    Passes are made until one is proved so; or until two show the same rows although they are not as many as
    announced, which is for the caller to judge: then the announcement of the last page counts, beside the rows of
    the last pass, those that were met but are gone.
    """

    def __init__(
        self, page_size: int, *, key: Callable[[Record], Hashable] = lambda row: row, met: set[Any] | None = None
    ) -> None:
        """Args: page_size: rows asked for; key: tells rows apart; met: keys that earlier readings met, to be kept."""
        self.current = 1
        self._page_size = page_size
        self._key = key
        self._met: set[Any] = set() if met is None else met
        self._passes: list[_Pass] = []
        self._seen: dict[Any, tuple[int, int]] = {}

    @override
    def advance(self, page: Page) -> bool:
        if self.current == 1:
            if not self._passes and page.announced == len(page.records):
                return False
            self._passes.append(_Pass(page.announced))
        now = self._passes[-1]
        self._note(now, [*map(self._key, page.records)])
        if page.records and not self._ends(now, len(page.records)):
            self.current += 1
            return True
        self.current = 1
        if self._is_proved():
            self._met.clear()
            return False
        self._met.update(self._seen)
        if self._repeats_itself():
            if now.announced is not None:
                page.announced = now.announced + len(self._met) - len(now.shown)
            return False
        if len(self._passes) == MOST_PASSES:
            raise FatalAPIError(
                f"The vendor's rows of a time window kept moving while they were read {MOST_PASSES} times: which of "
                "them make up the number that it announces can't be told. The bookmark stays before this window; run "
                "again, with shorter windows (setting window_hours) if it stays so."
            )
        return True

    def _note(self, now: _Pass, keys: list[Any]) -> None:
        """Remember when rows were seen first and last: 2n for the first page of pass n, 2n + 1 for its others."""
        at = 2 * len(self._passes) + (self.current > 1)
        for key in keys:
            self._seen[key] = (self._seen[key][0] if key in self._seen else at, at)
        before = len(now.shown)
        now.shown.update(keys)
        now.received += len(keys)
        now.pages_without_news = 0 if len(now.shown) > before else now.pages_without_news + 1

    def _ends(self, now: _Pass, rows: int) -> bool:
        """Whether a pass ends with a page: all announced rows have come and, at first, the page is short.

        A server that clamps the page size sends short pages all the way.

        Raises:
            FatalAPIError: it would not end.
        """
        if now.announced is None:
            return False
        too_many = now.received > 2 * (now.announced + self._page_size)
        if too_many or now.pages_without_news == MOST_PAGES_WITHOUT_NEWS:
            raise FatalAPIError(
                f"The vendor announced {now.announced} rows for a time window, but goes on after {now.received}: "
                "it seems to answer the same page for every page number. The bookmark stays before this window; "
                "report it to the vendor."
            )
        return now.received >= now.announced and (rows < self._page_size or len(self._passes) > 1)

    def _is_proved(self) -> bool:
        return any(
            sum(first <= 2 * number <= last for first, last in self._seen.values()) == each.announced
            for number, each in enumerate(self._passes, 1)
            if number > 1
        )

    def _repeats_itself(self) -> bool:
        if len(self._passes) == 1:
            return False
        before, now = self._passes[-2:]
        return (before.announced, before.shown) == (now.announced, now.shown)


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


def mended_link(link: str, here: str) -> str:
    """A link as its vendor means it, where proxies and frameworks have spoilt it (WX 8).

    It may be in raw UTF-8 (which HTTP libraries hand over as Latin-1) or hold blanks, have its scheme twice, be
    relative, or name the port, or the scheme, that a proxy listens on. All else stays as it is.

    Args:
        link: as it was received.
        here: URL of the page that it stands on.
    """
    with contextlib.suppress(ValueError):  # it was Latin-1, or is text already
        link = link.encode("latin-1").decode()
    link = quote(_SCHEME_AGAIN.sub("", link), safe=_PRINTABLE)
    try:
        own = urlsplit(here)
        if not _SCHEME.match(link):
            link = urljoin(here, link)
        to = urlsplit(link)
        usual_ports = {None, own.port, 443} if own.scheme == "https" else {None, own.port}
        same = to.scheme == own.scheme and to.port in usual_ports
        in_clear = (to.scheme, own.scheme) == ("http", "https") and to.port in usual_ports | {80}
    except ValueError:
        return link
    if to.hostname == own.hostname and to.username is None and (same or in_clear):
        return f"{own.scheme}://{own.netloc}{link.partition('://')[2][len(to.netloc) :]}"
    return link


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
