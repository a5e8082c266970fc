"""Numbered pages lose nothing while the server clamps, and end whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paging.base import Page, Refusal
from tap_callrecords.paging.page_numbers import MOST_PAGES_WITHOUT_NEWS, MOST_PASSES, PageNumberPaginator

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


@given(rows=st.integers(0, 40), page_size=sizes)
def test_what_fits_on_one_page_is_asked_for_once_and_all_else_twice(rows: int, page_size: int) -> None:
    asked = list(numbers_asked([*range(rows)], page_size))
    once, again = range(1, rows // page_size + 2), range(1, -(-rows // page_size) + 1)
    assert asked == ([1] if rows <= page_size else [*once, *again])


@given(rows=st.integers(1, 40), page_size=sizes, too_many=st.integers(1, 50))
def test_an_announcement_that_is_too_high_is_not_waited_for_beyond_an_empty_page(
    rows: int, page_size: int, too_many: int
) -> None:
    asked = list(numbers_asked([*range(rows)], page_size, announced=rows + too_many))
    assert max(asked) == -(-rows // page_size) + 1


def test_a_window_without_an_announcement_is_read_until_a_page_is_empty_twice_alike() -> None:
    asked = []
    paginator = PageNumberPaginator(10)
    pages = iter([[1], [], [1, 2], [], [1, 2], []])
    more = True
    while more:
        asked.append(paginator.current)
        more = paginator.advance(Page(next(pages)))
    assert asked == [1, 2] * 3


def test_a_server_that_answers_the_same_page_for_ever_is_an_error() -> None:
    paginator = PageNumberPaginator(5)

    def walk() -> None:
        while paginator.advance(Page([1, 2, 3, 4, 5], announced=12)):
            pass

    with pytest.raises(FatalAPIError, match="same page"):
        walk()


def test_a_server_that_announces_endlessly_many_rows_and_repeats_a_page_is_an_error() -> None:
    paginator = PageNumberPaginator(5)
    for _ in range(1 + MOST_PAGES_WITHOUT_NEWS - 1):
        assert paginator.advance(Page([1, 2, 3, 4, 5], announced=10**9))
    with pytest.raises(FatalAPIError) as told:
        paginator.advance(Page([1, 2, 3, 4, 5], announced=10**9))
    assert str(told.value) == (
        "The vendor announced 1000000000 rows for a time window, but kept sending rows after 255: it seems to return "
        "the same page for every page number. The bookmark stays before this window; report it to the vendor."
    )


def test_a_window_may_have_any_number_of_pages_that_bring_something() -> None:
    paginator = PageNumberPaginator(1)
    assert all(paginator.advance(Page([row], announced=999)) for row in range(3 * MOST_PAGES_WITHOUT_NEWS))


def test_a_server_that_brings_more_than_twice_what_it_announces_is_an_error() -> None:
    paginator = PageNumberPaginator(5)
    for page in range(6):  # the announced ten and a page, twice
        assert paginator.advance(Page([*range(5 * page, 5 * page + 5)], announced=10))
    with pytest.raises(FatalAPIError, match="announced 10 rows for a time window, but kept sending rows after 35"):
        paginator.advance(Page([31, 32, 33, 34, 35], announced=10))


def follow(paginator: PageNumberPaginator, *answers: tuple[list[int], int | None]) -> list[bool]:
    return [paginator.advance(Page(records, announced=announced)) for records, announced in answers]


def test_a_row_that_landed_before_the_first_page_of_a_pass_is_one_of_those_announced_there() -> None:
    paginator = PageNumberPaginator(2)
    assert follow(paginator, ([1, 2], 3), ([3], None)) == [True, True]
    assert follow(paginator, ([4, 1], 4), ([2, 3], None)) == [True, False]


def test_a_row_that_landed_after_the_first_page_of_a_pass_stands_in_for_none_of_those_announced_there() -> None:
    paginator = PageNumberPaginator(2)
    assert follow(paginator, ([1, 2], 4), ([3], None), ([], None)) == [True, True, True]
    assert follow(paginator, ([1, 2], 4), ([3, 5], None)) == [True, True]


def test_rows_are_kept_for_the_next_reading_until_a_pass_is_proved_complete() -> None:
    met: set[int] = set()
    paginator = PageNumberPaginator(2, met=met)
    follow(paginator, ([1, 2], 3), ([3], None))
    assert met == {1, 2, 3}
    follow(paginator, ([1, 2], 3), ([3], None))
    assert met == set()


class Vendor:
    """A set of rows that moves between two answers, as a list of moves says."""

    def __init__(self, rows: int, moves: list[tuple[str, float]], order: str, page_size: int) -> None:
        self.rows = [*range(0, 1000 * rows, 1000)]
        self.always = {*self.rows}
        self._moves = moves
        self._order = order
        self._page_size = page_size
        self._random = Random(len(moves))

    def answer(self, number: int) -> Page:
        rows = sorted(self.rows, reverse=self._order == "descending")
        if self._order == "unstable":
            self._random.shuffle(rows)
        page = rows[(number - 1) * self._page_size : number * self._page_size]
        announced = len(rows) if number == 1 else None
        for _ in range(2):  # one leaves and one lands, or two of a kind
            self._move()
        return Page(page, announced=announced)

    def _move(self) -> None:
        kind, place = self._moves.pop(0) if self._moves else ("rest", 0)
        if kind == "leave" and self.rows:
            gone = self.rows.pop(int(place * len(self.rows)))
            self.always.discard(gone)
        elif kind == "land":
            self.rows.append(int(place * 1000 * (len(self.rows) + 1)) * 1000 + len(self._moves) + 1)


places = st.floats(0, 1, exclude_max=True)


@given(
    rows=st.integers(0, 30),
    moves=st.lists(st.tuples(st.sampled_from(["leave", "land"]), places), max_size=14),
    order=st.sampled_from(["ascending", "descending", "unstable"]),
    page_size=sizes,
    readings=st.integers(1, 2),
)
@example(rows=4, moves=[], order="unstable", page_size=3, readings=1)  # by chance two passes show the same three
@example(rows=4, moves=[], order="unstable", page_size=3, readings=2)
def test_no_order_and_no_movement_hides_a_row_that_is_there_all_the_time(
    rows: int, moves: list[tuple[str, float]], order: str, page_size: int, readings: int
) -> None:
    vendor = Vendor(rows, moves, order, page_size)
    met: set[int] = set()
    seen: set[int] = set()
    for _ in range(readings):
        paginator = PageNumberPaginator(page_size, met=met)
        more = True
        while more:
            page = vendor.answer(paginator.current)
            seen.update(page.records)
            try:
                more = paginator.advance(page)
            except FatalAPIError:  # several times as many land as there were: that is told, and hides nothing
                return
        is_told = page.announced is not None and len(seen) < page.announced  # then the window is read again
        assert is_told or vendor.always <= seen


def test_a_row_that_leaves_and_one_that_lands_do_not_hide_another() -> None:
    vendor = Vendor(9, [("leave", 0.0), ("land", 0.99)], "ascending", 4)
    paginator = PageNumberPaginator(4)
    seen: set[int] = set()
    more = True
    while more:
        page = vendor.answer(paginator.current)
        seen.update(page.records)
        more = paginator.advance(page)
    assert vendor.always <= seen


def test_a_refused_page_ends_a_pass_only_where_all_announced_rows_have_come() -> None:
    refused = FatalAPIError("Page out of range")
    for announced, is_end in ((4, True), (5, False), (None, False)):
        paginator = PageNumberPaginator(2)
        assert [paginator.advance(Page(rows, announced=announced)) for rows in ([1, 2], [3, 4])] == [True, True]
        if is_end:
            paginator.advance(Refusal(error=refused))
            assert paginator.current == 1
        else:
            with pytest.raises(FatalAPIError, match="Page out of range"):
                paginator.advance(Refusal(error=refused))


def test_rows_that_never_rest_end_in_an_error() -> None:
    paginator = PageNumberPaginator(2)

    def walk() -> None:
        for number in count():
            assert paginator.advance(Page([number] if paginator.current < 4 else [], announced=4))

    with pytest.raises(FatalAPIError) as told:
        walk()
    assert str(told.value) == (
        f"The vendor's rows of a time window changed during each of {MOST_PASSES} reads, so the announced total could "
        "not be verified. The bookmark stays before this window; run again, with shorter "
        "windows (setting window_hours) if it persists."
    )


def test_a_row_that_is_gone_does_not_stand_in_for_one_that_is_counted_but_never_sent() -> None:
    paginator = PageNumberPaginator(2)
    for records, announced in (([1, 2], 4), ([3], None), ([], None), ([2, 3], 4), ([5], None), ([], None)):
        assert paginator.advance(Page(records, announced=announced))
    for records, announced in (([2, 3], 4), ([5], None)):
        assert paginator.advance(Page(records, announced=announced))
    last = Page([])
    assert not paginator.advance(last)
    assert last.announced == 5  # 1, 2, 3 and 5 were met, 1 is gone: one of the four is still missing


def proved(*passes: tuple[int, list[str]]) -> bool:
    """Whether the last of these passes proves that nothing was skipped; each a number announced, and pages of letters.

    None of those before it does.
    """
    paginator = PageNumberPaginator(2)
    for number, (announced, pages) in enumerate(passes, 1):
        for place, letters in enumerate(pages, 1):
            assert paginator.current == place
            goes_on = paginator.advance(Page([*letters], announced=announced))
            assert goes_on or (number, place) == (len(passes), len(pages))
    return not goes_on


def test_a_row_that_came_after_the_first_page_proves_nothing_of_the_pass_in_which_it_came() -> None:
    # A third row was there at the first page of the first pass and gone before the second page, where y had come.
    assert not proved((3, ["ab", "y"]), (4, ["ab", "yz"]))
    assert proved((3, ["ab", "y"]), (3, ["ab", "y"]))


def test_rows_that_were_seen_before_and_after_a_pass_prove_it_however_much_later() -> None:
    assert not proved((4, ["ab", "yw", ""]), (4, ["ab", "yc"]))
    assert proved((4, ["ab", "yw", ""]), (4, ["ab", "yc"]), (5, ["ab", "yw", "d"]))
