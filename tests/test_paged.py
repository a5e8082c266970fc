"""How the pages of a window are got: each one named, again from the first, otherwise than asked, or in halves."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from typing_extensions import override

from tap_callrecords.errors import AskedTooMuch, BrokenBody, PageLost, RangeRefused, Refused
from tap_callrecords.http import retries
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
        assert isinstance(page, Page)
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
        assert isinstance(window, TimeWindow)
        return Names(self.names)

    @override
    def request(self, window: TimeWindow, page: Any) -> Any:
        return window, page

    @override
    def page(self, *_: Any) -> Page:
        raise NotImplementedError

    def answer(self, asked: Asked) -> Page:
        """What comes of it; may raise."""
        return Page([asked.name])

    @override
    def _ask(self, asked: Asked, request: Any) -> Page:
        assert request == (asked.window, asked.name)
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
        "to the vendor if it persists."
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


class Refusing(Scripted):
    """Refuses a page so many times."""

    names = "abc"
    refused, status, times = "b", 404, 2

    @override
    def answer(self, asked: Asked) -> Page:
        if asked.name == self.refused and self.times:
            self.times -= 1
            raise Refused("No.", self.status)
        return super().answer(asked)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; nobody waits."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_page_after_others_that_is_refused_is_asked_for_twice_more_with_a_longer_pause_each_time(
    status: int, pauses: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 1.0)
    monkeypatch.setattr(retries, "LONGEST_WAIT_SECONDS", 60.0)
    stream = Refusing()
    stream.status = status
    assert [page.records for page in stream.drain(window(1))] == [["a"], ["b"], ["c"]]
    assert [each.name for each in stream.asked] == ["a", "b", "b", "b", "c"]
    first, second = pauses
    assert 0.5 <= first <= 1 <= second <= 2
    assert caplog.messages == ["No. A page after others was refused: it is asked for again."] * 2


@pytest.mark.parametrize(
    ("refused", "status", "times", "asked"),
    [("b", 404, 3, "abbb"), ("b", 403, 1, "ab"), ("b", 410, 1, "ab"), ("a", 404, 1, "a"), ("c", 400, 3, "abccc")],
)
def test_a_refusal_is_believed_after_three_tries_or_where_another_try_is_no_use(
    refused: str, status: int, times: int, asked: str, pauses: list[float]
) -> None:
    stream = Refusing()
    stream.refused, stream.status, stream.times = refused, status, times
    with pytest.raises(Refused, match=r"^No\.$"):
        [*stream.drain(window(1))]
    assert "".join(each.name for each in stream.asked) == asked
    assert len(pauses) == len(asked) - len(set(asked))


def test_what_a_source_makes_of_a_refusal_is_raised_at_once(pauses: list[float]) -> None:
    class Knowing(Refusing):
        @override
        def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
            raise Refused("A page that the plan does not include.", 404)

    stream = Knowing()
    with pytest.raises(Refused, match="plan"):
        [*stream.drain(window(1))]
    assert ([each.name for each in stream.asked], pauses) == (["a", "b"], [])


class Answered(PagedStream[Any]):
    """A stream whose one request has an answer; its body is the page's one row."""

    name, path = "scripted", "/calls"
    logger = metrics_logger = logging.getLogger("scripted")
    get_records = new_paginator = request = None  # type: ignore[assignment]

    def __init__(self, body: bytes, rows: list[Any] | None) -> None:
        self.answer = requests.Response()
        self.answer.status_code, self.answer.elapsed, self.answer._content = 206, timedelta(seconds=1.5), body
        self.rows = rows
        self.__dict__["api"] = SimpleNamespace(send={"a request": self.answer}.__getitem__)

    @override
    def read_body(self, response: requests.Response) -> Any:
        assert response is self.answer
        if self.rows is None:
            raise BrokenBody("nothing")
        return {"total": 1}, self.rows

    @override
    def page(self, *what: Any) -> Page:
        return Page([*what])

    def ask(self, asked: Asked) -> list[Any]:
        """What its page was made of."""
        return [*self._ask(asked, "a request").records]  # type: ignore[arg-type]


def test_a_page_is_what_its_stream_makes_of_the_answer_and_how_long_it_took_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    stream, asked = Answered(b"{}", ["a row"]), Asked(window(1), "a")
    assert stream.ask(asked) == [asked, {"total": 1}, ["a row"], stream.answer]
    (line,) = caplog.messages
    told = json.loads(line.partition("METRIC: ")[2])
    assert (told["type"], told["metric"], told["value"]) == ("timer", "http_request_duration", 1.5)
    assert told["tags"] == {
        "stream": "scripted",
        "endpoint": "/calls",
        "http_status_code": 206,
        "status": "succeeded",
    } | {name: told["tags"][name] for name in ("pid",) if name in told["tags"]}


@pytest.mark.parametrize(
    ("body", "rows"), [(b"{", None), (b'{"error": "no"}', []), (b'{"success": false}', [])], ids=str
)
def test_an_answer_that_can_not_be_read_or_says_itself_that_it_failed_is_asked_for_again(
    body: bytes, rows: list[Any] | None
) -> None:
    stream = Answered(body, rows)
    with pytest.raises(RetriableAPIError) as broken:
        stream.ask(Asked(window(1), "a"))
    assert broken.value.response is stream.answer


@pytest.mark.parametrize(("body", "rows"), [(b'{"error": "no"}', ["a row"]), (b'{"status": "ok"}', [])], ids=str)
def test_rows_are_taken_whatever_stands_beside_them_and_no_rows_where_nothing_speaks_of_a_failure(
    body: bytes, rows: list[Any]
) -> None:
    assert Answered(body, rows).ask(Asked(window(1), "a"))[2] == rows
