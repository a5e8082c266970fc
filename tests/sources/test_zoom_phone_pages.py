"""Zoom Phone's pages and arrays: no reading of a token, a count or an array loses a call or goes on for ever."""

from __future__ import annotations

import time
from itertools import count
from typing import Any, Literal

import pytest

from sandbox import Fault, Sandbox
from tap_callrecords.sources.zoom_phone import pages
from tap_callrecords.sources.zoom_phone.streams import CallHistory
from tests.sources.zoom_phone import (
    CALLS,
    HISTORY,
    HOUR,
    LATELY,
    LISTS,
    keys,
    lists,
    once,
    put,
    put_some,
    read,
    read_well,
    span,
    zoom,
)

LAST_TOKENS = ("empty", "missing", "then empty page", "then first page", "then refused")


def two_hours() -> dict[str, Any]:
    """The settings of a run over two hours and more, which are one window."""
    return span(LATELY - 2 * HOUR, LATELY + HOUR / 2)


@pytest.mark.parametrize("count", [0, 3, 8])
@pytest.mark.parametrize("total", ["query", "page"])
@pytest.mark.parametrize("last_token", LAST_TOKENS)
def test_a_token_on_the_last_page_ends_nothing_early_and_never_leads_on_for_ever(
    box: Sandbox, last_token: str, total: str, count: int
) -> None:
    zoom(box).set_switches({"last_token": last_token, "total": total})
    wanted = put_some(box, count, last=LATELY)
    out = read_well(box, **two_hours())
    assert keys(out) == once(wanted)
    assert len(lists(box)) < 40


@pytest.mark.parametrize("total", ["query", "page"])
@pytest.mark.parametrize("answer", ["400", "300"])
def test_a_page_token_that_has_expired_begins_the_window_again(box: Sandbox, answer: str, total: str) -> None:
    zoom(box).set_switches({"stale_tokens": 1, "stale_answer": answer, "total": total})
    wanted = put_some(box, 8, last=LATELY)
    out = read_well(box, **two_hours())
    assert keys(out) == once(wanted)
    firsts = [each for each in lists(box) if {"next_page_token", "recording_status"}.isdisjoint(each.query)]
    assert len(firsts) >= 2


@pytest.mark.parametrize("total", ["query", "page", None])
def test_a_page_token_that_leads_back_to_the_first_page_costs_no_call(box: Sandbox, total: str | None) -> None:
    zoom(box).set_switches({"stale_tokens": 1, "stale_answer": "first page", "total": total})
    wanted = put_some(box, 8, last=LATELY)
    assert keys(read_well(box, **two_hours())) == once(wanted)


@pytest.mark.parametrize("total", ["query", "page", None])
@pytest.mark.parametrize("empty_pages", [1, 2])
def test_an_empty_page_that_leads_on_ends_nothing(box: Sandbox, empty_pages: int, total: str | None) -> None:
    zoom(box).set_switches({"empty_pages": empty_pages, "total": total})
    wanted = put_some(box, 8, last=LATELY)
    assert keys(read_well(box, **two_hours())) == once(wanted)


@pytest.mark.parametrize("rows", [[], [{"call_history_uuid": "a", "recording_status": "non_recorded"}]])
def test_new_tokens_that_never_end_and_bring_nothing_new_do_not_lead_on_for_ever(
    box: Sandbox, rows: list[dict[str, Any]]
) -> None:
    tokens = count(1)
    box.faults.add(
        *(
            Fault("status", status=200, body=body, match=HISTORY, content_type="application/json")
            for body in ({"call_history": rows, "next_page_token": f"t{next(tokens)}"} for _ in range(40))
        )
    )
    read_well(box, **two_hours())
    assert len(lists(box)) < 30


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_page_token_that_gets_old_before_its_page_is_asked_for_or_meanwhile_is_not_trusted(
    box: Sandbox, meanwhile: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    zoom(box).set_switches({"total": "page", "stale_tokens": int(meanwhile), "stale_answer": "first page"})
    wanted, clock, late = put_some(box, 8, last=LATELY), time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock() + late[0])
    place: Any = CallHistory if meanwhile else pages.TokenPages
    name, last = ("counted", 2) if meanwhile else ("advance", 1)
    real, calls = getattr(place, name), count(1)

    def and_time_passes(*args: Any) -> Any:
        found = real(*args)
        late[0] += (pages.TRUSTED_SECONDS + 1) * (next(calls) == last)
        return found

    monkeypatch.setattr(place, name, and_time_passes)
    assert keys(read_well(box, **two_hours())) == once(wanted)
    assert "expired before it could be used" in caplog.text


def test_a_page_that_is_refused_where_it_is_not_the_end_ends_the_run_before_the_window(box: Sandbox) -> None:
    put_some(box, 8, last=LATELY)
    body = {"code": 400, "message": "The next page token is invalid or expired."}
    box.faults.add(Fault("status", status=400, body=body, match="next_page_token", times=None))
    out = read(box, **two_hours())
    assert "Zoom Phone no longer accepts a page token." in str(out.error)


@pytest.mark.parametrize("total", ["query", "page"])
def test_pages_shorter_than_asked_end_nothing(box: Sandbox, total: str) -> None:
    zoom(box).set_switches({"page_cap": 1, "total": total})
    wanted = put_some(box, 8, last=LATELY)
    assert keys(read_well(box, zoom_phone_page_size=300, **two_hours())) == once(wanted)


@pytest.mark.parametrize("reads", [1, 3])
def test_a_count_of_more_than_comes_is_asked_for_again(box: Sandbox, reads: int) -> None:
    zoom(box).set_switches({"overcount": 1, "overcount_reads": reads})
    wanted = put_some(box, 8, last=LATELY)
    assert keys(read_well(box, **two_hours())) == once(wanted)


def test_a_count_of_more_than_ever_comes_ends_the_run_with_both_numbers(box: Sandbox) -> None:
    zoom(box).set_switches({"overcount": 1, "overcount_reads": None})
    put_some(box, 8, last=LATELY)
    assert "announced 9 rows" in str(read(box, **two_hours()).error)


def test_answers_without_a_count_are_warned_of_once(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    zoom(box).switches.total = None
    wanted = put_some(box, 8, last=LATELY)
    assert keys(read_well(box)) == once(wanted)
    assert caplog.text.count("does not say how many rows there are") == 1


@pytest.mark.parametrize("token", [{}, {"next_page_token": None}, {"next_page_token": {"a": 1}, "total_records": None}])
@pytest.mark.parametrize("stream", [CALLS, *LISTS])
def test_an_answer_with_neither_a_count_nor_a_page_token_is_not_the_end(
    box: Sandbox, stream: str, token: dict[str, Any]
) -> None:
    body = {"call_history" if stream == CALLS else stream.removeprefix("zoom_phone_"): [], **token}
    box.faults.add(Fault("status", status=200, body=body, match="/phone/", content_type="application/json", times=None))
    out = read(box, stream, **two_hours())
    assert "a body that is not what it documents" in str(out.error)
    assert not out.bookmarks(stream)


# Two arrays


def test_two_arrays_that_hold_the_same_calls_give_each_once(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    wanted = put_some(box, 8, last=LATELY)
    assert keys(read_well(box)) == once(wanted)
    assert "call_logs" not in caplog.text


def test_a_call_that_only_the_older_array_has_is_read_and_told(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    zoom(box).switches.arrays = "unequal"
    wanted = put_some(box, 6, last=LATELY)
    assert keys(read_well(box, **two_hours())) == once(wanted)
    assert "calls in call_logs that are not in call_history" in caplog.text


def answered(box: Sandbox, history: list[dict[str, Any]], logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of a run whose first window has these rows."""
    body = {"call_history": history, "call_logs": logs, "total_records": 0, "next_page_token": ""}
    box.faults.add(Fault("status", status=200, body=body, match=HISTORY, content_type="application/json"))
    return read_well(box, **two_hours()).records(CALLS)


BEGUN = "2026-08-03T08:00:05Z"


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_rows_of_both_arrays_with_other_ids_are_one_call_by_id_start_and_direction(
    box: Sandbox, direction: Literal["inbound", "outbound"]
) -> None:
    common = {"call_id": "7401", "start_time": BEGUN, "recording_status": "non_recorded"}
    history = [{"call_history_uuid": "20211008-a", "direction": "inbound", **common}]
    logs = [{"id": "20211001-a", "direction": direction, **common}]
    found = [record["call_history_uuid"] for record in answered(box, history, logs)]
    assert found == ["20211008-a", *(["20211001-a"] if direction == "outbound" else [])]


def test_rows_of_the_older_array_that_are_no_objects_are_rescued(box: Sandbox) -> None:
    common = {"start_time": BEGUN, "recording_status": "non_recorded"}
    (record, other) = answered(box, [{"call_history_uuid": "a", **common}], [5])  # type: ignore[list-item]
    assert record["call_history_uuid"] == "a"
    assert other["_rescued_data"] == {"": 5}


@pytest.mark.parametrize(
    "body", [{}, {"code": 124, "message": "?"}, {"call_history": None}, {"call_logs": None}, [], "text", {"users": []}]
)
def test_an_answer_without_calls_is_asked_for_again_and_is_no_quiet_day(box: Sandbox, body: Any) -> None:
    key = put(box, LATELY)
    box.faults.add(Fault("status", status=200, body=body, match=HISTORY, content_type="application/json", times=1))
    assert keys(read_well(box)) == once({key})


@pytest.mark.parametrize(
    "body", [{"call_history": None}, {"call_logs": None}, {"call_history": None, "call_logs": None}]
)
def test_null_beside_a_count_of_zero_is_no_call(box: Sandbox, body: Any) -> None:
    body = {**body, "total_records": 0}
    box.faults.add(Fault("status", status=200, body=body, match=HISTORY, content_type="application/json", times=None))
    assert not keys(read_well(box))


@pytest.mark.parametrize("stream", LISTS)
def test_null_beside_a_count_of_zero_is_no_entry(box: Sandbox, stream: str) -> None:
    body = {stream.removeprefix("zoom_phone_"): None, "total_records": 0}
    box.faults.add(Fault("status", status=200, body=body, match="/phone/", content_type="application/json", times=None))
    assert not read_well(box, stream).records(stream)


@pytest.mark.parametrize("token", [None, "", " ", 0, False, {}, []])
def test_what_is_no_token_names_no_further_page(box: Sandbox, token: Any) -> None:
    rows = [{"call_history_uuid": "a", "recording_status": "non_recorded", "start_time": BEGUN}]
    body = {"call_history": rows, "total_records": 1, "next_page_token": token}
    box.faults.add(Fault("status", status=200, body=body, match=HISTORY, content_type="application/json"))
    assert keys(read_well(box, **two_hours()))["a"] == 1
    assert not [each for each in lists(box) if "next_page_token" in each.query] or token == 0
