from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from sandbox.calls import Call, CallFeed, generate_calls, generate_day
from sandbox.directory import OWN_NUMBERS, customer, number_in

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


RESERVED = re.compile(
    r"\+1[2-9][01][0-9]55501[0-9]{2}"
    r"|\+44(207946|113496|114496|115496|116496|117496|118496|121496|131496|141496|151496|161496|191498|163296|770090)0[0-9]{3}"
)
"""What the numbering plans of North America and of the United Kingdom keep for fiction."""


def test_numbers_are_reserved_for_fiction(calls: list[Call]) -> None:
    numbers = {call.caller.number for call in calls} | {call.callee.number for call in calls}

    assert [number for number in numbers if not RESERVED.fullmatch(number)] == []


@pytest.mark.parametrize("country", ["GB", "US"])
def test_nobody_outside_has_a_number_of_the_company(country: str) -> None:
    own = {number_in(country, index) for index in range(OWN_NUMBERS)}

    outside = {customer(country, draw / 50_000).number for draw in range(50_000)} | {
        customer(country, 1 - 2**-53).number
    }

    assert len(outside) > 5000
    assert not own & outside


@pytest.fixture(scope="module")
def company() -> list[Call]:
    """Four weeks of the calls that come in, of five products whose calls are apart, as in the demo."""
    calls = [
        call
        for part in range(5)
        for call in generate_calls(8 + 1000 * part, START, START + timedelta(days=28), 150)
        if call.direction == "incoming"
    ]
    return sorted(calls, key=lambda call: call.started_ms)


def test_most_customers_call_once_in_weeks_and_few_often(company: list[Call]) -> None:
    times = Counter(call.caller.number for call in company)

    assert 0.6 < sum(count == 1 for count in times.values()) / len(times) < 0.9
    assert max(times.values()) > 10


def test_one_call_in_five_is_of_a_customer_who_called_within_the_week_before(company: list[Call]) -> None:
    last: dict[str, datetime] = {}
    again = 0
    for call in company:
        before = last.get(call.caller.number)
        again += before is not None and call.started - before <= timedelta(days=7)
        last[call.caller.number] = call.started

    assert 0.1 < again / len(company) < 0.3


def test_most_queue_calls_are_answered_soon_and_those_who_give_up_waited_longer(company: list[Call]) -> None:
    queued = [call for call in company if call.queue]
    answered, abandoned = (
        [call.wait_ms for call in queued if call.outcome == outcome] for outcome in ("answered", "abandoned")
    )

    assert 0.5 < sum(wait <= 20_000 for wait in answered) / len(queued) < 0.8
    assert mean(abandoned) > 1.2 * mean(answered)


def test_most_who_were_not_reached_are_by_the_end_of_the_day(calls: list[Call]) -> None:
    waiting: dict[str, bool] = {}
    for call in calls:
        if call.direction == "incoming" and call.outcome in ("missed", "abandoned"):
            waiting.setdefault(call.caller.number, True)
        elif call.outcome == "answered":
            number = call.caller.number if call.direction == "incoming" else call.callee.number
            if number in waiting:
                waiting[number] = False

    assert len(waiting) > 100
    assert sum(waiting.values()) < 0.2 * len(waiting)


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
