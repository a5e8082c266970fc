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

A vendor may also leave out records after it has cut its pages, those that the reader has no right to (VO A24): then
pages have gaps, and one that is short or empty ends nothing. So there are two ways to read a block:

* `_stretch` takes pages to have no gaps, and stops at the first sign of an end. What can't be where records are
  whole (`_shows_gaps` for a page, `_window` for a block) ends this way of reading;
* `_every_page` then reads the window again: each page of each block, of a size that no vendor cuts, whatever it
  brings. Records that come again are dropped by those who get them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import PageLost
from tap_callrecords.paging.base import Page, Paginator, Refusal
from tap_callrecords.paging.search_known import SURE_PAGE, CutShort, Known, SearchPage, dividing, fits

EMPTY_TOKENS = 3
"""So many tokens in a row that bring nothing new end a search."""
THIN_PAGES = 10
"""Pages with gaps do not show how long pages may be: nobody is taken to cap them at less than this part of the block
(1000 records: the vendor's default)."""

MOST_VAIN_PAGES = 100
"""So many pages in a row that bring nothing new end a block with gaps: with tiny pages there would be thousands."""


class _Gaps(Exception):  # noqa: N818 - named for what it is
    """It is shown that records are left out of pages."""


@dataclass(slots=True)
class _Stretch:
    """Pages read one after the other with one token, or without.

    Attributes:
        number, size: of the last page that brought something new; the size is what was asked for.
        in_block: it began at page 1 and ends with its block at the latest.
        keys: the records of that page.
        whole: that page was as long as asked for.
        ended: that page was shorter than asked for and than other pages: nothing can follow it.
        fresh: how many new records there were.
        token: the last one that came with new records.
        open: it stopped where more may follow, at the end of a block or of an answer that its token leads on from.
        restarted: it began with the window's first records again.
        stuck: it stopped before its block's end, at a page that was refused or brought the records of another one.
        refusal: what the vendor said then.
    """

    number: int = 0
    size: int = 0
    in_block: bool = False
    keys: list[int] = field(default_factory=list)
    whole: bool = False
    ended: bool = False
    fresh: int = 0
    token: str | None = None
    open: bool = False
    restarted: bool = False
    stuck: bool = False
    refusal: SingerSDKError | None = None

    @property
    def reached(self) -> int:
        """How many records of the block have been read."""
        return (self.number - 1) * self.size + len(self.keys)


class SearchTokenPaginator(Paginator[SearchPage]):
    """Reads a window completely under each reading, or raises `CutShort`.

    It always ends: a page that brings nothing new is the last one of its stretch, and so are `EMPTY_TOKENS` stretches.

    Attributes:
        known: what the pages have shown.
        thinned: whether records are left out of pages.
    """

    def __init__(
        self,
        size: int,
        *,
        key: Callable[[Any], Hashable],
        block: int,
        use_tokens: bool = True,
        longest: int = SURE_PAGE,
        thinned: bool = False,
    ) -> None:
        """Make a paginator for one window.

        Args:
            size: records in a page; rounded down to a divisor of the block, so that no page crosses its end.
            key: what tells records apart.
            block: how many records pages reach without a token.
            use_tokens: False for plain pages only: then a window that fills the block is cut short. Where records are
                left out of pages, tokens are used all the same: a block that is full may not look so.
            longest: how many records a page is known to hold.
            thinned: whether it is known from other windows that records are left out of pages.
        """
        self.known = Known(key, longest)
        self.thinned = thinned
        self._size = self._asked = dividing(size, block)
        self._block = block
        self._use_tokens = use_tokens
        self._pages_with_tokens = True
        """Whether page numbers mean something beside a token, as far as we know."""
        self._first_number, self._sure_size = 1, self._surely_whole()
        """Where reading every page begins, and how long pages are then."""
        self._reading = self._all()
        self.current = next(self._reading)

    @override
    def advance(self, page: Page) -> bool:
        try:
            self.current = self._reading.send(page)
        except StopIteration:
            return False
        return True

    def _all(self) -> Generator[SearchPage, Page, None]:
        try:
            yield from self._window()
        except _Gaps:
            self.thinned = True
            self._first_number, self._sure_size = 2, self._surely_whole()  # page 1 has been read, and it was no shorter
            self.known.forget()
            yield from self._window()

    def _window(self) -> Generator[SearchPage, Page, None]:
        """Read the first block by page, then follow the tokens.

        Raises:
            _Gaps: the vendor counts more than came, or a token leads on from where nothing should follow.
        """
        first = last = yield from self._read(None)
        if not self.thinned and not first.open and self._counts_more():
            raise _Gaps
        use_tokens = self._use_tokens or (self.thinned and len(self.known.seen) > 0)
        used: set[str] = set()
        progressed = ended = False
        empty = 0
        while use_tokens and last.token is not None and last.token not in used:
            token = last.token
            used.add(token)
            before, last = last, (yield from self._read(token))
            if last.restarted:
                if not before.open and not self.thinned:
                    return
                if not progressed:  # the token may name the search (D): its pages go on where the block ended
                    last = yield from self._behind_the_block(first, token)
                    if last.fresh or not before.open:
                        return
                raise self._cut()
            ended = ended or not before.open
            if last.fresh and ended and not self.thinned:
                raise _Gaps
            progressed = progressed or last.fresh > 0
            empty = 0 if last.fresh else empty + 1
            if empty == EMPTY_TOKENS:
                raise self._cut()
        if (first.open and not progressed) or (last.open and last.token is not None):
            raise self._cut()

    def _read(self, token: str | None) -> Generator[SearchPage, Page, _Stretch]:
        """Read a block, or what a token leads to."""
        if not self.thinned:
            return (yield from self._stretch(token, 1, self._size))
        pages = self._block // self._sure_size
        if token is None:
            return (yield from self._every_page(None, range(self._first_number, pages + 1)))
        return (yield from self._every_page(token, range(1, pages + 1 if self._pages_with_tokens else 2)))

    def _behind_the_block(self, first: _Stretch, token: str) -> Generator[SearchPage, Page, _Stretch]:
        """Read the pages that follow the first block where pages go on growing."""
        if not self.thinned:
            return (yield from self._stretch(token, first.number + first.whole, first.size))
        pages = self._block // self._sure_size
        found = last = yield from self._every_page(token, range(pages + 1, 2 * pages + 1))
        while last.fresh:
            last = yield from self._every_page(token, range(last.number + 1, last.number + pages + 1))
        return found

    def _cut(self, refusal: SingerSDKError | None = None) -> CutShort:
        return CutShort(refusal, self.known.longest)

    # Pages without gaps

    def _stretch(self, token: str | None, number: int, size: int) -> Generator[SearchPage, Page, _Stretch]:
        """Read page after page: from 1 a block at most, from a later one as far as it goes.

        Raises:
            CutShort: records may follow on pages that the vendor does not give. No token may be used then: it could
                lead past them.
            _Gaps: records are left out of pages.
        """
        found = _Stretch(in_block=number == 1)
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
                raise self._cut(found.refusal)
        return found

    def _leads_on_from_its_answer(self, token: str | None) -> Generator[SearchPage, Page, bool]:
        """Whether it is shown that reading B holds: the token of page 1 leads to the record behind page 1."""
        known = self.known
        if token in (None, known.first_token) or known.first_token is None or known.after_first is None:
            return False
        page = yield SearchPage(1, self._size, known.first_token)
        return known.keys(page)[:1] == [known.after_first]

    def _is_the_end(self, found: _Stretch, token: str | None) -> Generator[SearchPage, Page, bool]:
        """Whether it is shown that a page lies behind the last record: one that begins before it brings no more.

        Such a page is no longer than one that the vendor has given, so it is not cut.
        """
        size = next((size for size in range(len(found.keys) - 1, 1, -1) if found.reached % size), None)
        if size is None or (found.in_block and (found.reached // size + 1) * size > self._block):
            return False
        page = yield SearchPage(found.reached // size + 1, size, token)
        return {*self.known.keys(page)} == {*found.keys[-(found.reached % size) :]}

    def _refused(self, found: _Stretch, name: SearchPage, page: Refusal) -> None:
        """A refusal can say that there are no more pages, or that pages and tokens don't go together (B3)."""
        _raise_if_first(name, page)
        found.refusal = page.error
        found.stuck = not found.ended

    def _taken(self, found: _Stretch, name: SearchPage, page: Page) -> SearchPage | None:
        """Take in a page; the next one, if the stretch goes on."""
        found.restarted = found.in_block and name.token is not None and self.known.begins_again(page)
        if found.restarted:
            return None
        keys, new = self.known.take(name, page)
        if new or found.token is None:  # that of a page over the end may lead back
            found.token = page.next or found.token
        if not new and found.fresh and len(keys) >= name.size and self._is_another_page(found, name, page):
            found.stuck = not found.ended  # the page after the last one is empty or short
            return None
        if self._shows_gaps(found, name, page, keys, new):
            raise _Gaps
        if not new:
            return None
        found.fresh += len(new)
        found.number, found.size, found.keys = name.number, name.size, keys
        found.whole = len(keys) >= name.size
        found.ended = len(keys) < min(name.size, self.known.longest)
        if found.whole:
            self._size = name.size
        return self._following(found, name)

    def _is_another_page(self, found: _Stretch, name: SearchPage, page: Page) -> bool:
        """Whether a page without new records may be page 1, or the one before it: numbers mean nothing, or not here."""
        is_last = found.reached % name.size == 0 and self.known.keys(page) == found.keys[-name.size :]
        return name.size == found.size or is_last or self.known.is_first(page)

    @staticmethod
    def _shows_gaps(found: _Stretch, name: SearchPage, page: Page, keys: list[int], new: set[int]) -> bool:
        """Whether a page can't be what it is where no records are left out.

        The first one is empty beside a token; or new records follow a short page; or a smaller page that lies over the
        end of what has been read does not begin with just that end.
        """
        if not found.fresh:
            return name == SearchPage(1, name.size) and not keys and page.next is not None
        if name.size == found.size:
            return not found.whole and bool(new)
        overlap = found.reached % name.size
        return [key for key in keys if key not in new] != found.keys[len(found.keys) - overlap :]

    def _following(self, found: _Stretch, name: SearchPage) -> SearchPage | None:
        """The page after one that brought new records."""
        if found.in_block:
            if max(found.reached, found.fresh) >= self._block:
                found.open = True
                return None
            if name.token is not None:
                if not self._pages_with_tokens:
                    found.open = found.whole
                    return None
                if name.number * name.size >= self._block:
                    return None
        is_no_cap = name.size <= self.known.held and (name.number + 1) * name.size <= self._block
        if found.whole or name.token is not None or is_no_cap:
            return replace(name, number=name.number + 1)
        # A short page: the last one, or the vendor gives no more at once, or both. A smaller size tells, and asks for
        # nothing beyond the block, which some vendors answer with an error.
        size = dividing(len(found.keys), self._block)
        return SearchPage(found.reached // size + 1, size)

    def _counts_more(self) -> bool:
        """Whether the vendor's `total` says that there are more: no reason to stop, but one to go on (VO A3)."""
        known = self.known
        if known.total is None or known.total <= 1 or self._size == self._block:
            return False  # a page of a whole block leaves nothing to read
        return not fits(known.total, len(known.seen), {self._asked, known.longest}, self._block)

    # Pages with gaps

    def _surely_whole(self) -> int:
        """A size of pages that no vendor cuts: one that has come, or a part of the block.

        There are two pages at least: the last one tells whether the block is full.
        """
        longest = max(self.known.longest, self._block // THIN_PAGES)
        return dividing(min(self._size, longest, self._block // 2), self._block)

    def _every_page(self, token: str | None, numbers: range) -> Generator[SearchPage, Page, _Stretch]:
        """Read pages whatever they bring. One that comes again lies behind the last one.

        Raises:
            CutShort: a page is refused that is not shown to lie behind the last one, or page numbers mean nothing.
        """
        found = _Stretch(numbers[-1], self._sure_size)
        found.token = None if token else self.known.first_token
        vain = 0
        for number in numbers:
            name = SearchPage(number, found.size, token)
            page = yield name
            if isinstance(page, Refusal):
                _raise_if_first(name, page)
                if token is not None and (yield from self._leads_on_from_its_answer(token)):
                    self._pages_with_tokens = False
                    return found
                found.refusal = page.error
                if token is None:
                    continue  # it lies behind the last one if all that follow are refused as well
            elif token is not None and numbers[0] == 1 and self.known.begins_again(page):
                found.restarted = True
                return found
            if found.refusal is not None:
                raise self._cut(found.refusal)
            if token is None and self.known.is_first(page):
                raise self._cut()
            if page.records and self.known.keys(page) == found.keys:
                return found
            found.token = page.next or found.token
            found.keys, new = self.known.take(name, page)
            found.fresh += len(new)
            found.open = number == numbers[-1] and bool(found.keys)
            vain = 0 if new else vain + 1
            if vain == MOST_VAIN_PAGES:
                break
        return found


def _raise_if_first(name: SearchPage, page: Refusal) -> None:
    """The first page is never one that lies behind the last one."""
    if name.number > 1:
        return
    if name.token is None:
        raise page.error
    raise PageLost("The vendor no longer accepts the search token.")
