"""Files of records: JSON lines, Parquet, Arrow."""

from __future__ import annotations

import errno
import gzip
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import msgspec
from typing_extensions import override
from upath import UPath

from tap_callrecords.errors import OutputLost

_ROWS_OF_A_CHUNK = {"arrow": 1_000, "parquet": 5_000}
"""Rows that a file takes together: more would only take more memory, and each part of a Parquet file costs something in
every column."""
_ROWS_OF_A_TURN = 100
"""Rows that are turned at once: many thousand would not fit into the processor's cache."""
LINES_OF_A_PIECE = 500
"""Lines that are written together: a whole page of them would not fit into the processor's cache."""
as_json = msgspec.json.Encoder(enc_hook=str, decimal_format="number").encode


def open_file(path: UPath, form: str, schema: Mapping[str, Any], *, compressed: bool) -> RecordFile:
    """Open a file for the records of a stream.

    Args:
        path: where it is to be.
        form: `jsonl`, `parquet` or `arrow`.
        schema: the stream's, which says the types of columns.
        compressed: gzip, for `jsonl`.
    """
    return _JsonLines(path, compressed=compressed) if form == "jsonl" else _Columns(path, form, schema)


class RecordFile(ABC):
    """An open file.

    Attributes:
        path: where it is while it is written.
        rows: how many it holds.
        begun: when it was opened, by `time.monotonic`.
    """

    def __init__(self, path: UPath) -> None:
        self.path = path
        self.rows = 0
        self.begun = time.monotonic()
        self._bytes: IO[bytes] = path.open("wb")

    @abstractmethod
    def add_page(self, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        """Add records, which come with their JSON."""

    @abstractmethod
    def add_row(self, row: Mapping[str, Any]) -> None:
        """Add one record that came as an object."""

    @abstractmethod
    def _end(self) -> None:
        """Write what is not yet written."""

    def finish(self) -> None:
        """End the file and see it onto the disk."""
        self._end()
        self._bytes.flush()
        number = None
        with suppress(AttributeError, ValueError, OSError):  # what is no file has no number
            number = self._bytes.fileno()
        if number is not None:
            _onto_the_disk(number)
        self._bytes.close()

    def discard(self) -> None:
        """Take the file away."""
        for take_away in (self._bytes.close, self.path.unlink):
            with suppress(Exception):  # why it is to go must be told, and nothing else
                take_away()


def _onto_the_disk(number: int) -> None:
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):  # of file systems that have no such call
            raise


class _JsonLines(RecordFile):
    """One record a line."""

    def __init__(self, path: UPath, *, compressed: bool) -> None:
        super().__init__(path)
        self._out: Any = gzip.GzipFile(fileobj=self._bytes, mode="wb", compresslevel=1) if compressed else None

    @override
    def add_page(self, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        for at in range(0, len(lines), LINES_OF_A_PIECE):
            (self._out or self._bytes).write(b"\n".join((*lines[at : at + LINES_OF_A_PIECE], b"")))
        self.rows += len(lines)

    @override
    def add_row(self, row: Mapping[str, Any]) -> None:
        (self._out or self._bytes).write(as_json(row) + b"\n")
        self.rows += 1

    @override
    def _end(self) -> None:
        if self._out is not None:
            self._out.close()


class _Columns(RecordFile):
    """Columns by the stream's schema, as an Arrow IPC file or as Parquet.

    They are built from the values of the records, which are typed already: that takes half of what reading the JSON
    again would.
    """

    def __init__(self, path: UPath, form: str, schema: Mapping[str, Any]) -> None:
        import pyarrow as pa  # noqa: PLC0415 - large, and an extra

        pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps ten megabytes more
        super().__init__(path)
        self._properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
        self._types = {name: arrow_type(each) for name, each in self._properties.items()}
        self._schema = pa.schema([(name, kind or pa.string()) for name, kind in self._types.items()])
        self._rows_of_a_chunk = _ROWS_OF_A_CHUNK[form]
        if form == "arrow":
            self._out: Any = pa.ipc.new_file(self._bytes, self._schema)
        else:
            from pyarrow import parquet  # noqa: PLC0415

            self._out = parquet.ParquetWriter(self._bytes, self._schema)
        self._chunk: dict[str, list[Any]] = {name: [] for name in self._types}

    @override
    def add_page(self, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        for at in range(0, len(records), _ROWS_OF_A_TURN):
            part = records[at : at + _ROWS_OF_A_TURN]
            names = part[0].__struct_fields__
            columns = dict(zip(names, zip(*map(msgspec.structs.astuple, part), strict=True), strict=True))
            for name, values in self._chunk.items():
                values.extend(columns.get(name) or [None] * len(part))
            self._added(len(part))

    @override
    def add_row(self, row: Mapping[str, Any]) -> None:
        for name, values in self._chunk.items():
            values.append(row.get(name))
        self._added(1)

    def _added(self, rows: int) -> None:
        self.rows += rows
        if len(next(iter(self._chunk.values()))) >= self._rows_of_a_chunk:
            self._write_chunk()

    def _write_chunk(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        arrays = [_array(name, self._types[name], values) for name, values in self._chunk.items()]
        self._out.write_batch(pa.record_batch(arrays, schema=self._schema))
        for values in self._chunk.values():
            values.clear()

    @override
    def _end(self) -> None:
        if next(iter(self._chunk.values())):
            self._write_chunk()
        self._out.close()


def arrow_type(schema: Mapping[str, Any]) -> Any:
    """The Arrow type of a property; None for what is written as JSON text: objects, lists, what may be anything."""
    import pyarrow as pa  # noqa: PLC0415

    declared = schema.get("type", ())
    kinds = {declared} if isinstance(declared, str) else set(declared)
    match sorted(kinds - {"null"}):
        case ["string"]:
            return pa.timestamp("ms", "UTC") if schema.get("format") == "date-time" else pa.string()
        case ["integer"]:
            return pa.int64()
        case ["number"] | ["integer", "number"]:
            return pa.float64()
        case ["boolean"]:
            return pa.bool_()
        case _:
            return None


def _array(name: str, kind: Any, values: Sequence[Any]) -> Any:
    """A column.

    Raises:
        OutputLost: a stream map gives values that are not of the type that its SCHEMA says.
    """
    import pyarrow as pa  # noqa: PLC0415

    if kind is None:
        return pa.array([None if value is None else as_json(value) for value in values], pa.string())
    try:
        if pa.types.is_timestamp(kind):
            return pa.array(values, pa.string()).cast(kind)
        try:
            return pa.array(values, kind)
        except (pa.ArrowException, TypeError):
            if pa.types.is_string(kind):  # the SDK says text of a stream map's value that it can't tell
                values = [each if each is None or isinstance(each, str) else as_json(each) for each in values]
            elif pa.types.is_floating(kind):  # a large integer, or a decimal
                values = [None if each is None else float(each) for each in values]
            return pa.array(values, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise OutputLost(
            f"Property {name} has a value that is not of its type {kind}, which a file can't hold; look at the stream "
            "maps. The last STATE that was written is valid."
        ) from None
