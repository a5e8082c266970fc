"""What was found of each stream: the fields that its schema does not know, and values that did not fit."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tap_callrecords import instants
from tap_callrecords.commands.drift.forms import Form, column_for, form_of, property_for
from tap_callrecords.commands.drift.inputs import Read, nested_columns
from tap_callrecords.commands.masks import shape
from tap_callrecords.http.redaction import clean_name
from tap_callrecords.output.progress import counted
from tap_callrecords.rows.builder import RESCUED
from tap_callrecords.rows.schemas import declared

Path: TypeAlias = tuple[str, ...]
"""Columns of objects, and in the last place the vendor's name of a field."""

_FORMS_SHOWN, _FIELDS_SHOWN = 5, 100
_FORMS_KEPT, _FIELDS_KEPT = 1000, 10_000
_OTHER = Form("text", "of other forms")
_ONLY_WORDS = re.compile(r"[A-Za-z_]+(?: [A-Za-z_]+)*\d{0,2}")


@dataclass(slots=True)
class Seen:
    """What was seen of a field.

    Attributes:
        rows: how many have it.
        forms: of its values, and how often each.
        first: the earliest instant of these rows; None where they have none.
        last: the latest one.
    """

    rows: int = 0
    forms: Counter[Form] = field(default_factory=Counter)
    first: str | None = None
    last: str | None = None

    def note(self, values: list[Any], at: str | None) -> None:
        """Note the values of a row, and its instant."""
        self.rows += 1
        for value in values:
            form = form_of(value)
            self.forms[form if form in self.forms or len(self.forms) < _FORMS_KEPT else _OTHER] += 1
        if at is not None:
            self.first = min(self.first or at, at)
            self.last = max(self.last or at, at)


class StreamFindings:
    """What was found of a stream.

    Attributes:
        name: of the stream.
        looked_at: how many rows.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.looked_at = 0
        self._declared = declared(name)
        self._properties: Mapping[str, Any] = self._declared.schema["properties"]
        self._nested = nested_columns(self._declared)
        self._seen: dict[Path, Seen] = {}

    @property
    def is_new(self) -> bool:
        """Whether there is anything to report."""
        return bool(self._seen)

    def take(self, read: Read) -> None:
        """Look through rows."""
        self.looked_at += read.looked_at
        for row in read.rows:
            found: dict[Path, list[Any]] = {}
            rescued = row.get(RESCUED)
            for name, value in rescued.items() if isinstance(rescued, Mapping) else ():
                found[name,] = [value]
            for column, properties in self._nested.items():
                for path, value in _unknown(row.get(column), properties):
                    found.setdefault((column, *path), []).append(value)
            if found:
                at = _instant(row.get(self._declared.bookmark or ""))
                for path, values in found.items():
                    if path in self._seen or len(self._seen) < _FIELDS_KEPT:
                        self._seen.setdefault(path, Seen()).note(values, at)

    def lines(self) -> Iterator[str]:
        """The report on the stream, for a person."""
        yield f"{self.name}: {counted(self.looked_at, 'row')}"
        found = sorted(self._seen.items(), key=lambda item: (-item[1].rows, item[0]))
        for path, seen in found[:_FIELDS_SHOWN]:
            yield f"  {'.'.join(path) if self._may_be_named(path) else _like(path)}: {self._what(path)}"
            share = f" ({seen.rows / self.looked_at:.1%})" if self.looked_at else ""
            since = f", since {seen.first}, last {seen.last}" if seen.first else ""
            yield f"    in {counted(seen.rows, 'row')}{share}{since}"
            forms = seen.forms.most_common()
            yield from (f"    {count:,} x {form.said}" for form, count in forms[:_FORMS_SHOWN])
            if others := forms[_FORMS_SHOWN:]:
                yield f"    {sum(count for _, count in others):,} x of {len(others)} other forms"
        if len(found) > _FIELDS_SHOWN:
            yield f"  and {len(found) - _FIELDS_SHOWN:,} other fields"
        if patch := self.patch():
            yield f"  To add to schemas/{self._declared.same_rows_as or self.name}.json (new columns before {RESCUED}):"
            yield from (f"    {line}" for line in _as_in_schemas(patch).splitlines())

    def patch(self) -> Mapping[str, Any]:
        """What could be merged into the schema file (RFC 7396): the new fields, typed by the forms that were seen."""
        patch: dict[str, Any] = {}
        for path, seen in sorted(self._seen.items()):
            *columns, name = path
            properties, inside = self._properties, patch
            for column in columns:
                items = "properties" not in properties[column]
                inside = inside.setdefault("properties", {}).setdefault(column, {})
                inside = inside.setdefault("items", {}) if items else inside
                properties = (properties[column]["items"] if items else properties[column])["properties"]
            column = column_for(name)
            if self._may_be_named(path) and not _made_from(name, properties) and column and column not in properties:
                inside.setdefault("properties", {})[column] = property_for(name, seen.forms)
        return _without_empty(patch)

    def _may_be_named(self, path: Path) -> bool:
        """Whether a name is that of a field for sure: of an object whose members are named after people it is not."""
        name = path[-1]
        is_usual = self._seen[path].rows * 2 >= max(self.looked_at, 2) and _ONLY_WORDS.fullmatch(name) is not None
        return clean_name(name) == name or is_usual or bool(_made_from(name, self._beside(path)))

    def _beside(self, path: Path) -> Mapping[str, Any]:
        """The properties among which a field is."""
        properties = self._properties
        for column in path[:-1]:
            properties = properties[column].get("properties") or properties[column]["items"]["properties"]
        return properties

    def _what(self, path: Path) -> str:
        properties = self._beside(path)
        columns = _made_from(path[-1], properties)
        if not columns:
            return "new"
        told = ", ".join(f"{each} ({_type(properties[each])})" for each in columns)
        return f"does not fit {told}"


def _unknown(value: Any, properties: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The members of objects, in lists too, that a schema does not know."""
    if isinstance(value, list):
        for item in value:
            yield from _unknown(item, properties, path)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name not in properties:
                yield (*path, name), each
            elif inner := properties[name].get("properties") or properties[name].get("items", {}).get("properties"):
                yield from _unknown(each, inner, (*path, name))


def _made_from(name: str, properties: Mapping[str, Any]) -> list[str]:
    """The columns that are made from a vendor's field, in whatever case it is spelled."""
    plain = _plain(name)
    return [column for column, each in properties.items() if _plain(each.get("x-source", "")) == plain != ""]


def _plain(name: str) -> str:
    return "".join(name.split()).lower()


def _type(schema: Mapping[str, Any]) -> str:
    declared = schema["type"]
    kinds = [each for each in ([declared] if isinstance(declared, str) else declared) if each != "null"]
    return str(schema.get("format") or " or ".join(kinds))


def _instant(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return instants.normalise(value)
    except ValueError:
        return None


def _like(path: Path) -> str:
    return ".".join([*path[:-1], f"[a name like {shape(path[-1])}]"])


def _as_in_schemas(patch: Mapping[str, Any]) -> str:
    """JSON as the schema files have it: a list of words in one line."""
    text = json.dumps(patch, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+([^\[\]{}]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def _without_empty(patch: Mapping[str, Any]) -> dict[str, Any]:
    slim = {name: _without_empty(each) if isinstance(each, Mapping) else each for name, each in patch.items()}
    return {name: each for name, each in slim.items() if each != {}}
