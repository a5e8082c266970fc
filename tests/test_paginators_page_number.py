"""Numbered pages lose nothing while the server clamps, and end whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paginators import Page, PageNumberPaginator

sizes = st.integers(1, 7)


def numbers_asked(rows: list[int], page_size: int, *, cap: int = 10**6, announced: int | None = None) -> Iterator[int]:
    """Walk over a list; yields each page number that is asked for."""
    paginator = PageNumberPaginator(page_size)
    size = min(page_size, cap)
    more = True
    while more:
        number = paginator.current
        yield number
        part = rows[(number - 1) * size : number * size]
        more = paginator.advance(Page([*part], announced=len(rows) if announced is None else announced))


@given(rows=st.integers(0, 40), page_size=sizes, cap=sizes)
def test_every_page_is_asked_for_whatever_the_server_clamps(rows: int, page_size: int, cap: int) -> None:
    size = min(page_size, cap)
    asked = list(numbers_asked([*range(rows)], page_size, cap=cap))
    assert set(range(1, -(-rows // size) + 1)) <= set(asked)


@given(rows=st.integers(0, 40), page_size=sizes, cap=sizes)
def test_the_first_page_is_asked_for_again_at_the_end(rows: int, page_size: int, cap: int) -> None:
    asked = list(numbers_asked([*range(rows)], page_size, cap=cap))
    assert asked[0] == asked[-1] == 1
    assert len(asked) > 1
    assert asked[:-1] == list(range(1, len(asked)))


@given(rows=st.integers(1, 40), page_size=sizes)
def test_at_most_one_page_more_than_needed_is_asked_for_beside_the_recount(rows: int, page_size: int) -> None:
    assert len(list(numbers_asked([*range(rows)], page_size))) <= rows // page_size + 2


@given(rows=st.integers(1, 40), page_size=sizes, too_many=st.integers(1, 50))
def test_an_announcement_that_is_too_high_is_not_waited_for_beyond_an_empty_page(
    rows: int, page_size: int, too_many: int
) -> None:
    asked = list(numbers_asked([*range(rows)], page_size, announced=rows + too_many))
    assert max(asked) == -(-rows // page_size) + 1


def test_a_window_without_an_announcement_is_read_until_a_page_is_empty() -> None:
    paginator = PageNumberPaginator(10)
    assert paginator.advance(Page([1]))
    assert paginator.current == 2
    assert paginator.advance(Page([]))
    assert paginator.current == 1
    assert not paginator.advance(Page([1]))


def test_a_server_that_answers_the_same_page_for_ever_is_an_error() -> None:
    paginator = PageNumberPaginator(5)

    def walk() -> None:
        while paginator.advance(Page([1, 2, 3, 4, 5], announced=12)):
            pass

    with pytest.raises(FatalAPIError, match="same page"):
        walk()
