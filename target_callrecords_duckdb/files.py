"""Files of records."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from target_callrecords_duckdb.errors import KEPT, LoadError

FORMATS = {"jsonl": "JSON with one object a line", "parquet": "Parquet", "arrow": "an Arrow file"}


@dataclass(frozen=True)
class Part:
    """A file of records.

    Attributes:
        file: on this machine.
        format: `jsonl`, `parquet` or `arrow`.
        compression: `gzip` or nothing, for `jsonl`.
        name: what to call it in an error.
    """

    file: Path
    format: str = "jsonl"
    compression: str | None = None
    name: str = "RECORD lines"


@contextmanager
def arrow(file: Path) -> Iterator[Any]:
    """The rows of an Arrow file.

    Raises:
        LoadError: it is none, or a package is missing.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - not everybody has it
    except ImportError:
        raise LoadError(
            "A BATCH of Arrow files needs the package pyarrow in this target's environment: "
            "pip install 'tap-callrecords[duckdb,arrow]'."
        ) from None
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps ten megabytes more
    try:
        with pa.OSFile(str(file)) as content:
            opened = pa.ipc.open_file(content)
            batches = (opened.get_batch(number) for number in range(opened.num_record_batches))
            yield pa.RecordBatchReader.from_batches(opened.schema, batches)
    except pa.ArrowInvalid:
        raise LoadError(f"{file} can't be read as {FORMATS['arrow']}. {KEPT}") from None


def longest_line(part: Part) -> int:
    """How many bytes the longest line of a file has."""
    opened = gzip.open if part.compression == "gzip" else open
    with opened(part.file, "rb") as lines:
        return max(map(len, lines), default=0)
