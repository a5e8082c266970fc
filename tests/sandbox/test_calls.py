from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from sandbox.calls import Call, CallFeed, generate_calls, generate_day

MONDAY = date(2026, 3, 2)
START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return generate_day(8, MONDAY, 2000)


def test_the_same_seed_and_day_give_the_same_calls() -> None:
    assert generate_day(8, MONDAY, 50) == generate_day(8, MONDAY, 50)


def test_another_seed_gives_other_calls() -> None:
    assert generate_day(8, MONDAY, 50) != generate_day(9, MONDAY, 50)


def test_a_longer_range_has_the_same_calls_in_the_days_it_shares() -> None:
    short = list(generate_calls(8, START, START + timedelta(days=1), 100))
    long = list(generate_calls(8, START - timedelta(days=2), START + timedelta(days=3), 100))

    assert short
    assert short == [call for call in long if START <= call.started < START + timedelta(days=1)]


def test_ids_are_unique(calls: list[Call]) -> None:
    next_day = generate_day(8, MONDAY + timedelta(days=1), 2000)

    ids = [call.id for call in calls + next_day]

    assert len(set(ids)) == len(ids)


def test_legs_add_up_to_their_call(calls: list[Call]) -> None:
    for call in calls:
        assert call.talk_ms == sum(leg.talk_ms for leg in call.legs)
        assert call.hold_ms <= call.talk_ms
        assert call.talk_ms + call.wait_ms <= call.ended_ms - call.started_ms
        assert 0 <= call.ended_ms - max(leg.ended_ms for leg in call.legs) <= 1
        assert call.started_ms < call.legs[0].started_ms
        assert [leg.number for leg in call.legs] == list(range(1, len(call.legs) + 1))


def test_legs_never_run_backwards(calls: list[Call]) -> None:
    for call in calls:
        for leg in call.legs:
            assert leg.started_ms <= (leg.connected_ms or leg.started_ms) <= leg.ended_ms
        for earlier, later in pairwise(call.legs):
            assert earlier.started_ms <= later.started_ms or earlier.via == later.via


def test_a_call_is_answered_when_one_of_its_legs_is(calls: list[Call]) -> None:
    for call in calls:
        assert (call.outcome == "answered") == any(leg.outcome == "answered" for leg in call.legs)
        assert (call.answered is None) == (call.outcome != "answered")


def test_every_kind_of_call_occurs(calls: list[Call]) -> None:
    assert {call.direction for call in calls} == {"incoming", "outgoing", "internal"}
    assert {call.outcome for call in calls} == {"answered", "voicemail", "missed", "abandoned", "busy"}
    kinds = {leg.service for call in calls for leg in call.legs}
    assert kinds == {"person", "outside", "queue", "auto_attendant", "voicemail"}
    assert any(call.ring_group for call in calls)
    assert any(call.transferred_to for call in calls)


def test_numbers_are_reserved_for_fiction(calls: list[Call]) -> None:
    numbers = {call.caller.number for call in calls} | {call.callee.number for call in calls}

    assert all(n.startswith("+442079460") or n[5:10] == "55501" for n in numbers)


def test_most_calls_fall_into_business_hours(calls: list[Call]) -> None:
    in_hours = [call for call in calls if 7 <= call.started.hour < 23]

    assert len(in_hours) > 0.9 * len(calls)


def test_a_feed_hands_out_each_call_once_when_it_has_ended() -> None:
    feed = CallFeed(8, MONDAY, 100)
    noon = int(START.timestamp() * 1000) + 12 * 3_600_000

    first, second = list(feed.take(noon)), list(feed.take(noon + 86_400_000))

    assert first
    assert all(call.ended_ms <= noon for call in first)
    assert all(noon < call.ended_ms <= noon + 86_400_000 for call in second)
    assert list(feed.take(noon + 86_400_000)) == []


def test_feeds_that_begin_on_different_days_agree_on_the_days_they_share() -> None:
    now = int((START + timedelta(days=2)).timestamp() * 1000)
    long = {call.id for call in CallFeed(8, MONDAY - timedelta(days=1), 100).take(now)}

    assert {call.id for call in CallFeed(8, MONDAY, 100).take(now)} < long
