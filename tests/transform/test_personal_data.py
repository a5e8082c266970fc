"""What the models still know when the tap hashed or dropped personal data: what the models' README says, exactly."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest

from tap_callrecords.rows.privacy import Privacy
from tests.transform.rows import INTERACTION, OUTBOUND_INTERACTION, RECENT_CALL
from tests.transform.test_order import Rows, all_rows, made_of
from tests.transform.warehouse import ROOT, DuckDBWarehouse

pytestmark = pytest.mark.slow

NUMBERS = {"caller_number", "callee_number", "caller_e164", "callee_e164", "customer_number", "dialled_number"}
CHANGED: dict[str, dict[str, str]] = {
    # column: what becomes of it with `hash` and with `drop`
    "eightx8_work": {
        **dict.fromkeys(
            ("caller_name", "callee_name", "queue_name", "agent_id", "agent_key", "agent_name"), "hash null"
        ),
        **dict.fromkeys(("queue_id", "queue_key"), "hash one"),
        "direction": "word word",
    },
    "eightx8_contact_center": dict.fromkeys(("agent_id", "agent_key", "agent_name", "caller_name"), "hash null"),
    "webex_calling": dict.fromkeys(("agent_name", "queue_name", "caller_name", "callee_name"), "hash null"),
    "voiso": {"agent_name": "hash null", "callee_name": "hash null"},
    "zoom_phone": dict.fromkeys(("agent_name", "queue_name", "caller_name", "callee_name"), "hash null"),
}
"""What each vendor's calls and legs lose beside the numbers, as the README has it; nothing else changes."""
COLLEAGUES: Rows = [
    (
        "webex_detailed_call_history",
        {"report_id": f"i{number}", "correlation_id": "internal", "org_uuid": "org", "call_type": "SIP_ENTERPRISE",
         "direction": side, "user_type": "User", "user": name, "user_uuid": name.lower(), "answered": True,
         "start_time": "2026-03-02 12:00:00", "calling_number": "2001", "calling_line_id": "Ana",
         "called_number": "2002", "called_line_id": "Ben", "dialed_digits": "2002"},
    )
    for number, (side, name) in enumerate((("ORIGINATING", "Ana"), ("TERMINATING", "Ben")))
] + [
    (
        "eightx8_interactions",
        {"interaction_id": "int-1-a-phone-01-acmecorp01", "transaction_id": "1", "media_type": "Phone",
         "interaction_type": "InternalCall", "direction": "OutboundDir", "creation_time_utc": "2026-03-02 12:00:00",
         "participant_handling_duration": 1000, "participant_id": ["agA"], "participant_name": ["Ana"],
         "origination": "1001", "destination": "1002"},
    ),
    (
        "eightx8_interactions",
        {"interaction_id": "int-2-a-phone-01-acmecorp01", "transaction_id": "1", "media_type": "Phone",
         "direction": "InboundDir", "creation_time_utc": "2026-03-02 12:00:00", "customer_name": "Kim",
         "customer_phone": "12025550173", "channel_id": "12025550100", "queue_id": "1", "queue_name": "Support"},
    ),
    ("voiso_cdr", {"uuid": "named", "type": "outbound", "disposition": "answered", "destination_name": "France",
                   "to_party": "33123456789", "agent": "Mike", "agent_id": 1}),
]  # fmt: skip
"""Calls between colleagues, and names that the other rows lack."""


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
def test_of_each_vendor_exactly_that_is_lost_which_the_readme_says(
    at_once: DuckDBWarehouse, queries: dict[str, str], model: str, key: str, mode: str
) -> None:
    """Keys, outcomes, times, durations, counts, queues, sites, codes, and colleagues but at 8x8 Work stay."""
    rows = [(stream, row) for stream, each in all_rows().items() for row in each] + COLLEAGUES
    with duckdb.connect(str(at_once.path)) as connection:
        kept, left = (
            {row[key]: row for row in made_of(connection, queries[model], each)}
            for each in (rows, protected(rows, mode))
        )
    assert kept.keys() == left.keys()
    changed: dict[str, dict[str, set[str]]] = {vendor: {} for vendor in CHANGED}
    for name, row in kept.items():
        for column, value in row.items():
            if left[name][column] != value:
                changed[row["vendor"]].setdefault(column, set()).add(became(value, left[name][column]))
    at = ["hash", "drop"].index(mode)
    for vendor, columns in changed.items():
        numbers = {column: words for column, words in columns.items() if column in NUMBERS}
        others = {column: words for column, words in columns.items() if column not in NUMBERS}
        assert others.keys() <= CHANGED[vendor].keys()
        assert others == {column: {CHANGED[vendor][column].split()[at]} for column in others}
        if model == "callrecords__calls":
            assert others.keys() == CHANGED[vendor].keys()
            assert numbers == {
                column: {"null" if mode == "drop" or column.endswith("e164") else "hash"} for column in numbers
            }
    for name in kept:
        assert kept[name]["direction"] in ("internal", left[name]["direction"])


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_an_agent_of_8x8_contact_center_is_known_as_the_readme_says(
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
    agents = {row["call_key"]: row["agent_id"] for row in made}
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
