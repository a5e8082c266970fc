"""The form of a value, which does not reveal it, and the column that values of some forms could have."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tap_callrecords import instants
from tap_callrecords.commands.masks import shape

Kind: TypeAlias = Literal[
    "nothing", "boolean", "integer", "epoch", "number", "instant", "text", "texts", "list", "object", "hash"
]
LONGEST_SHAPE = 40
_HASH = re.compile(r"[0-9a-f]{64}")
_EPOCH_MS = range(10**12, 4 * 10**12)
"""From 2001 to 2096."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_NAMES_A_TIME = re.compile(r"(utc|time|date|timestamp|(?<![a-z])at)$", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,6}:[0-5]\d(:[0-5]\d)?")


@dataclass(frozen=True, slots=True)
class Form:
    """What can be said of a value without telling it.

    Attributes:
        kind: what it is.
        said: in words, with its shape.
    """

    kind: Kind
    said: str


def form_of(value: Any) -> Form:
    """The form of a decoded JSON value."""
    if isinstance(value, str):
        return _form_of_text(value)
    if isinstance(value, Mapping):
        return Form("object", f"object of {_many(len(value), 'member')}")
    if isinstance(value, list):
        return _form_of_list(value)
    if isinstance(value, float):
        return Form("number", f"number: {shape(repr(value))}")
    if value is None or isinstance(value, bool):
        return Form("nothing", "null") if value is None else Form("boolean", "true or false")
    digits = _many(len(str(abs(value))), "digit")
    return Form("epoch" if value in _EPOCH_MS else "integer", f"whole number of {digits}")


def _form_of_list(value: Sequence[Any]) -> Form:
    kinds = {"list" if isinstance(item, list) else form_of(item).kind for item in value}
    inside = f": {', '.join(sorted(kinds))}" if kinds else ""
    is_texts = all(isinstance(each, str) for each in value)
    return Form("texts" if is_texts and kinds else "list", f"list of {len(value)}{inside}")


def _form_of_text(value: str) -> Form:
    if not value:
        return Form("nothing", "empty text")
    if _HASH.fullmatch(value):
        return Form("hash", "hash, as pii_mode hash makes them")
    kind: Kind = "text"
    if value.strip().lower() in ("true", "false"):
        kind = "boolean"
    elif _INSTANT.fullmatch(value):
        try:
            instants.parse(value)
            kind = "instant"
        except ValueError:
            pass
    shown = shape(value[:LONGEST_SHAPE]) + ("…" if len(value) > LONGEST_SHAPE else "")
    return Form(kind, f"text of {_many(len(value), 'character')}: {shown}")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def property_for(name: str, forms: Collection[Form]) -> dict[str, Any]:
    """The property that a schema could have for a field: a guess, with everything personal that may be.

    Args:
        name: the vendor's name of the field.
        forms: those of its values.
    """
    kinds = {form.kind for form in forms} - {"nothing"}
    guess: dict[str, Any]
    if kinds == {"epoch"} and _NAMES_A_TIME.search(name):
        guess = {"type": ["string", "null"], "format": "date-time", "x-convert": "epoch_ms"}
    elif kinds == {"instant"}:
        guess = {"type": ["string", "null"], "format": "date-time"}
    elif kinds == {"boolean"}:
        guess = {"type": ["boolean", "null"]}
    elif kinds and kinds <= {"integer", "epoch"}:
        guess = {"type": ["integer", "null"]}
    elif kinds and kinds <= {"integer", "epoch", "number"}:
        guess = {"type": ["number", "null"]}
    elif kinds == {"texts"}:
        guess = {"type": ["array", "null"], "items": {"type": "string"}, "x-pii": "name"}
    elif kinds and kinds <= {"texts", "list"}:
        guess = {"type": ["array", "string", "null"], "x-pii": "name"}
    elif kinds == {"object"}:
        guess = {"type": ["object", "string", "null"], "x-pii": "name"}
    elif kinds and all(_CLOCK.fullmatch(form.said.rpartition(" ")[2].replace("9", "0")) for form in forms):
        guess = {"type": ["string", "null"], "x-not-pii": "time"}
    else:
        guess = {"type": ["string", "null"], "x-pii": "name"}
    about = {"description": "TO DO: what it is, in a sentence.", "x-source": name}
    return {"type": guess.pop("type"), **about, **guess}


def column_for(name: str) -> str:
    """Our name for a vendor's field: small letters, words joined by `_`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^\w]+", "_", name).lower()
    return re.sub(r"_+", "_", words).strip("_")
