"""What is known of a search while its pages come: their names, the records seen, how long pages are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from singer_sdk.exceptions import FatalAPIError, SingerSDKError

from tap_callrecords.paging.base import Page

SURE_PAGE = 3
"""How many records a page holds at least, when there are so many: nobody caps pages at one or two."""


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


class Known:
    """What the pages of one window have shown.

    Attributes:
        seen: all records, by the hash of their key.
        longest: how many records a page is known to hold; held: how many one of this window has held.
        total: the `total` of page 1; None where that is no number.
        first_token: the token that came with page 1; after_first: the first record behind page 1. Does it lead there?
    """

    def __init__(self, key: Callable[[Any], Hashable], longest: int) -> None:
        """Begin a window.

        Args:
            key: what tells records apart.
            longest: how many records a page is known to hold.
        """
        self._key = key
        self.seen: set[int] = set()
        self.longest = longest
        self.held = 0
        self.total: int | None = None
        self.first_token: str | None = None
        self.after_first: int | None = None
        self._beginning: list[int] = []
        """The records of the first page that brought any."""

    def keys(self, page: Page) -> list[int]:
        """The records of a page."""
        return [hash(self._key(record)) for record in page.records]

    def take(self, name: SearchPage, page: Page) -> tuple[list[int], set[int]]:
        """Take in a page: its records, and which of them are new."""
        keys = self.keys(page)
        new = {*keys} - self.seen
        if name.token is None:
            self._note_beginning(name, page, keys, new)
        self.seen |= new
        self.held, self.longest = max(self.held, len(keys)), max(self.longest, len(keys))
        return keys, new

    def _note_beginning(self, name: SearchPage, page: Page, keys: list[int], new: set[int]) -> None:
        if name.number == 1:
            self.first_token = page.next
            self.total = page.total if isinstance(page, CountedPage) else None
        elif self.after_first is None:
            self.after_first = next((key for key in keys if key in new), None)
        if not self._beginning:
            self._beginning = keys

    def begins_again(self, page: Page) -> bool:
        """Whether a page that a token leads to brings the window's first records: the search has started again."""
        first_half = self._beginning[: (len(self._beginning) + 1) // 2]
        return not {*first_half}.isdisjoint(self.keys(page))

    def is_first(self, page: Page) -> bool:
        """Whether a page begins with the window's first record."""
        return bool(page.records) and self.keys(page)[:1] == self._beginning[:1]

    def forget(self) -> None:
        """Forget the records behind the first page: what follows is read again."""
        self.seen = {*self._beginning}


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
