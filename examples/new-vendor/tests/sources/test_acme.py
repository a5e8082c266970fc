"""Acme: whatever its documents leave open, every call arrives, and arrives once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.acme import Acme
from tests.support.tap import Output, sync
from tests.transform.warehouse import DuckDBWarehouse, without

NOW = datetime.now(UTC).replace(microsecond=0)
END = NOW - timedelta(minutes=20)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=30) as box:
        yield box


def read(box: Sandbox, **more: Any) -> Output:
    """Sync the calls of the last days, in small pages."""
    start = (NOW - timedelta(days=4)).isoformat()
    config = {**box.of(Acme).config, "start_date": start, "end_date": END.isoformat(), "acme_page_size": 7}
    return sync({**config, "max_attempts": 2, **more})


def due(box: Sandbox) -> set[str]:
    """Ids of the calls that ended before the end date: every reading selects them."""
    return {row["callId"] for row in box.of(Acme).table("calls") if datetime.fromisoformat(row["endedAt"]) < END}


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("selects_by", "started"),
        *(("bounds", bounds) for bounds in ("[]", "(]", "()")),
        *(("order", order) for order in ("oldest_first", "shuffled")),
        ("page_cap", 3),
        ("total_form", "text"),
        *(("total_on", pages) for pages in ("first", "none")),
        ("arrivals", 5),
        ("unknown_fields", True),
    ],
)
def test_every_call_arrives_once_whatever_the_documents_mean(box: Sandbox, switch: str, value: Any) -> None:
    wanted = due(box)
    box.of(Acme).set_switches({switch: value})
    out = read(box)
    assert out.error is None
    found = [record["call_id"] for record in out.records("acme_calls")]
    assert wanted <= set(found)
    assert len(found) == len(set(found))


def test_calls_that_are_counted_and_not_sent_are_read_again(box: Sandbox) -> None:
    wanted = due(box)
    box.of(Acme).switches.withhold = 1
    out = read(box)
    assert out.error is None
    assert wanted <= {record["call_id"] for record in out.records("acme_calls")}


def test_a_call_has_the_vendors_values_in_our_types(box: Sandbox) -> None:
    row = next(row for row in box.of(Acme).table("calls") if row["answeredAt"] and row["queue"])
    record = next(record for record in read(box).records("acme_calls") if record["call_id"] == row["callId"])
    assert record["ended_at"] == row["endedAt"]
    assert record["talk_seconds"] == row["talkSeconds"]
    assert (record["direction"], record["queue"]) == ("inbound", row["queue"])
    assert record["_rescued_data"] is None


def test_a_wrong_key_is_told_with_its_setting(box: Sandbox) -> None:
    out = read(box, acme_api_key="another")
    assert "Acme refused the credentials (401). Check acme_api_key in the settings" in str(out.error)


@pytest.mark.slow
def test_its_calls_are_among_those_of_all_vendors(box: Sandbox, tmp_path: Path) -> None:
    records = read(box).records("acme_calls")
    warehouse = DuckDBWarehouse(tmp_path)
    columns = [{name: value for name, value in record.items() if name != "_rescued_data"} for record in records]
    warehouse.load({"acme_calls": columns})
    assert warehouse.dbt("run", "--select", "+callrecords__calls").exit_code == 0
    models = ("--select", "stg_callrecords__acme_calls", "callrecords__calls", "--indirect-selection", "cautious")
    tested = warehouse.dbt("build", *without("model"), *models)
    assert tested.exit_code == 0, tested.output
    found = warehouse.query("select vendor, outcome, count(*) from analytics.callrecords__calls group by all")
    assert {vendor for vendor, _, _ in found} == {"acme"}
    assert {outcome for _, outcome, _ in found} >= {"answered", "missed"}
    assert sum(count for _, _, count in found) == len(records)
