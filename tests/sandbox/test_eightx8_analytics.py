"""The simulated detailed reports answer as CC B has it, and their switches do what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.eightx8_analytics import BASE, EightX8Analytics
from sandbox.eightx8_analytics.rows import METRICS

DAY = datetime(2026, 2, 3, tzinfo=UTC)
ROWS = 5
FIELDS = Path(__file__).parents[1] / "vendor_fields" / "eightx8_interactions.txt"


@pytest.fixture
def api(box: Sandbox) -> EightX8Analytics:
    """Five interactions, an hour apart."""
    found = box.eightx8_analytics
    for hour in range(ROWS):
        found.add_interactions(found.new_interaction(DAY + timedelta(hours=hour), transactionId=str(hour)))
    return found


def signed_in(api: EightX8Analytics, **headers: str) -> dict[str, str]:
    answer = requests.post(
        f"{api.url}/oauth/v2/token",
        data={"grant_type": "client_credentials"},
        auth=(api.key, api.secret),
        timeout=10,
    ).json()
    return {"Authorization": f"Bearer {answer['access_token']}", **headers}


def create(api: EightX8Analytics, headers: dict[str, str] | None = None, **changed: Any) -> requests.Response:
    body = {
        "type": "detailed-reports-interaction-details",
        "title": "Test 1",
        "dateRange": {"start": "2026-02-03T00:00:00.000Z", "end": "2026-02-03T23:00:00.000Z"},
    } | changed
    url = f"{api.url}{BASE}/detailed-reports"
    return requests.post(url, json=body, headers=headers or signed_in(api), timeout=10)


def data(api: EightX8Analytics, report: int, **query: str) -> requests.Response:
    url = f"{api.url}{BASE}/detailed-reports/{report}/data"
    return requests.get(url, params=query, headers=signed_in(api), timeout=10)


def found(answer: requests.Response) -> list[str]:
    return [item["value"] for row in answer.json() for item in row["items"] if item["key"] == "transactionId"]


def test_there_are_the_metrics_that_the_vendor_lists() -> None:
    listed = [name for name in FIELDS.read_text().split() if "." not in name and name != "participants"]
    assert sorted(METRICS) == sorted(listed)


def test_a_tokens_numbers_are_text(api: EightX8Analytics) -> None:
    answer = requests.post(
        f"{api.url}/oauth/v2/token", data={"grant_type": "client_credentials"}, auth=(api.key, api.secret), timeout=10
    ).json()
    assert (answer["token_type"], answer["expires_in"]) == ("BearerToken", "1799")


def test_wrong_credentials_and_no_token_are_refused(api: EightX8Analytics) -> None:
    url = f"{api.url}/oauth/v2/token"
    form = {"grant_type": "client_credentials"}
    assert requests.post(url, data=form, auth=(api.key, "wrong"), timeout=10).status_code == 401
    assert create(api, headers={"Authorization": "Bearer unknown"}).status_code == 401


def test_a_report_is_paged_by_cursors_until_there_is_none(api: EightX8Analytics) -> None:
    report = create(api).json()["id"]
    pages, query = [], {"size": "2"}
    while True:
        answer = data(api, report, **query)
        pages.append(found(answer))
        assert answer.headers["X-Total-Elements"] == str(ROWS)
        assert ("Link" in answer.headers) == ("Last-Document-Id" in answer.headers)
        if "Last-Document-Id" not in answer.headers:
            break
        query["lastDocumentId"] = answer.headers["Last-Document-Id"]
    assert pages == [["0", "1"], ["2", "3"], ["4"]]


def test_a_report_holds_what_there_was_when_it_was_made(api: EightX8Analytics) -> None:
    report = create(api).json()["id"]
    api.add_interactions(api.new_interaction(DAY + timedelta(minutes=5)))
    assert len(found(data(api, report))) == ROWS


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "unknown"},
        {"title": "a/b"},
        {"title": ""},
        {"dateRange": {"start": "2026-02-03", "end": "2026-02-04"}},
        {"timezone": "UTC"},
        {"metrics": ["unknown"]},
    ],
    ids=str,
)
def test_a_bad_definition_is_refused(api: EightX8Analytics, wrong: dict[str, Any]) -> None:
    assert create(api, **wrong).status_code == 400


@pytest.mark.parametrize(
    "wrong", [{"size": "0"}, {"size": "1001"}, {"lastDocumentId": "unknown"}, {"lastDocumentId": ""}]
)
def test_a_bad_page_is_refused(api: EightX8Analytics, wrong: dict[str, str]) -> None:
    assert data(api, create(api).json()["id"], **wrong).status_code == 400


def test_the_two_refusals_of_a_tenant_are_word_for_word(api: EightX8Analytics) -> None:
    api.switches.multitenant = True
    missing = create(api)
    wrong = create(api, headers=signed_in(api, **{"X-Tenant-Info": "another"}))
    assert (missing.status_code, missing.json()["message"]) == (400, "Bad request: X-Tenant-Info header is missing.")
    assert wrong.json()["message"] == "Bad request: Invalid value for X-Tenant-Info header."


def test_interactions_that_go_on_are_shown_only_on_demand(api: EightX8Analytics) -> None:
    going_on = {"value": None, "ongoing": True}
    api.add_interactions(api.new_interaction(DAY, transactionId="going on", finishedTime=going_on))
    shown = create(api, reportSettings={"showOngoingInteractions": True}).json()["id"]
    assert "going on" in found(data(api, shown))
    assert "going on" not in found(data(api, create(api).json()["id"]))


def test_a_report_that_is_not_done_gives_fewer_rows(api: EightX8Analytics) -> None:
    api.switches.polls = 2
    answer = create(api).json()
    assert answer["status"] == "QUEUED"
    assert len(found(data(api, answer["id"]))) == ROWS // 2
    url = f"{api.url}{BASE}/{answer['id']}/status"
    states = [requests.get(url, headers=signed_in(api), timeout=10).json()["status"] for _ in range(2)]
    assert states == ["IN_PROGRESS", "DONE"]


def test_durations_come_in_the_shape_of_the_version(api: EightX8Analytics) -> None:
    api.add_interactions(
        api.new_interaction(DAY, transactionId="x", queueWaitDuration={"value": 79_000, "ongoing": False})
    )
    seen = []
    for shapes in ("v8", "old"):
        api.set_switches({"shapes": shapes})
        report = create(api, metrics=["transactionId", "queueWaitDuration"]).json()["id"]
        rows = [{item["key"]: item["value"] for item in row["items"]} for row in data(api, report).json()]
        seen += [row["queueWaitDuration"] for row in rows if row["transactionId"] == "x"]
    assert seen == [{"value": 79_000, "ongoing": False}, "0:01:19"]


def test_a_forgotten_report_is_not_found(api: EightX8Analytics) -> None:
    api.switches.forget_after = 1
    report = create(api).json()["id"]
    assert [data(api, report).status_code for _ in range(2)] == [200, 404]
