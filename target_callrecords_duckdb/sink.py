"""The records of a stream are gathered in a file, and loaded with those of its BATCH messages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk import BatchSink
from typing_extensions import override

from target_callrecords_duckdb.columns import column_type
from target_callrecords_duckdb.errors import LoadError
from target_callrecords_duckdb.files import Part
from target_callrecords_duckdb.reading import Table

if TYPE_CHECKING:
    from target_callrecords_duckdb.target import TargetDuckDB


class DuckDBSink(BatchSink):
    """A stream: its records are gathered in a file; that and the files of its BATCH messages are loaded in turn."""

    def __init__(
        self, target: TargetDuckDB, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._warehouse = target.warehouse
        self._parts: list[Part] = []
        self._file: IO[bytes] | None = None
        self._gathered = 0
        self._counted = 0  # by the SDK already
        self.table = self._table()

    def _table(self) -> Table:
        name, columns = self.stream_name, {n: column_type(each) for n, each in self.schema["properties"].items()}
        if not columns:
            raise LoadError(f"Stream {name}: its schema has no properties, so there is nothing to load.")
        names = Counter(column.lower() for column in columns)
        if twice := [column for column in columns if names[column.lower()] > 1]:
            raise LoadError(
                f"Stream {name}: DuckDB treats the columns {' and '.join(twice)} as the same, because they differ only "
                "in case. Rename or remove one with stream_maps."
            )
        if missing := [key for key in self.key_properties if key not in columns]:
            raise LoadError(f"Stream {name}: its key {', '.join(missing)} is not among the properties of its schema.")
        keys = () if self.config["load_method"] == "append-only" else self.key_properties
        return Table(name, columns, keys)

    @override
    def get_validator(self) -> None:
        """DuckDB looks at the types, and says what does not fit."""

    @override
    def setup(self) -> None:
        self._warehouse.make(self.table)

    @property
    @override
    def current_size(self) -> int:
        return self._gathered + len(self._parts)

    @property
    @override
    def is_full(self) -> bool:
        return False  # all sinks are drained together

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self.write(json.dumps(record, default=_in_json).encode())
        self._counted += 1

    def write(self, record: bytes | msgspec.Raw) -> int:
        """Gather the bytes of a record; how many they are."""
        try:
            if not self._file:
                name = f"{len(self._parts)}-{id(self)}.jsonl"
                self._file = (self._warehouse.folder / name).open("wb", buffering=1 << 20)
            self._gathered += 1
            size = self._file.write(record)
            self._file.write(b"\n")
        except OSError as error:
            raise self._warehouse.in_words(error) from None
        return size

    def add(self, part: Part) -> None:
        """Load this file, too, after what came before it."""
        self._close()
        self._parts.append(part)

    def _close(self) -> None:
        if self._file:
            try:
                self._file.close()
            except OSError as error:
                raise self._warehouse.in_words(error) from None
            self._parts.append(Part(Path(self._file.name)))
            self._file = None
            self._gathered = 0

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        self._close()
        rows = self._warehouse.load(self.table, self._parts)
        self.tally_record_read(rows - self._counted)
        self.record_counter_metric.increment(rows - self._counted)
        self._counted = 0
        self._parts = []


def _in_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
