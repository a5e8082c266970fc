"""Expressions of SQL: names and texts in quotes, and a value of one type as one of another."""

from __future__ import annotations

from typing import Any

from target_callrecords_duckdb.columns import INSTANT, INTEGERS, JSON, TEXT, WHOLE


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: Any) -> str:
    """A text as SQL has it."""
    return "'" + str(value).replace("'", "''") + "'"


def in_iso(column: str) -> str:
    """An instant as text in ISO 8601."""
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"


def exact_value_of(name: str, there: str, kind: str) -> str:
    """A column of a file as the type in which it is read; it fails on an integer that is not written as one."""
    if kind not in WHOLE or there.removeprefix("U") in INTEGERS:
        return value_of(name, there, kind)
    written_so = quoted(name) if there == TEXT else f"{quoted(name)}::varchar"
    whole = f"{written_so}::{kind}"
    return f"case when {whole}::varchar <> {written_so} then error('not written as an integer') else {whole} end"


def value_of(name: str, there: str, kind: str) -> str:
    """A column of a file with types of its own, as the type in which it is read."""
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
    """A column that is read, as the type that the table's column has."""
    column = f"new.{quoted(name)}"
    if kind == INSTANT:
        if there == INSTANT:
            return _in_utc(column)
        if there in {TEXT, JSON}:
            iso = in_iso(_in_utc(column))
            return f"to_json({iso})" if there == JSON else iso
    elif there == JSON:
        return column if kind == JSON else f"to_json({column})"
    return column if kind == there else f"{column}::{there}"


def _in_utc(column: str) -> str:
    """An instant as a time in UTC; through microseconds, as it is much faster than by zone. Infinity has none."""
    return f"coalesce(make_timestamp(epoch_us({column})), timezone('UTC', {column}))"
