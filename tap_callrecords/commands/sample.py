"""`--sample`: a few records of each selected stream, with personal and account data masked.

What is kept is what can't be about anybody: instants and lengths of time, counts, truth values, and words that the
schema's own description of the column lists. All else is replaced by something of the same shape (`commands.masks`):
what is marked as personal, ids, names of units, unknown fields and members, values that did not fit their column, and
what a column of words or times has that is neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from tap_callrecords.commands.masks import Masks
from tap_callrecords.http.redaction import clean_name
from tap_callrecords.rows.builder import RESCUED, Record

ROWS = 5
"""Of each stream."""
LARGEST_PLAIN = 10**9
"""A number of ten digits may be that of a telephone, whatever its column."""
_WORDS = ("word", "service", "device")
"""Reasons of `x-not-pii` of columns whose values the description may list."""
_DATE = r"\d{4}-[01]\d-[0-3]\d|[01]\d/[0-3]\d/\d{4}"
_CLOCK = r"\d{1,6}:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:\s?[AP]M)?(?:\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_TIME = re.compile(rf"0|(?:{_DATE})|(?:(?:{_DATE})[T ])?{_CLOCK}", re.ASCII)
_encode = msgspec.json.Encoder(decimal_format="number").encode

Replace: TypeAlias = Callable[[Any], Any]


def sample(records: Mapping[str, Sequence[Record]], schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[bytes]:
    """RECORD lines of some records of each stream, masked; a value has the same mask in all of them.

    Args:
        records: what was read, by stream.
        schemas: the schema of each stream.
    """
    schemas = {name: _with_words(schema) for name, schema in schemas.items()}
    chosen = [(name, row) for name, read in records.items() for row in most_telling(read)]
    values: set[str] = set()

    def note(value: Any) -> Any:
        values.add(value if isinstance(value, str) else repr(value).partition("e")[0])
        return value

    for name, row in chosen:
        _masked_row(row, schemas[name], note)
    masks = Masks(values)

    def mask(value: Any) -> Any:
        return masks.text(value) if isinstance(value, str) else masks.number(value)

    for name, row in chosen:
        yield _encode({"type": "RECORD", "stream": name, "record": _masked_row(row, schemas[name], mask)}) + b"\n"


def most_telling(records: Sequence[Record]) -> Sequence[Mapping[str, Any]]:
    """Few records that fill as many columns as they can, and have as many rescued fields."""
    rows = [msgspec.structs.asdict(record) for record in records]
    fields = [
        {name for name, value in row.items() if value not in (None, "", [], {})} | {*(row.get(RESCUED) or ())}
        for row in rows
    ]
    told: set[str] = set()
    left = [*range(len(rows))]
    chosen: list[int] = []
    while left and len(chosen) < ROWS:
        best = max(left, key=lambda place: len(fields[place] - told))
        left.remove(best)
        chosen.append(best)
        told |= fields[best]
    return [rows[place] for place in sorted(chosen)]


def _with_words(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema whose descriptions have the words of the columns that they refer to: "the words of `direction`"."""
    properties = schema["properties"]

    def words(description: str) -> str:
        others = (properties[name]["description"] for name in re.findall(r"`(\w+)`", description) if name in properties)
        return " ".join([description, *others])

    told = {name: {**each, "description": words(each["description"])} for name, each in properties.items()}
    return {**schema, "properties": told}


def _masked_row(row: Mapping[str, Any], schema: Mapping[str, Any], replace: Replace) -> Mapping[str, Any]:
    masked = _members({name: value for name, value in row.items() if name != RESCUED}, schema["properties"], replace)
    rescued = row.get(RESCUED)
    sources = {each.get("x-source"): {"x-pii": "name"} for each in schema["properties"].values()}  # known by name only
    return {**masked, RESCUED: _members(rescued, sources, replace) if rescued else rescued}


def _members(members: Mapping[str, Any], properties: Mapping[str, Any], replace: Replace) -> Mapping[str, Any]:
    """An object whose members the vendor names: these stay where they look like names of fields."""
    return {
        name if name in properties or clean_name(name) == name else replace(name): _masked(
            value, properties.get(name), replace
        )
        for name, value in members.items()
    }


def _masked(value: Any, schema: Mapping[str, Any] | None, replace: Replace) -> Any:
    """A value, or what replaces it.

    Args:
        value: as it is in a record.
        schema: of its property; None for what is not known, of which nothing is kept.
        replace: gives the replacement of a text or a number.
    """
    if value is None or isinstance(value, bool) or value == "":
        return value
    known = schema if schema is not None and "x-pii" not in schema else {}
    if isinstance(value, Mapping):
        if properties := known.get("properties"):
            return _members(value, properties, replace)
        return {replace(name) if name else name: _masked(each, None, replace) for name, each in value.items()}
    if isinstance(value, list):
        items = known.get("items", {})
        return [_masked(each, items if "properties" in items else known, replace) for each in value]
    is_plain = _is_plain_text(value, known) if isinstance(value, str) else _is_plain_number(value, known)
    return value if is_plain else replace(value)


def _is_plain_number(value: float, schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", ())
    is_number = "integer" in kinds or "number" in kinds
    return is_number and "x-not-pii" not in schema and abs(value) < LARGEST_PLAIN


def _is_plain_text(value: str, schema: Mapping[str, Any]) -> bool:
    reason = schema.get("x-not-pii")
    if schema.get("format") == "date-time" or reason == "time":
        return _TIME.fullmatch(value) is not None
    return reason in _WORDS and {*_words(value)} <= {*_words(schema["description"])}


def _words(text: str) -> Iterator[str]:
    yield from (word.lower() for word in re.findall(r"[^\W_]+", text))
