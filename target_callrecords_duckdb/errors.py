"""What keeps data from being loaded, as messages for the person who can do something about it."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException

NO_SPACE = re.compile(
    "No space left|File too large|Disk quota|exceeds .*max_temp_directory_size|failed to offload", re.IGNORECASE
)
"""How DuckDB says that a disk is full."""
KEPT = "Nothing of this load was kept."


class LoadError(Exception):
    """What keeps data from being loaded, as messages for the person who can do something about it."""


class NoKeyError(LoadError, MissingKeyPropertiesError):
    """A record has no value for a property of its key."""


class NoSchemaError(LoadError, RecordsWithoutSchemaException):
    """A record came before its stream's schema."""


def in_words(error: Exception, path: Path, memory: int, what: str = "") -> LoadError:
    """An error of DuckDB or of the disk as one for a person.

    Args:
        error: the error.
        path: of the DuckDB file.
        memory: how many megabytes DuckDB may use.
        what: what could not be done; empty for opening the file.
    """
    said = " ".join(str(error).split())
    begin = f"{what}: " if what else ""
    if NO_SPACE.search(said):
        text = f"{path}: there is no space left on its disk. {KEPT} Make room and run again."
    elif "Could not set lock" in said:
        holder = re.search(r"PID \d+", said)
        by = f"another program{f' ({holder[0]})' if holder else ''}"
        text = f"{path} is in use by {by}. Close it there and run again."
    elif "not a valid DuckDB database file" in said:
        text = f"{path} is not a DuckDB file. Correct the setting path, or move that file away."
    elif "newer version" in said or "can only read version" in said:
        newer = f"a newer DuckDB than this one ({duckdb.__version__})"
        text = f"{path} was made by {newer}. Upgrade the package duckdb in this target's environment."
    elif isinstance(error, OSError) or (not what and isinstance(error, duckdb.IOException)):
        reason = error.strerror if isinstance(error, OSError) else said.rsplit(": ", 1)[-1]
        check = "Check the setting path, the folder and its rights."
        text = f"{path} can't be opened for writing ({reason}). {check}"
    elif isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        fault = "a column of its table has been given another type by hand, which not all values fit"
        text = f"{begin}{fault}. {KEPT}"
    elif isinstance(error, duckdb.ConstraintException):
        fault = "its table has a constraint that new rows would break"
        text = f"{begin}{fault}. {KEPT} Drop the constraint."
    elif isinstance(error, duckdb.OutOfMemoryException):
        fault = f"DuckDB has not enough memory ({memory} MB)"
        text = f"{begin}{fault}. {KEPT} Raise the setting memory_limit_megabytes, or lower batch_size_rows."
    else:
        named = isinstance(error, duckdb.IOException | duckdb.CatalogException | duckdb.BinderException)
        reason = f": {said}" if named else ""  # others may quote values
        text = f"{begin}DuckDB gave up ({type(error).__name__}{reason}). {KEPT}"
    return LoadError(text)
