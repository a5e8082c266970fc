"""What repeats the streams in the dbt project: sources, and a base model for each table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import yaml

from generators.facts import Column, StreamFacts, streams

FOLDER = "transform/models/staging/base"
HEAD = "# Written by script/generate from the schemas; edit those, not this.\n"
PREFIX = "base_callrecords__"
SOURCE_RELATION = {
    "name": "source_relation",
    "data_type": "text",
    "description": "Schema of the table that the row comes from.",
}
HOURS_UNTIL_STALE = 36


def vendor_of(stream: str) -> str:
    """The dbt source that a stream's table belongs to: what its name begins with."""
    return stream.partition("_")[0]


def data_type(column: Column) -> str:
    """The name that the macro `type_of` has for a column's type."""
    kinds = column.schema["type"] if isinstance(column.schema["type"], list) else [column.schema["type"]]
    if "array" in kinds or "object" in kinds:
        return "json"
    if column.schema.get("format") == "date-time":
        return "timestamp"
    return next((str(kind) for kind in ("integer", "number", "boolean") if kind in kinds), "text")


def _columns(facts: StreamFacts) -> list[dict[str, str]]:
    every = (Column(name, each) for name, each in facts.declared.schema["properties"].items())
    return [
        {"name": each.path, "data_type": data_type(each), "description": each.schema["description"]}
        for each in every
        if each.path != "_rescued_data"
    ]


def _schema(vendor: str) -> str:
    """The vendor's schema as dbt reads it; of a list the first (macro `loaded_tables` reads the others)."""
    named = f"var('callrecords_{vendor}_schema', var('callrecords_schema', 'callrecords'))"
    return f"{{{{ {named} if {named} is string else {named}[0] }}}}"


def _table(vendor: str, facts: StreamFacts) -> dict[str, Any]:
    table: dict[str, Any] = {"name": facts.name, "description": facts.description}
    if bookmark := facts.declared.bookmark:
        table["config"] = {
            "loaded_at_query": f"{{{{ tap_callrecords.newest_row('{vendor}', '{facts.name}', '{bookmark}') }}}}",
            "freshness": {"warn_after": {"count": HOURS_UNTIL_STALE, "period": "hour"}},
        }
    return table


def _source(vendor: str, theirs: Sequence[StreamFacts]) -> dict[str, Any]:
    products = list(dict.fromkeys(each.source.product for each in theirs))
    return {
        "name": vendor,
        "description": f"Tables of the tap's streams of {', '.join(products)}.",
        "database": "{{ var('callrecords_database', target.database) }}",
        "schema": _schema(vendor),
        "tables": [_table(vendor, each) for each in theirs],
    }


def _base_model(facts: StreamFacts) -> dict[str, Any]:
    return {
        "name": f"{PREFIX}{facts.name}",
        "description": f"The table {facts.name} with all its columns in fixed types; no rows where it does not exist.",
        "data_tests": [{"callrecords_key": {"arguments": {"columns": ["source_relation", *facts.declared.key]}}}],
        "columns": [SOURCE_RELATION.copy(), *_columns(facts)],
    }


def _by_vendor() -> Iterator[tuple[str, Sequence[StreamFacts]]]:
    for vendor, theirs in groupby(streams(), key=lambda each: vendor_of(each.name)):
        yield vendor, [*theirs]


def base_yml() -> str:
    """The sources, and the columns of the base models."""
    document = {
        "version": 2,
        "sources": [_source(vendor, theirs) for vendor, theirs in _by_vendor()],
        "models": [_base_model(each) for each in streams()],
    }
    return HEAD + str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def base_sql(facts: StreamFacts) -> str:
    """A base model. A part of the key that a vendor may leave out is '', also where a loader makes null of that."""
    absent = [*facts.stream.key_defaults]
    never_null = f", never_null={absent}" if absent else ""
    return f"{{{{ stream_table('{vendor_of(facts.name)}', '{facts.name}'{never_null}) }}}}\n"


def files() -> Mapping[str, str]:
    """All of them, by name."""
    models = {f"{FOLDER}/{PREFIX}{each.name}.sql": base_sql(each) for each in streams()}
    return {f"{FOLDER}/base.yml": base_yml(), **models}
