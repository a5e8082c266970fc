"""The schemas say what the vendors' documents say: every field has its column, every column says what it is.

`vendor_fields/<stream>.txt` lists the vendor's field names, drawn from the vendor's documents and sample
answers and not from the schemas; `outer.inner` is a member of an object or of the objects in a list.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from generators.facts import X_NOT_PII
from tap_callrecords.rows.schemas import declared, names
from tap_callrecords.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

DECLARED = {stream: declared(stream) for stream in names()}
OWN_COLUMNS = [stream for stream, each in DECLARED.items() if each.same_rows_as is None]
KEYS = {stream: [*DECLARED[stream].key] for stream in OWN_COLUMNS}
REPLICATION_KEYS = {stream: each.bookmark for stream, each in DECLARED.items() if each.bookmark}

CONVERSIONS = {
    "clock_seconds": {"integer"},
    "comma_list": {"array"},
    "duration_ms": {"integer"},
    "epoch_ms": {"date-time"},
    "first_object": {"object"},
    "id_list": {"array"},
    "json": {"array", "object", "string"},
    "ongoing": {"boolean"},
    "reported_instant": {"date-time"},
    "us_datetime": {"date-time"},
}
"""The words of `x-convert` and the types that they give."""
SUFFIXES = {"clock_seconds": "_seconds", "id_list": "s", "ongoing": "_ongoing"}
"""What a column that such a conversion derives adds to the vendor's name."""
DERIVED = {"call_date_utc": "callDate", "timestamp_utc": "timestamp", "creation_time_utc": "creationTime"}
SQL_WORDS = {"from": "from_party", "to": "to_party"}
TYPES = {"string", "integer", "number", "boolean", "array", "object"}

HERE = Path(__file__).parent
SCHEMAS = HERE.parent / "schemas"
FILES = [SCHEMAS / f"{stream}.json" for stream in OWN_COLUMNS]


class Property(NamedTuple):
    path: str
    """The property's own name, after those of the objects that hold it."""
    source: str
    """The vendor's name, likewise."""
    schema: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def snake_case(vendor_name: str) -> str:
    """Words joined by `_`: a capital after a small letter or digit begins a word, `WxCC` is one word."""
    words = vendor_name.replace("WxCC", "Wxcc").replace(" ", "_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()


def column_name(vendor_name: str, conversion: str | None) -> str:
    return SQL_WORDS.get(vendor_name, snake_case(vendor_name)) + SUFFIXES.get(conversion or "", "")


def nested_in(schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schema.get("properties") or schema.get("items", {}).get("properties", {})
    return properties


def walk(schema: dict[str, Any], path: str = "", source: str = "") -> Iterator[Property]:
    for name, each in nested_in(schema).items():
        found = Property(f"{path}{name}", f"{source}{each.get('x-source', '')}", each)
        yield found
        yield from walk(each, f"{found.path}.", f"{found.source}.")


def load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def types_of(schema: dict[str, Any]) -> set[str]:
    declared = schema["type"]
    return {declared} if isinstance(declared, str) else set(declared)


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def schema(file: Path) -> dict[str, Any]:
    return load(file)


def test_every_stream_has_a_schema() -> None:
    assert {*names()} == {stream.name for source in SOURCES for stream in source.streams}


@pytest.mark.parametrize("stream", names())
def test_the_file_of_a_stream_says_its_key_its_bookmark_and_why_it_is_optional(stream: str) -> None:
    told = declared(stream)
    assert not [name for name in told.schema if name.startswith("x-")]
    assert told.key
    assert {*told.key, *([told.bookmark] if told.bookmark else [])} <= told.schema["properties"].keys()
    assert told.optional is None or told.optional.startswith("it")


def test_a_schema_is_valid_json_schema_of_an_object_that_says_what_a_row_is(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["description"].startswith("One row per ")


def test_every_vendor_field_has_a_column_and_no_column_names_a_field_that_the_vendor_lacks(
    file: Path, schema: dict[str, Any]
) -> None:
    listed = (HERE / "vendor_fields" / f"{file.stem}.txt").read_text().split("\n")[:-1]
    assert len(listed) == len(set(listed))
    assert {each.source for each in walk(schema) if each.source} == set(listed)


def test_every_vendor_field_has_a_column_under_its_own_name(schema: dict[str, Any]) -> None:
    properties = list(walk(schema))
    by_source: dict[str, set[str]] = {}
    for each in properties:
        by_source.setdefault(each.source, set()).add(each.name)
    by_source.pop("", None)
    assert [
        source for source, names in by_source.items() if column_name(source.rpartition(".")[2], None) not in names
    ] == []


def test_names_are_the_vendors_in_snake_case(schema: dict[str, Any]) -> None:
    wrong = [
        each.path
        for each in walk(schema)
        if "x-source" in each.schema
        and each.name != column_name(each.schema["x-source"], each.schema.get("x-convert"))
        and each.name != snake_case(each.schema["x-source"])
        and DERIVED.get(each.name) != each.schema["x-source"]
    ]
    assert wrong == []


def test_a_column_says_which_field_it_holds_or_of_what_the_tap_makes_it(schema: dict[str, Any]) -> None:
    columns = [each for each in walk(schema) if each.name != "_rescued_data"]
    assert [each.path for each in columns if ("x-source" in each.schema) is ("x-made-of" in each.schema)] == []


def test_every_property_is_typed(schema: dict[str, Any]) -> None:
    for each in walk(schema):
        assert types_of(each.schema) - {"null"}, each.path
        assert types_of(each.schema) <= TYPES | {"null"}, each.path
        if types_of(each.schema) == {"array", "null"}:
            assert each.schema["items"]["type"] in TYPES, each.path


def test_every_property_is_described_in_sentences(schema: dict[str, Any]) -> None:
    assert [each.path for each in walk(schema) if not re.search(r"\w.*[.)]$", each.schema["description"])] == []


def test_every_property_but_the_keys_is_nullable(file: Path, schema: dict[str, Any]) -> None:
    assert [each.path for each in walk(schema) if "null" not in types_of(each.schema)] == KEYS[file.stem]


def test_keys_come_first(file: Path, schema: dict[str, Any]) -> None:
    assert list(schema["properties"])[: len(KEYS[file.stem])] == KEYS[file.stem]


@pytest.mark.parametrize(("stream", "column"), REPLICATION_KEYS.items())
def test_a_replication_key_is_an_instant(stream: str, column: str) -> None:
    assert DECLARED[stream].schema["properties"][column]["format"] == "date-time"


def test_conversions_are_of_the_vocabulary_and_give_the_type_of_the_column(schema: dict[str, Any]) -> None:
    for each in walk(schema):
        if "x-convert" in each.schema:
            given = {each.schema["format"]} if "format" in each.schema else types_of(each.schema) - {"null"}
            assert given <= CONVERSIONS[each.schema["x-convert"]], each.path


def test_the_only_format_is_an_instant_in_text(schema: dict[str, Any]) -> None:
    for each in walk(schema):
        if "format" in each.schema:
            assert (each.schema["format"], types_of(each.schema)) == ("date-time", {"string", "null"}), each.path


def test_personal_data_is_of_three_kinds_and_never_typed_so_that_a_hash_does_not_fit(
    schema: dict[str, Any],
) -> None:
    for each in walk(schema):
        if "x-pii" in each.schema:
            assert each.schema["x-pii"] in {"phone", "name", "address"}, each.path
            assert "string" in types_of(each.schema) or each.schema["items"]["type"] == "string", each.path


def test_free_text_and_free_json_are_personal_unless_a_reason_says_otherwise(schema: dict[str, Any]) -> None:
    for each in walk(schema):
        is_free = bool(types_of(each.schema) & {"string", "array", "object"}) and not nested_in(each.schema)
        if is_free and "format" not in each.schema and each.name != "_rescued_data":
            assert ("x-pii" in each.schema) is not (each.schema.get("x-not-pii") in X_NOT_PII), each.path
        assert not ("x-pii" in each.schema and "x-not-pii" in each.schema), each.path


def test_what_identifies_a_row_tells_or_helps_and_never_changes(schema: dict[str, Any]) -> None:
    marked = {each.path: each.schema["x-identity"] for each in walk(schema) if "x-identity" in each.schema}
    assert set(marked.values()) in ({"tells", "helps"}, set())
    assert not {name for name in marked if re.search("duration|status|state|outcome|_ongoing|agent|name|count", name)}


def test_every_schema_has_room_for_rescued_data(schema: dict[str, Any]) -> None:
    assert list(schema["properties"])[-1] == "_rescued_data"
    assert schema["properties"]["_rescued_data"]["type"] == ["object", "null"]


def test_the_live_call_history_has_the_columns_of_the_detailed_one_and_its_window() -> None:
    detailed, live = (load(SCHEMAS / f"webex_{name}_call_history.json")["properties"] for name in ("detailed", "live"))
    assert [name for name in live if name != "inserted_before"] == list(detailed)
    for name, column in detailed.items():
        assert live[name] | {"description": ""} == column | {"description": ""}, name
