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

A vendor may also leave out records after it has cut its pages, those that the reader has no right to (VO A24): then a
page that is short, or empty, ends nothing. Nobody says so, but what comes may tell: a short page that others follow; a
page that lies over the end of what has been read and does not bring just that end; a first page that is empty beside
a token. Then the block is read to its end, whatever its pages bring.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import PageLost
from tap_callrecords.paging.base import Page, Paginator, Refusal

SURE_PAGE = 3
"""How many records a page holds at least, when there are so many: nobody caps pages at one or two."""
EMPTY_TOKENS = 3
"""So many tokens in a row that bring nothing new end a search."""
THIN_PAGES = 10
"""Pages without hidden records show how long a page may be; with them, nobody is taken to cap pages at less than this
part of the block (1000 records: the vendor's default)."""


MOST_VAIN_PAGES = 100
"""So many pages in a row that bring nothing new end the reading of a block in any case: pages may be tiny."""


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


@dataclass(slots=True, kw_only=True)
class CountedPage(Page):
    """A page, and its `total`; None where that is no number."""

    total: int | None


@dataclass(slots=True)
class _Stretch:
    """Pages read one after the other with one token, or without.

    Attributes:
        asked_with: its token.
        number, size, length: of the last page that brought something new; the size is what was asked for.
        in_block: it began at page 1 and ends with its block at the latest.
        whole: that page was as long as asked for.
        ended: that page was shorter than asked for and than other pages: nothing can follow it.
        fresh: how many new records there were.
        token: the token of the answers that leads on furthest; reach: the end of the page that brought it.
        open: it stopped where more may follow, at the end of a block or of an answer that its token leads on from.
        restarted: it began with the window's first records again.
        stuck: it stopped before its block's end, at a page that was refused or brought the records of another one.
        refusal: what the vendor said then.
        keys: the records of the last page.
        to_the_end: it goes on whatever its pages bring: to the end of its block, or, from a later page on, until a
            block's worth of pages has brought nothing.
        vain: how many pages in a row brought nothing then.
    """

    asked_with: str | None
    number: int
    size: int
    in_block: bool
    length: int = 0
    whole: bool = False
    ended: bool = False
    fresh: int = 0
    token: str | None = None
    reach: int = 0
    open: bool = False
    restarted: bool = False
    stuck: bool = False
    refusal: SingerSDKError | None = None
    keys: list[int] = field(default_factory=list)
    to_the_end: bool = False
    vain: int = 0


class SearchTokenPaginator(Paginator[SearchPage]):
    """Reads a window completely under each reading, or raises `CutShort`.

    It always ends: a page that brings nothing new is the last one of its stretch, and so are `EMPTY_TOKENS` stretches.

    Attributes:
        longest: how many records a page is known to hold.
        thinned: whether it is shown that records are left out of pages.
    """

    def __init__(
        self,
        size: int,
        *,
        key: Callable[[Any], Hashable],
        block: int,
        use_tokens: bool = True,
        longest: int = SURE_PAGE,
    ) -> None:
        """Make a paginator for one window.

        Args:
            size: records in a page; rounded down to a divisor of the block, so that no page crosses its end.
            key: what tells records apart.
            block: how many records pages reach without a token.
            use_tokens: False for plain pages only: then a window that fills the block is cut short. Where records are
                left out of pages, tokens are used all the same: a block that is full may not look so.
            longest: how many records a page is known to hold.
        """
        self.longest = longest
        self._size = self._asked = dividing(size, block)
        self._least = dividing(max(1, block // THIN_PAGES), block)
        self._held = 0 if longest == SURE_PAGE else longest
        """How many records a page has held."""
        self._total: int | None = None
        self.thinned = False
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
        in_doubt = [first]
        used: set[str] = set()
        progressed = False
        empty = 0
        while (self._use_tokens or self.thinned) and last.token is not None and last.token not in used:
            token = last.token
            used.add(token)
            before, last = last, (yield from self._stretch(token, 1, self._size))
            leads_nowhere = first.to_the_end and not last.fresh and last.token in (None, token)
            if last.restarted or leads_nowhere:
                if not before.open and not first.to_the_end:
                    return
                if not progressed:  # the token may name the search (D): its pages go on where the block ended
                    last = yield from self._behind_the_block(first, token)
                    if last.fresh or not before.open:
                        return
                raise CutShort(longest=self.longest)
            in_doubt = [each for each in (*in_doubt, last) if not each.open and not each.to_the_end]
            if last.fresh and in_doubt not in ([], [last]):
                self.thinned = True  # else there would have been nothing to lead to
                for each in in_doubt:
                    name = SearchPage(each.number, each.size, each.asked_with)
                    yield from self._read(each, self._from_here_to_the_end(each, each, name, each.keys))
                in_doubt = []
            progressed = progressed or last.fresh > 0
            empty = 0 if last.fresh else empty + 1
            if empty == EMPTY_TOKENS:
                raise CutShort(longest=self.longest)
        if (first.open and not progressed) or (last.open and last.token is not None):
            raise CutShort(longest=self.longest)

    def _behind_the_block(self, first: _Stretch, token: str) -> Generator[SearchPage, Page, _Stretch]:
        """Read the pages that follow the first block where pages go on growing."""
        number = self._block // first.size + 1 if first.to_the_end else first.number + first.whole
        return (yield from self._stretch(token, number, first.size, to_the_end=first.to_the_end))

    def _stretch(
        self, token: str | None, number: int, size: int, *, to_the_end: bool = False
    ) -> Generator[SearchPage, Page, _Stretch]:
        """Read page after page: from 1 a block at most, from a later one as far as it goes.

        Raises:
            CutShort: records may follow on pages that the vendor does not give. No token may be used then: it could
                lead past them.
        """
        found = _Stretch(token, number, size, in_block=number == 1, to_the_end=self.thinned or to_the_end)
        if found.in_block and found.to_the_end:
            found.size = self._surely_whole(size)
        yield from self._read(found, SearchPage(number, found.size, token))
        return found

    def _read(self, found: _Stretch, name: SearchPage | None) -> Generator[SearchPage, Page, None]:
        """Read the pages of a stretch from one on."""
        while name is not None:
            page = yield name
            name = self._refused(found, name, page) if isinstance(page, Refusal) else self._taken(found, name, page)
        if found.stuck:
            if found.in_block and (yield from self._leads_on_from_its_answer(found.asked_with)):
                self._pages_with_tokens = False
                found.open = True
            elif found.to_the_end or not (yield from self._is_the_end(found, found.asked_with)):
                raise CutShort(found.refusal, self.longest)

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
        end = found.keys[len(found.keys) - reached % size :]
        return {hash(self._key(each)) for each in page.records} == {*end}

    def _refused(self, found: _Stretch, name: SearchPage, page: Refusal) -> SearchPage | None:
        """A refusal can say that there are no more pages, or that pages and tokens don't go together (B3)."""
        if name.number == 1:
            if name.token is None:
                raise page.error
            raise PageLost("The vendor no longer accepts the search token.")
        again, found.refusal = found.refusal is not None, page.error
        if found.to_the_end and name.token is None:
            return None if again else self._next_of_all(found, name)
        found.stuck = found.to_the_end or not found.ended
        return None

    def _taken(self, found: _Stretch, name: SearchPage, page: Page) -> SearchPage | None:
        """Take in a page; the next one, if the stretch goes on."""
        keys = [hash(self._key(record)) for record in page.records]
        new = set(keys) - self._seen
        if page.next is not None and (new or found.token is None or name.number * name.size >= found.reach):
            found.token, found.reach = page.next, name.number * name.size
        if name.token is None:
            self._note_beginning(name, page, keys)
        elif found.in_block and not self._head.isdisjoint(keys):
            found.restarted = True
            return None
        before = replace(found)
        is_thin = name.token is None and self._shows_that_some_are_hidden(before, name, page, keys)
        self.thinned = self.thinned or (is_thin and bool(new))
        self._note(found, name, keys, new)
        if found.to_the_end:
            return self._of_all(found, before, name, new)
        if not new:
            # The page after the last one is empty or short.
            found.stuck = name.number > 1 and len(keys) >= name.size and not found.ended and not is_thin
        if not found.stuck and (is_thin or self.thinned or (not new and self._counts_more(found))):
            return self._from_here_to_the_end(found, before, name, keys)
        return self._following(found, name, (name.number - 1) * name.size + len(keys)) if new else None

    def _note(self, found: _Stretch, name: SearchPage, keys: list[int], new: set[int]) -> None:
        self._seen |= new
        self.longest, self._held = max(self.longest, len(keys)), max(self._held, len(keys))
        if new or found.to_the_end:
            found.keys = keys
        if not new:
            return
        was_short = found.fresh > 0 and found.length < min(found.size, self._held)
        self.thinned = self.thinned or was_short or found.vain > 0
        found.fresh += len(new)
        found.number, found.size, found.length = name.number, name.size, len(keys)
        found.whole = len(keys) >= name.size
        found.ended = len(keys) < min(name.size, self.longest)
        if found.whole and self._block % name.size == 0:
            self._size = name.size

    def _shows_that_some_are_hidden(self, before: _Stretch, name: SearchPage, page: Page, keys: list[int]) -> bool:
        """Whether a page can't be what it is where none are hidden: the pages before it leave no gap, then."""
        if name.number == 1:
            return not page.records and page.next is not None
        reached = (before.number - 1) * before.size + before.length
        overlap = max(0, reached - (name.number - 1) * name.size)
        first, last = before.keys[: len(keys)] if before.number == 1 else [], before.keys[-len(keys) :]
        others = (first,) if overlap else (first, last)
        if (len(keys) >= name.size and keys in others) or (keys == before.keys and name.size == before.size):
            return False  # the number is ignored, or there is no such page
        return self._seen.intersection(keys) != {*before.keys[len(before.keys) - overlap :]}

    def _counts_more(self, found: _Stretch) -> bool:
        """Whether the vendor's `total` says that there are more: no reason to stop, but one to go on (VO A3)."""
        total, sizes = self._total, {self._asked, self.longest}
        in_parts = found.in_block and found.size < self._block
        return in_parts and total is not None and total > 1 and not fits(total, self.found, sizes, self._block)

    def _from_here_to_the_end(
        self, found: _Stretch, before: _Stretch, name: SearchPage, keys: list[int]
    ) -> SearchPage | None:
        """Begin to read all pages of the block: of a size that is not cut, from the first place not surely read."""
        found.to_the_end, found.keys = True, []
        of_before = SearchPage(before.number, before.size)
        found.open = self._fills_the_block(found, name, keys) or self._fills_the_block(found, of_before, before.keys)
        size = self._surely_whole(before.size)
        start = size + (before.number - 1) * before.size * (before.size == size)
        if name.number == 1 and before is not found:
            start = 0
        is_read = name.size == size and (name.number - 1) * size == start
        found.size, found.number = size, start // size + is_read
        return self._next_of_all(found, SearchPage(found.number, size, found.asked_with))

    def _of_all(self, found: _Stretch, before: _Stretch, name: SearchPage, new: set[int]) -> SearchPage | None:
        """The page after one that was read whatever it brings."""
        if new and found.refusal is not None:
            found.stuck = True
            return None
        if not new and found.keys and found.keys == before.keys:  # numbers behind the last page bring it again, or all
            return None
        if name.token is not None and found.in_block and not self._pages_with_tokens:
            found.open = found.whole
            return None
        found.vain = 0 if new else before.vain + 1
        found.open = self._fills_the_block(found, name, found.keys)
        return self._next_of_all(found, name)

    def _surely_whole(self, size: int) -> int:
        """A size of pages that is surely not cut where records are hidden, and divides the block."""
        return max(dividing(max(1, min(size, self._held)), self._block), min(size, self._least))

    def _fills_the_block(self, found: _Stretch, name: SearchPage, keys: list[int]) -> bool:
        """Whether a page shows that there are as many records as a block holds, hidden ones too."""
        return found.in_block and bool(keys) and name.number * name.size >= self._block > name.size

    def _next_of_all(self, found: _Stretch, name: SearchPage) -> SearchPage | None:
        pages = name.number if found.in_block else found.vain
        is_all = pages * name.size >= self._block or found.vain == MOST_VAIN_PAGES
        return None if is_all else replace(name, number=name.number + 1)

    def _note_beginning(self, name: SearchPage, page: Page, keys: list[int]) -> None:
        if name.number == 1:
            self._first_token = page.next
            self._total = page.total if isinstance(page, CountedPage) else None
        elif self._after_first is None:
            self._after_first = next((key for key in keys if key not in self._seen), None)
        if not self._head:
            self._head = frozenset(keys[: (len(keys) + 1) // 2])

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
        follows = found.ended and name.size <= self._held and (name.number + 1) * name.size <= self._block
        if name.token is not None or follows or (found.whole and self._block % name.size == 0):
            return replace(name, number=name.number + 1)
        # A short page: the last one, or the vendor gives no more at once, or both. A smaller size tells, and asks for
        # nothing beyond the block, which some vendors answer with an error.
        if self._block % name.size:
            size = dividing(self.longest, self._block)
        else:
            size = self._over_the_end(name, reached - (name.number - 1) * name.size)
        return SearchPage(reached // size + 1, size)

    def _over_the_end(self, name: SearchPage, length: int) -> int:
        """How long a page is to be that lies over the end of a short one, and is surely not cut."""
        size = dividing(length, self._block)
        is_too_short_for_a_cap = SURE_PAGE <= length < self._least
        return length - 1 if size == length and name.number == 1 and is_too_short_for_a_cap else size


def fits(total: int, rows: int, sizes: Iterable[int], block: int) -> bool:
    """Whether a `total` can mean what was read: the records or the pages, of the search or of its first block (VO 4 C).

    A hundredth more records than counted may have arrived since.
    """
    counts = {rows, min(rows, block)}
    pages = {-(-count // size) for count in counts for size in sizes}
    return (
        total in pages or (total == 1 and not rows) or any(0 <= count - total <= -(-total // 100) for count in counts)
    )


def dividing(size: int, block: int) -> int:
    """The largest size, not above this one, that divides the block."""
    return next(each for each in range(min(size, block), 0, -1) if block % each == 0)
