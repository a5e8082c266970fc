"""Tokens are renewed before they expire and once when they are refused, and no log line shows one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from typing_extensions import override

from tap_callrecords.http import tokens
from tap_callrecords.http.redaction import HIDDEN, REDACTOR
from tap_callrecords.http.tokens import Token, TokenClient


class Client(TokenClient):
    """Its tokens are numbered."""

    def __init__(self, lifetime: float) -> None:
        super().__init__()
        self._lifetime = lifetime
        self.fetched = 0

    @override
    def fetch(self) -> Token:
        self.fetched += 1
        return Token(f"token-of-a-test-{self.fetched}", self._lifetime)


@pytest.mark.parametrize(("lifetime", "good_for"), [(3600, 3540), (600, 540), (100, 50), (10, 5)])
def test_a_token_is_renewed_a_minute_before_it_expires_or_at_half_of_a_short_life(
    lifetime: float, good_for: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(lifetime)
    now = 1000.0
    monkeypatch.setattr(tokens, "time", SimpleNamespace(monotonic=lambda: now))
    first = client.token()
    now += good_for - 1
    assert client.token() == first
    now += 1
    assert client.token() != first
    assert client.fetched == 2


def test_a_refused_token_is_renewed_once_however_many_report_it() -> None:
    client = Client(3600)
    first = client.token()
    client.refuse(first)
    second = client.token()
    client.refuse(first)
    assert client.token() == second != first


def test_a_token_is_hidden_from_its_first_use_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REDACTOR, "_passing", {})
    token = Client(3600).token()
    assert REDACTOR.clean(f"sent {token} to the vendor") == f"sent {HIDDEN} to the vendor"
