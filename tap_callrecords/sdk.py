"""All that needs the inside of the Singer SDK: bookmarks, and whether records leave by the page or one by one.

Our own bookmarks instead of its per-record ones: the SDK moves a bookmark with every record. Ours covers closed
windows: it moves when a window has been read completely, and never for a record. And its stream maps and flattening,
with readable errors and records that hold no more than their SCHEMA.

`tests/test_sdk_internals.py` fails by name when a release changes what is relied on here.
"""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream, Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigurationError, MapExpressionError, MappingError
from singer_sdk.mapper import NULL_STRING, CustomStreamMap, PluginMapper, SameRecordTransform, StreamMap
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    Catalog,
    CatalogEntry,
    Metadata,
)
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import as_written, one_line
from tap_callrecords.output.messages import PageWriter

if TYPE_CHECKING:
    from singer_sdk.streams._state import StreamStateManager

_EARLIEST = "1970-01-01T00:00:00.000Z"
"""No call is older; a look-back before the first years that there are would overflow."""


def settings_from_environment(properties: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Settings out of environment variables, and of the `.env` file that the SDK finds, by their JSON Schemas.

    Raises:
        OSError, ValueError: the file can't be read, or a variable is not of its setting's type.
    """
    return parse_environment_config({"properties": properties}, prefix)


class WindowCheckpoints(Stream):
    """A stream whose bookmark moves only at the end of windows."""

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap)
        self.tap = tap
        # Not `self.logger`, which from SDK 0.55 on is an adapter without filters.
        logging.getLogger(tap.name).getChild(self.name).addFilter(_drop_unhandled_error_line)

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take the selection from a catalog.

        Raises:
            ConfigurationError: it does not have the stream's own key.
        """
        entry = catalog.get_stream(self.name)
        if entry is not None and entry.metadata.resolve_selection()[()]:
            self._check_entry(entry)
        super().apply_catalog(catalog)

    def _check_entry(self, entry: CatalogEntry) -> None:
        columns = entry.schema.to_dict().get("properties", {})
        keys = entry.key_properties or entry.metadata.root.table_key_properties
        if (
            not isinstance(keys, (list, tuple))
            or {*map(str, keys)} != {*self.primary_keys}
            or not columns.keys() >= {*keys}
        ):
            raise ConfigurationError(
                f"Catalog: stream {self.name} lacks its key properties, {', '.join(self.primary_keys)}. Make the "
                "catalog again with --discover."
            )
        entry.key_properties = keys
        missing = [name for name in self.schema["properties"] if name not in columns]
        if missing:
            self.logger.warning(
                "The catalog lacks columns of stream %s: %s. They are left out; to have them make the catalog again "
                "with --discover.",
                self.name,
                ", ".join(missing),
            )
        entry.metadata.update({("properties", name): Metadata(selected=False) for name in missing})

    @property
    @override
    def replication_method(self) -> str:
        return super().replication_method if self.replication_key else REPLICATION_FULL_TABLE

    @property
    def is_incremental(self) -> bool:
        """Whether a bookmark is kept; a catalog may ask for the full table instead."""
        return self.replication_method == REPLICATION_INCREMENTAL

    def read_bookmark(self) -> str | None:
        """The bookmark that the run began with, in our form; None without one, or for another replication key."""
        value = self._state().get("replication_key_value")
        return None if value is None else max(instants.normalise(value), _EARLIEST)

    def read_beside_bookmark(self, name: str) -> Any:
        """What an earlier run has kept next to its bookmark under a name; None without a bookmark."""
        return self._state().get(name)

    def _state(self) -> Mapping[str, Any]:
        """The stream's part of the state that the run began with; empty for another replication key."""
        # Not `get_context_state`, which would leave an empty bookmark in the state of a stream that fails.
        state: Mapping[str, Any] = self.tap.state.get("bookmarks", {}).get(self.name, {})
        is_ours = self.is_incremental and state.get("replication_key", self.replication_key) == self.replication_key
        return state if is_ours else {}

    def checkpoint(self, bookmark: str, beside: Mapping[str, Any] | None = None) -> None:
        """Move the bookmark and write a STATE message, after all the records that it covers.

        Args:
            bookmark: an instant, in our form.
            beside: what is kept next to it, under names of the stream.
        """
        state = self.get_context_state(None)
        state.clear()
        state.update(replication_key=self.replication_key, replication_key_value=bookmark, **(beside or {}))
        self.tap.state_writer.write_state(self.tap_state)

    @cached_property
    @override
    def state_manager(self) -> StreamStateManager:
        """The SDK's, but no record moves a bookmark, nor does the start of a run (see `windows.plan_span`)."""
        manager = super().state_manager
        manager.increment_state = _nothing  # type: ignore[method-assign]
        manager.write_starting_replication_value = _nothing  # type: ignore[method-assign]
        return manager

    @property
    def can_write_pages(self) -> bool:
        """Whether records can leave as they are, with nothing that the SDK has to do to each of them."""
        stream_maps = self.stream_maps
        return (
            self.selected
            and self.ABORT_AT_RECORD_COUNT is None
            and not self.child_streams
            and len(stream_maps) == 1
            and type(stream_maps[0]) is SameRecordTransform
            and not stream_maps[0].flattening_enabled
            and all(selected for place, selected in self.mask.items() if place)  # members of objects too
            and isinstance(self.tap.message_writer, PageWriter)
        )

    @cached_property
    def _left_out(self) -> Sequence[Sequence[str]]:
        """Paths of the members of objects in lists that are deselected; the SDK looks into objects only."""
        return [
            [crumb for kind, crumb in pairwise(place) if kind == "properties"]
            for place, selected in self.mask.items()
            if not selected and len(place) > 2  # noqa: PLR2004 - a property of the stream has a kind and a name
        ]

    def without_deselected_members(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record without those members of objects, in lists too, that the catalog deselects."""
        for path in self._left_out:
            _drop(record, path)
        return record

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """Nothing for the SDK to do: the writer puts records into files, and minds the order of BATCH and STATE."""

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        return False  # the SDK sends them before the records: with `hard_delete` a list that fails emptied its table

    @property
    @override
    def partitions(self) -> None:
        return None  # one bookmark per stream, whatever a foreign state holds

    @override
    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        return None

    @override
    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Nothing is left to finalize at the end of a stream: a STATE means a finished window."""


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _drop(value: Any, path: Sequence[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _drop(item, path)
    elif isinstance(value, dict):
        if len(path) > 1:
            _drop(value.get(path[0]), path[1:])
        else:
            value.pop(path[0], None)


def _drop_unhandled_error_line(record: logging.LogRecord) -> bool:
    """An error is logged once, by `errors.tell` or the command, and is not "unhandled" as well."""
    return not str(record.msg).startswith("An unhandled error occurred")


class ReadableMapper(PluginMapper):
    """Makes stream maps whose errors say which stream and property they are about."""

    def __init__(self, plugin_config: dict[str, Any], logger: logging.Logger) -> None:
        with _in_words("Stream maps"):
            super().__init__(plugin_config, logger)

    @override
    def register_raw_stream_schema(self, stream_name: str, schema: dict[str, Any], key_properties: Any) -> None:
        with _in_words(f"Stream maps of {stream_name}"):
            super().register_raw_stream_schema(stream_name, schema, key_properties)
        for stream_map in self.stream_maps[stream_name]:
            _tell_in_words(stream_map, stream_name)
            _flatten_as_its_schema(stream_map)

    def idle(self, streams: Mapping[str, Mapping[str, Any]], others: Iterable[str]) -> Iterator[str]:
        """A sentence for each stream map that changes nothing, for want of its stream or its property.

        Args:
            streams: the schema of each stream that is offered.
            others: names of streams that may be offered in another run.
        """
        for pattern, changes in self.stream_maps_dict.items():
            source = changes.get("__source__", pattern) if isinstance(changes, dict) else pattern
            names = fnmatch.filter(streams, str(source))
            if not names and not fnmatch.filter(others, str(source)):
                yield f"The stream map of {as_written(pattern)} changes nothing: there is no such stream."
            for name, change in changes.items() if isinstance(changes, dict) and names else ():
                known = name.startswith("__") or any(name in streams[each]["properties"] for each in names)
                if change in (None, NULL_STRING) and not known:
                    yield f"The stream map of {as_written(pattern)} removes nothing: it has no {as_written(name)}."


@contextmanager
def _in_words(whose: str) -> Iterator[None]:
    try:
        yield
    except MappingError as error:
        raise MappingError(f"{whose}: {one_line(error)}") from None
    except Exception as error:  # noqa: BLE001 - whatever an expression or a name leads to
        raise MappingError(
            f"{whose} can't be used ({type(error).__name__}). Check the settings stream_maps, flattening_max_depth and "
            "flattening_max_key_length."
        ) from None


def _tell_in_words(stream_map: StreamMap, stream: str) -> None:
    if not isinstance(stream_map, CustomStreamMap):
        return
    evaluate = stream_map._eval  # noqa: SLF001 - the only place that knows the property

    def told(expr: str, expr_parsed: Any, record: dict[str, Any], property_name: str | None) -> Any:
        try:
            return evaluate(expr, expr_parsed, record, property_name)
        except Exception as error:  # noqa: BLE001 - an expression may raise anything
            kind = type(error.__cause__ or error).__name__
            raise MapExpressionError(
                f"Stream map of {stream}, property {property_name or '__filter__'}: its expression fails on a value "
                f"({kind}). Write it so that it takes null and every other value, or remove it."
            ) from None

    stream_map._eval = told  # type: ignore[method-assign]  # noqa: SLF001


def _flatten_as_its_schema(stream_map: StreamMap) -> None:
    """An object that is null has no members to become columns; the SDK would send it under its own name."""
    if not stream_map.flattening_enabled:
        return
    flatten, columns = stream_map.flatten_record, stream_map.transformed_schema["properties"]

    def flat(record: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in flatten(record).items() if value is not None or name in columns}

    stream_map.flatten_record = flat  # type: ignore[method-assign]
