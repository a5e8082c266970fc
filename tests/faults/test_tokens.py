"""Tokens may expire and logins fail at any request: no row is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.runs import PASSING, box, complete, now, run, served, struck
from tests.faults.subjects import TOKENED

__all__ = ["box", "served"]


@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_token_may_expire_at_any_request(box: Sandbox, subject: Subject) -> None:
    short = {"start_date": (now() - timedelta(hours=14)).isoformat()}
    complete(box, subject, **short)
    requests = sum(1 for request in box.requests if subject.path in request.path)
    assert requests > 2
    for position in range(requests):
        box.requests.clear()
        box.faults.add(Fault("status", match=subject.path, status=401, after=position))
        complete(box, subject, **short)
        assert struck(box) == 1
        assert sum(1 for request in box.requests if subject.login in request.path) == 2
        box.faults.clear()


@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_token_that_expires_between_the_tries_of_a_request_is_renewed_once(box: Sandbox, subject: Subject) -> None:
    for status, times in ((503, 2), (401, 1), (503, 1)):
        box.faults.add(Fault("status", match=subject.path, status=status, times=times, after=1))
    complete(box, subject)
    assert struck(box) == 4
    assert sum(1 for request in box.requests if subject.login in request.path) == 2


@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_token_for_each_request_costs_no_row(box: Sandbox, subject: Subject) -> None:
    subject.switch(box, subject.worn_tokens)
    complete(box, subject)
    assert sum(1 for request in box.requests if subject.login in request.path) > 4


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_rejected_renewal_ends_the_run_before_the_gap(box: Sandbox, subject: Subject, status: int) -> None:
    refusal = {"error": "invalid_grant", "error_description": "revoked"}
    box.faults.add(
        Fault("status", match=subject.path, status=401, after=4),
        Fault("status", match=subject.login, status=status, body=refusal, after=1, times=None),
    )
    first = run(box, subject)
    assert first.exit_code == 1
    assert "Check setting" in str(first.error)
    box.faults.clear()
    complete(box, subject, state=first.bookmark)


@pytest.mark.parametrize("fault", ["status_503", "reset_after_the_body", "truncated_json", "html", "empty"])
@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_login_in_trouble_costs_no_row(box: Sandbox, subject: Subject, fault: str) -> None:
    box.faults.add(
        Fault(**PASSING[fault], match=subject.login, times=2),
        Fault("status", match=subject.path, status=401, after=3),
        Fault(**PASSING[fault], match=subject.login, after=3, times=2),
    )
    complete(box, subject)
    logins = [request.fault for request in box.requests if subject.login in request.path]
    kind = PASSING[fault]["kind"]
    assert logins in ([kind] * 2, [kind, kind, None] * 2)  # the renewal as the first one
