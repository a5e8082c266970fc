"""The tables of docs/targets.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.support.tap import ROOT

PAGE = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")
NAMES = {
    "target-duckdb": "DuckDB",
    "target-postgres": "PostgreSQL",
    "target-snowflake": "Snowflake",
    "target-jsonl": "JSON Lines",
}
"""How the page calls the targets of meltano.yml."""


def cells(line: str) -> list[str]:
    """The cells of a line of a table, links as what they show."""
    shown = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", line)
    return [cell.strip() for cell in shown.strip().strip("|").split(" | ")]


def compared() -> dict[str, dict[str, str]]:
    """The table that compares the targets: for each of them, what stands in which row."""
    table = PAGE[PAGE.index("| | [DuckDB]") :].partition("\n\n")[0].splitlines()
    header, _, *rows = (cells(line) for line in table)
    return {name: {row[0]: row[1:][place] for row in rows} for place, name in enumerate(header[-4:])}


def kind(schema: Mapping[str, Any]) -> str:
    """Which row of that table a property is of."""
    types = ({schema["type"]} if isinstance(schema["type"], str) else {*schema["type"]}) - {"null"}
    if schema.get("format") == "date-time":
        return "instant (UTC)"
    if types == {"array"}:
        return "list of text" if "string" in schema["items"]["type"] else "list of objects"
    if "object" in types:
        return "object, or list or object"
    (only,) = types
    return "text" if only == "string" else str(only)
