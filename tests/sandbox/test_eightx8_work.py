"""The simulated 8x8 Work against its documents: shapes, cursor, paging, windows, zones (WA 3, 4, 6)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.calls import clock_text
from sandbox.eightx8_work.query import cursor
from sandbox.eightx8_work.rows import zone_text
from tests.sandbox.conftest import Client, ms

SAMPLES = Path(__file__).parents[2] / "sandbox" / "samples"
RECORDS, LEGS = "/v2/call-records", "/v2/call-legs"


def sample(name: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads((SAMPLES / f"eightx8_work_{name}.json").read_text())["data"]
    return rows


def put_records(box: Sandbox, count: int) -> None:
    work, start = box.eightx8_work, ms("2026-02-03T10:00:00")
    work.add_records(work.new_record(callId=str(100 + n), startTimeUTC=start + n) for n in range(count))


def test_81_rows_take_three_pages_of_50(box: Sandbox, client: Client) -> None:
    put_records(box, 81)

    pages = client.walk(RECORDS)

    assert [len(page["data"]) for page in pages] == [50, 31, 0]
    assert [page["meta"]["totalRecordCount"] for page in pages] == [81, 81, 0]
    assert pages[2] == {"meta": {"totalRecordCount": 0, "scrollId": "No Data"}, "data": []}


def test_a_window_without_rows_answers_the_end_at_once(client: Client) -> None:
    assert client.get(LEGS).json() == {"meta": {"totalRecordCount": 0, "scrollId": "No Data"}, "data": []}


def test_the_cursor_is_the_vendors_own_for_its_own_rows() -> None:
    record = "c3VwZXJ0ZW5hbnRjc21fMTYzNTU3MTA0ODM0NV8xNjQzODk3NDkyODk3"
    leg = "c3VwZXJ0ZW5hbnRjc21fMTYzNTU3MTA0ODM0NV8xXzE2NDM4OTc0OTI5MDM"

    assert cursor("SuperTenantCSM", (1643897492897, "1635571048345")) == record
    assert cursor("SuperTenantCSM", (1643897492903, "1635571048345", "1")) == leg


def test_the_cursor_names_the_last_row_of_its_page(full: Client) -> None:
    body = full.get(LEGS, pageSize="7").json()

    last, scroll = body["data"][-1], body["meta"]["scrollId"]
    text = base64.b64decode(scroll + "=" * (-len(scroll) % 4)).decode()
    assert "=" not in scroll
    assert text == f"{last['pbxId']}_{last['callId']}_{last['legId']}_{last['startTimeUTC']}"


@pytest.mark.parametrize(("path", "table"), [(RECORDS, "records"), (LEGS, "legs")])
def test_a_walk_meets_every_row_once_and_newest_first(full: Client, path: str, table: str) -> None:
    work = full.box.eightx8_work

    rows = full.rows(path)

    keys = [(row["pbxId"], row["callId"], row.get("legId")) for row in rows]
    stored = {(row["pbxId"], row["callId"], row.get("legId")) for row in work.table(table)}
    assert (set(keys), len(keys)) == (stored, len(stored))
    order = [(row["startTimeUTC"], row["callId"], row.get("legId")) for row in rows]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize("size", ["1", "7000"])
def test_the_page_size_does_not_change_what_is_found(box: Sandbox, client: Client, size: str) -> None:
    put_records(box, 9)

    assert len(client.rows(RECORDS, pageSize=size)) == 9


@pytest.mark.parametrize(("path", "name"), [(RECORDS, "call_records"), (LEGS, "call_legs")])
def test_generated_rows_have_the_fields_of_the_samples(full: Client, path: str, name: str) -> None:
    documented = {field: type(value) for field, value in sample(name)[0].items()}
    nullable = {field for field, kind in documented.items() if kind is type(None)} | {"dnis", "callerSvcName"}
    nullable |= {"callerSvcType", "calleeSvcName", "calleeSvcType"}

    for row in full.rows(path, pbxId="northwindlon,northwindnyc", pageSize="7000"):
        assert set(row) == set(documented)
        for field, value in row.items():
            if field not in nullable:
                assert type(value) is documented[field], field


def test_samples_are_served_on_recent_days_and_otherwise_as_documented(full: Client) -> None:
    times = {"startTime", "connectTime", "disconnectedTime"}
    times |= {name + "UTC" for name in times}

    rows = full.rows(LEGS, pbxId="acmecorppbx", timeZone="America/New_York")

    assert [{k: v for k, v in row.items() if k not in times} for row in rows] == [
        {k: v for k, v in row.items() if k not in times} for row in sample("call_legs")
    ]
    assert [row["startTimeUTC"] % 86_400_000 for row in rows] == [
        int(str(row["startTimeUTC"])) % 86_400_000 for row in sample("call_legs")
    ]
    assert all(0 < full.box.clock.now_ms() - row["disconnectedTimeUTC"] < 3 * 86_400_000 for row in rows)


def test_legs_add_up_to_their_record(full: Client) -> None:
    legs: dict[str, list[dict[str, int]]] = {}
    for leg in full.rows(LEGS, pageSize="7000", pbxId="northwindlon,northwindnyc"):
        legs.setdefault(leg["callId"], []).append(leg)

    for record in full.rows(RECORDS, pageSize="7000", pbxId="northwindlon,northwindnyc"):
        its = legs.pop(record["callId"])
        assert record["callLegCount"] == str(len(its))
        assert record["talkTimeMS"] == sum(leg["talkTimeMS"] for leg in its)
        assert record["calleeHoldDurationMS"] == sum(leg["calleeHoldDurationMS"] for leg in its)
        assert 0 <= record["disconnectedTimeUTC"] - max(leg["disconnectedTimeUTC"] for leg in its) <= 1
        assert 0 < min(leg["startTimeUTC"] for leg in its) - record["startTimeUTC"] < 10
        assert record["callTime"] == record["disconnectedTimeUTC"] - record["startTimeUTC"]
    assert legs == {}


def test_v1_answers_records_and_legs_as_v2_does(full: Client) -> None:
    assert full.rows("/v1/cdr", isCallRecord="true") == full.rows(RECORDS)
    assert full.rows("/v1/cdr", isCallRecord="false") == full.rows(LEGS)
    assert full.rows("/v1/cdr") == full.rows(LEGS)


def test_local_texts_are_the_utc_instants_in_the_requested_zone(full: Client) -> None:
    for zone in ("UTC", "Etc/UTC", "America/New_York", "Asia/Kolkata"):
        for row in full.rows(LEGS, timeZone=zone, pageSize="7000"):
            for name in ("startTime", "connectTime", "disconnectedTime"):
                if row[name + "UTC"]:
                    when = datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%S.%f%z")
                    assert round(when.timestamp() * 1000) == row[name + "UTC"]
                    assert when.utcoffset() == when.astimezone(ZoneInfo(zone)).utcoffset()
                else:
                    assert row[name] == "0"


@given(st.integers(1, 4_000_000_000_000))
def test_both_ways_to_write_a_time_agree(instant: int) -> None:
    assert zone_text(instant) == zone_text(instant, ZoneInfo("Etc/UTC"))


def test_times_are_written_as_in_the_samples() -> None:
    assert zone_text(1643898447493, ZoneInfo("America/New_York")) == "2022-02-03T09:27:27.493-0500"
    assert clock_text(1696320) == "00:28:16"


def test_the_window_is_read_in_its_zone(box: Sandbox, client: Client) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1", startTimeUTC=ms("2026-07-01T16:30:00")))
    window = {"startTime": "2026-07-01 12:00:00", "endTime": "2026-07-01 13:00:00"}

    assert client.rows(RECORDS, **window) == []
    assert len(client.rows(RECORDS, **window, timeZone="America/New_York")) == 1


def test_history_older_than_two_years_is_silently_clipped(box: Sandbox, client: Client) -> None:
    work = box.eightx8_work
    box.clock.frozen_ms = ms("2026-03-01T12:00:00")
    for call, start in (("old", "2024-03-01T11:59:59"), ("kept", "2024-03-01T12:00:00")):
        work.add_record(work.new_record(callId=call, startTimeUTC=ms(start)))

    wide = client.rows(RECORDS, startTime="2020-01-01 00:00:00")
    outside = client.rows(RECORDS, startTime="2020-01-01 00:00:00", endTime="2024-01-01 00:00:00")

    assert [row["callId"] for row in wide] == ["kept"]
    assert outside == []


def test_legs_are_selected_by_disconnect_or_connect_time(box: Sandbox, client: Client) -> None:
    work = box.eightx8_work
    at = {name: ms(f"2026-02-03T{hour}:00:00") for name, hour in (("start", 10), ("connect", 11), ("end", 12))}
    work.add_legs(
        [
            work.new_leg(
                callId="1",
                startTimeUTC=at["start"],
                connectTimeUTC=at["connect"],
                disconnectedTimeUTC=at["end"],
            ),
            work.new_leg(callId="2", startTimeUTC=at["start"], connectTimeUTC=0, disconnectedTimeUTC=at["end"]),
        ]
    )

    def found(hour: int, by_connect: str) -> list[str]:
        window = {"startTime": f"2026-02-03 {hour}:00:00", "endTime": f"2026-02-03 {hour}:59:59"}
        return sorted(row["callId"] for row in client.rows(LEGS, **window, isConnectTime=by_connect))

    assert [found(hour, "false") for hour in (10, 11, 12)] == [[], [], ["1", "2"]]
    assert [found(hour, "true") for hour in (10, 11, 12)] == [[], ["1"], []]


def test_simplification_only_drops_rows(full: Client) -> None:
    everything = full.rows(LEGS)
    simplified = full.rows(LEGS, isSimplified="true")
    assert 0 < len(simplified) < len(everything)
    assert all(row in everything for row in simplified)


def test_calls_are_seen_once_they_have_ended() -> None:
    with Sandbox(days=1, calls_per_day=100) as box:
        box.clock.frozen_ms = ms("2026-03-04T12:00:00")
        before = {row["callId"] for row in box.eightx8_work.records}
        box.clock.skew_seconds = 86_400
        after = {row["callId"] for row in box.eightx8_work.records}

    assert before < after


def test_rows_on_the_wire_are_whole_utf8_json(full: Client) -> None:
    names = {row["calleeName"] for row in full.rows(LEGS, pageSize="7000")}

    assert any(not name.isascii() for name in names)


def test_now_is_the_clocks(box: Sandbox) -> None:
    box.clock.frozen_ms = ms("2026-03-01T12:00:00")

    assert box.clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
