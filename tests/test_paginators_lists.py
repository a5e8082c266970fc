"""Lists are read whole, with or without pages, and one that is cut is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paging.base import Refusal
from tap_callrecords.paging.lists import ListPage, ListPaginator

OF = "Acme's list for stream acme_agents is cut: "


def paginator() -> ListPaginator:
    return ListPaginator("Acme", "acme_agents", lambda entry: entry["id"])


def page(*ids: int, **said: Any) -> ListPage:
    return ListPage([{"id": each} for each in ids], **said)


@pytest.mark.parametrize("ids", [(), (1, 2)])
@pytest.mark.parametrize("said", [{}, {"pages": 1}, {"entries": 0}])
def test_one_page_is_all_unless_it_speaks_of_more(ids: tuple[int, ...], said: dict[str, Any]) -> None:
    reading = paginator()
    assert reading.current == {}
    assert not reading.advance(page(*ids, **said))


def test_a_page_that_is_named_is_asked_for_by_its_name_and_others_by_number() -> None:
    reading = paginator()
    asked = []
    for ids, said in ((1, {"more": True}), (2, {"following": {"cursor": "x"}}), (3, {"more": True})):
        assert reading.advance(page(ids, **said))
        asked.append(reading.current)
    assert asked == [{"page": "2"}, {"cursor": "x"}, {"page": "4"}]
    assert not reading.advance(page(4))


@pytest.mark.parametrize(("counted", "ends"), [(2, True), (1, True), (3, False), (None, False)])
def test_a_page_that_is_refused_ends_a_list_of_which_all_that_are_counted_came(
    counted: int | None, *, ends: bool
) -> None:
    reading, refused = paginator(), Refusal(error=FatalAPIError("No such page."))
    assert reading.advance(page(1, 2, entries=counted, more=True))
    if ends:
        assert not reading.advance(refused)
    else:
        with pytest.raises(FatalAPIError, match="No such page"):
            reading.advance(refused)


@given(st.integers(1, 6), st.integers(1, 3))
def test_a_list_ends_with_the_last_of_its_pages(pages: int, length: int) -> None:
    reading = paginator()
    ids = [range(length * number, length * (number + 1)) for number in range(pages)]
    assert [reading.advance(page(*each, pages=pages)) for each in ids] == [True] * (pages - 1) + [False]


@given(st.integers(1, 6), st.integers(1, 3), st.booleans())
def test_a_list_ends_when_all_its_entries_have_come_whatever_later_pages_count(
    pages: int, length: int, each_page_counts_itself: bool
) -> None:
    reading = paginator()
    ids = [range(length * number, length * (number + 1)) for number in range(pages)]
    counts = [length * pages if number == 0 or not each_page_counts_itself else length for number in range(pages)]
    answers = [page(*each, entries=count) for each, count in zip(ids, counts, strict=True)]
    assert [*map(reading.advance, answers)] == [True] * (pages - 1) + [False]


def test_entries_of_one_key_count_as_often_as_they_come() -> None:
    assert not paginator().advance(page(1, 1, entries=2))


def test_an_empty_page_ends_a_list_that_counts_nothing() -> None:
    reading = paginator()
    assert reading.advance(page(1, more=True))
    assert not reading.advance(page(more=True))


@pytest.mark.parametrize("last", [(), (1,)])
def test_a_list_without_all_the_entries_that_it_counts_is_told(last: tuple[int, ...]) -> None:
    reading = paginator()
    assert reading.advance(page(1, 2, entries=4))
    assert reading.advance(page(3))
    with pytest.raises(FatalAPIError) as told:
        reading.advance(page(*last))
    assert str(told.value) == (
        f"{OF}4 entries are counted, 3 came, and no further page brings others. Report it to the vendor; until then "
        "deselect the stream."
    )


def test_a_further_page_with_the_entries_of_another_one_is_told() -> None:
    reading = paginator()
    assert reading.advance(page(1, more=True))
    assert reading.advance(page(2, more=True))
    with pytest.raises(FatalAPIError) as told:
        reading.advance(page(1, more=True))
    assert str(told.value) == (
        f"{OF}a further page is announced, but brings the entries of another one. Report it to the vendor; until then "
        "deselect the stream."
    )
