"""The command line: `--test`, `--plan` and `--sample` in addition to the SDK's options; errors are one line each."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

import click
from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import ConfigurationError, SingerSDKError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_callrecords.errors import OutputLost, as_written, one_line, tell, was_told
from tap_callrecords.http.redaction import redact_logs
from tap_callrecords.settings.files import catalog_text, json_object
from tap_callrecords.settings.given import PREFIX
from tap_callrecords.settings.logs import LOG_CONFIG, log_problem

if TYPE_CHECKING:
    from tap_callrecords.stream import CallRecordStream

TESTS = ("all", "schema", "disabled")
"""Values of `--test`, as the SDK has them."""


class ReadableCommand(SingerCommand):
    """The command line: an error that a person can correct ends it with one line instead of a traceback."""

    problem: str | None = None
    """What was wrong before there were logs to say it in."""

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        redact_logs()
        if self.problem:
            self.logger.error("%s", self.problem)
            sys.exit(1)
        try:
            return super().main(*args, **kwargs)
        except SingerSDKError as error:
            if not was_told(error):
                self.logger.error("%s", one_line(error))  # noqa: TRY400
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            tell(error, self.logger)
        sys.exit(1)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (OutputLost, BrokenPipeError) as error:  # click would pass over the latter in silence
            self.logger.error("%s", error if isinstance(error, OutputLost) else OutputLost.of_standard_output(error))  # noqa: TRY400
            sys.stdout = None  # there is nobody to flush to
            ctx.exit(1)


class CommandLineTap(Tap):
    """A tap with the command line of ours."""

    @property
    @abstractmethod
    def selected_streams(self) -> Sequence[CallRecordStream[Any]]:
        """The streams that a run reads, in its order."""

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        for path in value:
            if path != "ENV":
                json_object("Configuration", partial(Path(path).read_text, encoding="utf-8"))
        return super().cb_config(ctx, param, value)

    @classmethod
    def _from_command_line(cls, ctx: click.Context) -> Self:
        """The tap with the configuration, the catalog and the state of a command line."""
        config, state, catalog = (ctx.params.get(name) for name in ("config", "state", "catalog"))
        return cls(
            config=config.config if config else None,
            parse_env_config=bool(config and config.parse_env),
            state=json.loads(json_object("State", state.read)) if state else None,
            catalog=json.loads(catalog_text(catalog)) if catalog else None,
        )

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        if value not in TESTS:
            raise click.BadParameter(f"{value!r} is not one of {', '.join(TESTS[:-1])}.", ctx, param)
        if value != TESTS[0]:
            super().cb_test(ctx, param, value)
            return
        from tap_callrecords.commands.check import check  # noqa: PLC0415 - of no use to a run

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
        if value is None:
            return
        from tap_callrecords.commands.forecast import Forecast, as_json, as_text  # noqa: PLC0415 - of no use to a run

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
        from tap_callrecords.commands.check import check  # noqa: PLC0415 - of no use to a run
        from tap_callrecords.commands.sample import sample  # noqa: PLC0415

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
                f"The environment variable {LOG_CONFIG} names {path}, which is not a logging configuration "
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
            help="Write a few records of each stream, with personal and account data masked, to attach to a bug "
            "report.",
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
