"""Expressions of SQL: names and texts in quotes, and a value of one type as one of another."""

from __future__ import annotations

from typing import Any

from target_callrecords_duckdb.columns import BOOLEAN, HUGE_INTEGER, INSTANT, INTEGER, INTEGERS, JSON, NUMBER, TEXT


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: Any) -> str:
    """A text as SQL has it."""
    return "'" + str(value).replace("'", "''") + "'"


def in_iso(column: str) -> str:
    """An instant as text in ISO 8601."""
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"


def value_of(name: str, there: str, kind: str) -> str:
    """A column of a file with types of its own, as the type in which it is staged."""
    column = quoted(name)
    if kind == JSON:
        if there == JSON:
            return column
        if there == TEXT:  # JSON as text, as files have it that know no objects; or a plain text
            return f"case when json_valid({column}) then {column}::json else to_json({column}) end"
        return f"to_json({column})"
    if kind == TEXT and there.startswith(("STRUCT", "MAP")) | there.endswith("]"):
        return f"to_json({column})::varchar"
    return column if there == kind else f"{column}::{kind}"


def written(name: str, kind: str, there: str) -> str:
    """A staged column of a type, as the type that the table's column has."""
    column = f"new.{quoted(name)}"
    if kind == INSTANT:
        if there == INSTANT:
            return f"timezone('UTC', {column})"
        if there in {TEXT, JSON}:
            iso = in_iso(f"timezone('UTC', {column})")
            return f"to_json({iso})" if there == JSON else iso
        return f"{column}::{there}"
    if there == JSON:
        value = f"{column}::{kind}" if kind == INTEGER else column
        return column if kind == JSON else f"to_json({value})"
    if kind == INTEGER and there in {TEXT, *INTEGERS}:
        return f"{column}::{kind}::{there}"
    return column if kind == there and kind in {TEXT, BOOLEAN, NUMBER, HUGE_INTEGER} else f"{column}::{there}"
