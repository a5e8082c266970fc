"""Files instead of RECORD lines: what is written into one, and when it is announced.

A file belongs to the tap until a BATCH message has announced it, and to the target from then on. So a file is closed
and flushed to the disk first, then announced, and only then comes the STATE of the windows whose rows it holds. While
it is written its name ends in `.part`; a run that ends takes its unannounced files away, and one that is killed
leaves them to a later run.
"""

from __future__ import annotations

import gzip
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO, Any, Final
from uuid import uuid4

import msgspec
from singer_sdk.exceptions import ConfigurationError
from typing_extensions import override
from upath import UPath

from tap_callrecords.errors import OutputLost

FORMATS: Final = ("jsonl", "parquet", "arrow")
ROWS_OF_A_FILE = 100_000
"""Default of `batch_size`: what most targets load best at once."""
LONGEST_HELD_SECONDS = 60.0
"""How long rows may wait in an open file for others: a slow vendor must not keep a target waiting."""
LEFT_BEHIND_SECONDS = 24 * 3600.0
"""Age of an unannounced file that a killed run has left behind."""
_UNANNOUNCED = ".part"
_ROWS_OF_A_CHUNK = 5_000
"""Rows that are turned into columns together: more would only take more memory."""
_encode = msgspec.json.Encoder(enc_hook=str, decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """What the setting `batch_config` says.

    Attributes:
        form: one of `FORMATS`.
        compressed: gzip, for `jsonl`.
        root: folder or URL (fsspec) of the files.
        prefix: what their names begin with.
        rows: of a file at most.
    """

    form: str
    root: str
    compressed: bool = False
    prefix: str = ""
    rows: int = ROWS_OF_A_FILE

    @classmethod
    def read(cls, batch_config: Mapping[str, Any]) -> BatchSettings:
        """Read the setting.

        Raises:
            ConfigurationError: it lacks something, or a package is missing for it.
        """
        encoding, storage = batch_config.get("encoding") or {}, batch_config.get("storage") or {}
        form, root = encoding.get("format") or "jsonl", storage.get("root")
        if not root:
            raise ConfigurationError(
                "Configuration: setting batch_config lacks storage.root, the folder or URL for the files."
            )
        compression = encoding.get("compression") or "none"
        if compression != "none" and form != "jsonl":
            raise ConfigurationError(
                f"Configuration: setting batch_config asks for {form} with {compression}, but only jsonl is compressed "
                "as a whole: leave encoding.compression out."
            )
        if form != "jsonl" and find_spec("pyarrow") is None:
            raise ConfigurationError(
                f"Configuration: setting batch_config asks for {form}, which needs the package pyarrow: install "
                "tap-callrecords[arrow]."
            )
        return cls(
            form=form,
            root=str(root),
            compressed=compression == "gzip",
            prefix=storage.get("prefix") or "",
            rows=batch_config.get("batch_size") or ROWS_OF_A_FILE,
        )

    def encoding(self) -> dict[str, str]:
        """As BATCH messages say it."""
        if self.form != "jsonl":
            return {"format": self.form}
        return {"format": self.form, "compression": "gzip" if self.compressed else "none"}


@dataclass(slots=True)
class Announcement:
    """A closed file, and what a BATCH message says about it."""

    stream: str
    encoding: Mapping[str, str]
    url: str

    def line(self) -> bytes:
        """The BATCH message."""
        message = {"type": "BATCH", "stream": self.stream, "encoding": self.encoding, "manifest": [self.url]}
        return _encode(message) + b"\n"


class BatchFiles:
    """The open files of a run, one a stream; not for several threads."""

    def __init__(self, settings: BatchSettings) -> None:
        self._settings = settings
        self._run = uuid4().hex[:12]
        self._count = 0
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._open: dict[str, _File] = {}
        self._closed: list[tuple[str, _File]] = []
        with self._readable_errors():
            self._begin = _path(settings.root, f"{settings.prefix}tap-callrecords-")
            if self._is_local:
                self._begin = self._begin.absolute()
            self._begin.parent.mkdir(parents=True, exist_ok=True)
            self._remove_left_behind()

    @property
    def _is_local(self) -> bool:
        return self._begin.protocol in ("", "file", "local")

    def _remove_left_behind(self) -> None:
        if not self._is_local:  # elsewhere a file shows only once it is whole
            return
        for path in self._begin.parent.glob(f"{self._begin.name}*{_UNANNOUNCED}"):
            with suppress(OSError):  # another run may be faster
                if time.time() - path.stat().st_mtime > LEFT_BEHIND_SECONDS:
                    path.unlink()

    def describe(self, stream: str, schema: Mapping[str, Any]) -> None:
        """Take in the schema of a stream whose rows come next; none of its rows may be waiting."""
        self._schemas[stream] = schema

    def add_page(self, stream: str, records: Sequence[Any], lines: Sequence[bytes]) -> int:
        """Add what a file has room for of a page of records, which come with their JSON; how many that were."""
        file = self._file(stream)
        room = self._settings.rows - file.rows
        with self._readable_errors():
            file.add_page(records[:room], lines[:room])
        return min(room, len(lines))

    def add_row(self, stream: str, row: Mapping[str, Any]) -> None:
        """Add one record that the SDK has worked on."""
        with self._readable_errors():
            self._file(stream).add_row(row)

    @property
    def have_rows(self) -> bool:
        """Whether rows wait for their announcement."""
        return bool(self._open)

    @property
    def are_due(self) -> bool:
        """Whether a file is full, or has waited for more rows long enough."""
        now = time.monotonic()
        return any(
            file.rows >= self._settings.rows or now - file.begun > LONGEST_HELD_SECONDS for file in self._open.values()
        )

    def close(self) -> Iterator[Announcement]:
        """Close all files: whole, on the disk, and named as they are announced. Yields what is to be announced next."""
        for stream, file in self._open.items():
            with self._readable_errors():
                file.finish()
                if self._is_local:
                    file.path = file.path.rename(file.path.with_name(file.path.name.removesuffix(_UNANNOUNCED)))
            self._closed.append((stream, file))
        self._open.clear()
        while self._closed:
            stream, file = self._closed[0]
            yield Announcement(stream, self._settings.encoding(), file.path.as_uri())
            del self._closed[0]  # it is the target's from here on

    def discard(self) -> None:
        """Take away what has not been announced."""
        for file in (*self._open.values(), *(file for _, file in self._closed)):
            file.discard()
        self._open.clear()
        self._closed.clear()

    def _file(self, stream: str) -> _File:
        if stream not in self._open:
            self._count += 1
            ending = self._settings.form + (".gz" if self._settings.compressed else "")
            name = f"{self._begin.name}{stream}-{self._run}-{self._count}.{ending}"
            path = self._begin.with_name(name + (_UNANNOUNCED if self._is_local else ""))
            with self._readable_errors():
                kind = _JsonLines if self._settings.form == "jsonl" else _Columns
                self._open[stream] = kind(path, self._settings, self._schemas[stream])
        return self._open[stream]

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """Say what is wrong with the place for the files.

        Raises:
            OutputLost: for any `OSError`, and for whatever else the client of another storage than a folder raises.
        """
        try:
            yield
        except OutputLost:
            raise
        except ImportError as error:
            raise ConfigurationError(
                f"Configuration: setting batch_config names {self._settings.root}, which needs a package that is not "
                f"installed ({error})."
            ) from None
        except ConfigurationError:
            raise
        except Exception as error:
            if not isinstance(error, OSError) and "://" not in self._settings.root:
                raise
            why = getattr(error, "strerror", None) or type(error).__name__
            raise OutputLost(
                f"The files of setting batch_config can't be written below {self._settings.root} ({why}); the last "
                "STATE that was written is valid."
            ) from None


def _path(root: str, name: str) -> UPath:
    """A place below the root.

    Raises:
        ConfigurationError: fsspec knows no such storage.
    """
    try:
        return UPath(f"{root.rstrip('/')}/{name}")
    except ValueError:
        raise ConfigurationError(
            f"Configuration: setting batch_config names {root}, which is neither a folder nor a URL of a storage that "
            "fsspec knows."
        ) from None


class _File(ABC):
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
        with suppress(AttributeError, ValueError, OSError):  # what is no file has no number
            number = self._bytes.fileno()
            os.fsync(number)
        self._bytes.close()

    def discard(self) -> None:
        """Take the file away."""
        for take_away in (self._bytes.close, self.path.unlink):
            with suppress(Exception):  # why it is to go must be told, and nothing else
                take_away()


class _JsonLines(_File):
    """One record a line."""

    def __init__(self, path: UPath, settings: BatchSettings, schema: Mapping[str, Any]) -> None:  # noqa: ARG002
        super().__init__(path)
        self._out: Any = gzip.GzipFile(fileobj=self._bytes, mode="wb", compresslevel=1) if settings.compressed else None

    @override
    def add_page(self, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        (self._out or self._bytes).write(b"\n".join(lines) + b"\n")
        self.rows += len(lines)

    @override
    def add_row(self, row: Mapping[str, Any]) -> None:
        (self._out or self._bytes).write(_encode(row) + b"\n")
        self.rows += 1

    @override
    def _end(self) -> None:
        if self._out is not None:
            self._out.close()


class _Columns(_File):
    """Columns by the stream's schema, as an Arrow IPC file or as Parquet.

    They are built from the values of the records, which are typed already: that takes half of what reading the JSON
    again would.
    """

    def __init__(self, path: UPath, settings: BatchSettings, schema: Mapping[str, Any]) -> None:
        import pyarrow as pa  # noqa: PLC0415 - large, and an extra

        super().__init__(path)
        self._properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
        self._types = {name: arrow_type(each) for name, each in self._properties.items()}
        self._schema = pa.schema([(name, kind or pa.string()) for name, kind in self._types.items()])
        if settings.form == "arrow":
            self._out: Any = pa.ipc.new_file(self._bytes, self._schema)
        else:
            from pyarrow import parquet  # noqa: PLC0415

            self._out = parquet.ParquetWriter(self._bytes, self._schema)
        self._chunk: dict[str, list[Any]] = {name: [] for name in self._types}

    @override
    def add_page(self, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        for at in range(0, len(records), _ROWS_OF_A_CHUNK):
            part = records[at : at + _ROWS_OF_A_CHUNK]
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
        if len(next(iter(self._chunk.values()))) >= _ROWS_OF_A_CHUNK:
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
        return pa.array([None if value is None else _encode(value).decode() for value in values], pa.string())
    try:
        if pa.types.is_timestamp(kind):
            return pa.array(values, pa.string()).cast(kind)
        if pa.types.is_string(kind):  # the SDK says text of a stream map's value that it can't tell
            values = [value if value is None or isinstance(value, str) else _encode(value).decode() for value in values]
        if pa.types.is_floating(kind):
            values = [None if value is None else float(value) for value in values]
        return pa.array(values, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise OutputLost(
            f"Property {name} has a value that is not of its type {kind}, which a file can't hold; look at the stream "
            "maps. The last STATE that was written is valid."
        ) from None
