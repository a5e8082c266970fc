"""Writes `models/staging/base/base.yml`: the tap's tables as dbt sources, and the base models' columns.

Everything comes from `schemas/<stream>.json`, so names, types and descriptions stand in one place. Run it after a
change of a schema: `python transform/describe_streams.py`.
"""  # noqa: INP001

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

TRANSFORM = Path(__file__).parent
SCHEMAS = TRANSFORM.parent / "schemas"
TARGET = TRANSFORM / "models" / "staging" / "base" / "base.yml"
HEADER = "# Made from schemas/*.json by describe_streams.py; edit those, not this.\n"


class Stream(NamedTuple):
    """A stream's key columns and the instant by which its freshness is judged (none for full tables)."""

    key: list[str]
    loaded_at: str | None = None


_WORK_CALL = ["pbx_id", "call_id"]
_WORK_LEG = ["pbx_id", "call_id", "leg_id"]
STREAMS: dict[str, dict[str, Stream]] = {
    "eightx8": {
        "eightx8_call_records": Stream(_WORK_CALL, "start_time_utc"),
        "eightx8_call_legs": Stream(_WORK_LEG, "disconnected_time_utc"),
        "eightx8_cdr_call_records": Stream(_WORK_CALL, "start_time_utc"),
        "eightx8_cdr_call_legs": Stream(_WORK_LEG, "disconnected_time_utc"),
        "eightx8_recent_calls": Stream(["tenant_id", "call_id"], "call_date_utc"),
        "eightx8_interactions": Stream(["interaction_id", "transaction_id"], "creation_time_utc"),
    },
    "webex": {
        "webex_detailed_call_history": Stream(["report_id"], "report_time"),
        "webex_live_call_history": Stream(["report_id"], "report_time"),
    },
    "voiso": {
        "voiso_cdr": Stream(["uuid"], "timestamp_utc"),
        "voiso_agents": Stream(["id"]),
        "voiso_deleted_agents": Stream(["id"]),
        "voiso_queues": Stream(["id"]),
        "voiso_teams": Stream(["id"]),
        "voiso_campaigns": Stream(["id"]),
        "voiso_wrapup_codes": Stream(["code"]),
    },
}
VENDORS = {"eightx8": "8x8 Work and 8x8 Contact Center", "webex": "Webex Calling", "voiso": "Voiso"}
SCHEMA = "Schema of the table that the row comes from."


def schema_of(stream: str) -> dict[str, Any]:
    """Returns the stream's JSON Schema; that of another stream where it has the same rows."""
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{stream}.json").read_text(encoding="utf-8"))
    twin: str | None = schema.get("x-same-rows-as")
    return schema_of(twin) if twin else schema


def data_type(definition: dict[str, Any]) -> str:
    """Returns the macro `type_of`'s name for a property's type."""
    kinds = definition["type"] if isinstance(definition["type"], list) else [definition["type"]]
    if "array" in kinds or "object" in kinds:
        return "json"
    if definition.get("format") == "date-time":
        return "timestamp"
    return next((kind for kind in ("integer", "number", "boolean") if kind in kinds), "text")


def _columns(stream: str) -> list[dict[str, str]]:
    return [
        {"name": name, "data_type": data_type(definition), "description": definition["description"]}
        for name, definition in schema_of(stream)["properties"].items()
        if name != "_rescued_data"
    ]


def _schema(vendor: str) -> str:
    """The vendor's schema as dbt reads it; of a list the first (macro `loaded_tables` reads the others)."""
    named = f"var('callrecords_{vendor}_schema', var('callrecords_schema', 'callrecords'))"
    return f"{{{{ {named} if {named} is string else {named}[0] }}}}"


def _source(vendor: str, streams: dict[str, Stream]) -> dict[str, Any]:
    tables = []
    for name, stream in streams.items():
        table: dict[str, Any] = {"name": name, "description": schema_of(name)["description"]}
        if stream.loaded_at:
            table["config"] = {
                "loaded_at_query": f"{{{{ tap_callrecords.newest_row('{vendor}', '{name}', '{stream.loaded_at}') }}}}",
                "freshness": {"warn_after": {"count": 36, "period": "hour"}},
            }
        tables.append(table)
    return {
        "name": vendor,
        "description": f"Tables of the tap's {VENDORS[vendor]} streams.",
        "database": "{{ var('callrecords_database', target.database) }}",
        "schema": _schema(vendor),
        "tables": tables,
    }


def _base_model(name: str, stream: Stream) -> dict[str, Any]:
    return {
        "name": f"base_callrecords__{name}",
        "description": f"The table {name} with all its columns in fixed types; no rows where it does not exist.",
        "data_tests": [{"callrecords_key": {"arguments": {"columns": ["source_relation", *stream.key]}}}],
        "columns": [{"name": "source_relation", "data_type": "text", "description": SCHEMA}, *_columns(name)],
    }


def describe() -> str:
    """Returns the text of base.yml."""
    document = {
        "version": 2,
        "sources": [_source(vendor, streams) for vendor, streams in STREAMS.items()],
        "models": [_base_model(n, s) for streams in STREAMS.values() for n, s in streams.items()],
    }
    return HEADER + str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


if __name__ == "__main__":
    TARGET.write_text(describe(), encoding="utf-8")
