"""The one place that touches the Singer SDK's private names: our own bookmarks instead of its per-record ones.

The SDK moves a bookmark with every record. Ours stands for closed windows: it moves when a window has been read
completely, and never for a record. `tests/test_sdk_internals.py` fails loudly when one of these names changes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from singer_sdk import Stream
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL, Catalog, CatalogEntry, Metadata
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.output.lines import PageWriter

_EARLIEST = "1970-01-01T00:00:00.000Z"
"""No call is older; a look-back before the first years that there are would overflow."""


class WindowCheckpoints(Stream):
    """A stream whose bookmark moves only at the end of windows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger.addFilter(_drop_unhandled_error_line)

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
        if not entry.metadata:
            entry.metadata.root.selected = True
        entry.metadata.update({("properties", name): Metadata(selected=False) for name in missing})

    @property
    def is_incremental(self) -> bool:
        """Whether a bookmark is kept; a catalog may ask for the full table instead."""
        return self.replication_method == REPLICATION_INCREMENTAL and self.replication_key is not None

    def read_bookmark(self) -> str | None:
        """The bookmark that the run began with, in our form; None without one, or for another replication key."""
        if not self.is_incremental:
            return None
        # Not `get_context_state`, which would leave an empty bookmark in the state of a stream that fails.
        state: Mapping[str, Any] = self._tap.state.get("bookmarks", {}).get(self.name, {})
        value = state.get("replication_key_value")
        if value is None or state.get("replication_key", self.replication_key) != self.replication_key:
            return None
        return max(instants.normalise(value), _EARLIEST)

    def checkpoint(self, bookmark: str) -> None:
        """Move the bookmark and write a STATE message, after all the records that it covers."""
        state = self.get_context_state(None)
        state.clear()
        state.update(replication_key=self.replication_key, replication_key_value=bookmark)
        self.state_manager.finalize_state(state)
        self._write_state_message()

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
            and isinstance(self._tap.message_writer, PageWriter)
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
        """Nothing is left to finalize at the end of a stream: a STATE stands for a finished window."""

    @override
    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:
        """Bookmarks move only when a window is complete."""

    @override
    def _write_starting_replication_value(self, context: Any) -> None:
        """The start of a run is worked out by `windows.plan_span`."""


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
    """An error is told once, by `errors.tell` or the command, and is not "unhandled" as well."""
    return not str(record.msg).startswith("An unhandled error occurred")
