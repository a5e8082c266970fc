"""An answer of a good status without rows is no quiet day where it says itself that something went wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tap_callrecords.http.words import speaks_of_failure
from tests.faults.subjects import VENDORS
from tests.support.tap import Output, sync

FAILURES: list[dict[str, Any]] = [
    {"error": "internal"},
    {"errors": [{"description": "internal"}]},
    {"fault": {"faultstring": "internal"}},
    {"exception": "internal"},
    {"success": False},
    {"ok": False},
    {"status": 500},
    {"status": "FAILED"},
    {"code": 300, "message": "Validation Failed."},
    {"status": 200, "message": "Internal error"},
]
NO_FAILURES: list[dict[str, Any]] = [
    {},
    {"error": None, "errors": [], "fault": {}, "status": None, "message": ""},
    {"success": True, "ok": True, "status": 200, "message": "OK"},
    {"status": "success", "message": "Request completed"},
    {"status": "200", "message": "No records found for the given range"},
    {"code": 0, "message": "There is no data"},
]


def quiet(subject: Subject) -> dict[str, Any]:
    """The vendor's answer where there is no row."""
    _, around = subject.around or ("", "")
    body: dict[str, Any] = json.loads((around % "").replace("5", "0").replace('"x"', "null"))
    return body


def run(subject: Subject, body: Mapping[str, Any]) -> Output:
    """A run of a stream whose vendor sends always this."""
    with Sandbox(empty=True) as box:
        match, _ = subject.around or ("", "")
        box.faults.add(Fault("status", status=200, body=dict(body), match=match, times=None))
        start = datetime.now(UTC) - timedelta(hours=6)
        config = {**subject.of(box).config, "start_date": start.isoformat(), "max_attempts": 2}
        return sync({**config, "webex_initial_request_interval_seconds": 0}, streams=[subject.stream])


OBJECTS = [each for each in VENDORS if each.around and "{" in each.around[1]]


@pytest.mark.parametrize("subject", OBJECTS, ids=str)
def test_an_error_beside_no_rows_is_no_quiet_day(subject: Subject) -> None:
    out = run(subject, {**quiet(subject), "message": "Internal server error"})
    assert "a body that is not what it documents" in str(out.error)
    assert not out.bookmarks(subject.stream)


@pytest.mark.parametrize("subject", OBJECTS, ids=str)
def test_a_quiet_day_in_friendly_words_is_one(subject: Subject) -> None:
    out = run(subject, {**quiet(subject), "status": 200, "error": None, "message": "No records found"})
    assert out.error is None
    assert out.bookmarks(subject.stream)


@pytest.mark.parametrize("said", [*FAILURES, *NO_FAILURES], ids=json.dumps)
def test_what_an_answer_says_of_itself_is_understood(said: Mapping[str, Any]) -> None:
    response = requests.Response()
    response._content = json.dumps({"data": [], **said}).encode()
    assert speaks_of_failure(response) is (said in FAILURES)
