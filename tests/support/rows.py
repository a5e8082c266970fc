"""Row builders as the sources make them, and what they have said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from jsonschema import Draft202012Validator

from tap_callrecords.rows.builder import Record, RecordBuilder
from tap_callrecords.rows.privacy import Privacy
from tests.test_schemas import FILES, KEYS, SCHEMAS, load

Row = TypeVar("Row")
STREAMS = [file.stem for file in FILES]
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "eightx8_interactions": {"transaction_id": ""},
    "eightx8_recent_calls": {"tenant_id": "configured"},
}


class Envelope(msgspec.Struct, Generic[Row]):
    rows: list[Row]


class Told:
    """What a builder has said."""

    def __init__(self) -> None:
        self.rescued: list[str] = []
        self.missing = 0

    def missing_key(self) -> None:
        self.missing += 1


@cache
def schema_of(stream: str) -> dict[str, Any]:
    return load(SCHEMAS / f"{stream}.json")


@cache
def validator_of(stream: str) -> Any:
    return Draft202012Validator(schema_of(stream))


def builder_for(
    stream: str, *, privacy: Privacy | None = None, told: Told | None = None, any_case: bool | None = None
) -> RecordBuilder:
    told = told or Told()
    return RecordBuilder(
        schema_of(stream),
        KEYS[stream],
        Envelope,
        privacy=privacy or Privacy("keep"),
        key_defaults=DEFAULTS.get(stream),
        any_case=stream.startswith("webex") if any_case is None else any_case,
        on_rescue=told.rescued.append,
        on_missing_key=told.missing_key,
    )


def body_of(rows: Sequence[Any]) -> bytes:
    return json.dumps({"rows": rows}).encode()


def written(records: Sequence[Record]) -> list[bytes]:
    return [msgspec.json.encode(record) for record in records]


@pytest.fixture
def told() -> Told:
    return Told()
