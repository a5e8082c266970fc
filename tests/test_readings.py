"""What a reading of a window has brought is held against what is announced, however it was paged, lost and halved."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paging.base import Page
from tap_callrecords.rows.repeats import SeenRows, Shown
from tap_callrecords.windows.plan import TimeWindow, halves
from tap_callrecords.windows.readings import PAGES_WITHOUT_NEWS, Completeness, NothingNew, Reading

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


@pytest.mark.parametrize("said", [(5, 3, 2), (2, 5, 3), (None, 5, None)])
def test_of_several_numbers_that_are_announced_for_a_query_the_largest_counts(said: tuple[int | None, ...]) -> None:
    reading = Reading()
    for number, announced in enumerate(said, 1):
        reading.take(Page([None], announced=announced, query=WHOLE, number=number), brought_news=True)
    assert reading.announced == 5


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


def test_a_half_for_which_nothing_is_announced_makes_up_for_no_row_of_the_other() -> None:
    reading = Reading()
    first, second = halves(WHOLE)
    read(reading, first, [2], 3, news=True)
    read(reading, second, [4], None, news=True)
    assert (reading.found(6), reading.announced) == (2, 3)


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
    with pytest.raises(NothingNew) as told:
        reading.take(page, brought_news=False)
    assert str(told.value) == (
        f"The vendor keeps returning further pages of one time window, but the last {PAGES_WITHOUT_NEWS + useful} had "
        "no new records. The tap stopped to avoid an endless loop. The bookmark stays before this window; run "
        "again, and report it to the vendor if it persists."
    )


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


@pytest.mark.parametrize(
    ("pages", "number", "before", "size"),
    [
        ([9], 1, [9], 10),  # on one page again, whatever the vendor's smallest step is
        ([9], 2, [9], 11),
        ([30, 30, 5], 1, [30, 30, 5], 20),
        ([30, 30, 5], 2, [20, 20, 20, 5], sys.maxsize),  # the fewest edges
        ([30, 30, 5], 3, [65], sys.maxsize),  # which was all on one page: once more
        ([30, 30, 5], 3, [60, 5], 12),
        ([30, 30, 5], 4, [12] * 6, 10),
        ([1, 1], 1, [1, 1], 2),  # nothing is smaller
        ([1, 1], 3, [1, 1], 4),
        ([], 1, [], None),
    ],
)
def test_the_edges_between_pages_move_from_reading_to_reading(
    pages: list[int], number: int, before: list[int], size: int | None
) -> None:
    first, last = Reading(), Reading()
    read(first, WHOLE, pages or [0], news=True)
    read(last, WHOLE, before or [0], news=True)
    assert first.other_page_size(number, last) == size


SAME = Shown(keys=5, rows=5, digest=1)


@pytest.mark.parametrize(
    ("pages", "others", "shown", "announced", "confirmed"),
    [
        ([3, 2], [3, 2], (SAME, SAME), 5, True),  # as many rows as announced
        ([3, 3], [4, 2], (SAME, SAME), 6, True),  # as many with repeats, at other edges
        ([3, 3], [3, 3], (SAME, SAME), 6, False),  # the same edge may have swallowed a row
        ([6], [6], (SAME, SAME), 6, True),  # no edge at all
        ([3, 3], [3, 4], (SAME, SAME), 6, False),
        ([3, 4], [3, 3], (SAME, SAME), 6, False),
        ([3, 3], [4, 2], (SAME, SAME), 7, False),
        ([3, 2], [5], (SAME, Shown(5, 5, 2)), 5, False),  # other rows
        ([3, 2], [5], (None, SAME), 5, False),  # not at its end
        ([3, 1], [4], (Shown(4, 5, 1), Shown(4, 5, 1)), 5, False),  # a key was met that is gone
        ([3, 3], [4, 2], (Shown(5, 6, 1), Shown(5, 6, 1)), 6, True),  # a key that stands for two rows
    ],
)
def test_two_readings_confirm_a_short_window_only_where_no_edge_can_have_swallowed_a_row(
    pages: list[int], others: list[int], shown: tuple[Shown | None, Shown], announced: int, *, confirmed: bool
) -> None:
    reading, other = Reading(shown[0]), Reading(shown[1])
    read(reading, WHOLE, pages, announced, news=True)
    read(other, WHOLE, others, announced, news=True)
    assert reading.confirms(other, announced, found=5) is confirmed


# The readings of a window, one after the other

SPAN = "from 2026-11-01T00:00:00.000Z to 2026-11-01T12:00:00.000Z"


class Window:
    """A window that is read again for as long as it seems short; `size` is the page size of each further reading."""

    def __init__(self, *, is_binding: bool = True) -> None:
        self.seen = SeenRows()
        self.judge = Completeness(WHOLE, "Acme", logging.getLogger("acme"), is_binding=is_binding)

    def is_read(self, *pages: list[int], announced: int | None) -> TimeWindow | None:
        """What is to be read again after a reading of these pages of rows."""
        reading = Reading()
        for number, rows in enumerate(pages, 1):
            news = [self.seen.is_new(WHOLE.index, row, row) for row in rows]
            page = Page(rows, announced=announced, query=WHOLE, number=number)
            reading.take(page, brought_news=any(news))
        return self.judge.read_again(reading, self.seen)


@pytest.mark.parametrize("announced", [None, 4, 5])
def test_a_window_with_all_that_is_announced_is_complete(
    announced: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert Window().is_read([1, 2], [3, 4, 5], announced=announced) is None
    assert caplog.messages == []


def test_a_short_window_is_read_three_times_more_with_other_pages_and_then_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    window = Window()
    for number, size in ((1, 2), (2, sys.maxsize), (3, 1)):
        again = window.is_read([1, 2, 3, 4], [number], announced=9)
        assert again == replace(WHOLE, rows_per_page=size)
    with pytest.raises(FatalAPIError) as told:
        window.is_read([1, 2, 3, 4], [5], announced=9)
    assert str(told.value) == (
        f"Acme announced 9 rows {SPAN}, but sent 5 in 4 readings. The bookmark stays before this window; run again, "
        "and report it to the vendor if it persists."
    )
    assert caplog.messages == [f"9 rows announced {SPAN}, 4 received: the window is read again."] * 3


def test_rows_that_all_came_on_one_page_are_asked_for_on_one_page_again() -> None:
    window = Window()
    for pages in ([1, 2], [3]), ([1], [2], [3]), ([1, 2, 3],):
        again = window.is_read(*pages, announced=9)
    assert again == replace(WHOLE, rows_per_page=sys.maxsize)


def test_a_reading_that_shows_other_rows_than_the_one_before_confirms_nothing() -> None:
    window = Window()
    assert window.is_read([1, 2], [3, 3], announced=4)
    assert window.is_read([1, 2, 2], [2], announced=4), "3 is missing in this one"


def test_what_another_reading_brings_completes_a_window() -> None:
    window = Window()
    assert window.is_read([1, 2], announced=3)
    assert window.is_read([3], announced=3) is None


def test_what_was_announced_first_holds_where_a_later_reading_announces_nothing() -> None:
    window = Window()
    assert window.is_read([1, 2], announced=3)
    assert window.is_read([1, 2], announced=None)


def test_a_window_is_complete_as_soon_as_less_is_announced() -> None:
    window = Window()
    assert window.is_read([1, 2], announced=3)
    assert window.is_read([1, 2], announced=2) is None


def test_rows_that_repeat_byte_for_byte_make_a_window_complete_when_two_readings_agree(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    window = Window()
    assert window.is_read([1, 2, 2], [3], announced=4)
    assert window.is_read([1, 2], [2, 3], announced=4) is None
    assert caplog.messages[1:] == [
        f"Acme announced 4 rows {SPAN} and sent as many, the same in each reading. 1 of them repeat others byte for "
        "byte: the window is complete."
    ]


def test_rows_that_share_their_key_are_no_repeats(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    judge, seen = Completeness(WHOLE, "Acme", logging.getLogger("acme"), is_binding=True), SeenRows()
    for is_last in (False, True):
        reading = Reading()
        for number, (key, content) in enumerate([(1, 1), (2, 2), (2, 3)], 1):
            news = seen.is_new(WHOLE.index, key, content)
            reading.take(Page([key], announced=3, query=WHOLE, number=number), brought_news=news)
        assert (judge.read_again(reading, seen) is None) is is_last
    assert caplog.messages == [f"3 rows announced {SPAN}, 2 received: the window is read again."]


def test_an_announcement_that_does_not_bind_is_only_told(caplog: pytest.LogCaptureFixture) -> None:
    assert Window(is_binding=False).is_read([1, 2], announced=3) is None
    assert caplog.messages == [
        f"Acme counts 3 rows {SPAN}, but sent 2 different ones. What its count means is not documented; if this "
        "continues, compare with its own reports."
    ]
