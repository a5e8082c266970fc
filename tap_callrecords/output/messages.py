"""Singer messages on standard output: pages of records in one write, never half a line.

With `batch_config` the records go into files instead, and this writer sees to the order: SCHEMA, BATCH, and only then
the STATE of what the files hold.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import Message, RecordMessage, SchemaMessage, StateMessage
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import OutputLost
from tap_callrecords.output.batch import BatchFiles, BatchSettings
from tap_callrecords.output.formats import LINES_OF_A_PIECE

GRACE_SECONDS = 5.0
"""How long a target may still take to read after a signal; then the process ends, be it in the middle of a line."""


class PageWriter(MsgSpecWriter):
    """The SDK's msgspec writer, which can also write a page of records at once and ends at line boundaries."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = False
        self._lost = False
        self._ended_by: int | None = None
        self._files: BatchFiles | None = None
        self._held_state: bytes | None = None

    def write_files(self, batch_config: Mapping[str, Any]) -> None:
        """Let records go into files from now on; takes the setting `batch_config`.

        Raises:
            ConfigurationError: the setting can't be followed.
            OutputLost: nothing can be written where it says.
        """
        self._files = BatchFiles(BatchSettings.read(batch_config))

    @property
    def is_lost(self) -> bool:
        """Whether writing has failed: no STATE may follow, as it would cover what was not written."""
        return self._lost

    @override
    def write_message(self, message: Message) -> None:
        with self._between_lines():
            if self._files is None:
                self._write(bytes(self.format_message(message)), flush=True)
            elif isinstance(message, RecordMessage):
                self._files.add_row(message.stream, message.record)
                self._announce(only_due=True)
            elif isinstance(message, StateMessage):
                self._held_state = bytes(self.format_message(message))
                self._announce(only_due=self._files.have_rows)
            else:  # a stream begins where those before it have ended
                self._announce()
                if isinstance(message, SchemaMessage):
                    self._files.describe(message.stream, message.schema)
                self._write(bytes(self.format_message(message)), flush=True)

    def write_page(self, stream: str, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        """Write a page of records, which come with their JSON.

        As RECORD lines they stay buffered until the next message that is not a record.
        """
        with self._between_lines():
            if self._files is not None:
                while lines:
                    taken = self._files.add_page(stream, records, lines)
                    records, lines = records[taken:], lines[taken:]
                    self._announce(only_due=True)
                return
            begin = msgspec.json.encode({"type": "RECORD", "stream": stream, "record": 0})[:-2]
            end = b',"time_extracted":"' + instants.to_text(datetime.now(UTC)).encode() + b'"}\n'
            for at in range(0, len(lines), LINES_OF_A_PIECE):
                some = (end + begin).join(lines[at : at + LINES_OF_A_PIECE])
                self._write(b"".join((begin, some, end)), flush=False)

    def finish(self) -> None:
        """Announce what is still in files, and write the STATE that has waited for that: nothing is to follow."""
        if not self._lost:
            with self._between_lines():
                self._announce()

    def _announce(self, *, only_due: bool = False) -> None:
        """Announce all files, then write the STATE that has waited for them; or leave it where nothing is due."""
        if self._files is None or (only_due and not self._files.are_due):
            return
        for file in self._files.close():
            self._write(file.line(), flush=True)
        if self._held_state is not None:
            state, self._held_state = self._held_state, None
            self._write(state, flush=True)

    @contextmanager
    def _between_lines(self) -> Iterator[None]:
        """Put a signal off until what is inside has been written."""
        self._busy = True
        try:
            yield
        except Exception:
            self._lost = True
            if self._files is not None:
                self._files.discard()
            raise
        finally:
            self._busy = False
        if self._ended_by is not None:
            raise SystemExit(128 + self._ended_by)

    def _write(self, lines: bytes, *, flush: bool) -> None:
        if sys.stdout is None:  # how Python begins when it is closed
            raise OutputLost.of_standard_output(None)
        try:
            while lines:  # without a buffer (PYTHONUNBUFFERED) a signal lets a part be written only
                lines = lines[sys.stdout.buffer.write(lines) :]
            if flush:
                sys.stdout.flush()
        except OSError as error:
            raise OutputLost.of_standard_output(error) from None

    def end(self, signum: int, _frame: FrameType | None = None) -> None:
        """Signal handler: end the process between two lines.

        The STATE of every finished window has been written already, or is written with the files that it waits for. A
        write under way is let finish, and what is buffered leaves when Python ends, so that the target never sees half
        a line; a target that has stopped reading gets a few seconds for both.
        """
        if self._ended_by is None and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, lambda *_: os._exit(128 + signum))
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        if self._busy and self._ended_by is None:
            self._ended_by = signum
            return
        raise SystemExit(128 + signum)
