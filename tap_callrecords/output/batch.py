"""Files instead of RECORD lines: what is written into one, and when it is announced.

A file belongs to the tap until a BATCH message has announced it, and to the target from then on. So a file is closed
and flushed to the disk first, then announced, and only then comes the STATE of the windows whose rows it holds. While
it is written its name ends in `.part`; a run that ends takes its unannounced files away, and one that is killed
leaves them to a later run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final
from uuid import uuid4

from singer_sdk.exceptions import ConfigurationError
from upath import UPath

from tap_callrecords.errors import OutputLost
from tap_callrecords.output.formats import RecordFile, as_json, open_file

FORMATS: Final = ("jsonl", "parquet", "arrow")
ROWS_OF_A_FILE = 100_000
"""Default of `batch_size`: what most targets load best at once."""
LONGEST_HELD_SECONDS = 60.0
"""How long rows may wait in an open file for others: a slow vendor must not keep a target waiting."""
LEFT_BEHIND_SECONDS = 24 * 3600.0
"""Age of an unannounced file that a killed run has left behind."""
_UNANNOUNCED = ".part"


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
        return as_json(message) + b"\n"


class BatchFiles:
    """The open files of a run, one a stream; not for several threads."""

    def __init__(self, settings: BatchSettings) -> None:
        self._settings = settings
        self._run = uuid4().hex[:12]
        self._count = 0
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._open: dict[str, RecordFile] = {}
        self._closed: list[tuple[str, RecordFile]] = []
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

    def _file(self, stream: str) -> RecordFile:
        if stream not in self._open:
            self._count += 1
            ending = self._settings.form + (".gz" if self._settings.compressed else "")
            name = f"{self._begin.name}{stream}-{self._run}-{self._count}.{ending}"
            path = self._begin.with_name(name + (_UNANNOUNCED if self._is_local else ""))
            with self._readable_errors():
                self._open[stream] = open_file(
                    path, self._settings.form, self._schemas[stream], compressed=self._settings.compressed
                )
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
