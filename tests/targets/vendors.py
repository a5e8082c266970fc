"""What the simulated vendors have, which every target has to hold afterwards: calls as they come, and hard rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sandbox import Clock, Sandbox
from sandbox.table import Row, Table
from tap_callrecords import instants
from tap_callrecords.sources import SOURCES
from tap_callrecords.tap import TapCallRecords
from tests.faults.subjects import KNOWN, SUBJECTS
from tests.support.streams import KEYS

STREAMS = [stream.name for source in SOURCES for stream in source.streams]
TABLES = {name: (subject.vendor, subject.table) for name, subject in KNOWN.items()}
"""Which table of which vendor a stream reads."""
Key = tuple[Any, ...]
AGO = timedelta(hours=3)
"""So long ago the vendors' calls end: nothing arrives while the tests run."""
BACK = timedelta(days=7)
"""How far back a run reads."""
EDGE = timedelta(minutes=30)
"""Rows so close to where a vendor's history ends are taken out where that is within a run: time passes meanwhile."""

TEXTS = (
    "Zoë Müller 😀 日本語 \u202b\u05e2\u05d1\u05e8\u05d9\u05ea\u202c",
    "comma, semicolon; quote \" apostrophe ' back\\slash | tab\tend",
    "two\nlines, a return\rand both\r\n",
    "\\N",
    "\\.",
    "null",
    "  spaces around  ",
    "",
    "-",
    "2026-01-01T00:00:00Z",
    "007",
    '{"not": [an object',
    "'; drop table calls; --",
    "\ufeffzero\u200bwidth\u2028separator\x1f",
    "long " * 1_000,
    "NUL \x00 inside",
)
INTEGERS = (2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 0)
NUMBERS = (0.1, 1234567.89, 0.0001, -0.07, 0.0)
STRUCTURES: tuple[Any, ...] = ({"question": {"text": "Zoë?", "score": 2**53 + 1}}, [{"a": None}, ["b", 0.07]], [], {})
NEW_FIELD = "zBrandNewField"
NEW_VALUE = {"nested": {"list": [None, "Zoë 😀", {"deep": 2**53 + 1}]}, "price": 0.07, "text": 'it\'s "new"'}
NEW_MEMBERS = {
    (NEW_FIELD, "nested", "list", "1"): "Zoë 😀",
    (NEW_FIELD, "nested", "list", "2", "deep"): "9007199254740993",
    (NEW_FIELD, "price"): "0.07",
    (NEW_FIELD, "text"): 'it\'s "new"',
}
"""What stands where in the new field, as text."""


@dataclass(frozen=True)
class HardRow:
    """A row of values that targets have trouble with.

    Attributes:
        key: of the record.
        values: what the record has to hold, by property.
    """

    key: Key
    values: Mapping[str, Any]


@dataclass
class Vendors:
    """The vendors' rows, and what of them a target must hold.

    Attributes:
        box: serves them.
        end: nothing is later.
        hard: hard rows by stream.
        changed: after `change`: the key of the changed row by stream, the property that changed, and its new value.
    """

    box: Sandbox
    end: datetime
    hard: dict[str, list[HardRow]] = field(default_factory=dict)
    changed: dict[str, tuple[Key, str, str]] = field(default_factory=dict)

    @property
    def config(self) -> dict[str, Any]:
        """The tap's settings; every run reads everything again."""
        return {
            **self.box.config,
            "start_date": instants.to_text(self.end - BACK),
            "end_date": instants.to_text(self.end),
            "lookback_hours": 24 * 8,
        }

    def table(self, stream: str) -> Table:
        """The vendor's table that a stream reads."""
        vendor, table = TABLES[stream]
        return self.box.vendors[vendor].table(table)

    def keys(self, stream: str) -> set[Key]:
        """The keys that a target must hold."""
        table = self.table(stream)
        numbers: list[int] | range = range(len(table))
        subject = KNOWN[stream]
        if subject.reach < BACK:
            now = self.box.clock.now_ms()
            numbers = table.select(subject.instant(subject.of(self.box)), now - _ms(subject.reach), now, now)
        return {key_of(stream, table.decoded(number)) for number in numbers}

    def change(self) -> None:
        """Change a text of one row of each stream, and let a field that nobody knows appear in it."""
        for stream, rows in self.hard.items():
            name = next(name for name, value in rows[0].values.items() if isinstance(value, str))
            table = self.table(stream)
            row = next(row for row in table if key_of(stream, row) == rows[0].key)
            row |= {properties(stream)[name]["x-source"]: f"changed: {TEXTS[0]}", NEW_FIELD: NEW_VALUE}
            vendor = KNOWN[stream].of(self.box)
            table.replace([vendor.stored(row, _ms(self.end - timedelta(minutes=2)))])
            self.changed[stream] = rows[0].key, name, f"changed: {TEXTS[0]}"
        self.box.eightx8_analytics.switches.unknown_fields = True  # it answers no fields but those that it knows


def make() -> Vendors:
    """Make two days of calls, the vendors' own samples, and hard rows; the sandbox is not started yet."""
    now = datetime.now(UTC)
    clock = Clock(frozen_ms=_ms(now - AGO))
    box = Sandbox(seed=8, days=2, calls_per_day=30, samples=True, clock=clock)
    for vendor in box.vendors.values():
        vendor.refresh()
    box.world.calls_per_day = 0
    clock.frozen_ms = None
    vendors = Vendors(box, now - AGO + timedelta(hours=1))
    for subject in (each for each in SUBJECTS if each.reach < BACK):
        table, edge = vendors.table(subject.stream), now - subject.reach
        close = table.select(subject.instant(subject.of(box)), _ms(edge - EDGE), _ms(edge + EDGE), _ms(now))
        table.remove([table.key(table.decoded(number)) for number in close])
    done: dict[tuple[str, str], list[HardRow]] = {}
    for stream in STREAMS:
        done.setdefault(TABLES[stream], [])
        if not done[TABLES[stream]]:
            done[TABLES[stream]] = _put_hard_rows(vendors, stream)
        vendors.hard[stream] = done[TABLES[stream]]
    return vendors


def _put_hard_rows(vendors: Vendors, stream: str) -> list[HardRow]:
    vendor, table = KNOWN[stream].of(vendors.box), vendors.table(stream)
    stored = _ms(vendors.end - timedelta(minutes=30))
    pattern = table[len(table) - 1]
    last_key = properties(stream)[KEYS[stream][-1]]
    hard = []
    for number, text in enumerate((*TEXTS, None)):
        ids = {last_key["x-source"]: 2**53 + number if "integer" in last_key["type"] else f"{2**53 + number}"}
        values = {name: _hard_value(properties(stream)[name], number, text) for name in _free_properties(stream)}
        row: Row = {**pattern, **ids}
        for name, value in values.items():
            schema = properties(stream)[name]
            row[schema["x-source"]] = json.dumps(value) if schema.get("x-convert") == "json" else value
        table.add([vendor.stored(row, stored)])
        hard.append(HardRow(key_of(stream, row), values))
    return hard


def _hard_value(schema: Mapping[str, Any], number: int, text: str | None) -> Any:
    if text is None:
        return None
    if schema.get("x-convert") == "json":
        return STRUCTURES[number % len(STRUCTURES)]
    kinds: dict[str, Any] = {
        "string": text,
        "integer": INTEGERS[number % len(INTEGERS)],
        "number": NUMBERS[number % len(NUMBERS)],
        "boolean": number % 2 == 0,
        "array": [text, "second", text] if number % 4 else [],
    }
    return next(value for kind, value in kinds.items() if kind in schema["type"])


@cache
def _streams() -> dict[str, Any]:
    return dict(TapCallRecords(config={}, validate_config=False).streams)


def properties(stream: str) -> dict[str, dict[str, Any]]:
    """The properties of a stream's schema, by name."""
    found: dict[str, dict[str, Any]] = _streams()[stream].schema["properties"]
    return found


@cache
def _free_properties(stream: str) -> list[str]:
    """Properties that may hold anything of their type: made from a field of their own as it is, or from its JSON.

    Not `call_duration`: the tap reckons with it.
    """
    schema = properties(stream)
    sources = [each.get("x-source") for each in schema.values()]
    return [
        name
        for name, each in schema.items()
        if name not in (*KEYS[stream], "call_duration")
        and each.get("x-convert", "json") == "json"
        and sources.count(each.get("x-source", name)) == 1
        and each.get("format") != "date-time"
        and (
            each.get("items") == {"type": "string"}
            or "x-convert" in each
            or not {"array", "object"} & set(each["type"])
        )
    ]


def key_of(stream: str, row: Mapping[str, Any]) -> Key:
    """The key of the record that a vendor's row becomes."""
    schema = properties(stream)
    return tuple(_key_part(row.get(schema[name]["x-source"]), schema[name]) for name in KEYS[stream])


def _key_part(value: Any, schema: Mapping[str, Any]) -> Any:
    return int(value) if "integer" in schema["type"] else str("" if value is None else value)


def _ms(instant: datetime | timedelta) -> int:
    seconds = instant.timestamp() if isinstance(instant, datetime) else instant.total_seconds()
    return int(seconds * 1000)
