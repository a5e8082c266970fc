"""What the models still know when the tap hashed or dropped personal data: what the models' README says, exactly."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from tap_callrecords.rows.privacy import Privacy
from tests.transform.test_order import Rows, all_rows, made_of
from tests.transform.warehouse import ROOT, DuckDBWarehouse

pytestmark = pytest.mark.slow

SAME = ("call_key", "channel", "outcome", "started_at", "answered_at", "ended_at", "ring_seconds", "wait_seconds",
        "talk_seconds", "hold_seconds", "total_seconds", "is_transferred", "leg_count")  # fmt: skip
INTERNAL_OF_WORK = {"eightx8_work:hq:5"}


def protected(rows: Rows, mode: str) -> Rows:
    """The rows as the tap sends them in a mode: by the `x-pii` of the schemas, nested ones too."""
    privacy = Privacy(mode, "key")

    def of(schema: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in row.items():
            each = schema["properties"].get(name, {})
            if "x-pii" in each:
                found[name] = privacy.value(value, each["x-pii"])
            elif "properties" in each.get("items", {}) and value:
                found[name] = [of(each["items"], item) for item in value]
            else:
                found[name] = value
        return found

    def schema(stream: str) -> dict[str, Any]:
        path = ROOT / "schemas" / f"{stream.replace('_cdr_call', '_call')}.json"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    return [(stream, of(schema(stream), row)) for stream, row in rows]


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_outcomes_durations_and_queues_survive_and_internal_calls_of_8x8_work_do_not(
    at_once: DuckDBWarehouse, queries: dict[str, str], mode: str
) -> None:
    rows = [(stream, row) for stream, each in all_rows().items() for row in each]
    with duckdb.connect(str(at_once.path)) as connection:
        kept, left = (
            {row["call_key"]: row for row in made_of(connection, queries["callrecords__calls"], each)}
            for each in (rows, protected(rows, mode))
        )
    assert kept.keys() == left.keys()
    for key, row in kept.items():
        assert {name: row[name] for name in SAME} == {name: left[key][name] for name in SAME}
        assert (row["queue_key"] is None) == (left[key]["queue_key"] is None), key
    assert {key for key in kept if kept[key]["direction"] != left[key]["direction"]} == INTERNAL_OF_WORK
    assert {row["caller_e164"] for row in left.values()} == {None}
    known = {key for key, row in kept.items() if row["customer_number"] and key not in INTERNAL_OF_WORK}
    numbers = {key for key, row in left.items() if row["customer_number"]} - INTERNAL_OF_WORK
    assert numbers == (known if mode == "hash" else set())


def test_a_number_has_one_hash_over_all_vendors(at_once: DuckDBWarehouse, queries: dict[str, str]) -> None:
    rows: Rows = [
        (
            "eightx8_call_records",
            {"pbx_id": "p", "call_id": "1", "direction": "Incoming", "caller": "+1 (202) 555-0173"},
        ),
        ("voiso_cdr", {"uuid": "1", "type": "inbound", "from_party": "12025550173"}),
    ]
    with duckdb.connect(str(at_once.path)) as connection:
        made = made_of(connection, queries["callrecords__calls"], protected(rows, "hash"))
    assert len({row["customer_number"] for row in made}) == 1
