"""Numbered pages are read until one is empty, whatever the others' length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_callrecords.paging.base import Page
from tap_callrecords.paging.numbered import NumberedPages

PAGES = st.lists(st.integers(1, 5), max_size=12)


def read(pages: Sequence[Sequence[Any]], total: int | None = None, **options: Any) -> tuple[list[Any], list[int]]:
    """The rows that a server of these pages is read for, and the numbers of the pages that are asked for."""
    paginator = NumberedPages(**options)
    first, rows, asked, more = paginator.current, [], [], True
    while more:
        asked.append(paginator.current)
        at = paginator.current - first
        found = [*pages[at]] if at < len(pages) else []
        rows += found
        more = paginator.advance(Page(found, announced=total))
    return rows, asked


@given(lengths=PAGES, first=st.integers(0, 3), total=st.sampled_from([None, 0, 1]))
def test_all_pages_are_read_whatever_their_length_and_whatever_is_counted(
    lengths: list[int], first: int, total: int | None
) -> None:
    pages = [[(page, row) for row in range(length)] for page, length in enumerate(lengths)]
    rows, asked = read(pages, total, first_page=first)
    assert rows == [row for page in pages for row in page]
    assert asked == list(range(first, first + len(pages) + 1))


@given(lengths=PAGES.filter(bool))
def test_a_certain_total_saves_the_page_behind_the_last_row(lengths: list[int]) -> None:
    pages = [[(page, row) for row in range(length)] for page, length in enumerate(lengths)]
    rows, asked = read(pages, sum(lengths), total_is_certain=True)
    assert rows == [row for page in pages for row in page]
    assert len(asked) == len(pages)


@pytest.mark.parametrize("total", [None, 9])
def test_where_no_total_is_known_or_it_counts_more_an_empty_page_ends_the_window(total: int | None) -> None:
    assert read([[1, 2], [3]], total, total_is_certain=True) == ([1, 2, 3], [1, 2, 3])
