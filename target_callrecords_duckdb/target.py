"""The target: what is done about each message, and when all that was gathered is loaded."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, cast
from urllib.parse import unquote

import click
import msgspec
from singer_sdk import Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.sinks import Sink
from typing_extensions import override
from upath import UPath

from target_callrecords_duckdb import settings
from target_callrecords_duckdb.errors import LoadError, NoSchemaError
from target_callrecords_duckdb.files import Part
from target_callrecords_duckdb.reader import Reader
from target_callrecords_duckdb.sink import DuckDBSink
from target_callrecords_duckdb.warehouse import Warehouse

COMPRESSED = 8
"""About how many times larger records are than the file that holds them compressed, or in columns."""


class TargetDuckDB(Target):
    """Loads the streams of any Singer tap into a DuckDB file."""

    name = "target-callrecords-duckdb"
    package_name = "tap-callrecords"
    config_jsonschema: ClassVar[dict[str, Any]] = settings.CONFIG_SCHEMA
    default_sink_class = DuckDBSink
    message_reader_class = Reader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    max_parallelism = 1

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        super().append_builtin_config(config_jsonschema)
        config_jsonschema["properties"].pop("batch_config", None)  # of who writes files: a target reads any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        path = self.config.get("path") or self.config["filepath"]
        self.warehouse = Warehouse(
            Path(path),
            self.config["default_target_schema"],
            memory=self.config["memory_limit_megabytes"],
            threads=self.config["threads"],
            logger=self.logger,
        )
        self._MAX_RECORD_AGE_IN_MINUTES = self.config["batch_wait_limit_seconds"] / 60
        self._most_rows: int = self.config["batch_size_rows"]
        self._most_bytes: int = self.config["batch_size_megabytes"] << 20
        self._rows = 0
        self._bytes = 0
        self._unaltered: dict[str, DuckDBSink] = {}
        self._to_delete: list[UPath] = []

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self._config = {name: value for name, value in self._config.items() if value not in ("", None)}
        if not self._config.get("path") and not self._config.get("filepath"):
            raise LoadError("Configuration: setting path is missing. It is the DuckDB file to load into.")
        return super()._validate_config(raise_errors=raise_errors)

    # Messages

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._unaltered.clear()
        stream, schema = message_dict.get("stream"), message_dict.get("schema")
        if not isinstance(stream, str) or not isinstance(schema, dict):
            raise LoadError("A SCHEMA message has no stream or no schema.")
        schema.setdefault("properties", {})
        super()._process_schema_message(message_dict)
        names = Counter(name.lower() for name in self._sinks_active)
        if twice := [name for name in self._sinks_active if names[name.lower()] > 1]:
            raise LoadError(
                f"DuckDB treats the tables of the streams {' and '.join(twice)} as the same, because they differ only "
                "in case. Rename one with stream_maps, or load it into another schema."
            )

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        stream, record = message_dict.get("stream"), message_dict.get("record")
        sink = self._unaltered.get(cast("str", stream)) or self._as_it_is(stream)
        if sink and isinstance(record, msgspec.Raw):
            self._bytes += sink.write(record)
        elif isinstance(record, msgspec.Raw):
            super()._process_record_message({**message_dict, "record": json.loads(bytes(record))})
            self._bytes += len(bytes(record))
        elif isinstance(record, dict):
            super()._process_record_message(message_dict)
        else:
            raise LoadError(f"Stream {stream}: a RECORD message has no record.")
        self._rows += 1
        self._drain_when_due()

    def _as_it_is(self, stream: Any) -> DuckDBSink | None:
        """The sink that takes the stream's records as they come, or None: something is to be done to them before."""
        if stream not in self.mapper.stream_maps:
            raise NoSchemaError(f"A record of stream {stream} came before the SCHEMA message of that stream.")
        maps = self.mapper.stream_maps[stream]
        if len(maps) > 1 or type(maps[0]) is not SameRecordTransform or maps[0].flattening_enabled:
            return None
        sink = cast("DuckDBSink", self.get_sink(maps[0].stream_alias))
        if sink.include_sdc_metadata_properties:
            return None
        self._unaltered[stream] = sink
        return sink

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        stream, encoding = message_dict.get("stream"), message_dict.get("encoding") or {}
        sink = self._as_it_is(stream)
        kind, compression = encoding.get("format"), encoding.get("compression")
        if kind not in {"jsonl", "parquet", "arrow"} or compression not in {None, "none", "gzip"}:
            raise LoadError(
                f"Stream {stream}: BATCH files of format {kind} with compression {compression} can't be loaded; jsonl, "
                "plain or with gzip, parquet and arrow can."
            )
        for url in message_dict.get("manifest") or ():
            origin, file = self._local(str(url), str(stream))
            part = Part(file, kind, compression if kind == "jsonl" else None, f"BATCH file {file.name}")
            if sink:
                sink.add(part)
            else:
                self._by_record(str(stream), part)
            self._bytes += file.stat().st_size * (1 if (kind, part.compression) == ("jsonl", None) else COMPRESSED)
            if self.config["clean_up_batch_files"]:
                self._to_delete.append(origin)
        self._drain_when_due()

    def _local(self, url: str, stream: str) -> tuple[UPath, Path]:
        """A BATCH file, and where it is on this machine: elsewhere than here, it is fetched."""
        origin = UPath(url)
        if origin.protocol in {"", "file", "local"} and not origin.exists():
            origin = UPath(unquote(origin.path))
        file = Path(origin.path)
        if not origin.exists():
            raise LoadError(f"Stream {stream}: the BATCH file {url} is not there. Nothing of it was loaded: run again.")
        if origin.protocol not in {"", "file", "local"}:
            file = self.warehouse.folder / origin.name
            with origin.open("rb") as source, file.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        return origin, file

    def _by_record(self, stream: str, part: Part) -> None:
        """Let the records of a BATCH file go the way of RECORD messages: they are to be altered."""
        lines = part.file
        if part.format != "jsonl":
            lines = self.warehouse.folder / "batch.jsonl"
            self.warehouse.as_lines(part, lines)
        opened = gzip.open if part.compression == "gzip" else open
        with opened(lines, "rb") as file:
            for line in cast("Iterable[bytes]", file):
                super()._process_record_message({"type": "RECORD", "stream": stream, "record": json.loads(line)})

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        super()._process_state_message(message_dict)
        self._handle_max_record_age()

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Nothing to do: rows of earlier versions stay, as those of streams without versions do."""

    # Draining

    def _drain_when_due(self) -> None:
        if self._rows >= self._most_rows or self._bytes >= self._most_bytes:
            self.drain_all()
        else:
            self._handle_max_record_age()

    @override
    def _handle_max_record_age(self) -> None:
        if time.time() - self._last_full_drain_at > self.config["batch_wait_limit_seconds"]:
            self.drain_all()

    @override
    def _drain_all(self, sink_list: Iterable[Sink], parallelism: int) -> None:
        """The SDK calls this for sinks whose schema has changed, then for all others, then writes the state."""
        super()._drain_all(sink_list, 1)
        if sink_list is self._sinks_to_clear:
            return
        self.warehouse.commit()
        for file in self._to_delete:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                self.logger.warning("The BATCH file %s was loaded but can't be deleted (%s)", file, error.strerror)
        self._to_delete.clear()
        self._rows = self._bytes = 0

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        try:
            super()._write_state_message(state)
        except (OSError, AttributeError) as error:  # without standard output Python has None in its place
            sys.stdout = None  # there is nobody to flush to
            reason = error.strerror if isinstance(error, OSError) else "it is closed"
            raise LoadError(
                f"Standard output can't be written ({reason}), so the state could not be passed on. What was "
                "loaded stays, and the next run loads it again."
            ) from None

    @override
    def process_endofpipe(self) -> None:
        super().process_endofpipe()
        self.warehouse.close()
        if stopped_by := cast("Reader", self.message_reader).stopped_by:
            sys.exit(128 + stopped_by)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.logger.info("Received %s: loading the records received so far", signal.Signals(signum).name)
        cast("Reader", self.message_reader).stop(signum)

    # The command line

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        return _Command(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=[*(each for each in command.params if each.name != "file_input"), _INPUT],
            help=command.help,
            logger=cls.logger,
        )


_INPUT = click.Option(["--input", "file_input"], help="A file to read messages from.", type=click.File("rb"))


class _Command(SingerCommand):
    """The command line: an error that a person can do something about ends it with one line instead of a traceback."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        logging.captureWarnings(capture=True)
        try:
            return click.Command.invoke(self, ctx)
        except ConfigValidationError as error:
            self.logger.error("Configuration: %s.", "; ".join(error.errors))  # noqa: TRY400
        except LoadError as error:
            self.logger.error("%s", error)  # noqa: TRY400
        except Exception:
            self.logger.exception("A fault in target-callrecords-duckdb; please report it with this traceback")
        return ctx.exit(1)
