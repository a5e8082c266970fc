"""Whatever goes wrong at a vendor, each of its rows is delivered once, or the run ends before the gap."""

from __future__ import annotations

import pytest

from sandbox import Fault, RandomFaults, Sandbox
from sandbox.subject import Subject
from tests.faults.runs import PASSING, box, complete, run, served, struck
from tests.faults.subjects import KNOWN, REGISTERED, SUBJECTS, VENDORS, WINDOWED

__all__ = ["box", "served"]
HARMLESS = ("reset_after_the_body", "content_type", "slow")
LASTING = [name for name in PASSING if name not in HARMLESS]


def test_every_registered_stream_is_covered() -> None:
    assert [name for name in REGISTERED if name not in KNOWN] == []


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_bursts_of_a_passing_trouble_cost_no_row(box: Sandbox, subject: Subject, fault: str) -> None:
    fields = {**PASSING[fault], "match": subject.path}
    box.faults.add(Fault(**fields, times=2), Fault(**fields, after=4), Fault(**fields, after=7, times=3))
    complete(box, subject)
    assert struck(box) >= 2


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_storm_of_all_troubles_costs_no_row(box: Sandbox, subject: Subject, at_once: int) -> None:
    each = 0.5 / len(PASSING)
    mixed = [(Fault(**fields), each) for fields in PASSING.values()]
    box.faults.schedule = RandomFaults(mixed, seed=at_once, in_a_row=5, match=subject.path)
    box.faults.add(Fault("reset", match=subject.path))
    complete(box, subject, parallel_windows=at_once)
    assert struck(box)


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("subject", [each for each in VENDORS if each.incremental], ids=str)
def test_a_lasting_trouble_ends_the_run_before_the_gap_and_the_next_run_completes(
    box: Sandbox, subject: Subject, fault: str
) -> None:
    box.faults.add(Fault(**PASSING[fault], match=subject.path, after=4, times=None))
    first = run(box, subject, max_attempts=2)
    assert first.exit_code == 1
    box.faults.clear()
    complete(box, subject, state=first.bookmark)


@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_window_that_fails_among_several_at_once_leaves_the_bookmark_before_it(
    box: Sandbox, subject: Subject
) -> None:
    box.faults.add(Fault("reset", match=subject.path, after=5, times=None))
    first = run(box, subject, max_attempts=1, parallel_windows=4, window_hours=6)
    assert first.exit_code == 1
    box.faults.clear()
    complete(box, subject, state=first.bookmark, parallel_windows=4, window_hours=6)
