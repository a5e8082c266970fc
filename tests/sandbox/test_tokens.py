from __future__ import annotations

import pytest

from sandbox.clock import Clock
from sandbox.tokens import Tokens, Verdict


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(Clock(frozen_ms=1_767_225_600_000))


def bearer(tokens: Tokens, text: str) -> Verdict:
    return tokens.check(f"Bearer {text}")[0]


def test_a_token_is_good_until_its_lifetime_is_over(tokens: Tokens) -> None:
    token = tokens.issue("someone", 60)

    tokens.clock.skew_seconds = 59.999
    assert bearer(tokens, token.text) is Verdict.VALID
    tokens.clock.skew_seconds = 60
    assert bearer(tokens, token.text) is Verdict.EXPIRED


def test_a_token_may_be_worn_out_by_use(tokens: Tokens) -> None:
    tokens.max_uses = 2
    token = tokens.issue("someone", 60)

    verdicts = [bearer(tokens, token.text) for _ in range(3)]

    assert verdicts == [Verdict.VALID, Verdict.VALID, Verdict.EXPIRED]


def test_no_token_a_foreign_one_and_another_scheme_are_told_apart(tokens: Tokens) -> None:
    good = tokens.issue("someone", 60).text

    assert tokens.check(None)[0] is Verdict.MISSING
    assert tokens.check(f"Basic {good}")[0] is Verdict.MISSING
    assert bearer(tokens, good + "x") is Verdict.UNKNOWN


def test_rotation_ends_the_old_refresh_token(tokens: Tokens) -> None:
    old = tokens.issue_refresh("someone").text

    new = tokens.redeem(old, rotate=True)

    assert new is not None
    assert new.text != old
    assert tokens.redeem(old) is None
    assert tokens.redeem(new.text) is new
