"""Messages are read, and records left as the bytes that they are."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import IO, Any, TypedDict, cast

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType
from typing_extensions import override

from target_callrecords_duckdb.errors import LoadError


class _Stopped(Exception):  # noqa: N818 - not a fault
    """A signal ends the reading."""


class _Line(TypedDict, total=False):
    """A message, its record unread."""

    type: str
    stream: str
    record: msgspec.Raw
    time_extracted: str | None
    version: int | None


class Reader(GenericSingerReader[bytes]):
    """Reads messages, and leaves the records in RECORD messages as the bytes that they are."""

    default_input = sys.stdin.buffer

    def __init__(self) -> None:
        super().__init__()
        self._decode = msgspec.json.Decoder(_Line).decode
        self._waiting = False
        self.stopped_by: int | None = None

    def stop(self, signum: int) -> None:
        """End the reading: at once while a line is waited for, else after the message in hand.

        Raises:
            _Stopped: to leave the waiting.
        """
        self.stopped_by = signum
        if self._waiting:
            raise _Stopped

    @override
    def process_lines(
        self, file_input: IO[bytes] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        read = (file_input or self.default_input).readline
        counter: Counter[str] = Counter()
        number = 0
        while not self.stopped_by:
            try:
                self._waiting = True
                line = read()
                self._waiting = False
            except _Stopped:
                break
            if not line:
                break
            number += 1
            message = self.deserialize_json(line) if line.strip() else {"type": None}
            kind = message.get("type")
            if callback := callbacks.get(str(kind)):
                callback(message)
            elif line.strip():
                raise LoadError(f"Line {number} of the input is not a Singer message.")
            counter[str(kind)] += 1
        return counter

    @override
    def deserialize_json(self, line: bytes | str) -> dict[str, Any]:
        try:
            message = self._decode(line)
            if message.get("type") == SingerMessageType.RECORD:
                return cast("dict[str, Any]", message)
        except msgspec.DecodeError:  # NaN, for example, which is no JSON but which taps in Python write
            pass
        try:
            loaded = json.loads(line)
        except ValueError:
            loaded = None
        return loaded if isinstance(loaded, dict) else {}
