"""The SDK's stream maps and flattening, with errors in words and records that hold no more than their SCHEMA."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from singer_sdk.exceptions import MapExpressionError, MappingError
from singer_sdk.mapper import NULL_STRING, CustomStreamMap, PluginMapper, StreamMap
from typing_extensions import override

from tap_callrecords.errors import as_written, one_line


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
