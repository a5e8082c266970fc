"""Rows as Zoom answers them, otherwise than they are stored where a switch says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.zoom_phone.rows import CALL_FIELDS, HIDDEN

if TYPE_CHECKING:
    from sandbox.table import Row
    from sandbox.zoom_phone.switches import Switches

ODD = (
    {"duration": "12"},
    {"duration": None, "hide_caller_id": "true"},
    {"call_id": 7401000000000000001},
    {"caller_name": {"first": "J"}},
    {"end_to_end": 1, "spam": ["?"]},
    {"callee_name": "a\u0001b \U0001f4de \\ \" '"},
)


def encoded(row: Row) -> bytes:
    """A row as it is answered by default: fields without a value are missing."""
    return msgspec.json.encode(
        {name: value for name, value in row.items() if value is not None and not name.startswith(HIDDEN)}
    )


def is_plain(switches: Switches) -> bool:
    """Whether calls are answered as they are stored."""
    return (
        switches.words == "documented"
        and switches.country_codes == "1"
        and switches.empties == "missing"
        and not switches.unknown_fields
        and not switches.odd_values
    )


def call(row: Row, switches: Switches) -> bytes:
    """A call of the list."""
    row = _with_words({**row, **{name: row.get(name) for name in CALL_FIELDS}}, switches, "call_result")
    if switches.odd_values:
        row |= ODD[sum(str(row["call_history_uuid"]).encode()) % len(ODD)]
    return _with_empties(row, switches)


def logged(body: bytes) -> bytes:
    """A call as the older array has it."""
    return body.replace(b'"call_history_uuid":', b'"id":', 1)


def leg(row: Row, switches: Switches, *, older: bool) -> bytes:
    """A leg among a call's details; in the older array its id has another name."""
    row = _with_words(row, switches, "result")
    if isinstance(segment := row.get("segment"), int):
        row["segment"] = segment - 1 + switches.first_segment
        row["node"] = segment % 3 if switches.nodes == "place" else row.get("node")
    if row.get("event") == "direct_transfer":
        row["event"] = switches.transfers
    if switches.leg_times == "wait_time" and "waiting_time" in row:
        row |= {"wait_time": row.pop("waiting_time"), "talk_time": row.get("_talk_seconds"), "international": False}
    if switches.words == "odd" and row.get("result_reason"):
        row["result_reason"] = f"{row['result_reason']} "
    if switches.element_ids == "plain":
        row["call_element_id"] = str(row["call_element_id"])[9:]
    if older:
        row = {"id": row.pop("call_element_id"), **row}
    row.pop("call_history_uuid", None)
    return _with_empties(row, switches)


def _with_words(row: Row, switches: Switches, outcome: str) -> Row:
    row = dict(row)
    if switches.words == "odd" and sum(str(row["call_id"]).encode()) % 2:
        row |= {outcome: "blocked"} | ({"event": "some_new_event"} if "event" in row else {})
    if switches.country_codes == "US":
        row |= {f"{name}_country_code": row.get(f"{name}_country_iso_code") for name in ("caller", "callee")}
    if switches.unknown_fields:
        row["sandbox_field"] = {"number": 5}
    return row


def _with_empties(row: Row, switches: Switches) -> bytes:
    if switches.empties == "missing":
        return encoded(row)
    empty: Any = None if switches.empties == "null" else ""
    return msgspec.json.encode(
        {name: empty if value is None else value for name, value in row.items() if not name.startswith(HIDDEN)}
    )
