"""What the tests of all sources share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox without rows; several modules have one with calls instead."""
    with Sandbox(empty=True) as box:
        yield box


@pytest.fixture
def full() -> Iterator[Sandbox]:
    """A sandbox with the calls of two days."""
    with Sandbox(seed=8, days=2, calls_per_day=60) as box:
        yield box
