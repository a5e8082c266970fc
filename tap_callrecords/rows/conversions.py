"""What a vendor's value becomes, by the type that its column has in the schema.

Every converter takes the decoded JSON value and returns ours, or raises `Misfit`: then the value goes under the
vendor's own name into `_rescued_data`. None and, for everything but text, `""` stand for no value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from tap_callrecords import instants

Converter = Callable[[Any], Any]
INT64 = range(-(2**63), 2**63)
EXACT = 2.0**53
"""Below this a binary floating-point number tells whole numbers apart."""
DEEPEST = 100
"""Levels of nesting that every reader of JSON accepts; some give up at 254, some at a thousand."""
_CLOCK = re.compile(r"(\d{1,12}):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?")


class Misfit(ValueError):  # noqa: N818 - it is no fault, only a value that does not fit
    """A value does not fit the type of its column, or not wholly.

    Attributes:
        kept: the part that fits; None for nothing.
    """

    def __init__(self, kept: Any = None) -> None:
        super().__init__()
        self.kept = kept


def tells_nothing(value: Any) -> bool:
    """Whether a value is no id: none, empty, blank, or a truth value."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or isinstance(value, bool) or value in ([], {})


def text(value: Any) -> str | None:
    """Text as the vendor wrote it; an integer is spelled out (a number that names something)."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Misfit


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        if value is None:
            return None
        raise Misfit
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
    elif not isinstance(value, (int, float)) or (isinstance(value, float) and abs(value) >= EXACT):
        raise Misfit  # a float this large stands for several whole numbers
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Misfit from error
    if not number.is_finite():
        raise Misfit
    return number


def integer(value: Any) -> int | None:
    """A whole number, also written as text or with a fraction of zero (`"19657.0"`); 64 bits at most."""
    if type(value) is int and value in INT64:
        return value
    number = _decimal(value)
    if number is None:
        return None
    if number.adjusted() > 20 or number != number.to_integral_value() or (whole := int(number)) not in INT64:  # noqa: PLR2004
        raise Misfit
    return whole


def announced_count(value: Any) -> int | None:
    """How many rows a vendor announces: a number, a whole decimal or text; None for anything else."""
    try:
        count = integer(value)
    except Misfit:
        return None
    return None if count is None or count < 0 else count


_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")


def count_in_header(header: str | None) -> int | None:
    """The count that a header announces; sent twice and joined on the way (`25, 25`), its parts have to agree."""
    parts = {part.strip() for part in (header or "").split(",")}
    return None if len(parts) > 1 or _GROUPED.fullmatch((header or "").strip()) else announced_count(parts.pop())


def number(value: Any) -> float | None:
    """A number, also written as text."""
    if type(value) is float and abs(value) < EXACT:
        return value
    decimal = _decimal(value)
    if decimal is None:
        return None
    result = float(decimal)
    if not math.isfinite(result) or (abs(result) >= EXACT and Decimal(result) != decimal):
        raise Misfit
    return result


def boolean(value: Any) -> bool | None:
    """True or false, also written as text in any case."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("true", "false", ""):
            return None if not word else word == "true"
    raise Misfit


def instant(value: Any) -> str | None:
    """ISO 8601 text with or without offset (none means UTC) in our form."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Misfit
    try:
        return instants.normalise(value)
    except ValueError as error:
        raise Misfit from error


def epoch_ms(value: Any) -> str | None:
    """Epoch milliseconds as an instant; 0 means none."""
    milliseconds = value if type(value) is int else integer(value)
    if not milliseconds:
        return None
    try:
        return instants.from_epoch_ms(milliseconds)
    except ValueError as error:
        raise Misfit from error


def us_datetime(value: Any) -> str | None:
    """`MM/DD/YYYY HH:MM:SS` in GMT as an instant."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Misfit
    try:
        return instants.to_text(datetime.strptime(value.strip() + " +0000", "%m/%d/%Y %H:%M:%S %z"))
    except ValueError as error:
        raise Misfit from error


def _clock_ms(value: Any) -> int | None:
    """`hh:mm:ss`, with any number of hour digits, as milliseconds."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Misfit
    return _read_clock(value.strip())


@lru_cache(maxsize=10_000)  # most calls are short: there are few different durations
def _read_clock(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise Misfit
    hours, minutes, seconds = (int(part) for part in match.groups()[:3])
    return (hours * 3600 + minutes * 60 + seconds) * 1000 + int((match[4] or "").ljust(3, "0")[:3])


def clock_seconds(value: Any) -> int | None:
    """`hh:mm:ss`, with any number of hour digits, as whole seconds."""
    milliseconds = _clock_ms(value)
    return None if milliseconds is None else milliseconds // 1000


def is_too_deep(value: Any) -> bool:
    """Whether a value is nested deeper than `DEEPEST`."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def anything(value: Any) -> Any:
    """The value as it is."""
    if is_too_deep(value):
        raise Misfit
    return value


def json_text(value: Any) -> Any:
    """JSON that came as text, decoded: an object or a list; what is decoded already passes."""
    if value is None or isinstance(value, (dict, list)):
        return anything(value)
    if not isinstance(value, str):
        raise Misfit
    if not value.strip():
        return None
    try:
        decoded = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Misfit from error
    if decoded is not None and not isinstance(decoded, (dict, list)):
        raise Misfit
    return anything(decoded)


def text_list(value: Any) -> list[str] | None:
    """A list of text."""
    if value is None or value == "":
        return None
    if not isinstance(value, list):
        raise Misfit
    items = [text(item) for item in value]
    if None in items:
        raise Misfit
    return items  # type: ignore[return-value]


def id_list(value: Any) -> list[str] | None:
    """Ids in one text, separated by commas or blanks; empty ones dropped."""
    joined = text(value)
    return None if joined is None else [part for part in re.split(r"[,\s]+", joined) if part]


def comma_list(value: Any) -> list[str] | None:
    """Items in one text, separated by commas, trimmed; empty ones dropped."""
    joined = text(value)
    return None if joined is None else [part for item in joined.split(",") if (part := item.strip())]


def _reported(value: Any) -> Any:
    """The value of a detailed report's `{"value", "ongoing"}`, or the plain value of older versions (CC B4)."""
    if isinstance(value, dict):
        if not value.keys() <= {"value", "ongoing"} or "value" not in value:
            raise Misfit
        return value["value"]
    return value


def duration_ms(value: Any) -> int | None:
    """A detailed report's duration, milliseconds or `H:MM:SS`, as milliseconds (CC B4)."""
    plain = _reported(value)
    if isinstance(plain, str) and ":" in plain:
        return _clock_ms(plain)
    return integer(plain)


def ongoing(value: Any) -> bool | None:
    """Whether a detailed report's value is still running; null where the vendor does not say."""
    return boolean(value.get("ongoing")) if isinstance(value, dict) else None


def reported_instant(value: Any) -> str | None:
    """A detailed report's instant in either of its shapes (CC B4); one that may still change is rescued as well."""
    converted = instant(_reported(value))
    if ongoing(value):
        raise Misfit(kept=converted)
    return converted


def json_object(value: Any) -> Mapping[str, Any] | None:
    """An object."""
    if value is None or isinstance(value, dict):
        return anything(value)  # type: ignore[no-any-return]
    raise Misfit


def first_object(value: Any) -> Mapping[str, Any] | None:
    """An object, or the first of a list of objects; further ones are rescued (VO 6: `sla`)."""
    if not isinstance(value, list):
        return json_object(value)
    if len(value) > 1 and isinstance(value[0], dict):
        raise Misfit(kept=anything(value[0]))
    return json_object(value[0]) if value else None


def json_array(value: Any) -> list[Any] | None:
    """A list."""
    if value is None or isinstance(value, list):
        return anything(value)  # type: ignore[no-any-return]
    raise Misfit


NAMED: Mapping[str, Converter] = {
    "epoch_ms": epoch_ms,
    "json": json_text,
    "clock_seconds": clock_seconds,
    "us_datetime": us_datetime,
    "id_list": id_list,
    "comma_list": comma_list,
    "duration_ms": duration_ms,
    "ongoing": ongoing,
    "reported_instant": reported_instant,
    "first_object": first_object,
}
"""The words of `x-convert`."""


def plain_type(schema: Mapping[str, Any]) -> str:
    """The JSON type of a property, null aside; `any` when it allows several."""
    declared = schema.get("type", "any")
    names = [declared] if isinstance(declared, str) else declared
    types = [name for name in names if name != "null"]
    return types[0] if len(types) == 1 else "any"


def converter_for(schema: Mapping[str, Any]) -> Converter:
    """The converter of a property, by its `x-convert`, else by its type and format."""
    if name := schema.get("x-convert"):
        return NAMED[name]
    kind = plain_type(schema)
    if kind == "string":
        return instant if schema.get("format") == "date-time" else text
    if kind == "array":
        return text_list if plain_type(schema.get("items", {})) == "string" else json_array
    return {"integer": integer, "number": number, "boolean": boolean, "object": json_object}.get(kind, anything)
