"""The plugin: settings in, streams out, errors as readable messages."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from tap_callrecords.commands.command_line import CommandLineTap
from tap_callrecords.commands.run import Run
from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.output.messages import PageWriter
from tap_callrecords.rows.schemas import why_optional
from tap_callrecords.sdk import ReadableMapper
from tap_callrecords.settings.checks import optional_problems
from tap_callrecords.settings.common import common
from tap_callrecords.settings.files import check_state, from_files
from tap_callrecords.settings.given import PREFIX, Settings
from tap_callrecords.settings.logs import log_problem
from tap_callrecords.sources import SOURCES
from tap_callrecords.sources.source import source_problems

if TYPE_CHECKING:
    from singer_sdk import Stream

    from tap_callrecords.http.client import VendorApi
    from tap_callrecords.stream import CallRecordStream

A = TypeVar("A", bound="VendorApi")
STREAMS = [stream.name for source in SOURCES for stream in source.streams]
"""The names of all streams."""
SETTINGS = Settings(
    [
        *common({name: why for name in STREAMS if (why := why_optional(name))}),
        *(each for source in SOURCES for each in source.settings),
    ],
    prefix=PREFIX,
)
"""The settings of our own, in the order in which they are shown."""


class TapCallRecords(CommandLineTap):
    """Call detail records of business phone systems and contact centres."""

    name = "tap-callrecords"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.schema
    message_writer_class = PageWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.BATCH,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    @staticmethod
    def own_settings() -> Sequence[str]:
        """Names of the tap's own settings, without those that the SDK adds to every tap."""
        return SETTINGS.names

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | Path | str | Sequence[Path | str] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        **options: Any,
    ) -> None:
        """Check the configuration in our own words, then make the tap with what is set.

        Args:
            config: the settings, or the files that hold them.
            parse_env_config: settings from environment variables are added.
            validate_config: credentials of one source at least are needed.
            options: catalog, state and others, as the SDK has them.

        Raises:
            ConfigurationError: what is wrong with the configuration.
        """
        self._apis: dict[type[VendorApi], VendorApi] = {}
        if problem := log_problem(PREFIX):
            raise ConfigurationError(problem)
        given = from_files(config)
        if parse_env_config:
            self.append_builtin_config(self.config_jsonschema)
            given |= SETTINGS.from_environment()
        super().__init__(
            config=self._checked(given, needs_one=validate_config), validate_config=validate_config, **options
        )
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                signal.signal(signum, cast("PageWriter", self.message_writer).end)

    def api(self, api_type: type[A]) -> A:
        """The vendor product of this type, made when first asked for."""
        if api_type not in self._apis:
            user_agent = self.config.get("user_agent") or f"tap-callrecords/{self.plugin_version}"
            logger = logging.getLogger(self.name)
            self._apis[api_type] = api_type(self.config, user_agent=user_agent, logger=logger)
        return cast("A", self._apis[api_type])

    @override
    def discover_streams(self) -> Sequence[CallRecordStream[Any]]:
        """The streams of the configured sources; all streams when nothing is configured.

        An optional stream is offered when setting `optional_streams` names it, or the catalog that is handed over
        has it, whose selection then holds.
        """
        configured = [source for source in SOURCES if source.is_configured(self.config)]
        streams = [
            stream(self, partial(self.api, source.api)) for source in configured or SOURCES for stream in source.streams
        ]
        if not configured:
            return streams
        wanted = self.config["optional_streams"]
        for stream in streams:
            stream.selected_by_default |= stream.name in wanted
        catalog = self.input_catalog
        handed_over = () if catalog is None else catalog.keys()
        return [stream for stream in streams if stream.selected_by_default or stream.name in handed_over]

    @property
    @override
    def streams(self) -> dict[str, Stream]:
        """The streams in the order in which they are read: as named, and calls first: no list can keep them from it."""
        named = [stream.name for source in SOURCES for stream in source.streams]
        streams = sorted(super().streams.items(), key=lambda item: named.index(item[0]))
        return dict(sorted(streams, key=lambda item: not cast("CallRecordStream[Any]", item[1]).has_windows))

    @property
    @override
    def selected_streams(self) -> Sequence[CallRecordStream[Any]]:
        return [cast("CallRecordStream[Any]", stream) for stream in self.streams.values() if stream.selected]

    @override  # type: ignore[misc]  # the SDK has no hook for it
    def sync_all(self) -> None:
        """Read all selected streams, each to its end or to its own failure.

        Raises:
            SingerSDKError: what ended the run at once; else what ended the first stream that failed, told already.
        """
        writer = cast("PageWriter", self.message_writer)
        run = Run(self.logger, writer)
        for stream in self.selected_streams:
            self.api(stream.api_type)  # it may refuse a setting, best before all reading
            stream.within = partial(run.read, stream)
        if batch_config := self.config.get("batch_config"):
            writer.write_files(batch_config)
        try:
            try:
                super().sync_all()
            finally:
                writer.finish()
        finally:
            run.end()
        if run.failures:
            raise run.failures[0]

    def _checked(self, given: Mapping[str, Any], *, needs_one: bool) -> dict[str, Any]:
        """The settings that are set, defaults included.

        Raises:
            ConfigurationError: what is wrong with them.
        """
        config = SETTINGS.only_set(given)
        REDACTOR.hide(*SETTINGS.secrets(config))
        self.append_builtin_config(self.config_jsonschema)
        for sentence in SETTINGS.unknown([*config, *SETTINGS.misspelt_variables()]):
            self.logger.warning("%s", sentence)
        problems = SETTINGS.problems(JSONSchemaValidator(self.config_jsonschema), config)
        problems += optional_problems(config, STREAMS) if not problems else ()
        problems += source_problems(config, SOURCES, needs_one=needs_one)
        if problems:
            raise ConfigurationError("Configuration: " + "; ".join(dict.fromkeys(problems)) + ".")
        return config

    @override
    def setup_mapper(self) -> None:
        schemas = {name: stream.schema for name, stream in self.streams.items()}  # which look over the catalog first
        self.mapper = mapper = ReadableMapper(dict(self.config), self.logger)
        mapper.register_raw_streams_from_catalog(self.catalog)
        for sentence in mapper.idle(schemas, STREAMS):
            self.logger.warning("%s", sentence)

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        check_state(state)
        super().load_state(state)
