"""Instants have one form, whatever form they came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_callrecords import instants

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=zones)  # noqa: DTZ001


@given(moments)
def test_text_keeps_the_instant_to_the_millisecond(moment: datetime) -> None:
    text = instants.to_text(moment)
    assert len(text) == 24
    assert timedelta(0) <= moment - instants.parse(text) < timedelta(milliseconds=1)


@given(moments, moments)
def test_text_sorts_as_time_does(one: datetime, other: datetime) -> None:
    apart = abs(one - other) >= timedelta(milliseconds=1)
    if apart:
        assert (one < other) == (instants.to_text(one) < instants.to_text(other))


@given(st.integers(0, 253402300799000))
def test_epoch_milliseconds_become_the_same_text_as_the_datetime(milliseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert instants.from_epoch_ms(milliseconds) == instants.to_text(moment)


@pytest.mark.parametrize("milliseconds", [-1, 253402300800000, 10**30])
def test_milliseconds_outside_four_digit_years_are_refused(milliseconds: int) -> None:
    with pytest.raises(ValueError):
        instants.from_epoch_ms(milliseconds)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-31T10:00:00.123Z", "2026-01-31T10:00:00.123Z"),
        ("2026-01-31T10:00:00+0200", "2026-01-31T08:00:00.000Z"),
        ("2026-01-31T10:00:00.123456-03:00", "2026-01-31T13:00:00.123Z"),
        ("2023-10-12 21:22:32.621", "2023-10-12T21:22:32.621Z"),
        ("2026-01-31", "2026-01-31T00:00:00.000Z"),
    ],
)
def test_offsets_are_applied_and_a_missing_one_means_utc(text: str, wanted: str) -> None:
    assert instants.normalise(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30T00:00:00.000Z", "9999-99-99T99:99:99.999Z", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        instants.normalise(text)
