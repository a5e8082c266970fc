"""Rows that come twice, late, changed or in pages of another size are delivered once; a missing one is missed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from sandbox import Sandbox
from sandbox.subject import Subject
from tap_callrecords.paging.base import Page
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.windows.plan import TimeWindow
from tests.faults.clocks import client_clock
from tests.faults.judge import delivered, key_of
from tests.faults.runs import OFFSET, box, complete, config_of, own_box, run, served
from tests.faults.subjects import SUBJECTS, WINDOWED
from tests.support.tap import sync

__all__ = ["box", "own_box", "served"]


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.repeating], ids=str)
def test_rows_repeated_at_page_edges_are_delivered_once(box: Sandbox, subject: Subject) -> None:
    subject.switch(box, subject.repeating)
    complete(box, subject)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.shorter_pages], ids=str)
def test_pages_shorter_than_asked_cost_no_row(box: Sandbox, subject: Subject) -> None:
    subject.switch(box, subject.shorter_pages)
    complete(box, subject)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.longer_pages], ids=str)
def test_pages_longer_than_asked_cost_no_row(box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    assert subject.longer_pages
    asked, understood = subject.longer_pages
    router = box.app._router
    answered: list[bytes] = []

    async def misunderstand(scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            return {**message, "body": message.get("body", b"").replace(asked, understood)}

        async def sent(message: Message) -> None:
            answered.append(message.get("body", b""))
            await send(message)

        scope["query_string"] = scope["query_string"].replace(asked, understood)
        await router(scope, heard, sent)

    monkeypatch.setattr(box.app, "_router", misunderstand)
    complete(box, subject)
    vendor_s_key = list(subject.keys.values())[-1].encode()
    assert max(body.count(b'"' + vendor_s_key + b'"') for body in answered) > 6


@pytest.mark.parametrize("ahead", [-600, 600])
@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_vendor_s_clock_may_be_ten_minutes_off(own_box: Sandbox, subject: Subject, ahead: int) -> None:
    own_box.clock.skew_seconds += ahead
    first = complete(own_box, subject)
    complete(own_box, subject, state=first.bookmark)


@pytest.mark.parametrize("subject", [each for each in WINDOWED if each.rereads], ids=str)
def test_rows_that_land_late_are_delivered_when_the_look_back_reaches_them(own_box: Sandbox, subject: Subject) -> None:
    table = subject.of(own_box).table(subject.table)
    late = list(table)[1::3]
    table.replace(late, visible_at=own_box.clock.now_ms() + 3 * 3_600_000)
    first = complete(own_box, subject, lookback_hours=72)
    own_box.clock.skew_seconds += 4 * 3600
    config = config_of(own_box, subject, lookback_hours=72)
    with client_clock(OFFSET + timedelta(hours=4)):
        second = sync(config, state=first.bookmark, streams=[subject.stream])
    keys = {key_of(row, subject.keys.values()) for row in late}
    assert len(keys) > 3
    assert not keys & set(delivered(first, subject))
    assert keys <= set(delivered(second, subject))


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.rereads or not each.incremental], ids=str)
def test_rows_that_change_later_are_delivered_anew(own_box: Sandbox, subject: Subject) -> None:
    field, column = subject.changing
    first = complete(own_box, subject, lookback_hours=72)
    table = subject.of(own_box).table(subject.table)
    changed = [{**row, field: "changed later"} for row in list(table)[::3][:9]]
    table.replace(changed)
    second = complete(own_box, subject, lookback_hours=72, state=first.bookmark)
    new = {
        key_of(record, subject.keys) for record in second.records(subject.stream) if record[column] == "changed later"
    }
    assert new == {key_of(row, subject.keys.values()) for row in changed}
    assert "changed later" not in {record[column] for record in first.records(subject.stream)}


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.withholding], ids=str)
def test_a_row_that_changes_while_a_window_is_read_does_not_stand_in_for_one_that_is_missing(
    own_box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, drain = subject.of(own_box).table(subject.table), CallRecordStream.drain
    texts = (f"version {number}" for number in itertools.count())

    def change_and_drain(stream: CallRecordStream[Any], window: TimeWindow) -> Iterator[Page]:
        text = next(texts)
        table.replace([{**row, subject.changing[0]: text} for row in table])
        yield from drain(stream, window)

    monkeypatch.setattr(CallRecordStream, "drain", change_and_drain)
    subject.switch(own_box, subject.withholding)
    out = run(own_box, subject)
    assert "announced" in str(out.error)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.withholding], ids=str)
def test_a_short_window_stays_short_when_its_later_readings_announce_nothing(
    own_box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain, drained = CallRecordStream.drain, set[int]()

    def announce_once(stream: CallRecordStream[Any], window: TimeWindow) -> Iterator[Page]:
        for page in drain(stream, window):
            if window.index in drained:
                page.announced = None
            yield page
        drained.add(window.index)

    monkeypatch.setattr(CallRecordStream, "drain", announce_once)
    subject.switch(own_box, subject.withholding)
    assert "announced" in str(run(own_box, subject).error)
