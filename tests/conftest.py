"""What all tests share."""

from __future__ import annotations

import pytest

from tap_callrecords import http


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries in this process wait a thousandth of what they wait for users; `Retry-After` stays as it is."""
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(http, "LONGEST_WAIT_SECONDS", 0.06)
