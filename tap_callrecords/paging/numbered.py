"""Numbered pages over rows that stand still, which is how most APIs page: the next one until one is empty."""

from __future__ import annotations

from typing_extensions import override

from tap_callrecords.paging.base import Page, Paginator


class NumberedPages(Paginator[int]):
    """Page after page until one has no rows; never until one is short, as a server may clamp or under-fill pages.

    Rows that land or leave meanwhile move the others from page to page. What is met twice is written once; what is
    missed shows where the vendor announces a count, and else comes with the look-back. For rows that move all the time
    there is `PageNumberPaginator`.
    """

    def __init__(self, *, first_page: int = 1, total_is_certain: bool = False) -> None:
        """Make a paginator for one window.

        Args:
            first_page: the number of the first page.
            total_is_certain: whether what the pages announce is sure to count the rows of the whole window: then no
                page is asked for behind the last row, which saves a request for each window.
        """
        self.current = first_page
        self._total_is_certain = total_is_certain
        self._received = 0

    @override
    def advance(self, page: Page) -> bool:
        self.current += 1
        self._received += len(page.records)
        is_all = self._total_is_certain and page.announced is not None and self._received >= page.announced
        return bool(page.records) and not is_all
