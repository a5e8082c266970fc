"""Webex's records: every field and spelling is read, and a record without its id or time keeps a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tap_callrecords import instants
from tests.sources.webex import (
    DAY,
    FEED,
    HOUR,
    LIVE,
    SECOND,
    ended,
    expected,
    ids,
    now,
    put,
    read_well,
    span,
)

SAMPLES = Path(__file__).parents[2] / "sandbox" / "samples"


def _told(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value not in ("", None)}


@pytest.mark.parametrize("missing", [False, True])
def test_keys_in_the_documents_spelling_give_the_same_records(full: Sandbox, *, missing: bool) -> None:
    bounds = span(now() - 2 * DAY, now() - HOUR)
    real = read_well(full, **bounds).records(FEED)
    full.webex.switches.spelling = "docs"
    documented = read_well(full, **bounds).records(FEED)
    assert real == documented
    assert not any(record["_rescued_data"] for record in real)
    full.webex.switches.missing_keys = missing
    without_empty = read_well(full, **bounds).records(FEED)
    assert [_told(record) for record in without_empty] == [_told(record) for record in real]


def test_all_fields_of_the_newest_real_answer_have_a_typed_column() -> None:
    with Sandbox(days=2, calls_per_day=0, samples=True) as box:
        records = read_well(box).records(FEED)
    assert len(records) == 8
    assert len(records[0]) == 88  # 87 and _rescued_data
    assert all(record["_rescued_data"] is None for record in records)
    call = next(each for each in records if each["related_reason"] == "CallQueue")
    typed = {name: call[name] for name in ("answered", "duration", "ring_duration", "hold_duration", "site_timezone")}
    assert typed == {
        "answered": True,
        "duration": 5413,
        "ring_duration": 10,
        "hold_duration": 61,
        "site_timezone": -300,
    }
    assert call["wxcc_consult_merge_status"] == "No"
    assert call["queue_type"] == "Customer Assist"
    unanswered = next(each for each in records if each["caller_reputation_score"] is not None)
    assert unanswered["caller_reputation_score"] == 4.5
    assert unanswered["answer_time"] is None
    assert unanswered["wxcc_consult_merge_status"] == "NA"


def test_the_documented_sample_fits_with_a_blank_in_a_time_and_a_number_for_a_duration(box: Sandbox) -> None:
    documented: dict[str, Any] = json.loads((SAMPLES / "webex_cdr_feed_docs_spelling.json").read_text())["items"][0]
    at = instants.to_text(now() - DAY)
    box.webex.add_record({**documented, "Start time": at, "Report time": at})
    (record,) = read_well(box).records(FEED)
    assert record["_rescued_data"] is None
    assert record["release_time"] == "2023-10-12T21:22:32.621Z"
    assert (record["ring_duration"], record["hold_duration"], record["route_list_calls_overage"]) == (23, 10, 2)
    assert record["call_transfer_time"] == "2023-06-05T18:21:29.707Z"
    assert record["pstn_vendor_name"] == "Cisco Calling Plans"


def test_values_of_unexpected_types_stop_nothing_and_are_kept(full: Sandbox) -> None:
    full.webex.switches.odd_values = full.webex.switches.unknown_fields = True
    out = read_well(full)
    assert expected(full, out) <= set(ids(out))
    rescued = {name for record in out.records(FEED) for name in record["_rescued_data"] or ()}
    assert {"Sandbox field", "Sandbox object", "Duration", "Answer time", "Answered", "User"} <= rescued
    one = next(record for record in out.records(FEED) if "Duration" in record["_rescued_data"])
    assert one["duration"] is None
    assert one["_rescued_data"]["Duration"] == "a while"
    assert one["called_number"] == "2002"


def test_a_field_that_webex_documents_is_named_when_its_value_does_not_fit(
    full: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    full.webex.switches.odd_values = True
    read_well(full)
    assert "Field 'Caller Reputation Score' is new or does not fit its type" in caplog.text


def test_a_record_without_its_id_is_emitted_under_a_key_of_its_content(box: Sandbox) -> None:
    for second in range(2):
        row = box.webex.new_record(ended(now() - DAY + second * SECOND))
        del row["Report ID"]
        box.webex.add_record(row)
    first, again = (ids(read_well(box)) for _ in range(2))
    assert first == again
    assert len(set(first)) == 2


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_records_whose_id_is_empty_stay_apart_and_keep_their_keys_when_a_name_changes(box: Sandbox, empty: Any) -> None:
    rows = [
        box.webex.new_record(
            ended(now() - DAY + number * SECOND, **{"Report ID": empty, "Local call ID": f"{number}:0"})
        )
        for number in range(3)
    ]
    box.webex.add_records(rows)
    first = ids(read_well(box))
    box.webex.records.clear()
    box.webex.add_records([{**row, "User": "Another Name"} for row in rows])
    assert ids(read_well(box)) == first
    assert len({*first}) == 3
    assert all(each.strip() for each in first)


def test_a_record_without_report_time_is_emitted(box: Sandbox) -> None:
    box.webex.switches.filter_field = "start"
    row = box.webex.new_record(ended(now() - DAY))
    del row["Report time"]
    box.webex.add_record(row)
    (record,) = read_well(box).records(FEED)
    assert record["report_time"] is None


def test_a_record_that_changed_is_emitted_again(box: Sandbox) -> None:
    put(box, at := now() - 2 * HOUR)
    first = read_well(box)
    box.webex.replace(box.webex.new_record(ended(at, **{"Call outcome": "Failure"})))
    (changed,) = read_well(box, state=first.bookmark).records(FEED)
    assert changed["call_outcome"] == "Failure"


def test_feed_and_live_stream_give_the_same_records(full: Sandbox) -> None:
    bounds = span(now() - 10 * HOUR, now() - HOUR)
    full.webex.switches.filter_field = "inserted"
    feed, live = (read_well(full, stream, **bounds).records(stream) for stream in (FEED, LIVE))
    assert live
    for record in live:
        assert record.pop("inserted_before")
    assert sorted(map(str, feed)) == sorted(str(record) for record in live)
