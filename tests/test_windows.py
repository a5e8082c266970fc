"""Which time windows a run reads: nothing between the first and the last instant is left out."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_callrecords.windows.plan import (
    OVERLAP,
    ContiguousEnd,
    Span,
    TimeWindow,
    ceil_second,
    epoch_ms,
    floor_second,
    halves,
    plan_span,
    plan_windows,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
minutes = st.integers(0, 600).map(lambda each: timedelta(minutes=each))
lengths = st.integers(1, 24 * 40).map(lambda each: timedelta(hours=each))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(instants)
    return Span(start, start + draw(st.timedeltas(timedelta(0), timedelta(days=60))))


@given(spans(), lengths, st.floats(0, 1))
def test_every_instant_lies_strictly_inside_a_query(span: Span, length: timedelta, where: float) -> None:
    windows = plan_windows(span, length)
    instant = span.start + (span.end - span.start) * where
    inside = any(window.query_start < instant < window.query_end for window in windows)
    assert inside or span.start == span.end


@given(spans(), lengths)
def test_windows_touch_each_other_and_cover_the_span_exactly(span: Span, length: timedelta) -> None:
    windows = plan_windows(span, length)
    edges = [window.start for window in windows] + [window.end for window in windows[-1:]]
    assert edges == sorted(edges)
    assert all(left.end == right.start for left, right in itertools.pairwise(windows))
    if windows:
        assert (edges[0], edges[-1]) == (span.start, span.end)


@given(spans(), lengths)
def test_neighbouring_queries_overlap_by_one_second(span: Span, length: timedelta) -> None:
    windows = plan_windows(span, length)
    assert all(left.query_end - right.query_start == OVERLAP for left, right in itertools.pairwise(windows))


@given(spans(), lengths)
def test_no_window_is_longer_than_allowed(span: Span, length: timedelta) -> None:
    assert all(window.end - window.start <= length for window in plan_windows(span, length))


@given(instants, st.timedeltas(timedelta(0), timedelta(days=60)), lengths)
def test_a_span_that_ends_where_it_begins_or_before_has_no_windows(
    start: datetime, before: timedelta, length: timedelta
) -> None:
    assert plan_windows(Span(start, start), length) == []
    assert plan_windows(Span(start, start - before), length) == []


def plan(**changes: object) -> Span:
    arguments: dict[str, object] = {
        "now": NOW,
        "start_date": None,
        "end_date": None,
        "bookmark": None,
        "lookback": timedelta(hours=24),
        "settle": timedelta(minutes=15),
        "retention": timedelta(days=731),
    }
    return plan_span(**{**arguments, **changes})  # type: ignore[arg-type]


# Around each other and around what the vendor serves, so that each comes before and after each other one.
days_ago = st.integers(-2 * 24 * 60, 30 * 24 * 60).map(lambda each: NOW - timedelta(minutes=each))
of_a_month = st.integers(0, 24 * 30).map(lambda each: timedelta(hours=each))


@given(st.none() | days_ago, st.none() | days_ago, minutes, of_a_month)
def test_a_first_run_reads_from_the_start_date_or_as_far_back_as_the_vendor_serves(
    start_date: datetime | None, end_date: datetime | None, settle: timedelta, retention: timedelta
) -> None:
    span = plan(start_date=start_date, end_date=end_date, settle=settle, retention=retention)
    assert span.end == min(end_date or NOW, NOW - settle)
    assert span.start == max(start_date or NOW - retention, NOW - retention)
    assert not span.begins_before_start_date


@given(days_ago, st.none() | days_ago, of_a_month, minutes)
def test_a_run_with_a_bookmark_reads_the_look_back_again_but_not_what_lies_before_the_start_date(
    bookmark: datetime, start_date: datetime | None, lookback: timedelta, settle: timedelta
) -> None:
    span = plan(start_date=start_date, bookmark=bookmark, lookback=lookback, settle=settle)
    read = min(bookmark, NOW - settle)
    if start_date is None or start_date <= read - lookback:
        assert span.start == read - lookback
    else:
        assert span.start == min(start_date, read)


@given(days_ago, st.none() | days_ago, of_a_month, minutes, of_a_month)
def test_a_run_with_a_bookmark_leaves_no_hole_after_it_that_the_vendor_still_serves(
    bookmark: datetime, start_date: datetime | None, lookback: timedelta, settle: timedelta, retention: timedelta
) -> None:
    span = plan(start_date=start_date, bookmark=bookmark, lookback=lookback, settle=settle, retention=retention)
    assert NOW - retention <= span.start <= max(bookmark, NOW - retention)
    assert (span.unreachable_since is not None) is (bookmark < NOW - retention)
    assert span.begins_before_start_date is (start_date is not None and start_date > bookmark)


def test_a_bookmark_from_the_future_skips_nothing() -> None:
    assert plan(bookmark=NOW + timedelta(days=900)).start == NOW - timedelta(hours=24, minutes=15)


@pytest.mark.parametrize(
    ("changes", "unreachable"),
    [
        ({}, False),
        ({"start_date": NOW - timedelta(days=732)}, True),
        ({"start_date": NOW - timedelta(days=730)}, False),
        ({"bookmark": NOW - timedelta(days=732)}, True),
        ({"bookmark": NOW - timedelta(days=731)}, False),  # only its look-back is cut short
        ({"bookmark": NOW - timedelta(days=2), "start_date": NOW - timedelta(days=900)}, False),
    ],
)
def test_what_the_vendor_no_longer_serves_is_told_only_when_it_was_never_read(
    changes: dict[str, datetime], *, unreachable: bool
) -> None:
    assert (plan(**changes).unreachable_since is not None) is unreachable


@given(spans(), lengths, st.randoms(use_true_random=False))
def test_the_bookmark_passes_windows_in_order_whatever_order_they_finish_in(
    span: Span, length: timedelta, order: random.Random
) -> None:
    windows = plan_windows(span, length)
    finishing = list(windows)
    order.shuffle(finishing)
    contiguous = ContiguousEnd(windows)
    finished: set[int] = set()
    passed: list[int] = []
    for window in finishing:
        finished.add(window.index)
        passed += [each.index for each in contiguous.finish(window.index)]
        assert set(passed) <= finished
    assert passed == [window.index for window in windows]


@given(instants)
def test_whole_seconds_enclose_an_instant(instant: datetime) -> None:
    assert floor_second(instant) <= instant <= ceil_second(instant)
    assert ceil_second(instant) - floor_second(instant) in (timedelta(0), timedelta(seconds=1))
    assert ceil_second(floor_second(instant)) == floor_second(instant)


def test_a_query_in_whole_seconds_encloses_the_query() -> None:
    start = datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    window = TimeWindow(0, start, start, query_start=start, query_end=start + timedelta(seconds=5))
    whole = start.replace(microsecond=0)
    assert window.in_whole_seconds() == (whole, whole + timedelta(seconds=6))


@given(instants)
def test_an_instant_in_epoch_milliseconds_is_cut_and_exact(instant: datetime) -> None:
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    assert epoch_ms(instant) == since // timedelta(milliseconds=1)


@given(instants, st.timedeltas(timedelta(seconds=2), timedelta(days=31)))
def test_the_halves_of_a_query_are_equally_long_and_overlap_by_a_second(start: datetime, length: timedelta) -> None:
    window = TimeWindow(3, start + OVERLAP, start + length, start, start + length)
    first, second = halves(window)
    assert (first.query_start, second.query_end) == (window.query_start, window.query_end)
    assert first.query_end - second.query_start == OVERLAP
    assert abs((first.query_end - start) - length / 2) <= timedelta(microseconds=1)
    assert {(each.index, each.start, each.end) for each in (first, second)} == {(3, window.start, window.end)}


@pytest.mark.parametrize(
    ("reread", "asked"), [(None, 100), (60, 60), (150, 150), (10**9, 200)], ids=["first", "less", "more", "all"]
)
def test_a_page_has_the_configured_size_or_that_of_a_rereading_but_no_more_than_the_vendor_allows(
    reread: int | None, asked: int
) -> None:
    assert TimeWindow(0, NOW, NOW, NOW, NOW, rows_per_page=reread).page_size(100, most=200) == asked
