"""A row met twice is emitted once; a row that differs under the same key is emitted too."""

from __future__ import annotations

import weakref
from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_callrecords.rows import repeats
from tap_callrecords.rows.repeats import OnceOnly, SeenRows


@pytest.fixture(params=[repeats.PACKED_AT, 2], ids=["in a dict", "packed"], autouse=True)
def packed_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small windows are kept in a dict; all that follows holds for packed ones as well."""
    monkeypatch.setattr(repeats, "PACKED_AT", request.param)
    monkeypatch.setattr(repeats, "_FLAGS", 4)


ENDS = (-(2**63), 2**63 - 1)  # of what Python's hash gives
rows = st.tuples(st.sampled_from([*ENDS, -9, 0, 1, 9]), st.sampled_from([*ENDS, 0]))  # key, content


Row = tuple[int, int]


def emitted(seen: SeenRows, window: int, arriving: list[Row]) -> list[Row]:
    """What a window emits, to its end."""
    now = [row for row in arriving if seen.is_new(window, *row)]
    last = dict(arriving)
    return now + [(key, last[key]) for key in seen.take_returned(window)]


@given(st.lists(rows))
def test_each_different_row_of_a_window_is_emitted_and_the_one_seen_last_comes_last(arriving: list[Row]) -> None:
    seen = SeenRows()
    came = emitted(seen, 0, arriving)
    assert set(came) == set(arriving)
    assert dict(came) == dict(arriving)
    assert seen.found(0) == len({key for key, _ in arriving})
    assert seen.differing == len(set(arriving)) - len(dict(arriving))


@given(st.lists(rows))
@example([(1, 0), (1, 5), (1, 0), (1, 9)])  # what was to come again is not the last any more
def test_a_row_is_emitted_again_only_where_another_one_of_its_key_came_between(arriving: list[Row]) -> None:
    came = emitted(SeenRows(), 0, arriving)
    for key, content in set(came):
        versions = [row[1] for row in came if row[0] == key]
        assert versions.count(content) <= (2 if versions[-1] == content else 1)
        assert all(one != other for one, other in pairwise(versions))


@given(parts=st.lists(st.lists(rows), max_size=4), same=st.booleans())
def test_the_row_seen_last_comes_last_over_readings_and_neighbouring_windows(
    parts: list[list[Row]], *, same: bool
) -> None:
    seen = SeenRows(reach=1 if same else 3)
    came: list[Row] = []
    for number, part in enumerate(parts):
        window = 0 if same else number
        seen.begin_reading(window)
        came += emitted(seen, window, part)
    last = {key: content for part in parts for key, content in part}
    assert dict(came) == last
    assert set(came) == {row for part in parts for row in part}


@given(st.lists(st.tuples(st.integers(0, 1), rows)))
@example([(0, (1, 0)), (0, (1, 5)), (0, (1, 0)), (1, (1, 5))])
@example([(0, (1, 0)), (0, (1, 5)), (1, (1, 5)), (0, (1, 0)), (1, (1, 5))])
def test_the_row_seen_last_comes_last_of_windows_that_are_read_at_once(arriving: list[tuple[int, Row]]) -> None:
    seen = SeenRows()
    came = [row for window, row in arriving if seen.is_new(window, *row)]
    for window in (1, 0):
        kept = {key: content for key, (_, content) in seen.returned.items()}
        came += [(key, kept[key]) for key in seen.take_returned(window)]
    assert dict(came) == dict(row for _, row in arriving)
    for key in dict(came):
        assert all(one != other for one, other in pairwise([row for row in came if row[0] == key]))


@given(st.lists(st.tuples(st.sampled_from([0, 2]), rows)), st.integers(1, 3))
def test_windows_out_of_reach_know_nothing_of_each_other(arriving: list[tuple[int, Row]], apart: int) -> None:
    both, alone = SeenRows(reach=apart), {0: SeenRows(), 2: SeenRows()}
    for window, row in arriving:
        assert both.is_new(window and apart + 1, *row) is alone[window].is_new(window, *row)


@given(st.lists(st.tuples(st.integers(0, 1), rows)))
def test_a_window_has_shown_exactly_its_own_rows_whatever_its_neighbour_emits_meanwhile(
    arriving: list[tuple[int, Row]],
) -> None:
    seen = SeenRows()
    for window, row in arriving:
        seen.is_new(window, *row)
    for window in (0, 1):
        own = [row for at, row in arriving if at == window]
        shown = seen.shown(window)
        assert (shown.keys, shown.rows, seen.size(window)) == (len(dict(own)), len(set(own)), len(set(own)))


@given(st.lists(rows), st.lists(rows), st.lists(rows))
def test_a_reading_tells_exactly_which_rows_it_has_shown(
    before: list[Row], first: list[Row], second: list[Row]
) -> None:
    seen = SeenRows()
    emitted(seen, 0, before)
    emitted(seen, 1, first)
    shown = seen.shown(1)
    assert (shown.keys, shown.rows, seen.size(1)) == (len(dict(first)), len(set(first)), len(set(first)))
    seen.begin_reading(1)
    emitted(seen, 1, second)
    again = seen.shown(1)
    assert (again.keys, again.rows, seen.size(1)) == (len(dict(second)), len(set(second)), len(set(second)))
    assert (again == shown) is (set(first) == set(second))


@given(st.lists(st.lists(rows)))
def test_a_window_has_the_keys_of_all_its_readings(readings: list[list[Row]]) -> None:
    seen = SeenRows()
    for reading in readings:
        seen.begin_reading(0)
        emitted(seen, 0, reading)
    assert seen.found(0) == len({key for reading in readings for key, _ in reading})


@given(st.lists(rows), st.lists(rows))
def test_a_row_met_in_a_neighbouring_window_is_not_emitted_again_but_counts(
    first: list[Row], second: list[Row]
) -> None:
    seen = SeenRows()
    came = emitted(seen, 0, first)
    again = emitted(seen, 1, second)
    keys = [key for key, _ in set(first) | set(second)]
    assert all(keys.count(key) > 1 for (key, _), times in Counter([*came, *again]).items() if times > 1)
    assert set(came) | set(again) == set(first) | set(second)
    assert seen.found(1) == len({key for key, _ in second})


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.booleans(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), max_size=4)
        )
    )
)
def test_a_page_at_once_tells_what_its_rows_tell_one_by_one(pages: list[tuple[int, bool, list[Row]]]) -> None:
    at_once, one_by_one = SeenRows(), SeenRows()
    for window, again, page in pages:
        if again:
            at_once.begin_reading(window)
            one_by_one.begin_reading(window)
        told = at_once.are_new(window, [key for key, _ in page], [content for _, content in page])
        assert told == [one_by_one.is_new(window, *row) for row in page]
    for window in range(3):
        assert at_once.found(window) == one_by_one.found(window)
        assert at_once.shown(window) == one_by_one.shown(window)
    assert at_once.differing == one_by_one.differing


def test_windows_out_of_reach_are_forgotten() -> None:
    seen = SeenRows()
    assert seen.is_new(0, 1, 1)
    assert seen.is_new(1, 2, 1)
    seen.forget_before(2)
    assert seen.is_new(1, 1, 1)  # window 0 was forgotten
    assert not seen.is_new(2, 2, 1)  # window 1 was not


class Call(msgspec.Struct, weakref=True):
    id: str
    talk_seconds: int


def test_a_record_is_kept_only_while_it_may_have_to_be_emitted_again() -> None:
    once = OnceOnly(SeenRows(), ["id"])
    back_again = Call("a", 1)
    is_kept = weakref.ref(back_again)
    for page in ([Call("a", 1)], [Call("a", 2)], [back_again]):
        once.new(0, page)
    del page, back_again
    assert is_kept() is not None
    assert once.new(0, [Call("a", 2)]) == ([], [], False)
    assert is_kept() is None
    assert once.returned(0) == ([], [])
