"""A cursor that the vendor moves along."""

from __future__ import annotations

from typing_extensions import override

from tap_callrecords.paging.base import CursorRepeated, Page, Paginator


class ScrollIdPaginator(Paginator[str | None]):
    """A forward cursor that the vendor moves along: None names the first page.

    The window has ended when the answer has no cursor, a terminator instead of one, or no rows; never on a
    page shorter than asked for: a server may clamp or under-fill pages.
    """

    def __init__(self, *terminators: str) -> None:
        """Args: terminators: what the vendor writes in place of a cursor, to say that there is none."""
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
