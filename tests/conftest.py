"""What all tests share."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tap_callrecords.http import retries

LEFT_ALONE = ("window-reader-", "request")
"""How the tap names threads that a run which ends early leaves behind."""
LEFT_ALONE_SECONDS = 2.0

# No test fails for a slow machine; what the examples of a test share of a fixture, the test itself resets.
settings.register_profile(
    "tests",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")
# For script/mutants: whether a test fails is all, not on how little.
settings.register_profile("mutants", max_examples=40, phases=[Phase.explicit, Phase.generate], database=None)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries in this process wait a thousandth of what they wait for users; `Retry-After` stays as it is."""
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(retries, "LONGEST_WAIT_SECONDS", 0.06)


@pytest.fixture(autouse=True)
def ended_threads(short_waits: None) -> Iterator[None]:
    """What a stopped run has left on its way to a vendor ends with its test, while waits are still short."""
    yield
    ends = time.monotonic() + LEFT_ALONE_SECONDS
    for thread in threading.enumerate():
        if thread.name.startswith(LEFT_ALONE):
            thread.join(max(0.0, ends - time.monotonic()))


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM end a test run as ever: a tap made in this process takes them for itself."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """The log goes where it went before: a command that runs in this process, or is imported, sets it up for itself."""
    root = logging.getLogger()
    level, handlers = root.level, [*root.handlers]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
