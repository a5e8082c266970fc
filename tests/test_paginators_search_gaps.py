"""What shows that records are left out of a search's pages, and how its pages are read then (VO A24)."""

from __future__ import annotations

import pytest
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.errors import PageLost
from tap_callrecords.paging.base import Page
from tap_callrecords.paging.search_known import CountedPage, CutShort, SearchPage, fits
from tap_callrecords.paging.search_token import SearchTokenPaginator
from tests.support.search import NONE, REFUSED, nothing, paginator, talk


def test_new_records_behind_a_short_page_show_gaps_and_have_every_page_read_from_the_second_one() -> None:
    asks = paginator()
    assert talk(asks, (1, 4, None, Page([1, 2, 3, 4])), (2, 4, None, Page([5, 6])))
    assert (asks.thinned, talk(asks, (3, 4, None, Page([9]))), asks.thinned) == (False, True, True)
    assert not talk(asks, (2, 4, None, Page([5, 6])), (3, 4, None, Page([9])), *nothing(range(4, 6), 4))


@pytest.mark.parametrize(
    ("over_the_end", "shows"),
    [([6, 7, 8], False), ([7, 8], True), ([4, 5, 6, 7, 8], True), ([5, 6, 7, 8], True), ([], True)],
)
def test_a_page_over_the_end_that_does_not_bring_just_the_end_shows_gaps(over_the_end: list[int], shows: bool) -> None:
    asks = paginator(20)
    more = talk(asks, (1, 20, None, Page([1, 2, 3, 4, 5, 6, 7, 8])), (2, 5, None, Page(over_the_end)))
    assert (asks.thinned, more) == (shows, shows)


def test_a_page_over_the_end_that_brings_more_than_the_end_shows_a_cap() -> None:
    asks = paginator(20)
    assert talk(asks, (1, 20, None, Page([1, 2, 3, 4, 5, 6])), (2, 5, None, Page([6, 7, 8, 9, 10])))
    assert not asks.thinned
    assert asks.current == SearchPage(3, 5)


def test_an_empty_first_page_beside_a_token_shows_gaps() -> None:
    asks = paginator()
    assert talk(asks, (1, 4, None, Page([], next="t")))
    assert asks.thinned
    assert talk(asks, *nothing(range(2, 11), 2))
    assert not talk(asks, (1, 2, "t", Page([21])), *nothing(range(2, 11), 2, "t"))
    assert not talk(paginator(), (1, 4, None, NONE))


def test_a_token_that_leads_on_from_a_block_that_was_not_full_shows_gaps() -> None:
    asks = paginator()
    assert talk(asks, (1, 4, None, Page([1], next="t")), (2, 1, None, NONE), (1, 4, "t", Page([21])), (2, 4, "t", NONE))
    assert asks.thinned
    assert talk(asks, *nothing(range(2, 10), 2), (10, 2, None, Page([20], next="t")))
    assert not talk(asks, (1, 2, "t", Page([21])), *nothing(range(2, 11), 2, "t"))  # it has led on
    assert asks.known.seen == {1, 20, 21}


def test_so_does_one_that_leads_on_from_a_later_block_that_was_not_full() -> None:
    asks = paginator(2, 4)
    first = (1, 2, None, Page([1, 2], next="t")), (2, 2, None, Page([3, 4], next="t"))
    assert talk(asks, *first, (1, 2, "t", Page([5], next="u")), (2, 2, "t", NONE))
    assert not asks.thinned
    assert talk(asks, (1, 2, "u", Page([9])), (2, 2, "u", NONE))
    assert asks.thinned


@pytest.mark.parametrize(
    ("total", "shows"),
    [(1, False), (2, False), (3, False), (6, False), (5, False), (4, True), (9, True), (None, False)],
)
def test_a_total_that_fits_nothing_shows_gaps(total: int | None, shows: bool) -> None:
    asks = paginator(2, 20)
    pages = [CountedPage([at, at + 1], total=total) for at in (1, 3, 5)]
    ended = [(number, 2, None, page) for number, page in enumerate([*pages, CountedPage([], total=4)], 1)]
    assert talk(asks, *ended) is shows
    assert asks.thinned is shows


def test_a_total_of_two_is_one_too() -> None:
    asks = paginator(2, 20)
    assert talk(asks, (1, 2, None, CountedPage([1], total=2)), (2, 1, None, CountedPage([], total=2)))
    assert asks.thinned


def test_no_total_is_heeded_where_one_page_is_a_block() -> None:
    assert not talk(paginator(20), (1, 20, None, CountedPage([1], total=9)), (2, 1, None, NONE))


def test_tokens_that_bring_nothing_in_a_row_are_counted_again_after_one_that_brings_something() -> None:
    asks = paginator(1, 4, thinned=True)
    assert talk(asks, (1, 1, None, Page([1], next="a")), *nothing(range(2, 5), 1, None, "a"))
    assert talk(asks, *nothing(range(1, 5), 1, "a", "b"), *nothing(range(1, 5), 1, "b", "c"))
    assert talk(asks, (1, 1, "c", Page([9], next="d")), *nothing(range(2, 5), 1, "c", "d"))
    assert talk(asks, *nothing(range(1, 5), 1, "d", "e"), *nothing(range(1, 5), 1, "e", "f"))
    with pytest.raises(CutShort) as told:
        talk(asks, *nothing(range(1, 5), 1, "f", "g"))
    assert told.value.longest == 3


def test_every_page_is_read_from_the_first_one_where_gaps_are_known_from_other_windows() -> None:
    asks = paginator(thinned=True)
    assert talk(asks, (1, 2, None, Page([1, 2])), *nothing(range(2, 10), 2))
    assert not talk(asks, (10, 2, None, NONE))


@pytest.mark.parametrize(
    ("size", "block", "sure"),
    [(4, 20, 2), (1, 20, 1), (10_000, 10_000, 1000), (300, 10_000, 250), (4, 4, 2), (100, 100, 10)],
)
def test_pages_are_then_a_tenth_of_the_block_or_shorter_where_shorter_ones_are_asked_for(
    size: int, block: int, sure: int
) -> None:
    assert paginator(size, block, thinned=True).current == SearchPage(1, sure)


def test_pages_are_then_no_longer_than_one_that_has_come_whole() -> None:
    asks = SearchTokenPaginator(100, key=int, block=100)
    assert talk(asks, (1, 100, None, Page([1, 2, 3])), (2, 2, None, Page([3, 4])), (3, 2, None, Page([5])))
    assert talk(asks, (4, 2, None, Page([9])))
    assert asks.current == SearchPage(2, 2)


def test_a_hundred_pages_in_a_row_that_bring_nothing_end_a_block() -> None:
    asks = paginator(1, 1000, thinned=True)
    assert talk(asks, (1, 1, None, Page([1])), *nothing(range(2, 101), 1), (101, 1, None, Page([2])))
    assert not talk(asks, *nothing(range(102, 202), 1))
    asks = paginator(1, 1000)
    assert talk(asks, (1, 1, None, Page([], next="t")), *nothing(range(2, 102), 1))
    assert asks.current == SearchPage(1, 1, "t")


def test_a_page_that_comes_again_ends_a_block_with_gaps() -> None:
    asks = paginator(thinned=True)
    again = Page([3, 4], next="t")
    assert talk(asks, (1, 2, None, Page([1, 2])), (2, 2, None, again), (3, 2, None, again))
    assert not talk(asks, (1, 2, "t", Page([5])), (2, 2, "t", Page([5])))


def test_page_numbers_that_mean_nothing_are_found_out() -> None:
    asks = paginator()
    assert talk(asks, (1, 4, None, Page([1, 2, 3])), (2, 2, None, Page([1])))
    assert asks.thinned
    with pytest.raises(CutShort) as told:
        talk(asks, (2, 2, None, Page([1])))
    assert (told.value.refusal, told.value.longest) == (None, 3)


def test_so_are_they_where_gaps_are_known_from_other_windows() -> None:
    asks = paginator(thinned=True)
    assert talk(asks, (1, 2, None, Page([1])))
    with pytest.raises(CutShort):
        talk(asks, (2, 2, None, Page([1])))


def test_pages_that_are_refused_to_the_end_of_a_block_lie_behind_its_last_record() -> None:
    asks = paginator(thinned=True)
    refused = [(number, 2, None, REFUSED) for number in range(3, 11)]
    assert talk(asks, (1, 2, None, Page([1, 2])), (2, 2, None, Page([3], next="t")), *refused)
    assert not talk(asks, (1, 2, "t", NONE), *nothing(range(2, 11), 2, "t"))


@pytest.mark.parametrize("records", [[], [7]])
def test_a_refused_page_that_others_follow_is_a_cut(records: list[int]) -> None:
    asks = paginator(thinned=True)
    assert talk(asks, (1, 2, None, Page([1, 2])), (2, 2, None, REFUSED), (3, 2, None, REFUSED))
    with pytest.raises(CutShort) as told:
        talk(asks, (4, 2, None, Page(records)))
    assert (told.value.refusal, told.value.longest) == (REFUSED.error, 3)


def test_a_first_page_that_is_refused_is_an_error_there_too() -> None:
    with pytest.raises(FatalAPIError, match="refused"):
        talk(paginator(thinned=True), (1, 2, None, REFUSED))
    asks = paginator(thinned=True)
    assert talk(asks, (1, 2, None, Page([1], next="t")), *nothing(range(2, 11), 2))
    with pytest.raises(PageLost):
        talk(asks, (1, 2, "t", REFUSED))


def first_block(asks: SearchTokenPaginator, *, last: Page) -> None:
    """Answer the pages of the first block, each with its own token, as B has it."""
    assert talk(asks, (1, 2, None, Page([1, 2], next="t1")), (2, 2, None, Page([3], next="t2")))
    assert talk(asks, *nothing(range(3, 10), 2, None, "t9"), (10, 2, None, last))


def test_pages_refused_beside_a_token_are_done_without_where_tokens_lead_on_from_their_answers() -> None:
    asks = paginator(2, thinned=True)
    first_block(asks, last=Page([20], next="t10"))
    assert talk(asks, (1, 2, "t10", Page([21], next="t11")), (2, 2, "t10", REFUSED), (1, 2, "t1", Page([3, 4])))
    assert talk(asks, (1, 2, "t11", Page([23, 24], next="t12")))
    assert not talk(asks, (1, 2, "t12", NONE))


def test_pages_refused_beside_a_token_are_a_cut_elsewhere() -> None:
    asks = paginator(2, thinned=True)
    first_block(asks, last=Page([20], next="t10"))
    assert talk(asks, (1, 2, "t10", Page([21], next="t11")), (2, 2, "t10", REFUSED))
    with pytest.raises(CutShort) as told:
        talk(asks, (1, 2, "t1", Page([4])))
    assert told.value.refusal is REFUSED.error


def test_pages_go_on_behind_a_block_with_gaps_where_a_token_names_the_search() -> None:
    asks = paginator(2, thinned=True)
    first_block(asks, last=Page([20], next="t"))
    assert talk(asks, (1, 2, "t", Page([1, 2], next="t")))
    assert talk(asks, (11, 2, "t", NONE), (12, 2, "t", Page([24])), *nothing(range(13, 21), 2, "t"))
    assert talk(asks, *nothing(range(21, 30), 2, "t"))
    assert not talk(asks, (30, 2, "t", NONE))


@pytest.mark.parametrize("full", [True, False])
def test_a_token_that_only_begins_the_search_again_is_a_cut_where_the_last_page_of_a_block_brought_records(
    full: bool,
) -> None:
    asks = paginator(2, thinned=True)
    first_block(asks, last=Page([20] if full else [], next="t"))
    assert talk(asks, (1, 2, "t", Page([1], next="t")), *nothing(range(11, 20), 2, "t"))
    if full:
        with pytest.raises(CutShort):
            talk(asks, (20, 2, "t", NONE))
    else:
        assert not talk(asks, (20, 2, "t", NONE))


def test_a_block_whose_last_page_brings_records_is_a_cut_without_a_token_that_leads_on() -> None:
    asks = paginator(thinned=True)
    assert talk(asks, (1, 2, None, Page([1])), *nothing(range(2, 10), 2))
    with pytest.raises(CutShort):
        talk(asks, (10, 2, None, Page([20])))


def test_a_later_block_that_ends_with_records_and_the_token_it_was_asked_with_is_a_cut() -> None:
    asks = paginator(thinned=True)
    assert talk(asks, (1, 2, None, Page([1], next="t")), *nothing(range(2, 11), 2))
    assert talk(asks, (1, 2, "t", Page([21])), *nothing(range(2, 10), 2, "t"))
    with pytest.raises(CutShort):
        talk(asks, (10, 2, "t", Page([40], next="t")))


def test_tokens_are_used_where_pages_have_gaps_even_if_plain_pages_were_asked_for() -> None:
    asks = paginator(use_tokens=False, thinned=True)
    assert talk(asks, (1, 2, None, Page([1], next="t")), *nothing(range(2, 11), 2))
    assert asks.current == SearchPage(1, 2, "t")


def test_but_not_for_a_search_without_any_record() -> None:
    asks = paginator(use_tokens=False)
    assert talk(asks, (1, 4, None, Page([], next="t")), *nothing(range(2, 10), 2))
    assert not talk(asks, (10, 2, None, NONE))


@pytest.mark.parametrize(
    ("total", "rows", "is_one"),
    [
        (50, 50, True),
        (1, 50, True),  # pages of 1000
        (2, 1500, True),
        (15, 1500, True),  # pages of 100
        (16, 1500, False),
        (12_000, 12_000, True),
        (10_000, 12_000, True),  # of the first block
        (10, 12_000, True),
        (12, 12_000, True),
        (100, 12_000, True),
        (120, 12_000, True),
        (1, 0, True),
        (0, 0, True),
        (2, 0, False),
        (100, 101, True),  # one has arrived
        (100, 102, False),
        (101, 103, True),
        (150, 152, True),
        (51, 50, False),
    ],
)
def test_a_total_fits_records_or_pages_of_the_search_or_of_its_first_block(total: int, rows: int, is_one: bool) -> None:
    assert fits(total, rows, {1000, 100}, 10_000) is is_one
