"""The command line in a process of its own, with all streams of a vendor, under faults; and a short soak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.clocks import IN_SMALL
from tests.faults.judge import Judge, visible
from tests.faults.soak import soak
from tests.faults.subjects import SUBJECTS, VENDORS
from tests.faults.troubles import PASSING
from tests.support.forked import forked
from tests.support.tap import Output, catalog_of

NAMES = [subject.vendor for subject in VENDORS]
TROUBLES = (
    *(Fault("status", status=status, retry_after="0") for status in (429, 500, 502, 503, 504)),
    *PASSING,
    Fault("slow"),
)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed=9, days=2, calls_per_day=10) as box:
        for subject in VENDORS:
            subject.reset(box)
        yield box


def run(box: Sandbox, subjects: Sequence[Subject], *, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Run the command line, and judge what each stream has got."""
    start = datetime.now(UTC) - timedelta(days=3)
    config: dict[str, Any] = {"start_date": start.isoformat(), "window_hours": 24}
    for subject in subjects:
        config |= {**subject.of(box).config, **subject.small_pages}
    config |= more
    rows = {subject.stream: visible(box, subject) for subject in subjects}
    out = forked(config, state=state, catalog=catalog_of(config, list(rows)), before=IN_SMALL)
    now = datetime.now(UTC)
    for subject in subjects:
        assert Judge(subject, config).faults(out, rows[subject.stream], state or {}, now) == []
    assert "Traceback" not in out.stderr
    return out


@pytest.mark.parametrize("vendor", NAMES)
def test_the_command_rides_out_all_passing_troubles(box: Sandbox, vendor: str) -> None:
    subjects = [subject for subject in SUBJECTS if subject.vendor == vendor]
    box.faults.add(*(_at(fault, 2 * number) for number, fault in enumerate(TROUBLES)))
    out = run(box, subjects)
    assert out.exit_code == 0, out.stderr
    assert sum(1 for request in box.requests if request.fault) > 5


@pytest.mark.parametrize("vendor", NAMES)
def test_the_command_ends_before_the_gap_with_one_line_and_goes_on_next_time(box: Sandbox, vendor: str) -> None:
    subjects = [subject for subject in SUBJECTS if subject.vendor == vendor]
    box.faults.add(Fault("reset_mid_body", after=3, times=None))
    first = run(box, subjects, max_attempts=1, parallel_windows=4)
    assert first.exit_code == 1
    errors = [line for line in first.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert "Nothing was skipped: run again to continue." in errors[0]
    box.faults.clear()
    assert run(box, subjects, state=first.bookmark).exit_code == 0


def _at(fault: Fault, position: int) -> Fault:
    """A fault that strikes one request, counted from the first."""
    fields = {name: getattr(fault, name) for name in ("kind", "status", "retry_after", "retry_as_date")}
    return Fault(**fields, after=position)


@pytest.mark.parametrize("seed", range(4))
def test_random_syncs_under_random_faults_lose_nothing_and_double_nothing(seed: int) -> None:
    tally = soak(seed, 15)
    assert tally.wrong == []
    assert (tally.lost, tally.doubled) == (0, 0)
    assert tally.faults.total() > 10
