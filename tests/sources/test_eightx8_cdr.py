"""8x8 Work v1/cdr, deprecated: the rows of v2 from the old endpoint, and a clear word when it is gone (WA A15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from tests.support.tap import sync

OLD_AND_NEW = (
    ("eightx8_cdr_call_records", "eightx8_call_records"),
    ("eightx8_cdr_call_legs", "eightx8_call_legs"),
)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed=8, days=2, calls_per_day=30) as box:
        yield box


def config_of(box: Sandbox, **more: Any) -> dict[str, Any]:
    start = datetime.now(UTC) - timedelta(days=3)
    return {**box.eightx8_work.config, "start_date": start.isoformat(), **more}


@pytest.mark.parametrize(("old", "new"), OLD_AND_NEW)
def test_the_old_endpoint_gives_the_rows_of_the_new_one(box: Sandbox, old: str, new: str) -> None:
    end_date = datetime.now(UTC) - timedelta(minutes=20)
    out = sync(config_of(box, end_date=end_date.isoformat(), eightx8_work_page_size=20), streams=[old, new])
    assert out.error is None
    by_content = sorted(map(str, out.records(old)))
    assert by_content
    assert by_content == sorted(map(str, out.records(new)))
    assert out.bookmarks(old)[-1] == out.bookmarks(new)[-1]


def test_legs_are_asked_for_without_the_filters_that_drop_rows(box: Sandbox) -> None:
    sync(config_of(box), streams=["eightx8_cdr_call_legs"])
    asked = [request.query for request in box.requests if request.path.endswith("/v1/cdr")]
    flags = {(query["isCallRecord"], query["isSimplified"], query["isConnectTime"]) for query in asked}
    assert flags == {("false", "false", "false")}


def test_records_are_asked_for_without_the_flags_that_are_for_legs(box: Sandbox) -> None:
    sync(config_of(box), streams=["eightx8_cdr_call_records"])
    asked = [request.query for request in box.requests if request.path.endswith("/v1/cdr")]
    assert {query["isCallRecord"] for query in asked} == {"true"}
    assert not any("isSimplified" in query or "isConnectTime" in query for query in asked)


def test_the_old_endpoint_is_read_only_when_it_is_selected(box: Sandbox) -> None:
    out = sync(config_of(box))
    assert out.error is None
    assert not [request for request in box.requests if request.path.endswith("/v1/cdr")]


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize(("old", "new"), OLD_AND_NEW)
def test_when_the_old_endpoint_is_gone_the_error_names_the_new_streams(
    box: Sandbox, old: str, new: str, status: int
) -> None:
    box.eightx8_work.switches.v1_status = status
    out = sync(config_of(box), streams=[old])
    assert isinstance(out.error, ConfigurationError)
    assert "no longer serves v1/cdr" in str(out.error)
    assert new in str(out.error)
    assert not out.bookmarks(old)


def test_a_missing_v2_endpoint_is_not_blamed_on_v1(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="/v2/call-records", status=404, times=None))
    out = sync(config_of(box), streams=["eightx8_call_records"])
    assert "404" in str(out.error)
    assert "v1/cdr" not in str(out.error)
