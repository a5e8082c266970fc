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
    """Goes from token to token, to the first page that has none or brings nothing new.

    A token on the last page is a reading of its own (ZP A1), and so is one that comes again: neither ends anything
    while pages bring news, and none is waited for beyond.
    """

    def __init__(self, key: Callable[[Any], Hashable]) -> None:
        """Args: key: what tells entries apart."""
        self.current = Place()
        self._key = key
        self._met: set[int] = set()
        self._announced = 0

    @override
    def advance(self, page: Page) -> bool:
        keys = {hash(self._key(record)) for record in page.records}
        news = not keys <= self._met
        self._met |= keys
        self._announced = max(self._announced, page.announced or 0)
        if page.next and (news or self.current.token is None):
            self.current = Place(self.current.filter, page.next, len(self._met), self._announced, time.monotonic())
            return True
        return False


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
            self._met, self._announced = set(), 0
            self.current = Place(UNRECORDED)
            return True
        return more

    def _sum(self, met: set[int], announced: int) -> int:
        """How many calls are announced by both lists together, which share none unless the filter does nothing."""
        return announced if self._met and self._met <= met else announced + self._announced
