"""Which column a property of a JSON Schema becomes, and what a column becomes when its property changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

TEXT = "VARCHAR"
BOOLEAN = "BOOLEAN"
INTEGER = "BIGINT"
HUGE_INTEGER = "HUGEINT"
NUMBER = "DOUBLE"
INSTANT = "TIMESTAMP"
JSON = "JSON"
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", INTEGER, HUGE_INTEGER)
"""From narrow to wide: a table that another target has made may have narrow ones."""
WHOLE = (INTEGER, HUGE_INTEGER)
OWN = {TEXT, BOOLEAN, NUMBER, INSTANT, JSON, *INTEGERS}
_PLAIN = {
    frozenset({"integer"}): INTEGER,
    frozenset({"huge"}): HUGE_INTEGER,
    frozenset({"integer", "huge"}): HUGE_INTEGER,
    frozenset({"number"}): NUMBER,
    frozenset({"boolean"}): BOOLEAN,
    frozenset({"instant"}): INSTANT,
}
_OF_VALUES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
_LEAST, _MOST = -(2**63), 2**63 - 1


def column_type(schema: Any) -> str:
    """The type of the column that holds every value which the property may have.

    Several scalar types become text. An object, a list, and a property of which nothing is known become JSON.
    """
    kinds = frozenset(_kinds(schema)) - {"null"}
    if kinds in _PLAIN:
        return _PLAIN[kinds]
    if kinds and kinds <= {"integer", "huge", "number"}:
        return NUMBER
    if kinds and kinds <= {"integer", "huge", "number", "boolean", "instant", "string"}:
        return TEXT
    return JSON


def read_as(kind: str) -> str:
    """The type in which a column's values are read: an instant without an offset is in the session's zone, UTC."""
    return "TIMESTAMP WITH TIME ZONE" if kind == INSTANT else kind


def wider(there: str, wanted: str) -> str:
    """The type that a column of a table needs so that it can hold values of the wanted type, too.

    A type that this target does not make is somebody's own choice, and stays.
    """
    if there == wanted or there not in OWN:
        return there
    if there in INTEGERS and wanted in INTEGERS:
        return max(there, wanted, key=INTEGERS.index)
    if {there, wanted} <= {NUMBER, *INTEGERS}:
        return NUMBER
    return JSON if JSON in {there, wanted} else TEXT


def _kinds(schema: Any) -> set[str]:
    if not isinstance(schema, Mapping):
        return set()
    found: set[str] = set()
    for several in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(several) or ():
            found |= _kinds(each)
    types = schema.get("type") or ()
    for kind in [types] if isinstance(types, str) else types:
        if kind == "string":
            found.add("instant" if schema.get("format") == "date-time" else "string")
        elif kind == "integer":
            found.add("huge" if _is_huge(schema) else "integer")
        else:
            found.add(kind)
    if not found:
        found = {_OF_VALUES.get(type(value), "any") for value in _values(schema)}
    return found


def _values(schema: Mapping[str, Any]) -> Iterable[Any]:
    return [schema["const"]] if "const" in schema else schema.get("enum") or ()


def _is_huge(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("minimum", 0) < _LEAST or schema.get("maximum", 0) > _MOST)
