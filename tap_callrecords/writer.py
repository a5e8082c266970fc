"""Singer messages on standard output: pages of RECORD lines in one write, never half a line."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import SingerSDKError
from singer_sdk.singerlib import Message
from typing_extensions import override

GRACE_SECONDS = 5.0
"""How long a target may still take to read after a signal; then the process ends, be it in the middle of a line."""


class OutputLost(SingerSDKError):  # noqa: N818 - named for what it is
    """Nobody takes what is written any more."""

    def __init__(self, error: OSError | None) -> None:
        trouble = "The target has stopped reading"
        if error is None:
            trouble = "Standard output is closed"
        elif not isinstance(error, BrokenPipeError):
            trouble = f"Standard output can't be written ({error.strerror})"
        super().__init__(f"{trouble}; the last STATE that it took holds.")


class PageWriter(MsgSpecWriter):
    """The SDK's msgspec writer, which can also write many lines at once and ends at line boundaries."""

    def __init__(self) -> None:
        super().__init__()
        self._writing = False
        self._ended_by: int | None = None

    @override
    def write_message(self, message: Message) -> None:
        self._write(bytes(self.format_message(message)), flush=True)

    def write_lines(self, lines: Sequence[bytes]) -> None:
        """Write whole lines; they stay buffered until the next message that is not a record."""
        self._write(b"".join(lines), flush=False)

    def _write(self, lines: bytes, *, flush: bool) -> None:
        if sys.stdout is None:  # how Python begins when it is closed
            raise OutputLost(None)
        self._writing = True
        try:
            while lines:  # without a buffer (PYTHONUNBUFFERED) a signal lets a part be written only
                lines = lines[sys.stdout.buffer.write(lines) :]
            if flush:
                sys.stdout.flush()
        except OSError as error:
            raise OutputLost(error) from None
        finally:
            self._writing = False
        if self._ended_by is not None:
            raise SystemExit(128 + self._ended_by)

    def end(self, signum: int, _frame: FrameType | None = None) -> None:
        """Signal handler: end the process between two lines.

        The STATE of every finished window has been written already. A write under way is let finish, and what is
        buffered leaves when Python ends, so that the target never sees half a line; a target that has stopped
        reading gets a few seconds for both.
        """
        if self._ended_by is None and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, lambda *_: os._exit(128 + signum))
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        if self._writing and self._ended_by is None:
            self._ended_by = signum
            return
        raise SystemExit(128 + signum)
