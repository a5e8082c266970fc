"""A cursor is followed to its documented end, and never round in circles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paging.base import Page
from tap_callrecords.paging.scroll_id import ScrollIdPaginator

ENDS: list[str | None] = [None, "", "No More"]


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=9), max_size=12), st.sampled_from(ENDS))
def test_all_pages_are_read_whatever_their_length_and_whatever_the_end_looks_like(
    pages: list[list[int]], end: str | None
) -> None:
    cursors: list[str | None] = [None, *(f"cursor {number}" for number in range(1, len(pages) + 1))]
    answers = {
        name: (rows, cursors[number + 1]) for number, (name, rows) in enumerate(zip(cursors, pages, strict=False))
    }
    answers[cursors[-1]] = ([], end)
    paginator = ScrollIdPaginator("", "No More")
    read: list[int] = []
    more = True
    while more:
        rows, following = answers[paginator.current]
        read += rows
        more = paginator.advance(Page(list(rows), next=following))
    assert read == [row for page in pages for row in page]


def test_a_last_page_without_a_cursor_ends_the_window() -> None:
    paginator = ScrollIdPaginator("", "No More")
    assert not paginator.advance(Page([1, 2], next=None))


@pytest.mark.parametrize("end", ENDS)
def test_what_stands_for_no_cursor_ends_the_window_also_beside_rows(end: str | None) -> None:
    assert not ScrollIdPaginator("", "No More").advance(Page([1, 2], next=end))


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_repeated_cursor_is_an_error(before: int, between: int) -> None:
    paginator = ScrollIdPaginator("", "No More")
    names = [*(f"before {n}" for n in range(before)), "again", *(f"between {n}" for n in range(between))]
    for name in names:
        assert paginator.advance(Page([1], next=name))
    with pytest.raises(FatalAPIError) as told:
        paginator.advance(Page([1], next="again"))
    assert str(told.value) == (
        "The vendor returned the same cursor twice within one time window; following it would loop forever. "
        "The bookmark stays before this window; run again, and report it to the vendor if it persists."
    )
