"""The row builder: a page of vendor rows becomes a page of our records.

The idea: everything that a schema says about a stream is worked out once. From the schema come

* a *row type*, a msgspec Struct with one typed field for each vendor field. A page is decoded straight into a
  list of these: msgspec checks names and types in C, and a page that passes needs no more looking at, except for
  the few columns that are written in another form than they come in (instants, JSON in text, hashes);
* a *record type*, a Struct with one field for each column, which msgspec encodes;
* a converter for each column, used on a page that does not fit the row type: an unknown field, a number written
  as text. Such a page is decoded loosely and built field by field. The fields that did not fit are then taken
  into the row type untyped, so that the next page like it is fast again.

Both ways give equal records, equal in their bytes. Nothing is dropped: an unknown field and a value that does not
fit its column go under the vendor's own name into `_rescued_data`.

Only of a name that stands twice in one JSON object is the first value gone: both decoders keep the last one, as
nearly all do (RFC 8259 leaves it open). No serializer of a vendor writes such an object, and to look for it would
mean to read each page a second time.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeAlias

import msgspec

from tap_callrecords.errors import BrokenBody
from tap_callrecords.rows.columns import Column, kept
from tap_callrecords.rows.conversions import (
    Converter,
    Misfit,
    converter_for,
    is_too_deep,
    plain_type,
    tells_nothing,
)
from tap_callrecords.rows.loose_json import decode_loosely
from tap_callrecords.rows.privacy import Privacy

Record: TypeAlias = Any
"""A Struct with one field for each column of the stream; its class is made from the schema."""

RESCUED = "_rescued_data"
_LEARN_AT_MOST = 200
"""Unknown fields taken into the row type; rows with ever new names must not let it grow without bound."""
_WARN_AT_MOST = 200
"""Fields that are told when they are rescued; so many make the point."""
_LEARNABLE = re.compile(r'[^"\\\x00-\x1f]{0,200}')
"""Field names that msgspec can take into a row type, and that are not excessively long."""


@dataclass(slots=True)
class _Source:
    """A vendor field, as the rows spell it, and the columns made from it."""

    name: str
    is_key: bool = False
    untyped: bool = False
    columns: list[Column] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The row type, and what has to be done to a row, as far as the rows met so far ask for it."""

    decoder: msgspec.json.Decoder[Any]
    """Of pages of rows, whose fields are in the order of our columns, unknown ones behind them."""
    conversions: tuple[tuple[int, int, Converter], ...]
    """Column, the place of the value that it is made from, and how."""
    unknown: tuple[tuple[int, str], ...]
    text_keys: tuple[Callable[[Any], str], ...]
    """Get those keys that come well typed, as text; they may be blank."""


class RecordBuilder:
    """Builds the records of one stream; may be used from several threads.

    Args:
        schema: the stream's schema, with `x-source`, `x-convert` and `x-pii`.
        keys: key properties; they are never null.
        envelope: a generic msgspec Struct with the page's rows in its field `rows`; where that may be null, it stands
            for none.
        privacy: what happens to personal data.
        key_defaults: what replaces a key property that a row lacks, or leaves empty or blank.
        any_case: vendor field names match without regard to case and white space.
        on_rescue: called with the vendor's name of a field when it is rescued for the first time.
        on_missing_key: called when a row lacks a key for the first time, or has one of another type, and is given
            one that is made up.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        keys: Sequence[str],
        envelope: Any,
        *,
        privacy: Privacy,
        key_defaults: Mapping[str, str] | None = None,
        any_case: bool = False,
        on_rescue: Callable[[str], None] = lambda _: None,
        on_missing_key: Callable[[], None] = lambda: None,
    ) -> None:
        self._privacy = privacy
        self._envelope = envelope
        self._any_case = any_case
        self._on_rescue = on_rescue
        self._on_missing_key = on_missing_key
        properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
        names = list(properties)
        self._columns = [Column(index, name, properties[name], privacy) for index, name in enumerate(names)]
        self._rescued = names.index(RESCUED)
        self._defaults = {names.index(name): default for name, default in (key_defaults or {}).items()}
        self._keys = [names.index(key) for key in keys]
        self._whole_number_keys = {index for index in self._keys if plain_type(properties[names[index]]) == "integer"}
        self._sources: dict[str, _Source] = {}
        for column in self._columns:
            if column.source is not None:
                source = self._sources.setdefault(self._matched(column.source), _Source(column.source))
                source.columns.append(column)
                source.is_key |= column.index in self._keys and column.index not in self._defaults
        self._identity = [
            (column, converter_for(properties[column.name]), properties[column.name]["x-identity"] == "tells")
            for column in self._columns
            if "x-identity" in properties[column.name]
        ]
        self._unknown: list[str] = []
        self._warned: set[str] = set()
        self._missed_a_key = False
        self._learning = threading.Lock()
        self._loose = msgspec.json.Decoder(envelope[Any])
        self.record_type = msgspec.defstruct("Record", [(name, Any) for name in names], gc=False)
        self._layout = self._lay_out()

    def _matched(self, name: str) -> str:
        return "".join(name.split()).lower() if self._any_case else name

    def read(self, body: bytes) -> tuple[Any, list[Record]]:
        """Decode a body into its envelope and its records.

        Raises:
            BrokenBody: the body is not the documented envelope, or is nested deeper than can be read (about a
                thousand levels).
        """
        layout = self._layout
        try:
            page = layout.decoder.decode(body)
            return page, self._from_typed(page.rows or [], layout)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # a ValidationError is a DecodeError
            page = decode_loosely(body, self._loose)
            return page, self.build(page.rows or [])

    # The fast way: rows that msgspec found well typed

    def _lay_out(self) -> _Layout:
        fields: list[tuple[Any, ...]] = []
        names: dict[str, str] = {}
        conversions: list[tuple[int, int, Converter]] = []
        text_keys: list[Callable[[Any], str]] = []
        for index, column in enumerate(self._columns):
            source = None if column.source is None else self._sources[self._matched(column.source)]
            if source is None or source.columns[0] is not column:  # made from another column's value, or from none
                names[f"field_{index}"] = f"tap_callrecords.{column.name}"  # which no vendor sends
                fields.append((f"field_{index}", None, None))
            else:
                kind = column.well_typed
                if source.untyped or any(each.well_typed != kind for each in source.columns):
                    kind = Any
                names[f"field_{index}"] = source.name
                if source.is_key and kind is str:
                    text_keys.append(attrgetter(f"field_{index}"))
                fields.append(
                    (f"field_{index}", kind)
                    if source.is_key
                    else (f"field_{index}", kind if kind is Any else kind | None, None)
                )
                conversions += (
                    (each.index, index, self._finisher(each))
                    for each in source.columns
                    if kind is Any or not each.passes or each.index in self._defaults or each is not column
                )
        unknown = [(len(fields) + offset, name) for offset, name in enumerate(sorted(self._unknown))]
        for position, name in unknown:
            names[f"field_{position}"] = name
            fields.append((f"field_{position}", Any, msgspec.UNSET))
        row_type = msgspec.defstruct("Row", fields, rename=names, forbid_unknown_fields=True, kw_only=True, gc=False)
        return _Layout(
            decoder=msgspec.json.Decoder(self._envelope[row_type]),
            conversions=tuple(conversions),
            unknown=tuple(unknown),
            text_keys=tuple(text_keys),
        )

    def _finisher(self, column: Column) -> Converter:
        """The column's converter; for a key also what makes it never null."""
        convert = column.convert
        if column.index in self._defaults:
            default = self._defaults[column.index]

            def given(value: Any) -> Any:
                return default if tells_nothing(converted := convert(value)) else converted

            return given
        if column.index in self._keys:

            def required(value: Any) -> Any:
                if tells_nothing(converted := convert(value)):
                    raise Misfit
                return converted

            return required
        return convert

    def _from_typed(self, rows: list[Any], layout: _Layout) -> list[Record]:
        astuple, record_type, count = msgspec.structs.astuple, self.record_type, len(self._columns)
        conversions, unknown, rescued_index = layout.conversions, layout.unknown, self._rescued
        if not all(all(map(str.strip, map(key, rows))) for key in layout.text_keys):
            if len(rows) == 1:
                return [self._build_one(self._as_mapping(astuple(rows[0]), layout))]
            return [record for row in rows for record in self._from_typed([row], layout)]
        for place, row in enumerate(rows):  # a record takes the place of its row: both would take twice the memory
            fields = astuple(row)
            values = [*fields]
            try:
                for index, origin, convert in conversions:
                    values[index] = convert(fields[origin])
            except Misfit:
                rows[place] = self._build_one(self._as_mapping(fields, layout))
                continue
            if unknown:
                rescued = {name: fields[index] for index, name in unknown if fields[index] is not msgspec.UNSET}
                values[rescued_index] = self._protected(rescued)
                del values[count:]
            rows[place] = record_type(*values)
        return rows

    def _as_mapping(self, fields: tuple[Any, ...], layout: _Layout) -> dict[str, Any]:
        row = {source.name: fields[source.columns[0].index] for source in self._sources.values()}
        row |= {name: fields[index] for index, name in layout.unknown if fields[index] is not msgspec.UNSET}
        return row

    # The careful way: rows as they come

    def build(self, rows: Sequence[Any]) -> list[Record]:
        """Build records from decoded rows, field by field, and learn from them for the fast way.

        Raises:
            BrokenBody: a row is nested too deeply.
        """
        try:
            records = [self._build_one(row if isinstance(row, dict) else {"": row}) for row in rows]
        except RecursionError as error:
            raise BrokenBody("nested too deeply") from error
        if self._learn(rows):
            self._layout = self._lay_out()
        return records

    def _build_one(self, row: Mapping[str, Any]) -> Record:
        values: list[Any] = [None] * len(self._columns)
        rescued: dict[str, Any] = {}
        for name, value in row.items():
            source = self._sources.get(self._matched(name))
            columns = [] if source is None else source.columns
            found_room = [column.place(value, values) for column in columns]
            if not found_room or not all(found_room):
                rescued[name] = value
        self._complete_keys(values, row)
        for name in rescued.keys() - self._warned:
            if len(self._warned) < _WARN_AT_MOST:
                self._warned.add(name)
                self._on_rescue(name)
        values[self._rescued] = self._protected(dict(sorted(rescued.items())))
        return self.record_type(*values)

    def _protected(self, rescued: dict[str, Any]) -> Mapping[str, Any] | None:
        """What goes into `_rescued_data`: what is nested too deeply as JSON text, personal data protected."""
        for name, value in rescued.items():
            if isinstance(value, (dict, list)) and is_too_deep(value):
                rescued[name] = msgspec.json.encode(value).decode()
        return self._privacy.rescued(rescued or None)

    def _complete_keys(self, values: list[Any], row: Mapping[str, Any]) -> None:
        """Let no key be null, empty or blank."""
        missing = [index for index in self._keys if tells_nothing(values[index])]
        if not missing:
            return
        content = {self._matched(name): value for name, value in row.items() if value is not None}
        for index in missing:
            column = self._columns[index]
            id_of_another_type = content.get(self._matched(column.source or ""))
            if not tells_nothing(id_of_another_type):
                self._make_key(values, index, id_of_another_type)
            elif index in self._defaults:
                values[index] = self._defaults[index]
            else:
                self._make_key(values, index, self._identity_of(content))

    def _identity_of(self, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a row is known by that has no key; all of its content where it has nothing of that kind.

        Two rows must not be taken for one: what only helps to distinguish rows is not enough.
        """
        found, is_known = {}, False
        for column, convert, tells in self._identity:
            raw = content.get(self._matched(column.source or ""))
            converted, fits = kept(convert, raw)
            value = converted if fits else raw
            if not tells_nothing(value):
                found[column.name] = value
                is_known |= tells
        return found if is_known else content

    def _make_key(self, values: list[Any], index: int, origin: Any) -> None:
        if not self._missed_a_key:
            self._missed_a_key = True
            self._on_missing_key()
        digest = self._privacy.digest(msgspec.json.encode(origin, order="sorted").decode())
        values[index] = int(digest[:13], 16) if index in self._whole_number_keys else f"missing-{digest[:32]}"

    def _learn(self, rows: Sequence[Any]) -> bool:
        """Let the row type take what these rows have shown; whether it changes."""
        with self._learning:
            before = len(self._unknown), [(source.name, source.untyped) for source in self._sources.values()]
            known = set(self._unknown)
            for row in rows:
                for name, value in row.items() if isinstance(row, dict) else ():
                    source = self._sources.get(self._matched(name))
                    if source is not None:
                        source.name = name if _LEARNABLE.fullmatch(name) else source.name
                        source.untyped |= not all(column.is_well_typed(value) for column in source.columns)
                    elif name not in known and len(known) < _LEARN_AT_MOST and _LEARNABLE.fullmatch(name):
                        known.add(name)
                        self._unknown.append(name)
            return before != (
                len(self._unknown),
                [(each.name, each.untyped) for each in self._sources.values()],
            )
