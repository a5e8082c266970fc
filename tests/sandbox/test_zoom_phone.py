"""The simulated Zoom Phone answers in the shape that is documented, and plays what is left open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox import Clock, Sandbox
from sandbox.zoom_phone import ZoomPhone
from tests.support.tap import ROOT

FORM = "%Y-%m-%dT%H:%M:%SZ"
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
"""A Wednesday in the middle of a month: a range of more than a month is cut."""


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=40, clock=Clock((NOON - datetime.now(UTC)).total_seconds())) as box:
        yield box


@pytest.fixture
def zoom(served: Sandbox) -> ZoomPhone:
    """The vendor with its switches as they are by default."""
    vendor = served.of(ZoomPhone)
    vendor.switches = type(vendor.switches)()
    return vendor


def login(zoom: ZoomPhone, **form: str) -> requests.Response:
    form = {"grant_type": "account_credentials", "account_id": zoom.account_id, **form}
    return requests.post(f"{zoom.url}/oauth/token", data=form, auth=(zoom.client_id, zoom.client_secret), timeout=9)


def ask(zoom: ZoomPhone, path: str, token: str = "", **query: Any) -> requests.Response:
    token = token or login(zoom).json()["access_token"]
    return requests.get(
        f"{zoom.url}/phone/{path}", params=query, headers={"Authorization": f"Bearer {token}"}, timeout=9
    )


def days(back: float = 1) -> dict[str, str]:
    return {"from": (NOON - timedelta(days=back)).strftime(FORM), "to": NOON.strftime(FORM)}


def documented(stream: str) -> set[str]:
    return set((ROOT / "tests" / "vendor_fields" / f"zoom_phone_{stream}.txt").read_text().split("\n")[:-1])


def test_a_list_has_two_arrays_a_range_a_count_and_a_token(zoom: ZoomPhone) -> None:
    answer = ask(zoom, "call_history", **days(), page_size=5).json()
    assert set(answer) == {
        *("call_logs", "call_history", "from", "to", "page_count", "page_size", "total_records", "next_page_token")
    }
    assert len(answer["call_history"]) == answer["page_size"] == 5
    assert [each["id"] for each in answer["call_logs"]] == [
        each["call_history_uuid"] for each in answer["call_history"]
    ]
    assert {name for row in answer["call_history"] for name in row} <= documented("calls")


def test_the_details_of_a_call_have_its_legs_under_documented_names(zoom: ZoomPhone) -> None:
    rows = ask(zoom, "call_history", **days(), page_size=30).json()["call_history"]
    assert rows
    for row in rows:
        answer = ask(zoom, f"call_history/{row['call_history_uuid']}").json()
        assert [each["id"] for each in answer["call_path"]] == [
            each["call_element_id"] for each in answer["call_elements"]
        ]
        assert {name for leg in answer["call_elements"] for name in leg} <= documented("call_legs")
        assert answer["call_elements"]


@pytest.mark.parametrize("name", ["users", "call_queues"])
def test_a_list_has_documented_fields(zoom: ZoomPhone, name: str) -> None:
    answer = ask(zoom, name, page_size=100).json()
    assert {field for row in answer[name] for field in row} <= documented(name)
    assert len(answer[name]) == answer["total_records"]


def test_a_page_token_goes_with_the_parameters_of_its_first_page(zoom: ZoomPhone) -> None:
    asked: dict[str, Any] = {**days(), "page_size": 5}
    token = ask(zoom, "call_history", **asked).json()["next_page_token"]
    assert ask(zoom, "call_history", **asked, next_page_token=token).status_code == 200
    refused = ask(zoom, "call_history", **{**asked, "page_size": 6}, next_page_token=token)
    assert (refused.status_code, refused.json()["code"]) == (400, 400)


@pytest.mark.parametrize(("over_month", "told"), [("cut", True), ("cut silently", False)])
def test_a_range_of_more_than_a_month_is_cut_to_its_last_one(zoom: ZoomPhone, over_month: str, told: bool) -> None:
    zoom.set_switches({"over_month": over_month})
    asked = days(70)
    answer = ask(zoom, "call_history", **asked).json()
    assert (answer["from"] != asked["from"]) is told
    assert answer["to"] == asked["to"]


@pytest.mark.parametrize(
    "wrong", [{"page_size": 301}, {"recording_status": "non-recorded"}, {"time_type": "startTime"}, {"from": "soon"}]
)
def test_a_parameter_that_is_not_documented_so_is_refused(zoom: ZoomPhone, wrong: dict[str, Any]) -> None:
    refused = ask(zoom, "call_history", **{**days(), **wrong})
    assert (refused.status_code, refused.json()["code"]) == (400, 300)
    assert refused.json()["errors"]


def test_a_new_token_may_end_the_one_before(zoom: ZoomPhone) -> None:
    zoom.switches.one_token = True
    first = login(zoom).json()["access_token"]
    second = login(zoom).json()["access_token"]
    assert ask(zoom, "users", first).json() == {"code": 124, "message": "Access token has expired."}
    assert ask(zoom, "users", second).status_code == 200


def test_credentials_of_another_app_account_or_grant_are_refused(zoom: ZoomPhone) -> None:
    assert login(zoom, account_id="another").status_code == 400
    assert login(zoom, grant_type="client_credentials").json()["error"] == "unsupported_grant_type"
    assert ask(zoom, "users", "none").status_code == 401
