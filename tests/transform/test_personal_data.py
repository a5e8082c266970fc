"""What the models still know when the tap hashed or dropped personal data: what the vendors' pages say, exactly."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest

from tap_callrecords.rows.privacy import Privacy
from tests.transform.test_order import Rows, all_rows, made_of
from tests.transform.vendors import NAMED, VENDORS
from tests.transform.vendors.eightx8_contact_center import INTERACTION, OUTBOUND_INTERACTION, RECENT_CALL
from tests.transform.warehouse import ROOT, DuckDBWarehouse

pytestmark = pytest.mark.slow

NUMBERS = {"caller_number", "callee_number", "caller_e164", "callee_e164", "customer_number", "dialled_number"}


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


def became(before: Any, after: Any) -> str:
    """What became of a value, in a word."""
    if after is None:
        return "null"
    if re.search(r"[0-9a-f]{64}", str(after)):
        return "hash"
    return "one" if "ACDOperatorService" in str(after) else f"word{'' if before == 'internal' else after}"


@pytest.mark.parametrize("mode", ["hash", "drop"])
@pytest.mark.parametrize(("model", "key"), [("callrecords__calls", "call_key"), ("callrecords__call_legs", "leg_key")])
def test_of_each_vendor_exactly_that_is_lost_which_its_page_says(
    at_once: DuckDBWarehouse, queries: dict[str, str], model: str, key: str, mode: str
) -> None:
    """Keys, outcomes, times, durations, counts, queues, sites, codes, and colleagues but at 8x8 Work stay."""
    rows = [(stream, row) for stream, each in all_rows().items() for row in each] + NAMED
    with duckdb.connect(str(at_once.path)) as connection:
        kept, left = (
            {row[key]: row for row in made_of(connection, queries[model], each)}
            for each in (rows, protected(rows, mode))
        )
    assert kept.keys() == left.keys()
    changed: dict[str, dict[str, set[str]]] = {vendor: {} for vendor in VENDORS}
    for name, row in kept.items():
        for column, value in row.items():
            if left[name][column] != value:
                changed[row["vendor"]].setdefault(column, set()).add(became(value, left[name][column]))
    at = ["hash", "drop"].index(mode)
    for vendor, columns in changed.items():
        numbers = {column: words for column, words in columns.items() if column in NUMBERS}
        others = {column: words for column, words in columns.items() if column not in NUMBERS}
        lost = VENDORS[vendor].lost
        assert others.keys() <= lost.keys()
        assert others == {column: {lost[column].split()[at]} for column in others}
        if model == "callrecords__calls":
            assert others.keys() == lost.keys()
            assert numbers == {
                column: {"null" if mode == "drop" or column.endswith("e164") else "hash"} for column in numbers
            }
    for name in kept:
        assert kept[name]["direction"] in ("internal", left[name]["direction"])


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_an_agent_of_8x8_contact_center_is_known_as_its_page_says(
    at_once: DuckDBWarehouse, queries: dict[str, str], mode: str
) -> None:
    rows = [
        (stream, row)
        for stream, each in all_rows().items()
        if "interactions" in stream or "recent" in stream
        for row in each
    ]
    with duckdb.connect(str(at_once.path)) as connection:
        made = made_of(connection, queries["callrecords__calls"], protected(rows, mode))
    agents = {row["call_key"].partition(":")[2]: row["agent_id"] for row in made}
    assert agents[RECENT_CALL] == "agA"
    assert agents[INTERACTION] == ("agB" if mode == "drop" else Privacy("hash", "key").value("agB", "phone"))
    assert agents[OUTBOUND_INTERACTION] == (None if mode == "drop" else Privacy("hash", "key").value("agA", "phone"))


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
