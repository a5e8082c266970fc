"""A search is read completely whatever pages and tokens mean, or it is said that it was not (VO 4, 5.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import cycle, product
from operator import itemgetter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from sandbox.voiso.paging import SEARCH, Paging, answer
from tap_callrecords.errors import PageLost
from tap_callrecords.paging.base import Page, Refusal
from tap_callrecords.paging.search_known import SURE_PAGE, CountedPage, CutShort, SearchPage, dividing
from tap_callrecords.paging.search_token import EMPTY_TOKENS, THIN_PAGES, SearchTokenPaginator
from tap_callrecords.sources.voiso.streams import Interactions

READINGS = ("A", "B1", "B2", "B3", "D")
SIZES_OF_RESULTS = (0, 1, 999, 1000, 1001, 2500, 9999, 10_000, 10_001, 10_500, 19_999, 20_000, 20_001, 25_000, 30_000)
REFUSED = FatalAPIError("refused")


class Walk:
    """A client with the paginator, against a server that is a formula.

    It refuses page numbers, and, where `refused` is negative, so many requests.
    """

    def __init__(
        self,
        total: int,
        paging: Paging,
        size: int = 1000,
        *,
        use_tokens: bool = True,
        refused: Collection[int] = (),
    ) -> None:
        self.total = total
        self.refused = refused
        self.paging = paging
        self.asked: list[SearchPage] = []
        self.read: set[int] = set()
        self.cut = False
        paginator = SearchTokenPaginator(size, key=int, block=paging.block, use_tokens=use_tokens)
        more = True
        while more:
            page = self.ask(paginator.current)
            self.read.update(page.records)
            try:
                more = paginator.advance(page)
            except CutShort:
                self.cut = True
                return

    def ask(self, name: SearchPage) -> Page:
        self.asked.append(name)
        assert len(self.asked) < 20 * (self.total + 10), "it goes round in circles"
        if name.number > 1 and (name.number in self.refused or -len(self.asked) in self.refused):
            return Refusal(error=REFUSED)
        after = None if name.token is None else int(name.token)
        given = answer(self.total, name.number, name.size, after, self.paging)
        if isinstance(given, int):
            assert given == 422, "it asks for what a server can't give"
            return Refusal(error=REFUSED)
        return Page(list(range(given.start, given.stop)), next=None if given.token is None else str(given.token))

    @property
    def is_complete(self) -> bool:
        return self.read == set(range(self.total))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("total", SIZES_OF_RESULTS)
def test_all_is_read_at_the_real_block_size_or_a_possible_cut_is_told(reading: str, total: int) -> None:
    for size in (10_000, 1000, 7, 300) if total in (10_500, 2500) else (10_000, 1000):
        for cap in (None, 500):
            walk = Walk(total, Paging(reading=reading, page_cap=cap), size)  # type: ignore[arg-type]
            assert walk.is_complete, (size, cap)
            assert not walk.cut or total == 10_000, (size, cap)


@pytest.mark.parametrize(
    ("reading", "requests"),
    [("A", 26), ("B1", 27), ("B2", 27), ("B3", 27), ("D", 27)],
)
def test_25000_records_take_the_fewest_requests_that_leave_no_doubt(reading: str, requests: int) -> None:
    walk = Walk(25_000, Paging(reading=reading))  # type: ignore[arg-type]
    assert walk.is_complete
    assert len(walk.asked) == requests


@pytest.mark.parametrize(("reading", "requests"), [("A", 3), ("B1", 3), ("B2", 3), ("B3", 3), ("D", 5)])
def test_pages_of_a_whole_block_take_one_request_each(reading: str, requests: int) -> None:
    walk = Walk(25_000, Paging(reading=reading, final="null"), 10_000)  # type: ignore[arg-type]
    assert walk.is_complete
    assert len(walk.asked) == requests


PAGINGS = st.builds(
    Paging,
    reading=st.sampled_from(READINGS),
    block=st.sampled_from([4, 10, 20, 100]),
    page_cap=st.none() | st.integers(1, 30),
    offset_by=st.sampled_from(["capped", "asked"]),
    beyond_block=st.sampled_from(["refuse", "empty", "last"]),
    reach=st.sampled_from(["begin", "end"]),
    beyond_end=st.sampled_from(["empty", "refuse", "last"]),
    token_on=st.sampled_from(["every", "last", "never"]),
    short_token=st.booleans(),
    final=st.sampled_from(["null", "token", "repeat"]),
)


@settings(max_examples=300)
@given(st.integers(0, 130), PAGINGS, st.integers(1, 120))
@example(8, Paging(block=4, final="repeat"), 2)
def test_no_server_makes_it_lose_a_record_without_a_word(total: int, paging: Paging, size: int) -> None:
    walk = Walk(total, paging, size)
    assert walk.is_complete or walk.cut


@settings(max_examples=300)
@given(
    st.integers(0, 130),
    PAGINGS,
    st.integers(1, 120),
    st.sets(st.one_of(st.integers(2, 30), st.integers(-40, -2)), max_size=5),
    st.booleans(),
)
@example(12, Paging(block=10), 1, {-11}, True)
@example(35, Paging(block=10), 5, {-6}, False)  # within the third block: its token must not lead past the rest of it
def test_no_refused_page_makes_it_lose_a_record_without_a_word(
    total: int, paging: Paging, size: int, refused: set[int], ignored: bool
) -> None:
    # A vendor that caps its pages at one or two records and refuses the second one can't be told from a small window.
    page_cap = None if paging.page_cap is None else max(paging.page_cap, SURE_PAGE)
    walk = Walk(total, replace(paging, page_cap=page_cap, pages_ignored=ignored), size, refused=refused)
    assert walk.is_complete or walk.cut


@settings(max_examples=100)
@given(st.integers(0, 130), PAGINGS, st.integers(1, 120))
def test_results_below_the_block_are_never_taken_for_cut_where_pages_after_the_end_are_empty(
    total: int, paging: Paging, size: int
) -> None:
    paging = replace(paging, beyond_end="empty", beyond_block="empty")
    walk = Walk(min(total, paging.block - 1), paging, size)
    assert walk.is_complete
    assert not walk.cut


@pytest.mark.parametrize("beyond_end", ["refuse", "last"])
@given(st.integers(1, 40), st.integers(1, 20), st.sampled_from([100, 360]), st.sampled_from(READINGS))
def test_a_full_last_page_is_the_last_one_where_a_smaller_page_over_its_end_shows_it(
    beyond_end: str, pages: int, size: int, block: int, reading: str
) -> None:
    size = dividing(size, block)
    total = min(pages * size, block - size)
    walk = Walk(total, Paging(reading=reading, block=block, beyond_end=beyond_end), size)  # type: ignore[arg-type]
    assert walk.is_complete
    assert walk.cut is not any(total % smaller for smaller in range(2, size))
    if not walk.cut:
        last = walk.asked[-1]
        assert (last.number - 1) * last.size < total < last.number * last.size
        assert last.size < size
        assert len(walk.asked) == total // size + 2


def test_a_full_last_page_behind_a_token_is_shown_to_be_the_last_one_by_a_page_behind_that_token() -> None:
    walk = Walk(30, Paging(reading="A", block=20, beyond_end="refuse"), 10)
    assert walk.is_complete
    assert not walk.cut
    assert walk.asked[-1] == SearchPage(2, 9, "20")


@settings(max_examples=100)
@given(st.integers(0, 130), PAGINGS, st.integers(1, 120))
def test_without_tokens_a_full_block_is_told_and_anything_shorter_is_read(
    total: int, paging: Paging, size: int
) -> None:
    walk = Walk(total, paging, size, use_tokens=False)
    assert walk.is_complete or walk.cut
    assert walk.cut or total < paging.block
    assert all(name.token is None for name in walk.asked)


@pytest.mark.parametrize("beyond", ["refuse", "empty", "last", "fail"])
def test_no_page_beyond_the_block_is_asked_for_without_a_token(beyond: str) -> None:
    walk = Walk(120, Paging(block=10_000, reach="end", beyond_block=beyond), 10_000)  # type: ignore[arg-type]
    assert walk.is_complete
    assert not walk.cut


def test_a_token_that_starts_the_search_again_is_found_out() -> None:
    paginator = SearchTokenPaginator(2, key=str, block=4)
    assert paginator.advance(Page([1, 2], next="t"))
    assert paginator.advance(Page([3, 4], next="t"))
    assert paginator.current == SearchPage(1, 2, "t")
    assert paginator.advance(Page([1, 2], next="t"))  # begun again: by token and page, as D has it
    assert paginator.current == SearchPage(3, 2, "t")
    with pytest.raises(CutShort):
        paginator.advance(Page([1, 2], next="t"))


def test_a_token_that_starts_the_search_again_later_on_is_found_out() -> None:
    paginator = SearchTokenPaginator(2, key=str, block=2)
    assert paginator.advance(Page([1, 2], next="t"))
    assert paginator.advance(Page([3, 4], next="u"))
    with pytest.raises(CutShort):
        paginator.advance(Page([1, 2], next="t"))


def test_a_record_that_arrives_meanwhile_does_not_hide_that_the_search_began_again() -> None:
    paginator = SearchTokenPaginator(2, key=str, block=4)
    assert paginator.advance(Page([1, 2], next="t"))
    assert paginator.advance(Page([3, 4], next="t"))
    assert paginator.advance(Page([0, 1], next="t"))
    assert paginator.current == SearchPage(3, 2, "t")


def test_records_that_shift_while_paging_do_not_end_a_block() -> None:
    paginator = SearchTokenPaginator(2, key=str, block=6)
    assert paginator.advance(Page([1, 2]))
    assert paginator.advance(Page([2, 3]))
    assert paginator.advance(Page([4, 5], next="t"))
    assert paginator.current == SearchPage(1, 2, "t")


def test_ever_new_tokens_that_bring_nothing_new_end_it() -> None:
    paginator = SearchTokenPaginator(2, key=str, block=2)
    assert paginator.advance(Page([1, 2], next="t0"))
    for number in range(1, EMPTY_TOKENS):
        assert paginator.advance(Page([], next=f"t{number}"))
    with pytest.raises(CutShort):
        paginator.advance(Page([], next="t"))


def test_a_full_block_whose_token_leads_to_nothing_is_a_cut() -> None:
    paginator = SearchTokenPaginator(2, key=str, block=2)
    assert paginator.advance(Page([1, 2], next="t"))
    with pytest.raises(CutShort) as told:
        paginator.advance(Page([]))
    assert told.value.longest == SURE_PAGE


def test_a_cut_after_a_refused_page_says_what_the_vendor_said_and_how_long_its_pages_are() -> None:
    paginator = SearchTokenPaginator(4, key=str, block=100)
    assert paginator.advance(Page([1, 2, 3, 4]))
    assert paginator.advance(Refusal(error=REFUSED))
    assert paginator.current == SearchPage(2, 3)
    with pytest.raises(CutShort, match=r"^The vendor refuses a page where records may follow\.$") as told:
        paginator.advance(Page([4, 5, 6]))
    assert (told.value.refusal, told.value.longest) == (REFUSED, 4)


def test_a_full_block_without_a_token_is_a_cut_that_nobody_refused() -> None:
    paginator = SearchTokenPaginator(4, key=str, block=4)
    with pytest.raises(CutShort) as told:
        paginator.advance(Page([1, 2, 3, 4]))
    assert str(told.value) == (
        "The vendor's pages ended at its limit for one search, and none of its search tokens led on: records may be "
        "missing."
    )
    assert (told.value.refusal, told.value.longest) == (None, 4)


def test_a_refused_first_page_is_an_error() -> None:
    with pytest.raises(FatalAPIError, match="refused"):
        SearchTokenPaginator(2, key=str, block=4).advance(Refusal(error=REFUSED))


def test_a_refused_token_lets_the_window_be_read_again() -> None:
    paginator = SearchTokenPaginator(4, key=str, block=4)
    assert paginator.advance(Page([1, 2, 3, 4], next="t"))
    with pytest.raises(PageLost, match=r"^The vendor no longer accepts the search token\.$"):
        paginator.advance(Refusal(error=REFUSED))


@given(st.integers(1, 10_000))
def test_pages_divide_the_block_and_are_no_larger_than_configured(size: int) -> None:
    rounded = dividing(size, 10_000)
    assert 10_000 % rounded == 0
    assert size / 2 < rounded <= size


def test_the_real_block_is_ten_thousand() -> None:
    assert Interactions.block == 10_000
    paginator = SearchTokenPaginator(10_000, key=itemgetter("uuid"), block=Interactions.block)
    assert paginator.current == SearchPage(1, 10_000)
    assert SEARCH < 0


class Thinned(Walk):
    """The same, where some records are left out after the pages have been cut (VO A24)."""

    def __init__(self, total: int, paging: Paging, size: int, hidden: Collection[int], counts: str = "none") -> None:
        self.hidden = hidden
        self.counts = {"none": None, "all": total, "visible": total - len(hidden)}[counts]
        self.answers: list[tuple[SearchPage, list[int] | None, bool]] = []
        super().__init__(total, paging, size)

    @override
    def ask(self, name: SearchPage) -> Page:
        page = super().ask(name)
        if isinstance(page, Refusal):
            self.answers.append((name, None, False))
            return page
        records = [record for record in page.records if record not in self.hidden]
        self.answers.append((name, records, page.next is not None))
        return CountedPage(records, next=page.next, total=self.counts)

    @property
    @override
    def is_complete(self) -> bool:
        return self.read == set(range(self.total)) - {*self.hidden}

    @property
    def is_as_without_hidden_records(self) -> bool:
        """Whether a server that has only what was read could have given the same answers: then nothing tells."""
        read = sorted(self.read)
        tokens_tell = any(records for name, records, _ in self.answers if name.token is not None)
        others = product(READINGS, ("empty", "last", "refuse"), ("null", "token", "repeat"), (False, True))
        for reading, beyond_end, final, short_token in others:
            for cap in {None, *range(1, len(read) + 1)}:
                like = replace(
                    self.paging,
                    reading=reading,  # type: ignore[arg-type]
                    beyond_end=beyond_end,  # type: ignore[arg-type]
                    final=final,  # type: ignore[arg-type]
                    short_token=short_token,
                    page_cap=cap,
                )
                if all(self._is_like(each, read, like, tokens_tell=tokens_tell) for each in self.answers):
                    return True
        return False

    @staticmethod
    def _is_like(
        answered: tuple[SearchPage, list[int] | None, bool], read: list[int], like: Paging, *, tokens_tell: bool
    ) -> bool:
        name, records, has_token = answered
        after = None if name.token is None else sum(record < int(name.token) for record in read)
        given = answer(len(read), name.number, name.size, after, like)
        if isinstance(given, int):
            return records is None
        same_token = not tokens_tell or (given.token is not None) == has_token
        return same_token and records == read[given.start : given.stop]


RUNS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 30)), min_size=1, max_size=25)
"""So many records that are seen, then so many that are hidden, and so on."""


def hidden_by(runs: list[tuple[int, int]], total: int, block: int) -> set[int]:
    """Which records are hidden; the last one of each block is not, as else nothing tells that the block is full."""
    seen_and_not = [seen for shown, left_out in runs for seen in [True] * shown + [False] * left_out]
    return {at for at, seen in zip(range(total), cycle(seen_and_not), strict=False) if not seen and (at + 1) % block}


@settings(max_examples=200)
@given(
    st.integers(0, 130),
    PAGINGS.map(lambda paging: replace(paging, page_cap=None)),
    st.integers(1, 120),
    RUNS,
    st.sampled_from(["none", "all", "visible"]),
)
@example(19, Paging(block=20), 4, [(3, 1), (4, 9), (2, 0)], "none")  # a short page, a whole one, two without any
@example(55, Paging(block=20), 5, [(2, 2), (1, 3)], "none")
@example(60, Paging(reading="D", block=20), 20, [(3, 4)], "none")
def test_records_that_are_left_out_of_pages_hide_no_others_where_anything_tells(
    total: int, paging: Paging, size: int, runs: list[tuple[int, int]], counts: str
) -> None:
    walk = Thinned(total, paging, size, hidden_by(runs, total, paging.block), counts)
    assert walk.is_complete or walk.cut or walk.is_as_without_hidden_records


@settings(max_examples=100)
@given(st.integers(0, 130), PAGINGS, st.integers(1, 120), RUNS)
def test_neither_do_they_where_pages_are_capped_too(
    total: int, paging: Paging, size: int, runs: list[tuple[int, int]]
) -> None:
    cap = None if paging.page_cap is None else max(paging.page_cap, SURE_PAGE, paging.block // THIN_PAGES)
    paging = replace(paging, page_cap=cap, token_on="never")
    walk = Thinned(total, paging, size, hidden_by(runs, total, paging.block))
    assert walk.is_complete or walk.cut or walk.is_as_without_hidden_records


@pytest.mark.parametrize("counts", ["all", "visible"])
def test_a_total_that_fits_nothing_has_the_block_read_to_its_end(counts: str) -> None:
    hidden = {*range(700, 3900)}
    walk = Thinned(4500, Paging(), 1000, hidden, counts)  # the first 700 are as if they were all
    assert walk.is_complete
    assert len(walk.asked) == 11
    assert Thinned(4500, Paging(), 1000, hidden).read == {*range(700)}


def test_an_empty_first_page_with_a_token_has_the_block_read_before_the_token_is_used() -> None:
    walk = Thinned(12_000, Paging(), 1000, {*range(2500)})
    assert walk.is_complete
    assert [name for name in walk.asked[:11] if name.token is not None] == [walk.asked[10]]


@pytest.mark.parametrize("size", [1000, 10_000])
@pytest.mark.parametrize("total", [900, 4500, 9900])
def test_pages_with_hidden_records_cost_no_more_than_a_full_block(size: int, total: int) -> None:
    walk = Thinned(total, Paging(), size, {at for at in range(total) if at % 3})
    assert walk.is_complete
    assert len(walk.asked) <= 12


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("total", "size", "requests"),
    [
        (0, 10_000, 1),
        (1, 10_000, 2),
        (300, 10_000, 2),
        (9999, 10_000, 2),
        (0, 1000, 1),
        (1, 1000, 2),
        (300, 1000, 2),
        (999, 1000, 2),
        (1000, 1000, 2),
        (2500, 1000, 4),
        (9500, 1000, 11),
    ],
)
def test_a_plain_short_last_page_costs_one_request_to_see_the_end(
    reading: str, total: int, size: int, requests: int
) -> None:
    walk = Walk(total, Paging(reading=reading), size)  # type: ignore[arg-type]
    assert walk.is_complete
    assert len(walk.asked) == requests
