"""What a reading of a window has brought is held against what is announced, however it was paged, lost and halved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_callrecords.paging.base import Page
from tap_callrecords.windows.plan import TimeWindow, halves
from tap_callrecords.windows.readings import PAGES_WITHOUT_NEWS, NothingNew, Reading

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(hours=12)
WHOLE = TimeWindow(0, START, END, START, END)
pages_of_rows = st.lists(st.integers(0, 5), min_size=1, max_size=8)


def read(reading: Reading, query: TimeWindow, pages: list[int], announced: int | None = None, *, news: bool) -> None:
    for number, rows in enumerate(pages, 1):
        page = Page([None] * rows, announced=announced, query=query, number=number)
        reading.take(page, brought_news=news)


@given(pages_of_rows)
def test_each_row_counts_also_one_that_comes_again(pages: list[int]) -> None:
    reading = Reading()
    read(reading, WHOLE, pages, 7, news=True)
    assert (reading.received, reading.announced, reading.found(3)) == (sum(pages), 7, 3)


@given(pages_of_rows, pages_of_rows)
def test_pages_before_a_lost_one_do_not_count(lost: list[int], pages: list[int]) -> None:
    reading = Reading()
    read(reading, WHOLE, lost, 9, news=True)
    read(reading, WHOLE, pages, 7, news=True)
    assert (reading.received, reading.announced) == (sum(pages), 7)


@given(pages_of_rows, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_each_half_of_a_window_needs_the_rows_that_are_announced_for_it(
    lost: list[int], said: int, came: int, said_later: int, came_later: int
) -> None:
    reading = Reading()
    read(reading, WHOLE, lost, 1000, news=True)
    first, second = halves(WHOLE)
    read(reading, first, [came], said, news=True)
    read(reading, second, [came_later], said_later, news=True)
    announced = reading.announced
    assert announced == said + said_later
    assert (reading.found(came + came_later) >= announced) is (came >= said and came_later >= said_later)


def test_a_half_that_is_halved_again_counts_by_its_halves() -> None:
    reading = Reading()
    first, second = halves(WHOLE)
    read(reading, first, [3], 3, news=True)
    read(reading, second, [1], 9, news=True)
    for part in halves(second):
        read(reading, part, [4], 4, news=True)
    assert (reading.received, reading.announced) == (11, 11)


@given(st.integers(0, PAGES_WITHOUT_NEWS - 1), st.integers(1, 3))
def test_pages_that_bring_nothing_may_come_in_between(useless: int, useful: int) -> None:
    reading = Reading()
    read(reading, WHOLE, [1] * useful, news=True)
    page = Page([], query=WHOLE, number=useful + 1)
    for _ in range(3):
        for _ in range(useless):
            reading.take(page, brought_news=False)
        reading.take(page, brought_news=True)


@given(st.integers(1, 500))
def test_too_many_pages_in_a_row_that_bring_nothing_end_the_reading(useful: int) -> None:
    reading = Reading()
    read(reading, WHOLE, [1] * useful, news=True)
    page = Page([None], query=WHOLE, number=useful + 1)
    for _ in range(PAGES_WITHOUT_NEWS + useful - 1):
        reading.take(page, brought_news=False)
    with pytest.raises(NothingNew):
        reading.take(page, brought_news=False)


@given(st.integers(1, 1000), st.integers(1, 3))
def test_a_window_that_is_lost_may_be_read_from_its_first_page_again_however_many_there_are(
    pages: int, times: int
) -> None:
    reading = Reading()
    read(reading, WHOLE, [1] * pages, news=True)
    for _ in range(times):
        read(reading, WHOLE, [1] * pages, news=False)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6), st.integers(1, 3))
def test_a_window_on_several_pages_is_read_again_with_other_ones_and_a_window_on_one_page_on_one(
    pages: list[int], number: int
) -> None:
    reading = Reading()
    read(reading, WHOLE, pages, news=True)
    size = reading.other_page_size(number)
    assert size is not None
    assert size != max(pages)
    assert size >= 1
    if len(pages) == 1:
        assert size > pages[0]
