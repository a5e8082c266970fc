"""A page in the middle that is refused, of any vendor: it is asked for again before that is believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.clocks import in_small
from tests.faults.judge import delivered, due, visible
from tests.faults.subjects import VENDORS
from tests.support.tap import Output, sync


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(days=1, calls_per_day=120) as box:
        yield box


@pytest.fixture(params=VENDORS, ids=str)
def subject(box: Sandbox, request: pytest.FixtureRequest) -> Subject:
    found: Subject = request.param
    found.reset(box)
    box.faults.clear()
    return found


def read(box: Sandbox, subject: Subject) -> tuple[Output, set[tuple[str, ...]]]:
    """Sync the stream in small pages; and the keys that have to come."""
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=10), now - timedelta(minutes=30)
    span = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    with in_small():
        out = sync({**subject.of(box).config, **subject.small_pages, **span}, streams=[subject.stream])
    return out, due(visible(box, subject), start, end)


def refuse(box: Sandbox, subject: Subject, status: int, *, times: int | None) -> None:
    """Let a page after others be refused."""
    subject.switch(box, subject.shorter_pages)
    match = subject.further or subject.path  # where nothing tells pages apart, the first is let through
    body = {"code": status, "message": "Something is wrong."}
    fault = Fault("status", status=status, body=body, match=match, after=not subject.further, times=times)
    box.faults.add(fault)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_page_in_the_middle_that_is_refused_once_costs_nothing(box: Sandbox, subject: Subject, status: int) -> None:
    refuse(box, subject, status, times=1)
    out, wanted = read(box, subject)
    assert out.error is None
    assert box.faults.planned[0].struck == 1
    assert wanted <= set(delivered(out, subject))
    assert set(delivered(out, subject).values()) == {1}


def test_a_page_in_the_middle_that_stays_refused_ends_the_stream_before_its_window(
    box: Sandbox, subject: Subject
) -> None:
    refuse(box, subject, 422, times=None)
    out, _ = read(box, subject)
    assert out.error is not None
    assert "refused" in str(out.error) or "no longer accepts" in str(out.error)
