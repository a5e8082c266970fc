"""The simulated Recent Calls answers as CC A has it, and its switches do what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.eightx8_contact_center import EightX8ContactCenter

DAY = datetime(2026, 2, 3, tzinfo=UTC)
ROWS = 12


@pytest.fixture
def api(box: Sandbox) -> EightX8ContactCenter:
    """Twelve calls, a minute apart."""
    found = box.eightx8_contact_center
    for minute in range(ROWS):
        found.add_calls(found.new_call(DAY + timedelta(minutes=minute), transactionId=str(minute)))
    return found


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def ask(api: EightX8ContactCenter, headers: dict[str, str] | None = None, **changed: Any) -> requests.Response:
    body = {
        "tenantId": api.tenant,
        "page": 1,
        "rows": "5",
        "timeRange": f"{ms(DAY - timedelta(hours=1))}-{ms(DAY + timedelta(hours=1))}",
    } | changed
    body = {name: value for name, value in body.items() if value is not None}
    known = {"8x8-apikey": api.api_key, "token": api.token} | (headers or {})
    return requests.post(f"{api.url}/v1/recentCallData/us", json=body, headers=known, timeout=10)


def found(answer: requests.Response) -> list[int]:
    return [int(row["transactionId"]) for row in answer.json()["data"]]


def test_an_answer_has_the_documented_envelope(api: EightX8ContactCenter) -> None:
    answer = ask(api).json()
    assert {name: answer[name] for name in ("hits", "page", "rows", "timezone")} == {
        "hits": ROWS,
        "page": 1,
        "rows": 5,
        "timezone": "GMT",
    }
    assert {"alertBellCount", "sortColumn", "sortOrder", "autoRefresh", "columns", "data"} <= answer.keys()


def test_pages_are_slices_and_the_page_past_the_end_is_empty(api: EightX8ContactCenter) -> None:
    pages = [found(ask(api, page=page)) for page in (1, 2, 3, 4)]
    assert pages == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11], []]
    assert ask(api, page=4).json()["hits"] == ROWS


def test_times_are_rendered_in_the_asked_zone(api: EightX8ContactCenter) -> None:
    row = ask(api, timezone="America/Los_Angeles").json()["data"][0]
    assert (row["callDate"], row["callTime"]) == ("02/02/2026 16:00:00", "16:00:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": None},
        {"rows": None},
        {"rows": "5001"},
        {"rows": "0"},
        {"timeRange": None},
        {"timeRange": "1 - 2"},
        {"timeRange": "soon"},
        {"transferCount": "2 or more"},
        {"tenantId": None},
        {"timezone": "Mars/Olympus"},
    ],
    ids=str,
)
def test_a_bad_request_is_refused(api: EightX8ContactCenter, wrong: dict[str, Any]) -> None:
    assert ask(api, **wrong).status_code == 400


@pytest.mark.parametrize("header", ["8x8-apikey", "token"])
def test_an_unknown_key_or_token_is_refused(api: EightX8ContactCenter, header: str) -> None:
    assert ask(api, headers={header: "unknown"}).status_code == 401


def test_the_gateway_refuses_a_key_with_its_own_body(api: EightX8ContactCenter) -> None:
    api.switches.bad_key = "SHA001"
    answer = ask(api, headers={"8x8-apikey": "unknown"})
    assert (answer.status_code, answer.json()["code"]) == (400, "SHA001")


@pytest.mark.parametrize(("precedence", "hits"), [("duration", 0), ("timeRange", ROWS)])
def test_duration_or_range_wins(api: EightX8ContactCenter, precedence: Any, hits: int) -> None:
    api.switches.precedence = precedence
    assert ask(api, duration="today").json()["hits"] == hits


@pytest.mark.parametrize(
    ("switches", "pages"),
    [
        ({"order": "descending"}, [[11, 10, 9, 8, 7], [6, 5, 4, 3, 2]]),
        ({"page_cap": 2}, [[0, 1], [2, 3]]),
        ({"ignore_page": True}, [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]),
        ({"arrivals": 1}, [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8]]),
        ({"departures": 1}, [[0, 1, 2, 3, 4], [6, 7, 8, 9, 10]]),
        ({"withhold": 2}, [[0, 1, 2, 3, 4], [5, 8, 9, 10, 11]]),
    ],
    ids=str,
)
def test_switches_change_the_pages(api: EightX8ContactCenter, switches: dict[str, Any], pages: list[list[int]]) -> None:
    api.set_switches(switches)
    assert [found(ask(api, page=page)) for page in (1, 2)] == pages


@pytest.mark.parametrize(("bounds", "hits"), [("[]", 3), ("[)", 2), ("(]", 2), ("()", 1)])
def test_bounds_belong_to_the_range_or_not(api: EightX8ContactCenter, bounds: Any, hits: int) -> None:
    api.switches.bounds = bounds
    edges = f"{ms(DAY)}-{ms(DAY + timedelta(minutes=2))}"
    assert ask(api, timeRange=edges).json()["hits"] == hits


@pytest.mark.parametrize(("reading", "hits"), [("start", 0), ("end", ROWS)])
def test_the_range_selects_by_start_or_end(api: EightX8ContactCenter, reading: Any, hits: int) -> None:
    api.switches.range_filter = reading
    for row in api.calls:
        api.calls.replace([{**row, "callDuration": "86400000"}])
    next_day = f"{ms(DAY + timedelta(days=1))}-{ms(DAY + timedelta(days=2))}"
    assert ask(api, timeRange=next_day).json()["hits"] == hits


def test_filters_narrow(api: EightX8ContactCenter) -> None:
    assert ask(api, callDuration="sec:336,-1").json()["hits"] == 0
    assert ask(api, callDuration="min:5,6").json()["hits"] == ROWS
    assert ask(api, tenantQueues=["1", "2583"]).json()["hits"] == ROWS
    assert ask(api, tenantAgents=["nobody"]).json()["hits"] == 0


def test_the_vendors_samples_are_served() -> None:
    with Sandbox(calls_per_day=0, samples=True) as box:
        rows = list(box.eightx8_contact_center.calls)
        for row in rows:
            created = datetime.fromtimestamp(int(row["callId"].split("-")[1], 16) // 1000, UTC)
            assert row["callDate"] == created.strftime("%m/%d/%Y %H:%M:%S")
    assert len(rows) == 2
