"""Each treachery of the simulated 8x8 Work does what it says (WA 8, WA 10)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.eightx8_work import EightX8Work
from tests.sandbox.conftest import Client, ms

RECORDS, LEGS = "/v2/call-records", "/v2/call-legs"
START = ms("2026-02-03T10:00:00")


@pytest.fixture
def work(box: Sandbox) -> EightX8Work:
    """Twelve records, a second apart."""
    found = box.eightx8_work
    found.add_records(found.new_record(callId=str(10 + n), startTimeUTC=START + 1000 * n) for n in range(12))
    return found


def calls(rows: list[dict[str, Any]]) -> list[str]:
    return [row["callId"] for row in rows]


@pytest.mark.parametrize(("reading", "found"), [("start", 1), ("disconnect", 0)])
def test_records_are_selected_by_start_or_disconnect(box: Sandbox, client: Client, reading: Any, found: int) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1", startTimeUTC=START, disconnectedTimeUTC=START + 7_200_000))
    work.switches.record_filter = reading

    assert len(client.rows(RECORDS, endTime="2026-02-03 11:00:00")) == found


@pytest.mark.parametrize(("bounds", "found"), [("[]", "123"), ("[)", "12"), ("(]", "23"), ("()", "2")])
def test_bounds_belong_to_the_window_or_not(box: Sandbox, client: Client, bounds: Any, found: str) -> None:
    work = box.eightx8_work
    work.add_records(work.new_record(callId=str(n + 1), startTimeUTC=START + 1000 * n) for n in range(3))
    work.switches.bounds = bounds

    rows = client.rows(RECORDS, startTime="2026-02-03 10:00:00", endTime="2026-02-03 10:00:02")

    assert sorted(calls(rows)) == list(found)


@pytest.mark.parametrize(("reading", "found"), [(".000", 0), (".999", 1)])
def test_the_last_second_counts_as_its_begin_or_end(box: Sandbox, client: Client, reading: Any, found: int) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1", startTimeUTC=START + 500))
    work.switches.end_second = reading

    assert len(client.rows(RECORDS, endTime="2026-02-03 10:00:00")) == found


@pytest.mark.parametrize(("reading", "found"), [("first", 0), ("second", 1)])
def test_an_hour_that_exists_twice_is_read_as_one_of_both(
    box: Sandbox, client: Client, reading: Any, found: int
) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1", startTimeUTC=ms("2025-11-02T06:15:00")))
    work.switches.repeated_hour = reading
    window = {"startTime": "2025-11-01 00:00:00", "endTime": "2025-11-02 01:30:00", "timeZone": "America/New_York"}

    assert len(client.rows(RECORDS, **window)) == found
    work.switches.repeated_hour = "error"
    assert client.get(RECORDS, **window).status_code == 400


def test_the_name_utc_may_be_unknown(work: EightX8Work, client: Client) -> None:
    work.switches.utc_accepted = False

    assert client.get(RECORDS).status_code == 400
    assert len(client.rows(RECORDS, timeZone="Etc/UTC")) == 12


def test_times_may_be_rendered_in_another_zone_than_asked(work: EightX8Work, client: Client) -> None:
    work.switches.render_zone = "Europe/Paris"

    assert client.rows(RECORDS)[0]["startTime"] == "2026-02-03T11:00:11.000+0100"


@pytest.mark.parametrize(
    ("signal", "meta"), [("null", {"scrollId": None}), ("missing", {}), ("empty", {"scrollId": ""})]
)
def test_the_end_may_be_told_otherwise(
    work: EightX8Work, client: Client, signal: Any, meta: dict[str, str | None]
) -> None:
    work.switches.end_signal = signal

    assert client.walk(RECORDS)[-1]["meta"] == {"totalRecordCount": 0, **meta}
    work.switches.end_on_last_page = True
    pages = client.walk(RECORDS, pageSize="6")
    assert [len(page["data"]) for page in pages] == [6, 6]
    assert pages[-1]["meta"] == {"totalRecordCount": 12, **meta}


def test_the_real_page_size_may_be_lower_than_asked(work: EightX8Work, client: Client) -> None:
    work.switches.page_cap = 5

    assert [len(page["data"]) for page in client.walk(RECORDS)] == [5, 5, 2, 0]


def test_pages_may_be_underfilled_and_lose_nothing(work: EightX8Work, client: Client) -> None:
    work.switches.short_pages = 1.0

    pages = client.walk(RECORDS, pageSize="5")

    assert sum(len(page["data"]) for page in pages) == 12
    assert any(0 < len(page["data"]) < 5 for page in pages[:-2])


def test_page_two_needs_all_parameters_or_only_the_cursor(work: EightX8Work, client: Client) -> None:
    scroll = client.get(RECORDS, pageSize="5").json()["meta"]["scrollId"]
    alone = dict.fromkeys(("pbxId", "startTime", "endTime", "timeZone", "pageSize")) | {"scrollId": scroll}

    assert client.get(RECORDS, **alone).status_code == 400
    work.switches.page2_parameters = "optional"
    assert calls(client.get(RECORDS, **alone).json()["data"]) == ["16", "15", "14", "13", "12"]


def test_an_oversized_page_may_be_clamped(work: EightX8Work, client: Client) -> None:
    work.switches.oversized = "clamp"

    assert len(client.rows(RECORDS, pageSize="99999")) == 12


def test_rows_may_come_in_no_order_and_still_be_complete(work: EightX8Work, client: Client) -> None:
    work.switches.order = "shuffled"

    found = calls(client.rows(RECORDS, pageSize="5"))

    assert found != sorted(found, reverse=True)
    assert sorted(found) == sorted(calls(list(work.records)))


def test_rows_may_arrive_between_pages(work: EightX8Work, client: Client) -> None:
    work.switches.arrivals_per_page = 2

    first, *others = client.walk(RECORDS, pageSize="6")[:2]

    newer, older = [row["callId"] for row in work.records[12:14]]
    assert first["meta"]["totalRecordCount"] == 12
    assert others[0]["meta"]["totalRecordCount"] == 14
    seen = calls(first["data"] + others[0]["data"])
    assert older in seen
    assert newer not in seen


def test_a_page_may_begin_with_the_last_row_of_the_one_before(work: EightX8Work, client: Client) -> None:
    work.switches.repeat_last_row = True

    pages = client.walk(RECORDS, pageSize="5")

    assert [calls(page["data"]) for page in pages[:2]] == [
        ["21", "20", "19", "18", "17"],
        ["17", "16", "15", "14", "13"],
    ]
    assert {call for page in pages for call in calls(page["data"])} == set(calls(list(work.records)))


def test_the_cursor_may_repeat_itself(work: EightX8Work, client: Client) -> None:
    work.switches.repeat_cursor = True
    scroll = client.get(RECORDS, pageSize="5").json()["meta"]["scrollId"]

    assert client.get(RECORDS, pageSize="5", scrollId=scroll).json()["meta"]["scrollId"] == scroll


def test_a_call_lands_some_time_after_its_end(box: Sandbox, client: Client) -> None:
    box.clock.frozen_ms = START
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1", disconnectedTimeUTC=START))
    work.switches.landing_delay_seconds = 600

    assert client.rows(RECORDS) == []
    box.clock.skew_seconds = 600
    assert len(client.rows(RECORDS)) == 1


def test_landing_may_differ_from_call_to_call(box: Sandbox, client: Client) -> None:
    box.clock.frozen_ms = START
    work = box.eightx8_work
    work.add_records(work.new_record(callId=str(n), disconnectedTimeUTC=START) for n in range(40))
    work.switches.landing_jitter_seconds = 600
    seen = []
    for minutes in (0, 5, 10):
        box.clock.skew_seconds = 60 * minutes
        seen.append(len(client.rows(RECORDS)))

    assert 0 == seen[0] < seen[1] < seen[2] == 40


def test_a_row_may_be_seen_from_an_instant_on(box: Sandbox, client: Client) -> None:
    box.clock.frozen_ms = START
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1"), visible_at=START + 1000)

    assert client.rows(RECORDS) == []
    box.clock.skew_seconds = 1
    assert len(client.rows(RECORDS)) == 1


def test_a_token_may_expire_in_mid_scroll(work: EightX8Work, client: Client) -> None:
    work.switches.token_requests = 2

    assert [client.get(RECORDS).status_code for _ in range(3)] == [200, 200, 401]
    client.login()
    assert client.get(RECORDS).ok


def test_a_cursor_may_die_with_its_token(work: EightX8Work, client: Client) -> None:
    work.switches.cursor_bound_to_token = True
    scroll = client.get(RECORDS, pageSize="5").json()["meta"]["scrollId"]

    assert client.get(RECORDS, pageSize="5", scrollId=scroll).ok
    client.login()
    assert client.get(RECORDS, pageSize="5", scrollId=scroll).status_code == 400


def test_rights_to_some_pbxes_are_a_subset_or_a_refusal(work: EightX8Work, client: Client) -> None:
    work.add_record(work.new_record(callId="99", pbxId="northwindnyc"))
    work.allowed_pbxes = {"northwindnyc"}

    assert calls(client.rows(RECORDS)) == ["99"]
    work.switches.all_pbxes = "reject"
    assert client.get(RECORDS).status_code == 403


def test_rows_may_have_other_types_nulls_and_unknown_fields(work: EightX8Work, client: Client) -> None:
    before = client.rows(RECORDS)
    switches = work.switches
    switches.leg_count_as_int = switches.null_arrays = switches.unknown_fields = True

    rows = client.rows(RECORDS)

    assert {(row["callLegCount"], row["departments"], row["branches"]) for row in rows} == {(1, None, None)}
    assert rows[0]["newObject"]["tags"] == ["a", "ü"]
    switches.leg_count_as_int = switches.null_arrays = switches.unknown_fields = False
    switches.odd_values = True
    odd = client.rows(RECORDS)
    assert all(was != now for was, now in zip(before, odd, strict=True) if now["callId"] != "15")
    assert calls(odd) == calls(before)


@pytest.mark.parametrize("status", [404, 410])
def test_v1_may_be_gone(work: EightX8Work, client: Client, status: int) -> None:
    work.switches.v1_status = status

    assert client.get("/v1/cdr").status_code == status
    assert client.get(LEGS).ok


def test_every_third_request_may_be_throttled(work: EightX8Work, client: Client) -> None:
    work.switches.throttle_every = 3
    work.switches.throttle_retry_after = "2"

    answers = [client.get(RECORDS) for _ in range(6)]

    assert [one.status_code for one in answers] == [200, 200, 429, 200, 200, 429]
    assert answers[2].headers["Retry-After"] == "2"


def test_the_announced_count_may_be_too_high_for_some_reads_of_a_window(work: EightX8Work, client: Client) -> None:
    work.switches.overcount = 2
    work.switches.overcount_reads = 1

    def totals() -> list[int]:
        return [page["meta"]["totalRecordCount"] for page in client.walk(RECORDS, pageSize="6")]

    assert totals() == [14, 14, 0]
    assert totals() == [12, 12, 0]
    work.switches.overcount_reads = None
    assert totals() == [14, 14, 0]


def test_a_row_may_be_withheld_in_the_first_read_of_a_window(work: EightX8Work, client: Client) -> None:
    work.switches.withhold = 1

    first, second = client.walk(RECORDS, pageSize="6"), client.walk(RECORDS, pageSize="6")

    assert [len(page["data"]) for page in first] == [6, 5, 0]
    assert [page["meta"]["totalRecordCount"] for page in first] == [12, 12, 0]
    assert [len(page["data"]) for page in second] == [6, 6, 0]


def test_two_rows_may_share_a_key(work: EightX8Work, client: Client) -> None:
    work.add_record(work.new_record(callId="10", startTimeUTC=START - 60_000))

    assert calls(client.rows(RECORDS)).count("10") == 2


def test_a_replaced_row_takes_the_place_of_its_key(work: EightX8Work, client: Client) -> None:
    work.replace(work.new_record(callId="10", startTimeUTC=START, callerName="changed"))

    rows = client.rows(RECORDS)

    assert len(rows) == 12
    assert [row["callerName"] for row in rows if row["callId"] == "10"] == ["changed"]
