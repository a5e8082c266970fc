"""What all fault tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.clocks import in_small, without_waits


@pytest.fixture(autouse=True)
def quick_and_small(short_waits: None) -> Iterator[None]:
    """Retries in this process do not wait, unless told to by `Retry-After`; pages are small."""
    with without_waits(), in_small():
        yield
