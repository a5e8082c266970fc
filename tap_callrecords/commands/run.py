"""A failing source does not affect the others: what ends a stream, a source or the run, and how each stream ended."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import SingerSDKError

from tap_callrecords.errors import STREAM_ENDING, AccessRefused, one_line, tell
from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.output.messages import PageWriter
from tap_callrecords.output.progress import StreamResult, Summary

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter

    from tap_callrecords.http.client import VendorApi
    from tap_callrecords.stream import CallRecordStream


class Run:
    """A run over all selected streams, one after the other.

    Attributes:
        failures: the errors of streams that failed.
    """

    def __init__(self, logger: logging.Logger, writer: GenericSingerWriter[Any, Any]) -> None:
        self.failures: list[Exception] = []
        self._writer = writer
        self._logger = logger
        self._summary = Summary(logger)
        self._refused: dict[type[VendorApi], str] = {}
        self._told: set[str] = set()

    def read(self, stream: CallRecordStream[Any], sync: Callable[[], None]) -> None:
        """Read a stream to its end, or to its failure, which is logged and noted.

        Raises:
            Exception: a failure that is not this stream's alone: a setting, a stream map, the output.
        """
        result = StreamResult(stream.name)
        self._summary.results.append(result)
        if refused := self._refused.get(stream.api_type):
            result.failed, result.trouble = True, f"Not read: refused as {refused} was."
            return
        begun = time.monotonic()
        result.trouble = "Stopped before its end."  # unless it comes to it
        try:
            sync()
            result.trouble = ""
        except STREAM_ENDING as error:
            if isinstance(error, AccessRefused):
                self._refused[stream.api_type] = stream.name
            self._fail(stream, result, error)
        except (SingerSDKError, BrokenPipeError):
            raise
        except Exception as error:  # our own fault, logged with its traceback
            if isinstance(self._writer, PageWriter) and self._writer.is_lost:
                raise
            self._fail(stream, result, error)
        finally:
            result.progress = stream.progress
            result.seconds = time.monotonic() - begun
            result.read_up_to = stream.read_bookmark()
            result.remarks = () if result.trouble else stream.remarks()

    def end(self) -> None:
        """Show the summary."""
        self._summary.show()

    def _fail(self, stream: CallRecordStream[Any], result: StreamResult, error: Exception) -> None:
        self.failures.append(error)
        if isinstance(error, STREAM_ENDING):
            said = key = REDACTOR.clean(one_line(error))
        else:  # what it says itself may quote a row
            said = f"a bug in tap-callrecords ({type(error).__name__})"
            key = f"{said} {traceback.extract_tb(error.__traceback__)[-1]}"
        result.failed, result.trouble = True, f"Failed: {said}"
        if key not in self._told:  # a vendor that is down is told of once, and not for each of its lists
            self._told.add(key)
            tell(error, stream.logger)
