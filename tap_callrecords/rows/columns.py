"""A column: one property of a stream's schema, compiled into what makes its value.

What `conversions` says of each type is put together here for objects and lists, member by member, and with what
`privacy` makes of personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from tap_callrecords.rows.conversions import Converter, Misfit, converter_for, plain_type
from tap_callrecords.rows.privacy import Privacy

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_WELL_TYPED: Mapping[str, Any] = {"string": str, "integer": _INT64, "boolean": bool, "array": list[str]}
"""JSON types whose values, found well typed, are ours as they are."""


class Column:
    """One property of a stream's schema.

    Args:
        index: its place among the properties.
        name: its name, ours.
        schema: its schema, with `x-source`, `x-convert` and `x-pii`.
        privacy: what happens to personal data.
    """

    def __init__(self, index: int, name: str, schema: Mapping[str, Any], privacy: Privacy) -> None:
        self.index = index
        self.name = name
        self.source: str | None = schema.get("x-source")
        self.convert = _protected(schema, privacy)
        conversion = schema.get("x-convert")
        kind = "integer" if conversion == "epoch_ms" else plain_type(schema)
        is_plain_list = kind != "array" or plain_type(schema.get("items", {})) == "string"
        self.well_typed = _WELL_TYPED.get(kind, Any) if is_plain_list and conversion in (None, "epoch_ms") else Any
        """The type whose values `convert` takes without a misfit (but for their range); Any for none."""
        self.passes = (
            self.well_typed is not Any
            and not conversion
            and schema.get("format") != "date-time"
            and (privacy.keeps or "x-pii" not in schema)
        )
        """Well typed values are ours as they are."""

    def place(self, value: Any, values: list[Any]) -> bool:
        """Convert a value into this column's place among a record's; whether all of it found room there."""
        converted, fits = kept(self.convert, value)
        if values[self.index] in (None, ""):  # else two spellings of one name: the one that tells more stays
            values[self.index] = converted
            return fits
        return fits and converted in (None, "", values[self.index])

    def is_well_typed(self, value: Any) -> bool:
        """Whether a row type that has `well_typed` for this column takes the value."""
        if value is None or self.well_typed is Any:
            return True
        try:
            msgspec.convert(value, self.well_typed)
        except msgspec.ValidationError:
            return False
        return True


def _protected(schema: Mapping[str, Any], privacy: Privacy) -> Converter:
    """The converter of a property, members of nested objects and personal data included."""
    convert = converter_for(schema)
    items = schema.get("items", {})
    if "properties" in schema:
        convert = _then(convert, _members(schema["properties"], privacy))
    elif "properties" in items:
        convert = _then(convert, _each(_then(converter_for(items), _members(items["properties"], privacy))))
    kind = schema.get("x-pii")
    if kind is None or privacy.keeps:
        return convert
    return _then(convert, lambda value: privacy.value(value, kind))


def _then(convert: Converter, finish: Converter) -> Converter:
    """Convert and finish a value, and also the part of it that fits."""

    def both(value: Any) -> Any:
        misfit = None
        try:
            converted = convert(value)
        except Misfit as error:
            if error.kept is None:
                raise
            misfit, converted = error, error.kept
        finished = finish(converted)
        if misfit is not None:
            raise Misfit(finished)
        return finished

    return both


def kept(convert: Converter, value: Any) -> tuple[Any, bool]:
    """The converted value or what fits of it, and whether all fitted."""
    try:
        return convert(value), True
    except Misfit as misfit:
        return misfit.kept, False


def _each(convert_item: Converter) -> Converter:
    def convert(items: Any) -> Any:
        if not isinstance(items, list):
            return items
        converted = [kept(convert_item, item) for item in items]
        values = [value for value, _ in converted if value is not None]
        if len(values) < len(items) or not all(fits for _, fits in converted):
            raise Misfit(values)
        return values

    return convert


def _members(properties: Mapping[str, Mapping[str, Any]], privacy: Privacy) -> Converter:
    """Convert an object's members; those that the schema does not know stay, under the vendor's names.

    One that has the name of a property, but is not what the property is made from, can't stay there.
    """
    columns = [(name, each.get("x-source", name), _protected(each, privacy)) for name, each in properties.items()]
    known = {source for _, source, _ in columns}

    def convert(members: Any) -> Any:
        if not isinstance(members, dict):
            return members
        converted = {name: kept(member, members.get(source)) for name, source, member in columns}
        values = {name: value for name, (value, _) in converted.items()}
        unknown = {name: member for name, member in members.items() if name not in known}
        values |= {name: privacy.value(member) for name, member in unknown.items() if name not in properties}
        if unknown.keys() & properties.keys() or not all(fits for _, fits in converted.values()):
            raise Misfit(values)
        return values

    return convert
