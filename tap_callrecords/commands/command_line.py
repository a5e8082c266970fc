"""The command line: what ends it is told in one line."""

from __future__ import annotations

import sys
from typing import Any

import click
from singer_sdk.exceptions import SingerSDKError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_callrecords.errors import OutputLost, one_line, tell, was_told
from tap_callrecords.http.redaction import redact_logs


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
        except Exception as error:  # noqa: BLE001 - told with its traceback
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
