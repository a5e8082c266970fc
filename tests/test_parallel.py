"""Windows read at once: pages as they arrive, in bounded memory, and a failure that hides nothing before it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_callrecords.stream.parallel import read_windows

windows_of_pages = st.lists(st.lists(st.integers(), max_size=4), max_size=8)


@given(windows_of_pages, st.integers(1, 6))
def test_every_page_arrives_in_the_order_of_its_window_and_before_the_window_s_end(
    pages: list[list[int]], at_once: int
) -> None:
    arrived: dict[int, list[int | None]] = {index: [] for index in range(len(pages))}
    for window, page in read_windows(range(len(pages)), lambda index: pages[index], at_once=at_once):
        arrived[window].append(page)
    assert arrived == {index: [*page, None] for index, page in enumerate(pages)}


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


@given(st.integers(2, 8), st.data(), st.integers(1, 6), st.booleans())
def test_windows_that_fail_with_their_consumer_are_raised_after_all_windows_before_them_have_ended(
    count: int, data: st.DataObject, at_once: int, at_its_end: bool
) -> None:
    failing = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    ended: list[int] = []
    failed: set[int] = set()

    def consume() -> None:
        reader = read_windows(range(count), lambda index: [index, index], at_once=at_once)
        for window, page in reader:
            assert window not in failed
            if window in failing and (page is None or not at_its_end):
                failed.add(window)
                reader.fail(LookupError(window))
            elif page is None:
                ended.append(window)

    with pytest.raises(LookupError) as raised:
        consume()
    assert raised.value.args == (min(failing),)
    assert sorted(ended)[: min(failing)] == list(range(min(failing)))
    assert not failing & set(ended)


def test_windows_are_read_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=20)

    def read(index: int) -> Iterator[int]:
        together.wait()
        yield index

    assert {window for window, _ in read_windows(range(2), read, at_once=2)} == {0, 1}


@pytest.mark.parametrize(("windows", "at_once"), [(1, 4), (3, 1)])
def test_one_window_at_a_time_needs_no_thread(windows: int, at_once: int) -> None:
    reading = read_windows(range(windows), lambda _: [threading.current_thread()], at_once=at_once)
    assert {thread for _, thread in reading if thread} == {threading.current_thread()}


def test_of_two_failures_of_a_window_the_first_one_is_raised() -> None:
    failing: list[threading.Thread] = []
    consumed = threading.Event()

    def read(window: int) -> Iterator[str]:
        if window == 0:
            consumed.wait(20)
            failing[0].join(20)
            yield "the other one has failed in its reader too"
            return
        failing.append(threading.current_thread())
        yield "a page"
        consumed.wait(20)
        raise LookupError("reader")

    def consume() -> None:
        reader = read_windows(range(2), read, at_once=2)
        for window, page in reader:
            if window == 1 and page:
                reader.fail(LookupError("consumer"))
                consumed.set()

    with pytest.raises(LookupError, match="consumer"):
        consume()


def test_a_slow_consumer_loses_no_page() -> None:
    read = 0
    for _, page in read_windows(range(2), lambda _: range(9), at_once=2):
        if not read:
            threading.Event().wait(0.3)  # longer than a reader waits for room before it looks around
        read += page is not None
    assert read == 2 * 9


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
    before = {*threading.enumerate()}
    reading = read_windows(range(4), lambda _: itertools.count(), at_once=4)
    next(reading)
    begun = {*threading.enumerate()} - before
    assert {thread.name for thread in begun} == {f"window-reader-{number}" for number in range(4)}
    assert all(thread.daemon for thread in begun), "one that waits for a vendor would keep a stopped run alive"
    reading.close()
    for thread in begun:
        thread.join(20)
        assert not thread.is_alive()
