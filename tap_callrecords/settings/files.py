"""Files given on the command line: settings, state and catalog, with readable messages about what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from singer_sdk.exceptions import ConfigurationError
from singer_sdk.singerlib import Catalog

from tap_callrecords import instants


def from_files(config: Mapping[str, Any] | Path | str | Sequence[Path | str] | None) -> dict[str, Any]:
    """Settings as they are handed over, or out of files; of several the later ones count.

    Raises:
        ConfigurationError: a file can't be read, or is none of JSON.
    """
    if config is None or isinstance(config, Mapping):
        return dict(config or {})
    files = [config] if isinstance(config, (str, Path)) else config
    given: dict[str, Any] = {}
    for file in files:
        given |= json.loads(json_object("Configuration", partial(Path(file).read_text, encoding="utf-8")))
    return given


def json_object(what: str, read: Callable[[], str]) -> str:
    """The text of a file, once it is found to hold a JSON object.

    Raises:
        ConfigurationError: what is wrong with it, without its content.
    """
    try:
        text = read()
        loaded = json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{what}: the file can't be read ({error.strerror}).") from None
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{what}: the file is not JSON (line {error.lineno}, column {error.colno}).") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{what}: the file is not JSON.") from None
    if not isinstance(loaded, dict):
        raise ConfigurationError(f"{what}: the file does not hold a JSON object.")
    return text


def catalog_text(catalog: IO[str]) -> str:
    """The text of a catalog that the SDK can read.

    Raises:
        ConfigurationError: it can't.
    """
    text = json_object("Catalog", catalog.read)
    check_catalog(json.loads(text))
    return text


def check_catalog(catalog: Mapping[str, Any]) -> None:
    """Refuse a catalog that the SDK can't read.

    Raises:
        ConfigurationError: it can't.
    """
    try:
        Catalog.from_dict({"streams": catalog["streams"]})
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise ConfigurationError("Catalog: it is not a Singer catalog. Make one with --discover.") from None


def check_state(state: Any) -> None:
    """Refuse a state that is not ours or is damaged, before anything is read from it.

    Raises:
        ConfigurationError: what is wrong with it.
    """
    bookmarks = state.get("bookmarks") if isinstance(state, dict) else None
    if isinstance(state, dict) and not state.keys() - {"currently_syncing"}:
        bookmarks = {}  # an empty state, as Singer has it before the first run
    if not isinstance(bookmarks, dict):
        raise ConfigurationError('State: it must be an object like {"bookmarks": {...}}.')
    for stream, bookmark in bookmarks.items():
        if not isinstance(bookmark, dict):
            raise ConfigurationError(f"State: the bookmark of stream {stream} is not an object.")
        value = bookmark.get("replication_key_value")
        try:
            if value is not None:
                instants.parse(value)
        except (ValueError, TypeError, AttributeError):
            raise ConfigurationError(
                f"State: the replication_key_value of stream {stream} is not a date and time like "
                "2026-01-31T00:00:00.000Z. Correct it, or remove the stream's bookmark to read from the start date "
                "again."
            ) from None
