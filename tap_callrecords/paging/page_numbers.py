"""Numbered pages over a set that may move while it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.paging.base import Page, Paginator, Refusal

MOST_PASSES = 40
"""How often a window of numbered pages is read while its rows keep moving. Where each request has an order of its own,
a pass of many pages misses a third of the rows, and 40 passes show each of 100,000 rows before and after an instant."""
MOST_PAGES_WITHOUT_NEWS = 50
"""Numbered pages in a row that bring only rows which the same pass has shown."""


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
        self, page_size: int, *, key: Callable[[Any], Hashable] = lambda row: row, met: set[Any] | None = None
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
        if isinstance(page, Refusal) and (now.announced is None or now.received < now.announced):
            raise page.error
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
                f"The vendor's rows of a time window changed during each of {MOST_PASSES} reads, so the announced "
                "total could not be verified. The bookmark stays before this window; run again, with shorter windows "
                "(setting window_hours) if it persists."
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
                f"The vendor announced {now.announced} rows for a time window, but kept sending rows after "
                f"{now.received}: it seems to return the same page for every page number. The bookmark stays before "
                "this window; report it to the vendor."
            )
        return now.received >= now.announced and (rows < self._page_size or len(self._passes) > 1)

    def _is_proved(self) -> bool:
        return any(
            sum(first <= 2 * number <= last for first, last in self._seen.values()) == each.announced
            for number, each in enumerate(self._passes, 1)
        )

    def _repeats_itself(self) -> bool:
        if len(self._passes) == 1:
            return False
        before, now = self._passes[-2:]
        return (before.announced, before.shown) == (now.announced, now.shown)
