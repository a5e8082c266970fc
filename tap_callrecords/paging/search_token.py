"""Pages, blocks of pages and search tokens, where nobody knows which of them belong together.

A vendor answers a search by page, but no further than a block of so many records, and hands out tokens that lead
on. Its documents fit several readings (VO 4):

* A: a token leads to the next block, whose pages are counted from 1 again;
* B: a token leads on from the answer that brought it; a page number beside it counts from there (B1), is ignored
  (B2) or refused (B3);
* D: a token names the search, and page numbers go on growing past the block.

A client that believes in one of them loses records, without any sign, where another holds. So nothing is believed:
whether an answer brought new records decides. The first block is read by page, without a token, and a token is used
only when everything before it has been read; then no reading can skip a record. A refused or repeated page ends
nothing by itself: it must be shown that nothing lies behind it. Where the end can't be told from a cut, `CutShort`
says so, and the caller splits the time that it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, replace
from typing import Any

from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import PageLost
from tap_callrecords.paging.base import Page, Paginator, Refusal

BLOCK = 10_000
"""How many records page numbers reach without a token (VO 2)."""


SURE_PAGE = 3
"""How many records a page holds at least, when there are so many: nobody caps pages at one or two."""
EMPTY_TOKENS = 3
"""So many tokens in a row that bring nothing new end a search."""


class CutShort(FatalAPIError):  # noqa: N818 - named for what it is
    """The pages of a window ended where records may follow that neither a page nor a token leads to.

    Attributes:
        refusal: what the vendor said when it refused a page; None where it did not.
        longest: how many records a page is known to hold.
    """

    def __init__(self, refusal: SingerSDKError | None = None, longest: int = SURE_PAGE) -> None:
        super().__init__(
            "The vendor's pages ended at its limit for one search, and none of its search tokens led on: records may "
            "be missing."
            if refusal is None
            else "The vendor refuses a page where records may follow."
        )
        self.refusal = refusal
        self.longest = longest


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


@dataclass(slots=True)
class _Stretch:
    """Pages read one after the other with one token, or without.

    Attributes:
        number, size, length: of the last page that brought something new; the size is what was asked for.
        in_block: it began at page 1 and ends with its block at the latest.
        whole: that page was as long as asked for.
        ended: that page was shorter than asked for and than other pages: nothing can follow it.
        fresh: how many new records there were.
        token: the last token that the answers brought.
        open: it stopped where more may follow, at the end of a block or of an answer that its token leads on from.
        restarted: it began with the window's first records again.
        stuck: it stopped before its block's end, at a page that was refused or brought the records of another one.
        refusal: what the vendor said then.
    """

    number: int
    size: int
    in_block: bool
    length: int = 0
    whole: bool = False
    ended: bool = False
    fresh: int = 0
    token: str | None = None
    open: bool = False
    restarted: bool = False
    stuck: bool = False
    refusal: SingerSDKError | None = None


class SearchTokenPaginator(Paginator[SearchPage]):
    """Reads a window completely under each reading, or raises `CutShort`.

    It always ends: a page that brings nothing new is the last one of its stretch, and so are `EMPTY_TOKENS` stretches.

    Attributes:
        longest: how many records a page is known to hold.
    """

    def __init__(
        self,
        size: int,
        *,
        key: Callable[[Any], Hashable],
        block: int = BLOCK,
        use_tokens: bool = True,
        longest: int = SURE_PAGE,
    ) -> None:
        """Make a paginator for one window.

        Args:
            size: records in a page; rounded down to a divisor of the block, so that no page crosses its end.
            key: what tells records apart.
            block: how many records pages reach without a token.
            use_tokens: False for plain pages only: then a window that fills the block is cut short.
            longest: how many records a page is known to hold.
        """
        self.longest = longest
        self._size = dividing(size, block)
        self._key = key
        self._block = block
        self._use_tokens = use_tokens
        self._pages_with_tokens = True
        """Whether page numbers mean something beside a token, as far as we know."""
        self._seen: set[int] = set()
        self._head: frozenset[int] = frozenset()
        """The first records of the window: met again, they show that a search has started again."""
        self._first_token: str | None = None
        self._after_first: int | None = None
        """The first record behind page 1, and the token that came with page 1: does it lead there?"""
        self._reading = self._window()
        self.current = next(self._reading)

    @property
    def found(self) -> int:
        """How many different records there were."""
        return len(self._seen)

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
        empty = 0
        while self._use_tokens and last.token is not None and last.token not in used:
            token = last.token
            used.add(token)
            before, last = last, (yield from self._stretch(token, 1, self._size))
            if last.restarted:
                if not before.open:
                    return
                if not progressed:  # the token may name the search (D): its pages go on where the block ended
                    last = yield from self._stretch(token, first.number + first.whole, first.size)
                    if last.fresh:
                        return
                raise CutShort(longest=self.longest)
            progressed = progressed or last.fresh > 0
            empty = 0 if last.fresh else empty + 1
            if empty == EMPTY_TOKENS:
                raise CutShort(longest=self.longest)
        if (first.open and not progressed) or (last.open and last.token is not None):
            raise CutShort(longest=self.longest)

    def _stretch(self, token: str | None, number: int, size: int) -> Generator[SearchPage, Page, _Stretch]:
        """Read page after page: from 1 a block at most, from a later one as far as it goes.

        Raises:
            CutShort: records may follow on pages that the vendor does not give. No token may be used then: it could
                lead past them.
        """
        found = _Stretch(number, size, in_block=number == 1)
        name: SearchPage | None = SearchPage(number, size, token)
        while name is not None:
            page = yield name
            if isinstance(page, Refusal):
                self._refused(found, name, page)
                break
            name = self._taken(found, name, page)
        if found.stuck:
            if found.in_block and (yield from self._leads_on_from_its_answer(token)):
                self._pages_with_tokens = False
                found.open = True
            elif not (yield from self._is_the_end(found, token)):
                raise CutShort(found.refusal, self.longest)
        return found

    def _leads_on_from_its_answer(self, token: str | None) -> Generator[SearchPage, Page, bool]:
        """Whether it is shown that reading B holds: the token of page 1 leads to the record behind page 1."""
        if token in (None, self._first_token) or self._first_token is None or self._after_first is None:
            return False
        page = yield SearchPage(1, self._size, self._first_token)
        return bool(page.records) and hash(self._key(page.records[0])) == self._after_first

    def _is_the_end(self, found: _Stretch, token: str | None) -> Generator[SearchPage, Page, bool]:
        """Whether it is shown that a page lies behind the last record: one that begins before it brings no more.

        Such a page is no longer than one that the vendor has given, so it is not cut.
        """
        reached = (found.number - 1) * found.size + found.length
        size = next((size for size in range(found.length - 1, 1, -1) if reached % size), None)
        if size is None or (found.in_block and (reached // size + 1) * size > self._block):
            return False
        page = yield SearchPage(reached // size + 1, size, token)
        known = self._seen.issuperset(hash(self._key(each)) for each in page.records)
        return known and 0 < len(page.records) < size

    def _refused(self, found: _Stretch, name: SearchPage, page: Refusal) -> None:
        """A refusal can say that there are no more pages, or that pages and tokens don't go together (B3)."""
        if name.number == 1:
            if name.token is None:
                raise page.error
            raise PageLost("The vendor no longer accepts the search token.")
        found.refusal = page.error
        found.stuck = not found.ended

    def _taken(self, found: _Stretch, name: SearchPage, page: Page) -> SearchPage | None:
        """Take in a page; the next one, if the stretch goes on."""
        found.token = page.next or found.token
        keys = [hash(self._key(record)) for record in page.records]
        new = set(keys) - self._seen
        if name.token is None:
            self._note_beginning(name, page, keys)
        elif found.in_block and not self._head.isdisjoint(keys):
            found.restarted = True
            return None
        self._seen |= new
        self.longest = max(self.longest, len(keys))
        if not new:
            # The page after the last one is empty or short.
            found.stuck = name.number > 1 and len(keys) >= name.size and not found.ended
            return None
        found.fresh += len(new)
        found.number, found.size, found.length = name.number, name.size, len(keys)
        found.whole = len(keys) >= name.size
        found.ended = len(keys) < min(name.size, self.longest)
        if found.whole:
            self._size = name.size
        return self._following(found, name, (name.number - 1) * name.size + len(keys))

    def _note_beginning(self, name: SearchPage, page: Page, keys: list[int]) -> None:
        if name.number == 1:
            self._head = frozenset(keys[: (len(keys) + 1) // 2])
            self._first_token = page.next
        elif self._after_first is None:
            self._after_first = next((key for key in keys if key not in self._seen), None)

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
