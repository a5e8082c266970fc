"""Windows read at once: pages as they arrive, in bounded memory, and a failure that hides nothing before it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_callrecords.windows.parallel import read_windows

windows_of_pages = st.lists(st.lists(st.integers(), max_size=4), max_size=8)


@settings(deadline=None)
@given(windows_of_pages, st.integers(1, 6))
def test_every_page_arrives_in_the_order_of_its_window_and_before_the_window_s_end(
    pages: list[list[int]], at_once: int
) -> None:
    arrived: dict[int, list[int | None]] = {index: [] for index in range(len(pages))}
    for window, page in read_windows(range(len(pages)), lambda index: pages[index], at_once=at_once):
        arrived[window].append(page)
    assert arrived == {index: [*page, None] for index, page in enumerate(pages)}


@settings(deadline=None)
@given(st.integers(1, 8), st.data(), st.integers(1, 6))
def test_a_failing_window_is_raised_after_all_windows_before_it_have_ended(
    count: int, data: st.DataObject, at_once: int
) -> None:
    failing = data.draw(st.integers(0, count - 1))

    def read(index: int) -> Iterator[int]:
        yield index
        if index == failing:
            raise LookupError(index)

    ended: list[int] = []

    def consume() -> None:
        for window, page in read_windows(range(count), read, at_once=at_once):
            if page is None:
                ended.append(window)

    with pytest.raises(LookupError):
        consume()
    assert sorted(window for window in ended if window < failing) == list(range(failing))
    assert failing not in ended


@settings(deadline=None)
@given(st.integers(2, 8), st.data(), st.integers(1, 6), st.booleans())
def test_windows_that_fail_with_their_consumer_are_raised_after_all_windows_before_them_have_ended(
    count: int, data: st.DataObject, at_once: int, at_its_end: bool
) -> None:
    failing = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    ended: list[int] = []

    def consume() -> None:
        reader = read_windows(range(count), lambda index: [index, index], at_once=at_once)
        for window, page in reader:
            if window in failing and (page is None or not at_its_end):
                reader.fail(LookupError(window))
            elif page is None:
                ended.append(window)

    with pytest.raises(LookupError) as raised:
        consume()
    assert raised.value.args == (min(failing),)
    assert sorted(ended)[: min(failing)] == list(range(min(failing)))
    assert not failing & set(ended)


def test_a_slow_consumer_stalls_the_readers() -> None:
    produced = 0
    lock = threading.Lock()

    def read(_: int) -> Iterator[int]:
        nonlocal produced
        for number in range(1000):
            with lock:
                produced += 1
            yield number

    reading = read_windows(range(4), read, at_once=4)
    next(reading)
    deadline = threading.Event()
    deadline.wait(0.2)  # the readers have all the time they want, and no room
    with lock:
        assert produced < 4 * 1000 / 10
    reading.close()


def test_readers_end_when_the_consumer_stops() -> None:
    reading = read_windows(range(4), lambda _: iter(range(1000)), at_once=4)
    next(reading)
    reading.close()
    for thread in threading.enumerate():
        if thread.name.startswith("window-reader"):
            thread.join(2)
            assert not thread.is_alive()
