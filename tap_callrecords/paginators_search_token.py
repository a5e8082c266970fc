"""Pages, blocks of pages and search tokens, where nobody knows which of them belong together.

A vendor answers a search by page, but no further than a block of so many records, and hands out tokens that lead
on. Its documents fit several readings (VO 4):

* A: a token leads to the next block, whose pages are counted from 1 again;
* B: a token leads on from the answer that brought it; a page number beside it counts from there (B1), is ignored
  (B2) or refused (B3);
* D: a token names the search, and page numbers go on growing past the block.

A client that believes in one of them loses records, without any sign, where another holds. So nothing is believed:
whether an answer brought new records decides. The first block is read by page, without a token, and a token is used
only when everything before it has been read; then no reading can skip a record. Where the end can't be told from
a cut, `CutShort` says so, and the caller splits the time that it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field, replace

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.http import PageLost
from tap_callrecords.paginators import Page, Paginator
from tap_callrecords.records import Record

BLOCK = 10_000
"""How many records page numbers reach without a token (VO 2)."""


class CutShort(FatalAPIError):  # noqa: N818 - named for what it is
    """The pages of a window ended where records may follow that neither a page nor a token leads to."""

    def __init__(self) -> None:
        super().__init__(
            "The vendor's pages ended at its limit for one search, and none of its search tokens led on: records may "
            "be missing."
        )


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Names a page.

    Attributes:
        number: from 1.
        size: how many records are asked for.
        token: the search token sent along; None for none.
    """

    number: int
    size: int
    token: str | None = None


@dataclass(slots=True, kw_only=True)
class Refusal(Page):
    """In place of a page: the vendor refused to give it, which can mean that it lies beyond the last one."""

    records: list[Record] = field(default_factory=list)
    error: FatalAPIError


@dataclass(slots=True)
class _Stretch:
    """Pages read one after the other with one token, or without.

    Attributes:
        number, size: of the last page that brought something new.
        whole: that page was as long as asked for.
        fresh: how many new records there were.
        token: the last token that the answers brought.
        open: it stopped where more may follow, at the end of a block or after a whole page.
        restarted: it began with the window's first records again.
        in_block: it began at page 1 and ends with its block at the latest.
    """

    number: int
    size: int
    in_block: bool
    whole: bool = False
    fresh: int = 0
    token: str | None = None
    open: bool = False
    restarted: bool = False


class SearchTokenPaginator(Paginator[SearchPage]):
    """Reads a window completely under each reading, or raises `CutShort`."""

    def __init__(
        self, size: int, *, key: Callable[[Record], Hashable], block: int = BLOCK, use_tokens: bool = True
    ) -> None:
        """Make a paginator for one window.

        Args:
            size: records in a page; rounded down to a divisor of the block, so that no page crosses its end.
            key: what tells records apart.
            block: how many records pages reach without a token.
            use_tokens: False for plain pages only: then a window that fills the block is cut short.
        """
        self._size = dividing(size, block)
        self._key = key
        self._block = block
        self._use_tokens = use_tokens
        self._pages_with_tokens = True
        """Whether page numbers mean something beside a token, as far as we know."""
        self._seen: set[int] = set()
        self._head: frozenset[int] = frozenset()
        """The first records of the window: met again, they show that a search began anew."""
        self._reading = self._window()
        self.current = next(self._reading)

    @override
    def advance(self, page: Page) -> bool:
        try:
            self.current = self._reading.send(page)
        except StopIteration:
            return False
        return True

    def _window(self) -> Generator[SearchPage, Page, None]:
        """Read the first block by page, then follow the tokens."""
        first = last = yield from self._stretch(None, 1, self._size)
        used: set[str] = set()
        progressed = False
        while self._use_tokens and last.token is not None and last.token not in used:
            token = last.token
            used.add(token)
            before, last = last, (yield from self._stretch(token, 1, self._size))
            if last.restarted:
                if not before.open:
                    return
                if not progressed:  # the token may name the search (D): its pages go on where the block ended
                    last = yield from self._stretch(token, first.number + first.whole, first.size)
                    if last.fresh and not last.open:
                        return
                raise CutShort
            progressed = progressed or last.fresh > 0
        if (first.open and not progressed) or (last.open and last.token is not None):
            raise CutShort

    def _stretch(self, token: str | None, number: int, size: int) -> Generator[SearchPage, Page, _Stretch]:
        """Read page after page: from 1 a block at most, from a later one as far as it goes."""
        found = _Stretch(number, size, in_block=number == 1)
        name: SearchPage | None = SearchPage(number, size, token)
        while name is not None:
            page = yield name
            if isinstance(page, Refusal):
                self._refused(found, name, page)
                break
            name = self._taken(found, name, page)
        return found

    def _refused(self, found: _Stretch, name: SearchPage, page: Refusal) -> None:
        """A refusal says that there are no more pages, or that pages and tokens don't go together (B3)."""
        if name.number == 1:
            if name.token is None:
                raise page.error
            raise PageLost("The vendor no longer accepts the search token.")
        found.open = found.whole
        self._pages_with_tokens = self._pages_with_tokens and name.token is None

    def _taken(self, found: _Stretch, name: SearchPage, page: Page) -> SearchPage | None:
        """Take in a page; the next one, if the stretch goes on."""
        found.token = page.next or found.token
        keys = [hash(self._key(record)) for record in page.records]
        new = set(keys) - self._seen
        self._seen |= new
        if name.token is None and name.number == 1:
            self._head = frozenset(keys[: (len(keys) + 1) // 2])
        elif name.token is not None and found.in_block and not self._head.isdisjoint(keys):
            found.restarted = True
            return None
        if not new:
            found.open = found.whole and bool(keys)
            if keys and name.token is not None and name.number > 1:
                self._pages_with_tokens = False
            return None
        found.fresh += len(new)
        found.number, found.size, found.whole = name.number, name.size, len(keys) >= name.size
        if found.whole:
            self._size = name.size
        return self._following(found, name, (name.number - 1) * name.size + len(keys))

    def _following(self, found: _Stretch, name: SearchPage, reached: int) -> SearchPage | None:
        """The page after one that brought new records and reached so far into its block."""
        if found.in_block:
            if max(reached, found.fresh) >= self._block:
                found.open = True
                return None
            if name.token is not None:
                if not self._pages_with_tokens:
                    found.open = found.whole
                    return None
                if name.number * name.size >= self._block:
                    return None
        if found.whole or name.token is not None:
            return replace(name, number=name.number + 1)
        # A short page: the last one, or the vendor gives no more at once, or both. A smaller size tells, and asks for
        # nothing beyond the block, which some vendors answer with an error.
        size = dividing(reached - (name.number - 1) * name.size, self._block)
        return SearchPage(reached // size + 1, size)


def dividing(size: int, block: int = BLOCK) -> int:
    """The largest size, not above this one, that divides the block."""
    return next(each for each in range(min(size, block), 0, -1) if block % each == 0)
