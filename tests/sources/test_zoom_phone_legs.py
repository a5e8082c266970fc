"""Zoom Phone's legs: one request a call, none for a call that has not changed, and no leg lost or doubled."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tests.sources.zoom_phone import (
    DAY,
    HISTORY,
    HOUR,
    LATELY,
    LEGS,
    details,
    keys,
    lists,
    now,
    once,
    put,
    put_some,
    read,
    read_well,
    span,
    text,
    zoom,
)
from tests.support.forked import forked
from tests.support.tap import Output, catalog_of

QUARTER = timedelta(minutes=15)


def legs_of(out: Output) -> list[tuple[str, str]]:
    """The keys of the legs, in order."""
    return [(record["call_history_uuid"], record["call_element_id"]) for record in out.records(LEGS)]


def calls_of(out: Output) -> Counter[str]:
    """How often a leg of each call came."""
    return keys(out, LEGS)


def stored(box: Sandbox) -> set[tuple[str, str]]:
    """The keys of all legs that there are."""
    return {(row["call_history_uuid"], row["call_element_id"]) for row in zoom(box).table("legs")}


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        *(("leg_times", names) for names in ("waiting_time", "wait_time")),
        *(("first_segment", first) for first in (0, 1)),
        ("nodes", "place"),
        *(("transfers", word) for word in ("warm_transfer", "warm_transfer_outgoing")),
        ("words", "odd"),
        *(("account_code", name) for name in ("caller_acconut_code", "caller_account_code")),
        *(("empties", what) for what in ("null", "empty")),
        *(("detail_arrays", which) for which in ("call_elements", "call_path")),
        ("details_late", 2),
        *(("arrays", which) for which in ("call_history", "call_logs", "unequal")),
        *(("last_token", what) for what in ("then empty page", "then first page", "then refused")),
        ("total", "page"),
        ("overcount", 1),
        ("recording_default", "recorded"),
        ("dates", "days"),
        ("bounds", "()"),
        ("token_requests", 3),
        ("unknown_fields", True),
    ],
)
def test_every_leg_arrives_once_whatever_the_documents_mean(switch: str, value: Any) -> None:
    with Sandbox(days=1, calls_per_day=12) as box:
        zoom(box).table("calls")
        zoom(box).set_switches({switch: value})
        end = now() - HOUR
        out = read_well(box, LEGS, start_date=(now() - 3 * DAY).isoformat(), end_date=end.isoformat())
        begun = {row["call_history_uuid"]: row["start_time"] for row in zoom(box).table("calls")}
        wanted = {key for key in stored(box) if begun[key[0]] < text(end - timedelta(seconds=2))}
    assert wanted <= set(legs_of(out))
    assert len(legs_of(out)) == len(set(legs_of(out)))


def test_a_leg_has_its_call_its_place_and_the_vendors_values(box: Sandbox) -> None:
    began = now() - HOUR
    put(
        box,
        began,
        {"waiting_time": 4, "hold_time": 30},
        {"event": "ring_to_member", "result_reason": "pickup_by_other "},
    )
    first, second = read_well(box, LEGS).records(LEGS)
    assert first["call_start_time"] == second["call_start_time"] == text(began).replace("Z", ".000Z")
    assert (first["element_number"], second["element_number"]) == (1, 2)
    assert (first["waiting_time"], first["hold_time"], first["wait_time"]) == (4, 30, None)
    assert (second["event"], second["result_reason"]) == ("ring_to_member", "pickup_by_other ")
    assert first["account_id"] == zoom(box).account_id
    assert first["_rescued_data"] is None


def test_waiting_has_a_column_for_each_of_its_names(box: Sandbox) -> None:
    zoom(box).switches.leg_times = "wait_time"
    put(box, now() - HOUR, {"waiting_time": 4})
    (leg,) = read_well(box, LEGS).records(LEGS)
    assert (leg["waiting_time"], leg["wait_time"], leg["talk_time"]) == (None, 4, 55)
    assert leg["_rescued_data"] is None


@pytest.mark.parametrize("event", ["warm_transfer", "warm_transfer_outgoing", "warm_transfer_incoming", "a new word"])
def test_a_word_for_a_transfer_is_kept_as_it_comes(box: Sandbox, event: str) -> None:
    put(box, now() - HOUR, {"event": event, "call_id": "7401_1"})
    (leg,) = read_well(box, LEGS).records(LEGS)
    assert (leg["event"], leg["call_id"], leg["_rescued_data"]) == (event, "7401_1", None)


# Only what is new or has changed


def test_a_call_that_has_not_changed_is_not_asked_for_again(box: Sandbox) -> None:
    wanted = put_some(box, 20)
    first = read_well(box, LEGS)
    assert calls_of(first) == once(wanted)
    box.requests.clear()
    second = read_well(box, LEGS, state=first.bookmark)
    assert lists(box)
    assert details(box) == []
    assert second.records(LEGS) == []


def test_a_new_call_is_asked_for_with_those_of_its_quarter_of_an_hour_only(box: Sandbox) -> None:
    put_some(box, 20)
    first = read_well(box, LEGS)
    at = (now() - 2 * HOUR).replace(minute=0, second=7)
    quarter = {
        row["call_history_uuid"]
        for row in zoom(box).table("calls")
        if text(at)[:14] == row["start_time"][:14] and int(row["start_time"][14:16]) < 15
    }
    late = put(box, at)
    box.requests.clear()
    second = read_well(box, LEGS, state=first.bookmark)
    assert set(details(box)) == quarter | {late}
    assert late in calls_of(second)
    box.requests.clear()
    read_well(box, LEGS, state=second.bookmark)
    assert details(box) == []


def test_a_call_that_has_grown_by_a_warm_transfer_is_asked_for_again(box: Sandbox) -> None:
    key = put(box, now() - 3 * HOUR)
    first = read_well(box, LEGS)
    call = dict(zoom(box).table("calls")[0])
    zoom(box).table("calls").replace([{**call, "end_time": text(now() - HOUR)}])
    zoom(box).add_rows("legs", [{**zoom(box).table("legs")[0], "call_element_id": "second", "segment": 2}])
    second = read_well(box, LEGS, state=first.bookmark)
    assert legs_of(second) == [*legs_of(first), (key, "second")]


def test_what_was_read_before_is_only_trusted_beside_its_own_bookmark(box: Sandbox) -> None:
    wanted = put_some(box, 5)
    state = read_well(box, LEGS).bookmark
    state["bookmarks"][LEGS]["replication_key_value"] = (now() - 20 * HOUR).isoformat()
    assert calls_of(read_well(box, LEGS, state=state)) == once(wanted)


@pytest.mark.parametrize("read_before", [None, 5, "x", {}, {"up_to": "x"}, {"quarters": 5}, []])
def test_a_state_of_another_form_is_none(box: Sandbox, read_before: Any) -> None:
    wanted = put_some(box, 3)
    state = read_well(box, LEGS).bookmark
    kept = state["bookmarks"][LEGS]
    up_to = {"up_to": kept["replication_key_value"]} if isinstance(read_before, dict) else {}
    kept["read"] = {**read_before, **up_to} if isinstance(read_before, dict) else read_before
    assert calls_of(read_well(box, LEGS, state=state)) == once(wanted)


def test_the_state_remembers_no_more_than_the_look_back(box: Sandbox) -> None:
    put_some(box, 200)
    out = read_well(box, LEGS, lookback_hours=2)
    quarters = out.bookmark["bookmarks"][LEGS]["read"]["quarters"]
    assert 1 <= len(quarters) <= 9


def test_a_run_that_ends_early_leaves_the_legs_of_its_last_window_to_the_next_one(box: Sandbox) -> None:
    wanted = put_some(box, 40)
    body = {"code": 500, "message": "?"}
    box.faults.add(Fault("status", status=500, body=body, match=f"{HISTORY}/", after=25, times=None))
    first = read(box, LEGS, window_hours=2)
    assert "500" in str(first.error)
    box.faults.clear()
    second = read_well(box, LEGS, state=first.bookmark, window_hours=2)
    assert set(calls_of(first)) | set(calls_of(second)) == wanted


# Calls without details


def test_details_that_come_late_are_waited_for(box: Sandbox) -> None:
    zoom(box).switches.details_late = 3
    wanted = put_some(box, 3)
    assert calls_of(read_well(box, LEGS)) == once(wanted)


def test_a_call_whose_details_are_gone_stops_nothing_is_told_and_is_asked_for_again(box: Sandbox) -> None:
    wanted = put_some(box, 5)
    gone = min(wanted)
    zoom(box).gone.add(gone)
    config = {**zoom(box).config, "start_date": (now() - DAY).isoformat()}
    first = forked(config, catalog=catalog_of(config, [LEGS]))
    assert calls_of(first) == once(wanted - {gone})
    assert "Zoom Phone had no details of 1 calls: their legs are missing." in first.stderr
    zoom(box).gone.clear()
    assert gone in calls_of(read_well(box, LEGS, state=first.bookmark))


def test_details_without_legs_are_asked_for_again(box: Sandbox) -> None:
    wanted = put_some(box, 3)
    body = {"call_history_uuid": "x"}
    box.faults.add(Fault("status", status=200, body=body, match=f"{HISTORY}/", content_type="application/json"))
    assert calls_of(read_well(box, LEGS)) == once(wanted)


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_call_whose_details_are_refused_keeps_no_other_from_being_read(box: Sandbox, status: int) -> None:
    wanted = put_some(box, 5)
    refused = min(wanted)
    body = {"code": 300, "message": "Validation Failed."}
    box.faults.add(Fault("status", status=status, body=body, match=f"{HISTORY}/{refused}", times=None))
    out = read_well(box, LEGS)
    assert calls_of(out) == once(wanted - {refused})
    box.faults.clear()
    assert refused in calls_of(read_well(box, LEGS, state=out.bookmark))


def test_details_that_are_refused_of_every_call_end_the_stream(box: Sandbox) -> None:
    put_some(box, 30)
    body = {"code": 300, "message": "Validation Failed."}
    box.faults.add(Fault("status", status=400, body=body, match=f"{HISTORY}/", times=None))
    out = read(box, LEGS)
    assert "Zoom Phone refused a request for the legs of a call with status 400: 300 Validation Failed." in str(
        out.error
    )
    assert all(mark < text(now() - HOUR) for mark in out.bookmarks(LEGS))


@pytest.mark.parametrize("legs", [{}, {"call_elements": None}, {"call_elements": []}, {"call_path": []}])
def test_a_call_that_has_no_legs_yet_is_asked_for_again_by_the_next_run(box: Sandbox, legs: dict[str, Any]) -> None:
    wanted = put_some(box, 3)
    late = min(wanted)
    body = {"call_history_uuid": late, **legs}
    box.faults.add(
        Fault("status", status=200, body=body, match=late, content_type="application/json", times=None),
    )
    first = read_well(box, LEGS)
    assert calls_of(first) == once(wanted - {late})
    box.faults.clear()
    assert late in calls_of(read_well(box, LEGS, state=first.bookmark))


def test_any_number_of_calls_without_legs_stops_nothing(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_callrecords.windows.readings.PAGES_WITHOUT_NEWS", 3)
    monkeypatch.setattr("tap_callrecords.sources.zoom_phone.legs.CALLS_OF_A_PAGE", 1)
    put_some(box, 10)
    body: dict[str, Any] = {"call_elements": []}
    box.faults.add(
        Fault("status", status=200, body=body, match=f"{HISTORY}/", content_type="application/json", times=None)
    )
    assert not read_well(box, LEGS).records(LEGS)


@pytest.mark.parametrize("leg", [None, 5, "x", []])
def test_a_leg_that_is_no_object_is_rescued_under_its_call(box: Sandbox, leg: Any) -> None:
    wanted = put_some(box, 2)
    body = {"call_elements": [leg]}
    box.faults.add(
        Fault("status", status=200, body=body, match=f"{HISTORY}/", content_type="application/json", times=2)
    )
    out = read_well(box, LEGS)
    assert calls_of(out) == once(wanted)
    assert [each["_rescued_data"] for each in out.records(LEGS)] == [{"": leg}] * 2


@pytest.mark.parametrize("start", ["", None, "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 1764000000])
def test_a_call_with_any_start_has_its_legs_in_each_run(box: Sandbox, start: Any) -> None:
    key = put(box, now() - HOUR)
    row = {"call_history_uuid": key, "start_time": start, "recording_status": "non_recorded"}
    body = {"call_history": [row], "total_records": 1, "next_page_token": ""}
    box.faults.add(
        Fault("status", status=200, body=body, match=f"{HISTORY}?", content_type="application/json", times=2)
    )
    first = read_well(box, LEGS, **span(now() - 3 * HOUR, now() - HOUR / 2))
    assert calls_of(first)[key] == 1
    read_well(box, LEGS, state=first.bookmark, **span(now() - 3 * HOUR, now() - HOUR / 2))


def test_a_leg_that_stands_twice_comes_once(box: Sandbox) -> None:
    key = put(box, now() - HOUR)
    leg = {"call_element_id": "a", "event": "incoming"}
    body = {"call_elements": [leg, leg]}
    box.faults.add(Fault("status", status=200, body=body, match=f"{HISTORY}/", content_type="application/json"))
    assert legs_of(read_well(box, LEGS)) == [(key, "a")]


def test_a_call_whose_id_is_a_number_has_its_legs(box: Sandbox) -> None:
    row = {"call_history_uuid": 4711, "start_time": text(now() - HOUR), "recording_status": "non_recorded"}
    body = {"call_history": [row], "total_records": 1, "next_page_token": ""}
    box.faults.add(
        Fault("status", status=200, body=body, match=f"{HISTORY}?", content_type="application/json"),
        Fault(
            "status",
            status=200,
            body={"call_elements": [{"call_element_id": "a"}]},
            match=f"{HISTORY}/4711",
            content_type="application/json",
        ),
    )
    assert legs_of(read_well(box, LEGS, **span(now() - 3 * HOUR, now() - HOUR / 2))) == [("4711", "a")]


# Lists


def test_a_call_that_is_counted_and_not_listed_ends_the_run_with_both_numbers(box: Sandbox) -> None:
    put_some(box, 8, last=LATELY)
    zoom(box).set_switches({"withhold": 1, "withhold_reads": None})
    out = read(box, LEGS, **span(LATELY - 2 * HOUR, LATELY + HOUR / 2))
    assert "Zoom Phone announced 8 rows" in str(out.error)
    assert out.bookmarks(LEGS) == []


def test_a_range_that_is_refused_as_too_long_is_read_in_parts(box: Sandbox) -> None:
    wanted = put_some(box, 30)
    body = {"message": "The time range exceeds what is served at once"}
    box.faults.add(Fault("status", status=400, body=body, match=HISTORY, times=2))
    assert calls_of(read_well(box, LEGS)) == once(wanted)


def test_requests_for_details_keep_the_pace(box: Sandbox) -> None:
    put_some(box, 8)
    read_well(box, LEGS, zoom_phone_detail_requests_per_second=4)
    times = [request.time for request in box.requests if f"{HISTORY}/" in request.path]
    assert len(times) == 8
    assert max(times) - min(times) >= 0.9


def test_a_row_without_an_id_is_counted_and_stops_nothing(box: Sandbox) -> None:
    rows = [{"start_time": text(now() - HOUR), "recording_status": "non_recorded"}, 5, None]
    body = {"call_history": rows, "total_records": 3, "next_page_token": ""}
    box.faults.add(Fault("status", status=200, body=body, match=HISTORY, content_type="application/json"))
    read_well(box, LEGS, **span(now() - 3 * HOUR, now() - HOUR / 2))
    assert details(box) == []


@pytest.mark.parametrize("name", [".", ".."])
def test_a_call_whose_id_would_lead_elsewhere_keeps_no_other_from_being_read(box: Sandbox, name: str) -> None:
    wanted = put(box, now() - HOUR)
    put(box, now() - HOUR, call_history_uuid=name)
    out = read_well(box, LEGS, **span(now() - 3 * HOUR, now() - HOUR / 2))
    assert {record["call_history_uuid"] for record in out.records(LEGS)} == {wanted}
