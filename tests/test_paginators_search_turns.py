"""What is asked for next in a search, turn by turn: the bounds of pages, ends and tokens (VO 4, 5.2)."""

from __future__ import annotations

import pytest

from tap_callrecords.paging.base import Page
from tap_callrecords.paging.search_known import CutShort, SearchPage
from tests.support.search import NONE, REFUSED, nothing, paginator, talk

FIRST = (1, 4, None, Page([1, 2, 3, 4]))


def test_a_short_page_of_a_size_that_has_come_whole_is_followed_by_the_next_one_within_the_block() -> None:
    asks = paginator(4, 12)
    assert talk(asks, FIRST, (2, 4, None, Page([5, 6])))
    assert asks.current == SearchPage(3, 4)


def test_a_short_last_page_of_a_block_is_followed_by_a_smaller_one_over_its_end() -> None:
    asks = paginator(4, 12)
    assert talk(asks, FIRST, (2, 4, None, Page([5, 6, 7, 8])), (3, 4, None, Page([9, 10, 11])))
    assert asks.current == SearchPage(4, 3)


@pytest.mark.parametrize(
    ("size", "block", "read", "over_the_end", "end"),
    [(3, 9, 1, (2, 2), [3]), (5, 25, 4, (7, 3), [19, 20]), (4, 16, 2, (3, 3), [7, 8])],
)
def test_a_smaller_page_over_the_end_is_asked_for_after_a_refusal(
    size: int, block: int, read: int, over_the_end: tuple[int, int], end: list[int]
) -> None:
    for brought in (end, end[1:], [*end, 99]):
        asks = paginator(size, block)
        for number in range(read):
            assert talk(asks, (number + 1, size, None, Page([size * number + 1 + each for each in range(size)])))
        assert talk(asks, (read + 1, size, None, REFUSED))
        if brought == end:
            assert not talk(asks, (*over_the_end, None, Page(brought)))
        else:
            with pytest.raises(CutShort):
                talk(asks, (*over_the_end, None, Page(brought)))


def test_that_page_may_end_with_the_block_but_not_behind_it() -> None:
    seven = Page([1, 2, 3, 4, 5, 6, 7])
    asks = paginator(12, 12)
    assert talk(asks, (1, 12, None, seven), (2, 6, None, REFUSED))
    assert not talk(asks, (2, 6, None, Page([7])))
    with pytest.raises(CutShort):
        talk(paginator(10, 10), (1, 10, None, seven), (2, 5, None, REFUSED))


def test_behind_a_token_it_may() -> None:
    asks = paginator(4, 4)
    assert talk(asks, (1, 4, None, Page([1, 2, 3, 4], next="d")), (1, 4, "d", Page([1, 2, 3, 4])))
    assert talk(asks, (2, 4, "d", Page([5, 6, 7, 8])), (3, 4, "d", REFUSED))
    assert not talk(asks, (3, 3, "d", Page([7, 8])))


def test_more_records_than_asked_for_fill_a_block_too() -> None:
    asks = paginator(2, 20)
    assert talk(asks, (1, 2, None, Page([*range(10)], next="t")), (2, 2, None, Page([*range(10, 20)], next="t")))
    assert asks.current == SearchPage(1, 2, "t")


def test_page_1_shows_nothing_about_tokens_where_it_came_without_one() -> None:
    asks = paginator(2, 4)
    assert talk(asks, (1, 2, None, Page([1, 2])), (2, 2, None, Page([3, 4], next="t")), (1, 2, "t", Page([5, 6])))
    with pytest.raises(CutShort):
        talk(asks, (2, 2, "t", REFUSED))


def test_nor_does_it_where_no_record_came_behind_it() -> None:
    asks = paginator(2, thinned=True)
    assert talk(asks, (1, 2, None, Page([1], next="t")), *nothing(range(2, 11), 2, None, "u"), (1, 2, "u", Page([21])))
    with pytest.raises(CutShort):
        talk(asks, (2, 2, "u", REFUSED))


def test_a_page_over_the_end_brings_no_token_to_go_on_with() -> None:
    asks = paginator(4, 4)
    assert talk(asks, (1, 4, None, Page([1, 2, 3], next="t")), (2, 2, None, Page([3], next="back")))
    assert asks.current == SearchPage(1, 4, "t")


@pytest.mark.parametrize(
    ("first", "page", "again"), [([1, 2], [2, 5], False), ([1, 2], [1, 5], True), ([1, 2, 3], [2], True)]
)
def test_the_first_half_of_page_1_met_again_shows_that_the_search_has_started_again(
    first: list[int], page: list[int], again: bool
) -> None:
    size = len(first)
    asks = paginator(size, size)
    assert talk(asks, (1, size, None, Page(first, next="t")))
    if again:
        assert talk(asks, (1, size, "t", Page(page)))
        assert asks.current == SearchPage(2, size, "t")
    else:
        assert not talk(asks, (1, size, "t", Page(page)))


def test_a_search_that_starts_again_and_does_not_go_on_tells_how_long_pages_are() -> None:
    asks = paginator(4, 4)
    assert talk(asks, (1, 4, None, Page([1, 2, 3, 4], next="d")), (1, 4, "d", Page([1, 2, 3, 4])))
    with pytest.raises(CutShort) as told:
        talk(asks, (2, 4, "d", NONE))
    assert told.value.longest == 4


def test_page_numbers_that_mean_nothing_show_no_gaps() -> None:
    asks = paginator()
    assert talk(asks, (1, 4, None, Page([1, 2, 3])), (2, 2, None, Page([1, 2])))
    with pytest.raises(CutShort):
        talk(asks, (2, 2, None, Page([1, 2])))
    assert not asks.thinned


def test_nor_does_the_last_page_again_behind_the_last_record() -> None:
    asks = paginator(4, 12)
    last = Page([9, 10])
    assert not talk(asks, FIRST, (2, 4, None, Page([5, 6, 7, 8])), (3, 4, None, last), (6, 2, None, last))
    assert not asks.thinned
