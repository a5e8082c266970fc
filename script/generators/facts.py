"""What the tap knows of its streams, sources and settings: all that the generators write is made from it."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tap_callrecords.rows.schemas import Declared, declared
from tap_callrecords.sources import SOURCES
from tap_callrecords.sources.source import Source
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.tap import TapCallRecords
from target_callrecords_duckdb.target import TargetDuckDB

ROOT = Path(__file__).resolve().parents[2]

PERSONAL = ("phone", "name", "address")
"""Kinds of personal data, the words of `x-pii`."""
WHY_NOT = {
    "id": "an id or a code that the vendor or an administrator has made up",
    "unit": "a name of a unit, a place, a campaign or a code that an administrator has set up",
    "word": "one of few words of the vendor's own",
    "time": "an instant or a length, written out",
    "date-time": "an instant",
    "service": "a service or its provider",
    "device": "a model or a version of a device or program",
    "integer": "a number: a count, a length, an offset",
    "number": "a number: a cost, a score",
    "boolean": "yes or no",
    "object": "its members stand for themselves",
    "rescued": "always hashed or dropped whole",
}
"""Reasons why a column is not personal."""
X_NOT_PII = ("id", "unit", "word", "time", "service", "device")
"""Those that `x-not-pii` gives; the others follow from the type."""


@dataclass(frozen=True)
class Column:
    """A property of a schema.

    Attributes:
        path: its name, after those of the objects that hold it.
        schema: its JSON Schema.
    """

    path: str
    schema: Mapping[str, Any]

    @property
    def type(self) -> str:
        """JSON type, `date-time` for an instant; null left out."""
        types = [self.schema["type"]] if isinstance(self.schema["type"], str) else self.schema["type"]
        return str(self.schema.get("format") or next(each for each in types if each != "null"))

    @property
    def personal(self) -> str | None:
        """The kind of personal data that it holds."""
        kind = self.schema.get("x-pii")
        return None if kind is None else str(kind)

    @property
    def why_not_personal(self) -> str:
        """A word of `WHY_NOT`; free text and free JSON have no reason of their own.

        Raises:
            KeyError: it is neither marked nor is there a reason.
        """
        if self.path == "_rescued_data":
            return "rescued"
        if any(columns(self.schema)):
            return "object"
        free = self.type in ("string", "array", "object")
        return str(self.schema["x-not-pii"]) if "x-not-pii" in self.schema or free else self.type


def columns(schema: Mapping[str, Any], path: str = "") -> Iterator[Column]:
    """The columns of a schema, after each one its members."""
    for name, each in (schema.get("properties") or schema.get("items", {}).get("properties", {})).items():
        yield Column(f"{path}{name}", each)
        yield from columns(each, f"{path}{name}.")


@dataclass(frozen=True)
class StreamFacts:
    """What is to be told of a stream.

    Attributes:
        source: the vendor product that it comes from.
        stream: the tap's own.
        declared: what its schema file says.
    """

    source: Source
    stream: CallRecordStream[Any]
    declared: Declared

    @property
    def name(self) -> str:
        """As the catalog has it."""
        return str(self.stream.name)

    @property
    def file(self) -> Path:
        """The schema file that has its columns: its own, or that of the stream with the same rows."""
        return ROOT / "schemas" / f"{self.declared.same_rows_as or self.name}.json"

    @property
    def description(self) -> str:
        """What a row is."""
        return str(self.declared.schema["description"])

    @property
    def vendor_page(self) -> Path:
        """The document about its vendor: the first one that names the stream."""
        pages = sorted((ROOT / "docs" / "vendors").glob("*.md"))
        return next(page for page in pages if f"`{self.name}`" in page.read_text(encoding="utf-8"))


@cache
def streams() -> Sequence[StreamFacts]:
    """All streams, by source."""
    made = TapCallRecords(config={}, validate_config=False).streams
    return [
        StreamFacts(source, stream, declared(stream.name))
        for source in SOURCES
        for stream in (made[each.name] for each in source.streams)
        if isinstance(stream, CallRecordStream)
    ]


@cache
def all_settings() -> Mapping[str, Mapping[str, Any]]:
    """What `tap-callrecords --about --format=json` says: our settings, and those that the SDK adds."""
    schema = TapCallRecords.config_jsonschema
    TapCallRecords.append_builtin_config(schema)
    settings: dict[str, dict[str, Any]] = schema["properties"]
    return settings


@cache
def loader_settings() -> Mapping[str, Mapping[str, Any]]:
    """What `target-callrecords-duckdb --about --format=json` says: its settings, and those that the SDK adds."""
    schema = copy.deepcopy(TargetDuckDB.config_jsonschema)
    TargetDuckDB.append_builtin_config(schema)
    settings: dict[str, dict[str, Any]] = schema["properties"]
    return settings


def own_settings() -> Mapping[str, Mapping[str, Any]]:
    """Our settings; what those of the SDK (stream maps, flattening) mean is documented there."""
    ours = set(TapCallRecords.own_settings())
    return {name: each for name, each in all_settings().items() if name in ours}


def vendor_pages() -> Sequence[Path]:
    """The pages about the vendors, in the order of the sources."""
    return [*dict.fromkeys(each.vendor_page for each in streams())]


def title_of(page: Path) -> str:
    """The title of a document."""
    return page.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")


def vendors() -> str:
    """What the pages about the vendors are about, in a row."""
    return ", ".join(map(title_of, vendor_pages()))


def brands() -> Sequence[str]:
    """The vendors' names."""
    return [*dict.fromkeys(source.brand or source.product for source in SOURCES)]


@cache
def _pyproject() -> Mapping[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def project() -> Mapping[str, Any]:
    """The `project` table of pyproject.toml."""
    table: Mapping[str, Any] = _pyproject()["project"]
    return table


def owner() -> str:
    """Who owns the repository on the public host, as pyproject.toml says: it is written there only."""
    return str(_pyproject()["tool"]["callrecords"]["owner"])


def repository() -> str:
    """The address of the repository on the public host."""
    return f"https://github.com/{owner()}/tap-callrecords"


def quoted(names: Sequence[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
