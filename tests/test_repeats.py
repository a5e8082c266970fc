"""A row met twice is emitted once; a row that differs under the same key is emitted too."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_callrecords import repeats
from tap_callrecords.repeats import SeenRows


@pytest.fixture(params=[repeats.PACKED_AT, 2], ids=["in a dict", "packed"], autouse=True)
def packed_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small windows are kept in a dict; all that follows holds for packed ones as well."""
    monkeypatch.setattr(repeats, "PACKED_AT", request.param)
    monkeypatch.setattr(repeats, "_FLAGS", 4)


many_runs = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
rows = st.tuples(st.integers(0, 5), st.integers(0, 2))  # key, content


@many_runs
@given(st.lists(rows))
def test_equal_rows_of_a_window_are_emitted_once_and_differing_ones_all(arriving: list[tuple[int, int]]) -> None:
    seen = SeenRows()
    emitted = Counter(row for row in arriving if seen.is_new(0, *row))
    assert emitted == Counter(set(arriving))
    assert seen.found(0) == len({key for key, _ in arriving})


@many_runs
@given(st.lists(st.lists(rows)))
def test_a_window_has_the_keys_of_all_its_readings_or_the_rows_of_the_last_one(
    readings: list[list[tuple[int, int]]],
) -> None:
    seen = SeenRows()
    for reading in readings:
        seen.begin_reading(0)
        for row in reading:
            seen.is_new(0, *row)
    keys = {key for reading in readings for key, _ in reading}
    assert seen.found(0) == max(len(keys), len(set(readings[-1])) if readings else 0)


@many_runs
@given(st.lists(rows), st.lists(rows))
def test_a_row_met_in_a_neighbouring_window_is_not_emitted_again_but_counts(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    seen = SeenRows()
    emitted = [row for window, arriving in enumerate((first, second)) for row in arriving if seen.is_new(window, *row)]
    assert sorted(emitted) == sorted(set(first) | set(second))
    assert seen.found(1) == len({key for key, _ in second})


@many_runs
@given(st.lists(st.tuples(st.integers(0, 2), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), max_size=4))))
def test_a_page_at_once_tells_what_its_rows_tell_one_by_one(pages: list[tuple[int, list[tuple[int, int]]]]) -> None:
    at_once, one_by_one = SeenRows(), SeenRows()
    for window, page in pages:
        told = at_once.are_new(window, [key for key, _ in page], [content for _, content in page])
        assert told == [one_by_one.is_new(window, *row) for row in page]
    for window in range(3):
        assert at_once.found(window) == one_by_one.found(window)
    assert at_once.differing == one_by_one.differing


def test_windows_out_of_reach_are_forgotten() -> None:
    seen = SeenRows()
    assert seen.is_new(0, 1, 1)
    assert seen.is_new(1, 2, 1)
    seen.forget_before(2)
    assert seen.is_new(1, 1, 1)  # window 0 was forgotten
    assert not seen.is_new(2, 2, 1)  # window 1 was not
