"""The plugin: settings in, streams out, errors in words."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import click
from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from tap_callrecords.commands.check import check
from tap_callrecords.commands.command_line import ReadableCommand
from tap_callrecords.commands.forecast import Forecast, as_json, as_text
from tap_callrecords.commands.run import Run
from tap_callrecords.errors import as_written
from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.output.lines import PageWriter
from tap_callrecords.rows.schemas import why_optional
from tap_callrecords.sdk import ReadableMapper
from tap_callrecords.settings.checks import optional_problems
from tap_callrecords.settings.common import common
from tap_callrecords.settings.files import catalog_text, check_state, from_files, json_object
from tap_callrecords.settings.given import Settings
from tap_callrecords.settings.logs import LOG_CONFIG, log_problem
from tap_callrecords.sources import SOURCES
from tap_callrecords.sources.source import source_problems

if TYPE_CHECKING:
    from singer_sdk import Stream

    from tap_callrecords.http.client import VendorApi
    from tap_callrecords.stream import CallRecordStream

A = TypeVar("A", bound="VendorApi")
PREFIX = "TAP_CALLRECORDS_"
"""Of the environment variables that are settings."""
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
TESTS = ("all", "schema", "disabled")
"""Values of `--test`, as the SDK has them."""


class TapCallRecords(Tap):
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

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        for path in value:
            if path != "ENV":
                json_object("Configuration", partial(Path(path).read_text, encoding="utf-8"))
        return super().cb_config(ctx, param, value)

    @classmethod
    def _from_command_line(cls, ctx: click.Context) -> TapCallRecords:
        """The tap with the configuration, the catalog and the state of a command line."""
        config, state, catalog = (ctx.params.get(name) for name in ("config", "state", "catalog"))
        return cls(
            config=config.config if config else None,
            parse_env_config=bool(config and config.parse_env),
            state=json.loads(json_object("State", state.read)) if state else None,
            catalog=json.loads(catalog_text(catalog)) if catalog else None,
        )

    @property
    def selected_streams(self) -> Sequence[CallRecordStream[Any]]:
        """The streams that a run reads, in its order."""
        return [cast("CallRecordStream[Any]", stream) for stream in self.streams.values() if stream.selected]

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        if value not in TESTS:
            raise click.BadParameter(f"{value!r} is not one of {', '.join(TESTS[:-1])}.", ctx, param)
        if value != TESTS[0]:
            super().cb_test(ctx, param, value)
            return
        streams = cls._from_command_line(ctx).selected_streams
        if not streams:
            raise ConfigurationError("No stream is selected in the catalog: there is nothing to test.")
        every_one_is_ok = True
        for finding in check(streams):
            click.echo(finding.line())
            every_one_is_ok &= finding.ok
        ctx.exit(0 if every_one_is_ok else 1)

    @classmethod
    def cb_plan(cls, ctx: click.Context, _: click.Option, value: str | None) -> None:
        """Print what a run would read. Args: ctx: click's; value: `text` or `json`; None without the option."""
        if value is not None:
            forecasts = [*map(Forecast.of, cls._from_command_line(ctx).selected_streams)]
            click.echo(as_json(forecasts) if value == "json" else as_text(forecasts))
            ctx.exit()

    @classmethod
    def cb_sample(cls, ctx: click.Context, _: click.Option, value: str | None) -> None:
        """Write records without what they tell.

        Args:
            ctx: click's.
            value: the file; `-` for standard output; None without the option.

        Raises:
            ConfigurationError: the file can't be written, or there is nothing to write.
        """
        if value is None:
            return
        from tap_callrecords.commands.sample import sample  # noqa: PLC0415 - of no use to a run

        streams = cls._from_command_line(ctx).selected_streams
        if not streams:
            raise ConfigurationError("No stream is selected in the catalog: there is nothing to take a sample of.")
        findings = {}
        for finding in check(streams):
            click.echo(finding.line(), err=True)
            findings[finding.stream] = finding
        schemas = {stream.name: stream.schema for stream in streams}
        lines = b"".join(sample({name: findings[name].records for name in schemas}, schemas))
        try:
            with click.open_file(value, "wb") as file:
                file.write(lines)
        except OSError as error:
            if value == "-":
                raise
            raise ConfigurationError(f"--sample: {as_written(value)} can't be written ({error.strerror}).") from None
        ctx.exit(0 if all(finding.ok for finding in findings.values()) else 1)

    @classmethod
    @override
    def invoke(cls, *, state: IO[str] | None = None, catalog: IO[str] | None = None, **options: Any) -> None:
        if state is not None:
            state = io.StringIO(json_object("State", state.read))
        if catalog is not None:
            catalog = io.StringIO(catalog_text(catalog))
        super().invoke(state=state, catalog=catalog, **options)

    @plugin_cli
    @override
    def cli(cls) -> click.Command:  # noqa: N805 - as the SDK has it
        """The command line, with its logs set up."""
        problem = log_problem(PREFIX)
        try:
            command = super().cli
        except Exception:
            path = os.environ.pop(LOG_CONFIG, None)
            if path is None:
                raise
            logging.getLogger().handlers.clear()
            cls.logger.disabled = False
            command = super().cli
            problem = (
                f"The environment variable {LOG_CONFIG} names {path}, which is no logging configuration "
                "in YAML. Correct it, or remove the variable."
            )
        cast("ReadableCommand", command).problem = problem
        return command

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        for each in command.params:
            if each.name in ("catalog", "state"):  # known before --test and --plan are looked at
                each.is_eager = True
        plan = click.Option(
            ["--plan"],
            is_flag=False,
            flag_value="text",
            type=click.Choice(["text", "json"]),
            help="Say what a run would read and what it takes at least, and send nothing; --plan=json for programs.",
            callback=cls.cb_plan,
            expose_value=False,
        )
        sample = click.Option(
            ["--sample"],
            is_flag=False,
            flag_value="-",
            metavar="[FILE]",
            help="Write a few records of each stream, all that tells of people and accounts replaced, for a report.",
            callback=cls.cb_sample,
            expose_value=False,
        )
        command.params += [plan, sample]
        return ReadableCommand(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=command.params,
            help=command.help,
            logger=cls.logger,
        )
