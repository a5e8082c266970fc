"""Detailed reports: how they are made, waited for, forgotten and made again (CC D4, D5)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from singer_sdk.exceptions import FatalAPIError

from sandbox import Fault, Sandbox
from tap_callrecords.errors import AccessRefused
from tap_callrecords.http import retries
from tap_callrecords.sources.eightx8_analytics import streams as eightx8_analytics
from tests.sources.eightx8_analytics import (
    assert_nothing_is_lost,
    box,
    created,
    empty,
    ids,
    minutes_ago,
    read,
    requests_for,
)

__all__ = ["box", "empty"]


# D4: how a report is created


@pytest.mark.parametrize("form", ["object", "array"])
@pytest.mark.parametrize("polls", [0, 1, 3])
def test_a_report_is_read_when_it_is_done_and_not_before(box: Sandbox, form: Any, polls: int) -> None:
    switches = box.eightx8_analytics.switches
    switches.create_answer, switches.polls = form, polls
    assert_nothing_is_lost(box)
    assert len(requests_for(box, "/status")) == polls * len(created(box))


def test_a_report_that_is_never_done_ends_the_run(empty: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eightx8_analytics, "STATUS_REQUESTS", 4)
    empty.eightx8_analytics.switches.polls = 1000
    out = read(empty)
    assert "not finished a report after 4 status requests" in str(out.error)
    assert "window_hours" in str(out.error)
    assert len(requests_for(empty, "/status")) == 4
    assert out.states == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_report_that_is_not_known_yet_is_asked_after_again_and_not_made_again(box: Sandbox, status: int) -> None:
    box.eightx8_analytics.switches.polls = 1
    box.faults.add(Fault("status", match="/status", status=status, times=5))
    assert_nothing_is_lost(box)
    assert len(created(box)) == 3


def test_a_report_that_stays_unknown_is_made_again_and_ends_the_run(empty: Sandbox) -> None:
    empty.eightx8_analytics.switches.polls = 1
    empty.faults.add(Fault("status", match="/status", status=404, times=None))
    out = read(empty)
    assert "no longer knows the report" in str(out.error)
    assert out.states == []
    assert len(created(empty)) == 3


@pytest.mark.parametrize("form", ["object", "array"])
@pytest.mark.parametrize("polls", [0, 2])
def test_a_report_that_fails_ends_the_run_with_the_reason(empty: Sandbox, form: Any, polls: int) -> None:
    switches = empty.eightx8_analytics.switches
    switches.create_answer, switches.polls, switches.fail_reason = form, polls, "Too many interactions"
    out = read(empty)
    assert "FAILED: Too many interactions" in str(out.error)
    assert requests_for(empty, "/data") == []
    assert out.states == []


@pytest.mark.parametrize("body", [{}, [], [{"id": 1, "status": "DONE"}] * 2, {"id": 1}, "DONE", {"status": "DONE"}])
def test_an_answer_to_creation_that_is_no_report_is_asked_for_again(empty: Sandbox, body: Any) -> None:
    body = json.dumps(body)
    empty.faults.add(Fault("status", match="/detailed-reports", status=200, body=body, times=2))
    out = read(empty)
    assert out.error is None


@pytest.mark.parametrize(("word", "polls"), [("done", 0), ("Done", 1)])
def test_a_report_is_done_in_upper_and_lower_case(box: Sandbox, word: str, polls: int) -> None:
    switches = box.eightx8_analytics.switches
    switches.done_word, switches.polls = word, polls
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("word", ["In progress", "in-progress", "InProgress"])
def test_a_report_is_in_progress_in_any_spelling(box: Sandbox, word: str) -> None:
    body = {"id": 1, "status": word}
    box.faults.add(Fault("status", method="POST", match="/detailed-reports", status=200, body=body))
    assert_nothing_is_lost(box)  # it is asked after, is not known, and is made again


def test_a_report_that_is_done_but_not_there_yet_is_waited_for_and_not_made_again(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 1.0)
    monkeypatch.setattr(retries, "LONGEST_WAIT_SECONDS", 60.0)
    box.eightx8_analytics.switches.unready = 5
    assert_nothing_is_lost(box)
    assert len(created(box)) == 3
    assert sum(slept) > 3 * 15
    assert slept[4] > 2 * slept[1]


# What counts a report's rows, and what is no page at all


@pytest.mark.parametrize("after", [0, 1, 6])
def test_a_page_without_the_headers_that_count_and_lead_on_is_asked_for_again(box: Sandbox, after: int) -> None:
    switches = box.eightx8_analytics.switches
    switches.strip_headers, switches.strip_after = 2, after
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("after", [0, 1])
def test_pages_that_stay_without_those_headers_are_not_the_end(empty: Sandbox, after: int) -> None:
    api = empty.eightx8_analytics
    api.add_interactions(*(api.new_interaction(minutes_ago(60 + n)) for n in range(30)))
    api.switches.strip_headers, api.switches.strip_after = None, 2 + after
    out = read(empty)
    assert "X-Total-Elements, Link, Last-Document-Id): a proxy on the way may remove them" in str(out.error)
    assert len(out.states) == 2  # of the empty windows before


@pytest.mark.parametrize("form", ["number", "decimal"])
def test_a_count_is_understood_however_it_is_written(box: Sandbox, form: Any) -> None:
    switches = box.eightx8_analytics.switches
    switches.count_form, switches.withhold = form, 2  # short at first, by the count
    assert_nothing_is_lost(box)


def test_a_count_that_is_sent_twice_is_that_count(box: Sandbox) -> None:
    switches = box.eightx8_analytics.switches
    switches.second_count, switches.withhold = 0, 2  # short at first, by the count
    assert_nothing_is_lost(box)


def test_two_counts_that_differ_are_none(empty: Sandbox) -> None:
    empty.eightx8_analytics.switches.second_count = 1
    assert "without the headers that count its rows" in str(read(empty).error)


def test_pages_after_the_first_need_not_count(box: Sandbox) -> None:
    box.eightx8_analytics.switches.later_counts = False
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("body", ["null", '{"items": null, "total": 0}', '{"total": 0}'])
def test_a_report_that_counts_no_rows_is_empty_however_that_is_written(box: Sandbox, body: str) -> None:
    box.eightx8_analytics.switches.empty_body = body
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("size", [4, 7, 100])
def test_rows_that_the_vendor_counts_twice_stop_nothing(
    empty: Sandbox, size: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(eightx8_analytics, "PAGE_SIZE", size)
    api = empty.eightx8_analytics
    api.add_interactions(*(api.new_interaction(minutes_ago(60 + n), transactionId=str(n)) for n in range(20)))
    api.switches.repeated_rows = 3
    out = read(empty)
    assert out.error is None
    assert len(ids(out)) == 20
    assert sum("3 of them repeat others byte for byte" in line for line in caplog.messages) == 1


# D5: how long reports and tokens live


def test_a_report_that_is_forgotten_is_made_again(box: Sandbox) -> None:
    switches = box.eightx8_analytics.switches
    switches.forget_after, switches.forget_times = 1, 2
    assert_nothing_is_lost(box)
    assert len(created(box)) > 3


@pytest.mark.parametrize("pages", [1, 3])
@pytest.mark.parametrize("status", [400, 403, 410, 422])
def test_a_report_that_expires_between_its_pages_is_made_again_whatever_it_is_refused_with(
    box: Sandbox, status: int, pages: int
) -> None:
    switches = box.eightx8_analytics.switches
    switches.forget_after, switches.forget_times, switches.forgotten_status = pages, 2, status
    out = assert_nothing_is_lost(box)
    assert len(created(box)) == len(out.states) + 2


@pytest.mark.parametrize(
    ("status", "said"), [(400, "status 400"), (403, "does not let the App"), (410, "no longer knows"), (422, "422")]
)
def test_a_page_that_is_refused_of_each_new_report_ends_the_run_with_its_own_error(
    box: Sandbox, status: int, said: str
) -> None:
    switches = box.eightx8_analytics.switches
    switches.forget_after, switches.forget_times, switches.forgotten_status = 1, None, status
    out = read(box)
    assert isinstance(out.error, AccessRefused if status == 403 else FatalAPIError)
    assert said in str(out.error)
    assert len(created(box)) == len(out.states) + 3


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_report_whose_first_page_is_refused_is_not_made_again(box: Sandbox, status: int) -> None:
    box.faults.add(Fault("status", match="/data", status=status, body={"message": "No"}, times=None))
    assert str(status) in str(read(box).error) or status == 403
    assert len(created(box)) == 1


def test_a_right_that_is_taken_away_between_pages_is_told_when_the_report_is_made_again(empty: Sandbox) -> None:
    api = empty.eightx8_analytics
    api.add_interactions(*(api.new_interaction(minutes_ago(60 + n), transactionId=str(n)) for n in range(20)))
    fault = Fault("status", match="/historical-metrics", status=403, body={"message": "No"}, after=2, times=None)
    empty.faults.add(fault)
    out = read(empty, window_hours=96)
    assert isinstance(out.error, AccessRefused)
    assert len(requests_for(empty, "/detailed-reports")) == 2


def test_a_report_that_is_always_forgotten_ends_the_run(box: Sandbox) -> None:
    switches = box.eightx8_analytics.switches
    switches.forget_after, switches.forget_times = 0, None
    out = read(box)
    assert "no longer knows the report" in str(out.error)
    assert out.states == []
    assert len(created(box)) == 3


def test_a_token_that_expires_while_paging_is_renewed(box: Sandbox) -> None:
    box.eightx8_analytics.switches.token_requests = 2
    assert_nothing_is_lost(box)
    assert len(requests_for(box, "/token")) > 3


def test_a_token_is_used_until_shortly_before_it_expires(box: Sandbox) -> None:
    assert_nothing_is_lost(box)
    assert len(requests_for(box, "/token")) == 1


def test_a_report_that_was_short_once_is_made_again(box: Sandbox) -> None:
    box.eightx8_analytics.switches.withhold = 2
    assert_nothing_is_lost(box)


def test_a_report_that_stays_short_of_its_count_fails_with_both_numbers(empty: Sandbox) -> None:
    api = empty.eightx8_analytics
    api.add_interactions(
        *(api.new_interaction(minutes_ago(minutes), transactionId=str(minutes)) for minutes in range(60, 70))
    )
    api.switches.withhold, api.switches.withhold_reports = 3, None
    out = read(empty)
    assert "announced 10 rows" in str(out.error)
    assert "sent 7" in str(out.error)
