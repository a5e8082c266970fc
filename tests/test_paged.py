"""How the pages of a window are got: each one named, again from the first, otherwise than asked, or in halves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.errors import AskedTooMuch, PageLost, RangeRefused, Refused
from tap_callrecords.paging.base import Page, Paginator
from tap_callrecords.stream.hooks import Asked
from tap_callrecords.stream.paged import PagedStream
from tap_callrecords.windows.plan import TimeWindow

START = datetime(2026, 11, 1, tzinfo=UTC)


def window(hours: float, index: int = 0) -> TimeWindow:
    end = START + timedelta(hours=hours)
    return TimeWindow(index, START, end, START, end)


class Names(Paginator[str]):
    """Names pages one after the other."""

    def __init__(self, names: str) -> None:
        self._names = iter(names)
        self.current = next(self._names)

    @override
    def advance(self, page: Page) -> bool:
        following = next(self._names, None)
        self.current = following or self.current
        return following is not None


class Scripted(PagedStream[Any]):
    """A stream whose requests and answers are what a test makes of them; without a tap and a vendor."""

    logger = logging.getLogger("scripted")
    names = "a"

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.__dict__["api"] = SimpleNamespace(patient=lambda ask: ask)

    @override
    def get_records(self, context: Any) -> Any:
        raise NotImplementedError

    @override
    def new_paginator(self, window: TimeWindow) -> Names:
        return Names(self.names)

    @override
    def request(self, window: TimeWindow, page: Any) -> Any:
        return None

    @override
    def page(self, *_: Any) -> Page:
        raise NotImplementedError

    def answer(self, asked: Asked) -> Page:
        """What comes of it; may raise."""
        return Page([asked.name])

    @override
    def _ask(self, asked: Asked, request: Any) -> Page:
        self.asked.append(asked)
        return self.answer(asked)

    @property
    def lengths(self) -> list[float]:
        """How many minutes each query asked for."""
        return [(each.window.query_end - each.window.query_start).total_seconds() / 60 for each in self.asked]


class Shy(Scripted):
    """Refuses more than an hour and a second at once."""

    trouble: type[AskedTooMuch] = RangeRefused

    @override
    def answer(self, asked: Asked) -> Page:
        if self.lengths[-1] > 61:
            raise self.trouble("Too long.")
        return super().answer(asked)


def test_pages_are_counted_within_their_window_and_from_one_again_where_it_begins_again() -> None:
    stream = Scripted()
    stream.names = "abcab"
    pages = [*stream.drain(window(1))]
    assert [(page.records, page.number) for page in pages] == [
        (["a"], 1),
        (["b"], 2),
        (["c"], 3),
        (["a"], 1),
        (["b"], 2),
    ]
    assert {page.query for page in pages} == {window(1)}


def test_a_range_that_is_refused_is_read_in_halves_and_none_as_long_is_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = Shy()
    first = [page.query for page in stream.drain(window(4))]
    assert stream.lengths[0] == 240
    assert len(first) == 4
    assert (first[0].query_start, first[-1].query_end) == (START, START + timedelta(hours=4))
    assert all(later.query_start < earlier.query_end for earlier, later in pairwise(first))
    assert caplog.messages[0] == (
        "Too long. The window from 2026-11-01T00:00:00.000Z to 2026-11-01T04:00:00.000Z is read again in halves."
    )
    refused = len(caplog.messages)
    assert refused == 2, "the second half is as long as the first one, which was refused"
    stream.asked.clear()
    assert len([*stream.drain(window(4, index=1))]) == 4
    assert max(stream.lengths) < 61
    assert len(caplog.messages) == refused


def test_a_window_that_is_too_much_says_nothing_about_others_as_long() -> None:
    stream = Shy()
    stream.trouble = AskedTooMuch
    for _ in range(2):
        stream.asked.clear()
        assert len([*stream.drain(window(4))]) == 4
        assert stream.lengths[0] == 240


@pytest.mark.parametrize(("seconds", "tries"), [(60, 1), (62, 2)])
def test_a_minute_is_not_halved(seconds: int, tries: int) -> None:
    class Refusing(Scripted):
        @override
        def answer(self, asked: Asked) -> Page:
            raise AskedTooMuch("Too much.")

    stream = Refusing()
    with pytest.raises(FatalAPIError) as told:
        [*stream.drain(window(seconds / 3600))]
    assert str(told.value) == (
        "Too much. Windows down to a minute were tried; the bookmark stays before this one: run again, and report it "
        "to the vendor if it stays so."
    )
    assert len(stream.asked) == tries


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_window_that_is_lost_is_read_from_its_first_page_again_twice(
    lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Forgetting(Scripted):
        names = "ab"

        @override
        def answer(self, asked: Asked) -> Page:
            if asked.name == "b" and len(self.asked) <= 2 * lost:
                raise PageLost("Forgotten.")
            return super().answer(asked)

    def read(stream: Scripted) -> Iterator[tuple[Any, int]]:
        for page in stream.drain(window(1)):
            yield page.records[0], page.number

    if lost == 3:
        with pytest.raises(PageLost):
            [*read(Forgetting())]
    else:
        assert [*read(Forgetting())] == [("a", 1)] * lost + [("a", 1), ("b", 2)]
    assert caplog.messages == ["Forgotten. The window is read from its first page again."] * min(lost, 2)


class Insisting(Scripted):
    """Asks otherwise after each refusal, until a limit; then takes a page for it."""

    names = "ab"

    @override
    def answer(self, asked: Asked) -> Page:
        if asked.name != "b":
            return super().answer(asked)
        raise Refused("No.", 400)

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        return replace(asked, because=error) if asked.tries < 3 else Page(["instead of b"])


def test_a_page_that_does_not_come_is_asked_for_otherwise_and_each_try_is_counted() -> None:
    stream = Insisting()
    assert [page.records[0] for page in stream.drain(window(1))] == ["a", "instead of b"]
    assert [(each.name, each.tries) for each in stream.asked] == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
    assert [str(each.because) for each in stream.asked] == ["None", "None", "No.", "No."]


def test_what_nothing_can_be_done_about_is_raised() -> None:
    class Refusing(Scripted):
        @override
        def answer(self, asked: Asked) -> Page:
            raise Refused("No.", 400)

    with pytest.raises(Refused, match=r"^No\.$"):
        [*Refusing().drain(window(1))]
