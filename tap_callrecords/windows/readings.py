"""Whether a window is complete: what its readings have brought, held against what the vendor announces."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from singer_sdk.exceptions import FatalAPIError

from tap_callrecords import instants
from tap_callrecords.windows.plan import TimeWindow

READS_OF_A_SHORT_WINDOW = 3
"""How often a window with fewer rows than announced is read again."""

PAGES_WITHOUT_NEWS = 200
"""So many pages in a row may bring no new row; as many again as have brought one may, since a lost window begins
again at its first page. Vendors do send empty pages that lead on (WX 8), so it is no small number."""


class NothingNew(FatalAPIError):  # noqa: N818 - named for what it is
    """A vendor keeps returning pages without new records."""

    def __init__(self, pages: int) -> None:
        super().__init__(
            f"The vendor keeps returning further pages of one time window, but the last {pages} had no new records. "
            "The tap stopped to avoid an endless loop. The bookmark stays before this window; run again, and "
            "report it to the vendor if it persists."
        )


class Page(Protocol):
    """What has to be known of a page: how many rows came, which query it is of, and what the vendor announced."""

    records: list[Any]
    announced: int | None
    query: TimeWindow
    number: int


class Shown(Protocol):
    """Which rows a reading has shown, so that they can be compared with those of another one."""

    @property
    def keys(self) -> int:
        """How many different keys."""

    @property
    def rows(self) -> int:
        """How many different rows."""


class Rows(Protocol):
    """The rows that windows have shown."""

    def found(self, window: int) -> int:
        """How many different keys a window has, in all its readings."""

    def shown(self, window: int) -> Shown:
        """Which rows the reading of the window that was begun last has shown."""

    def begin_reading(self, window: int) -> None:
        """The window is read again."""


@dataclass(slots=True)
class _Part:
    """Pages that belong to one query: of a whole window, or of a part of it where it was halved."""

    query: TimeWindow
    announced: int | None = None
    received: int = 0
    pages: list[int] = field(default_factory=list)

    def overlaps(self, query: TimeWindow) -> bool:
        """Whether one of the two queries holds the other: then the later one reads the same again."""
        inner, outer = sorted((self.query, query), key=lambda each: each.query_end - each.query_start)
        return outer.query_start <= inner.query_start and inner.query_end <= outer.query_end


class Reading:
    """Counts the pages and rows of one reading of a window, from its first page to its last.

    Attributes:
        shown: which rows it has shown; known at its end.
    """

    def __init__(self, shown: Shown | None = None) -> None:
        self.shown = shown
        self._parts: list[_Part] = []
        self._useful = self._idle = 0

    def take(self, page: Page, *, brought_news: bool) -> None:
        """Count a page.

        Args:
            page: the page, with `query` and `number`; the first one of a query begins to count again.
            brought_news: whether it has a row that this reading had not shown before.

        Raises:
            NothingNew: too many pages in a row had none.
        """
        if page.number == 1:
            self._parts = [part for part in self._parts if not part.overlaps(page.query)]
            self._parts.append(_Part(page.query))
            self._idle = 0
        part = self._parts[-1]
        if page.announced is not None:  # of several numbers the largest counts
            part.announced = max(page.announced, part.announced or 0)
        part.received += len(page.records)
        if page.records:
            part.pages.append(len(page.records))
        self._useful += brought_news
        self._idle = 0 if brought_news else self._idle + 1
        if self._idle >= PAGES_WITHOUT_NEWS + self._useful:
            raise NothingNew(self._idle)

    @property
    def announced(self) -> int | None:
        """How many rows the vendor says there are, those at the edges of parts twice; None when it does not say."""
        said = [part.announced for part in self._parts if part.announced is not None]
        return sum(said) if said else None

    @property
    def received(self) -> int:
        """How many rows have come, repeats counted."""
        return sum(part.received for part in self._parts)

    def found(self, different: int) -> int:
        """How many rows to hold against `announced`.

        Args:
            different: how many different rows the window has. Where it was read in parts, that says nothing about
                each of them: then what each has received counts.
        """
        if len(self._parts) <= 1:
            return different
        return sum(min(part.received, part.announced or 0) for part in self._parts)

    def other_page_size(self, number: int, before: Reading | None = None) -> int | None:
        """How many rows a page of re-reading `number` is to have, so that the edges between the pages move.

        What was asked for tells nothing, as a server may clamp it: the largest page that came does. What came on one
        page, with no edge, is to come on one page again. At first pages are smaller, then as large as the vendor
        allows: some lose a row that repeats the one before an edge, and large pages have the fewest edges.

        Args:
            number: of the re-reading, from 1.
            before: the re-reading made last.
        """
        pages = self._pages()
        if not pages:
            return None
        largest = max(pages)
        if len(pages) == 1:
            return largest + number
        if number == 2 or (number > 2 and before is not None and len(before._pages()) == 1):  # noqa: PLR2004, SLF001 - of the same class
            return sys.maxsize
        return 2 * largest // (2 + number) or number + 1

    def confirms(self, other: Reading, announced: int, found: int) -> bool:
        """Whether this reading and an earlier one show that a window, though short, has nothing more.

        Both have shown the same rows, and these are all that has been met. They are as many as announced when keys
        that stand for several rows count as often; or when repeats count, which were the same while the edges between
        the pages moved: a row that an edge repeats could hide one that an edge swallows.
        """
        if self.shown is None or self.shown != other.shown or self.shown.keys < found:
            return False
        if self.shown.rows >= announced:
            return True
        pages, others = self._pages(), other._pages()
        return self.received == other.received == announced and (pages != others or len(pages) == 1)

    def _pages(self) -> list[int]:
        return [rows for part in self._parts for rows in part.pages]


class Completeness:
    """Judges the readings of a window, one after the other, until one shows that nothing is missing."""

    def __init__(self, window: TimeWindow, product: str, logger: logging.Logger, *, is_binding: bool) -> None:
        """Judge a window that has been drained.

        Args:
            window: the window.
            product: what people call the vendor product.
            logger: is told what a person should know.
            is_binding: whether a window with fewer rows than announced is incomplete.
        """
        self._window = window
        self._product = product
        self._logger = logger
        self._is_binding = is_binding
        self._announced: int | None = None
        self._earlier: list[Reading] = []

    def read_again(self, reading: Reading, rows: Rows) -> TimeWindow | None:
        """What to read again after a reading that came to its end; None where the window is complete.

        Raises:
            FatalAPIError: it stays short.
        """
        if reading.announced is not None:
            self._announced = reading.announced
        found = reading.found(rows.found(self._window.index))
        if self._announced is None or found >= self._announced:
            return None
        if not self._is_binding:
            self._logger.warning(
                "%s counts %d rows %s, but sent %d different ones. What its count means is not documented; if this "
                "continues, compare with its own reports.",
                self._product,
                self._announced,
                self._span,
                found,
            )
            return None
        reading.shown = shown = rows.shown(self._window.index)
        if any(reading.confirms(each, self._announced, found) for each in self._earlier):
            self._tell_repeats(self._announced, shown.rows)
            return None
        if len(self._earlier) == READS_OF_A_SHORT_WINDOW:
            raise FatalAPIError(
                f"{self._product} announced {self._announced} rows {self._span}, but sent {found} in "
                f"{len(self._earlier) + 1} readings. {self._consequence} again, and report it to the vendor if it "
                "persists."
            )
        self._logger.warning(
            "%d rows announced %s, %d received: the %s is read again.",
            self._announced,
            self._span,
            found,
            "list" if self._is_list else "window",
        )
        self._earlier.append(reading)
        rows.begin_reading(self._window.index)
        size = self._earlier[0].other_page_size(len(self._earlier), reading)
        return replace(self._window, rows_per_page=size)

    @property
    def _span(self) -> str:
        if self._is_list:
            return "of the list"
        return f"from {instants.to_text(self._window.start)} to {instants.to_text(self._window.end)}"

    @property
    def _is_list(self) -> bool:
        return self._window.start == self._window.end

    @property
    def _consequence(self) -> str:
        return "Run" if self._is_list else "The bookmark stays before this window; run"

    def _tell_repeats(self, announced: int, rows: int) -> None:
        if announced > rows:
            self._logger.warning(
                "%s announced %d rows %s and sent as many, the same in each reading. %d of them repeat others byte for "
                "byte: the %s is complete.",
                self._product,
                announced,
                self._span,
                announced - rows,
                "list" if self._is_list else "window",
            )
