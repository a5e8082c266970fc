"""How the pages of Zoom Phone's lists follow each other (ZP 4, 5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from tap_callrecords.paging.base import Page, Paginator

UNRECORDED = "non_recorded"
TRUSTED_SECONDS = 600.0
"""How old a page token may be when its page comes: it lives for 15 minutes, and what happens then is open (ZP A28)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list.

    Attributes:
        filter: the recording status that is asked for; None for all.
        token: the page token; None for the first page.
        read: how many entries the pages before it have brought.
        announced: how many these have announced.
        since: when the token came.
    """

    filter: str | None = None
    token: str | None = None
    read: int = field(default=0, compare=False)
    announced: int = field(default=0, compare=False)
    since: float = field(default=0.0, compare=False)

    @property
    def is_old(self) -> bool:
        """Whether its token may have expired by now."""
        return self.token is not None and time.monotonic() - self.since > TRUSTED_SECONDS


class TokenPages(Paginator[Place]):
    """Goes from token to token, to the first page that has none.

    The last page may have a token as well (ZP A1), and lead to an empty page, or to the first one again. So may
    one in the middle, which has expired (ZP A28): pages that bring nothing new are followed for as long as others
    may lie behind them, and end nothing but themselves.
    """

    def __init__(self, key: Callable[[Any], Hashable]) -> None:
        """Args: key: what distinguishes entries."""
        self.current = Place()
        self._key = key
        self._begin()

    def _begin(self) -> None:
        self._met: set[int] = set()
        self._announced = self._largest = self._useful = self._idle = 0
        self._used: set[str | None] = set()

    @override
    def advance(self, page: Page) -> bool:
        keys = {hash(self._key(record)) for record in page.records}
        news = not keys <= self._met
        self._met |= keys
        self._announced = max(self._announced, page.announced or 0)
        self._largest = max(self._largest, len(page.records))
        self._useful += news
        self._idle = 0 if news else self._idle + 1
        self._used.add(self.current.token)
        if page.next and (news or self._may_lead_on(page.next)):
            self.current = Place(self.current.filter, page.next, len(self._met), self._announced, time.monotonic())
            return True
        return False

    def _may_lead_on(self, token: str) -> bool:
        """Whether a page that brought nothing new may have others behind it.

        It may not where all have come that a count of the query names (one of a page is no larger than that: ZP A2).
        Where it was the first page again, as many as have been read come again before the next new one.
        """
        are_all = self._announced > self._largest and len(self._met) >= self._announced
        return not are_all and token not in self._used and self._idle <= self._useful + 1


class CallPages(TokenPages):
    """The pages of calls, and those of calls without a recording where no page has shown one of these.

    By one reading of the document the list has recorded calls only, unless it is asked otherwise (ZP A9). Where it
    shows another one that reading is wrong; where it shows none, the others are asked for.
    """

    def __init__(self, key: Callable[[Any], Hashable]) -> None:
        super().__init__(key)
        self._has_unrecorded = False
        self._of_all: tuple[set[int], int] | None = None

    @override
    def advance(self, page: Page) -> bool:
        self._has_unrecorded |= any(record.recording_status == UNRECORDED for record in page.records)
        more = super().advance(page)
        if self._of_all is not None:
            page.announced = self._sum(*self._of_all)
        elif not more and not self._has_unrecorded:
            self._of_all = self._met, self._announced
            self._begin()
            self.current = Place(UNRECORDED)
            return True
        return more

    def _sum(self, met: set[int], announced: int) -> int:
        """How many calls are announced by both lists together, which share none unless the filter does nothing."""
        return announced if self._met and self._met <= met else announced + self._announced
