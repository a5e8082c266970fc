"""The streams and their keys, as the interface fixes them (not as the tap has them)."""

from __future__ import annotations

from sandbox.registry import VENDORS

KEYS: dict[str, tuple[str, ...]] = {
    subject.stream: tuple(subject.keys) for vendor in VENDORS for subject in vendor.streams
}
REPLICATION_KEYS: dict[str, str] = {
    "eightx8_call_records": "start_time_utc",
    "eightx8_call_legs": "disconnected_time_utc",
    "eightx8_cdr_call_records": "start_time_utc",
    "eightx8_cdr_call_legs": "disconnected_time_utc",
    "eightx8_recent_calls": "call_date_utc",
    "eightx8_interactions": "creation_time_utc",
    "webex_detailed_call_history": "report_time",
    "webex_live_call_history": "inserted_before",
    "voiso_cdr": "timestamp_utc",
}
DESELECTED = {"eightx8_cdr_call_records", "eightx8_cdr_call_legs", "webex_live_call_history"}
