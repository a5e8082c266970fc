"""`--test` looks at each selected stream of each configured source, and says of each whether it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tests.support.forked import forked
from tests.support.streams import DESELECTED, KEYS, REPLICATION_KEYS
from tests.support.tap import Output, catalog_of

READ = set(KEYS) - DESELECTED
LISTS = READ - set(REPLICATION_KEYS)
VOISO_LISTS = {name for name in LISTS if name.startswith("voiso_")}


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=60) as box:
        yield box


@pytest.fixture
def box(served: Sandbox) -> Sandbox:
    served.requests.clear()
    served.faults.clear()
    return served


def findings(out: Output) -> dict[str, tuple[str, str]]:
    """What is said of each stream: OK or FAILED, and why."""
    lines = out.raw.decode().splitlines()
    found = {line.split()[1].removesuffix(":"): (line.split()[0], line.split(": ", 1)[1]) for line in lines}
    assert len(found) == len(lines)
    return found


def test_all_streams_of_a_good_account_are_ok_and_a_record_of_each_was_seen(box: Sandbox) -> None:
    out = forked(box.config, "--test")
    assert out.exit_code == 0
    found = findings(out)
    assert set(found) == READ
    for name, (verdict, said) in found.items():
        assert verdict == "OK"
        assert ("entries" in said) if name in LISTS else said.startswith("a record of 20")
    assert found["webex_detailed_call_history"][1].endswith("the vendor serves the last 30 days")
    assert found["voiso_cdr"][1].endswith("the vendor states no limit to its history")
    assert found["eightx8_call_legs"][1].endswith("the vendor serves the last 2 years")


def test_an_account_without_calls_is_ok() -> None:
    with Sandbox(empty=True) as box:
        config = {**box.config, "webex_initial_request_interval_seconds": 60}
        out = forked(config, "--test")
        asked = [request for request in box.requests if request.path.endswith("/cdr_feed")]
    assert len(asked) == 1, "it waited a minute for another one"
    assert out.exit_code == 0
    found = findings(out)
    assert set(found) == READ
    assert found["eightx8_call_legs"][1].startswith("no record in the last 31 days")
    assert found["webex_detailed_call_history"][1].startswith("no record in the last 12 hours")
    assert found["voiso_agents"] == ("OK", "0 entries")


def test_all_are_tried_and_wrong_credentials_are_told_and_not_tried_again(box: Sandbox) -> None:
    wrong = {"voiso_api_key": "another", "eightx8_work_password": "another"}
    box.faults.add(Fault("status", match="/recentCallData", status=500, times=None))
    out = forked({**box.config, **wrong}, "--test")
    assert out.exit_code == 1
    found = findings(out)
    assert set(found) == READ
    failed = {name for name, (verdict, _) in found.items() if verdict == "FAILED"}
    assert failed == {
        "eightx8_call_legs",
        "eightx8_call_records",
        "eightx8_recent_calls",
        "voiso_cdr",
        *VOISO_LISTS,
    }
    assert all(
        found[name][1].startswith("Voiso refused the API key. Check settings voiso_api_key") for name in VOISO_LISTS
    )
    assert "gave up after 2 tries" in found["eightx8_recent_calls"][1]
    assert len([request for request in box.requests if request.status in (400, 401, 403)]) == 2


def test_the_selection_of_a_catalog_holds(box: Sandbox) -> None:
    streams = ["voiso_agents", "webex_live_call_history"]
    config = {**box.config, "webex_initial_request_interval_seconds": 60}
    found = findings(forked(config, "--test", catalog=catalog_of(config, streams)))
    assert set(found) == set(streams)


def test_webex_is_not_asked_faster_than_it_allows(box: Sandbox) -> None:
    streams = ["webex_detailed_call_history", "webex_live_call_history"]
    config = {**box.webex.config, "webex_initial_request_interval_seconds": 2, "optional_streams": streams[1:]}
    out = forked(config, "--test")
    assert out.exit_code == 0
    assert set(findings(out)) == set(streams)
    starts = [request.time for request in box.requests if not request.path.endswith("/access_token")]
    assert len(starts) == len(streams)
    assert starts[1] - starts[0] >= 1.9


def test_clocks_that_differ_are_told(box: Sandbox) -> None:
    theirs = format_datetime(datetime.now(UTC) - timedelta(minutes=12), usegmt=True)
    box.faults.add(Fault("status", match="/cdr_feed", status=200, body={"items": []}, headers={"Date": theirs}))
    said = findings(forked(box.webex.config, "--test"))["webex_detailed_call_history"]
    assert said[0] == "OK"
    assert said[1].endswith("this machine's clock is 12 min ahead of the vendor's")


def test_a_vendor_that_does_not_answer_is_not_waited_for_longer_than_a_minute(box: Sandbox) -> None:
    box.faults.add(Fault("slow", match="/cdr/teams", delay_seconds=9, times=None))
    short = "from tap_callrecords.commands import check; check.ANSWER_WITHIN_SECONDS = 5"
    out = forked(box.voiso.config, "--test", before=short)
    assert out.exit_code == 1
    found = findings(out)
    assert found["voiso_teams"][0] == found["voiso_wrapup_codes"][0] == "FAILED"
    assert found["voiso_teams"][1].startswith("no answer within a minute")
    assert found["voiso_queues"][0] == "OK"


def test_an_unknown_value_is_refused_and_that_of_the_sdk_still_works(box: Sandbox) -> None:
    refused = forked(box.config, "--test=everything")
    assert refused.exit_code == 2
    assert "is not one of all, schema" in refused.stderr
    schema: dict[str, Any] = {message["stream"]: message for message in forked(box.config, "--test=schema").messages}
    assert set(schema) == READ
    assert not box.requests


def test_settings_that_leave_nothing_to_ask_for_are_no_success(box: Sandbox) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    out = forked({**box.webex.config, "start_date": tomorrow}, "--test")
    assert out.exit_code == 1
    assert findings(out)["webex_detailed_call_history"][1].startswith("no request was sent")
