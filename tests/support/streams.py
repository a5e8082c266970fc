"""The streams and their keys, as the interface fixes them (not as the tap has them)."""

from __future__ import annotations

KEYS: dict[str, tuple[str, ...]] = {
    "eightx8_call_records": ("pbx_id", "call_id"),
    "eightx8_call_legs": ("pbx_id", "call_id", "leg_id"),
    "eightx8_cdr_call_records": ("pbx_id", "call_id"),
    "eightx8_cdr_call_legs": ("pbx_id", "call_id", "leg_id"),
    "eightx8_recent_calls": ("tenant_id", "call_id"),
    "eightx8_interactions": ("interaction_id", "transaction_id"),
    "webex_detailed_call_history": ("report_id",),
    "webex_live_call_history": ("report_id",),
    "voiso_cdr": ("uuid",),
    "voiso_agents": ("id",),
    "voiso_deleted_agents": ("id",),
    "voiso_queues": ("id",),
    "voiso_teams": ("id",),
    "voiso_wrapup_codes": ("code",),
    "voiso_campaigns": ("id",),
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
