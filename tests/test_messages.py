"""Messages on standard output: whole lines only, whatever ends the run, and no STATE of what has not been written."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage
from typing_extensions import override

from tap_callrecords import instants
from tap_callrecords.errors import OutputLost
from tap_callrecords.output import messages
from tap_callrecords.output.messages import PageWriter
from tests.support.files import rows_of

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "integer"}}}
Line = dict[str, Any]


class Pipe(io.BytesIO):
    """Standard output as the writer has it: what was written, and how much of that had been flushed when."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = b""
        self.most = sys.maxsize
        """How many bytes it takes at once."""
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens in the middle of each write."""

    @override
    def write(self, data: Any, /) -> int:
        self.meanwhile()
        return super().write(data[: self.most])

    @override
    def flush(self) -> None:
        self.flushed = self.getvalue()

    @property
    def lines(self) -> list[Line]:
        assert self.getvalue().endswith(b"\n") or not self.getvalue()
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def kinds(self) -> list[str]:
        return [line["type"] for line in self.lines]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    pipe = Pipe()
    system = SimpleNamespace(stdout=SimpleNamespace(buffer=pipe, flush=pipe.flush))
    monkeypatch.setattr(messages, "sys", system)  # pytest puts its own `sys.stdout` back before each test
    return pipe


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """The timers that are set; none of them goes off."""
    timers: list[tuple[int, float]] = []
    monkeypatch.setattr(signal, "setitimer", lambda *timer: timers.append(timer))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return timers


@pytest.fixture
def writer() -> PageWriter:
    return PageWriter()


@pytest.fixture
def by_files(pipe: Pipe, tmp_path: Path) -> PageWriter:
    """A writer into files of ten rows, that has told of the stream `calls`."""
    writer = PageWriter()
    writer.write_files({"storage": {"root": str(tmp_path)}, "batch_size": 10})
    writer.write_message(schema())
    return writer


def schema(stream: str = "calls") -> SchemaMessage:
    return SchemaMessage(stream, SCHEMA, ["id"])


def page(writer: PageWriter, *ids: int, stream: str = "calls") -> None:
    writer.write_page(stream, [{"id": each} for each in ids], [b'{"id":%d}' % each for each in ids])


def state(writer: PageWriter, value: Any) -> None:
    writer.write_message(StateMessage({"bookmarks": value}))


def test_a_page_is_a_line_for_each_record_that_says_when_it_was_read(writer: PageWriter, pipe: Pipe) -> None:
    page(writer, 7, 8, stream="calls and legs")
    assert [(line["type"], line["stream"], line["record"]) for line in pipe.lines] == [
        ("RECORD", "calls and legs", {"id": 7}),
        ("RECORD", "calls and legs", {"id": 8}),
    ]
    read = [instants.parse(line["time_extracted"]) for line in pipe.lines]
    assert all(datetime.now(UTC) - timedelta(minutes=1) < each <= datetime.now(UTC) for each in read)
    assert {line["time_extracted"][-1] for line in pipe.lines} == {"Z"}


def test_pages_wait_for_the_next_message_which_reaches_the_target_at_once(writer: PageWriter, pipe: Pipe) -> None:
    page(writer, 7)
    assert pipe.flushed == b""
    state(writer, 1)
    assert pipe.flushed == pipe.getvalue()
    assert pipe.kinds == ["RECORD", "STATE"]


def test_what_a_pipe_takes_in_parts_arrives_whole(writer: PageWriter, pipe: Pipe) -> None:
    pipe.most = 7
    page(writer, *range(9))
    assert [line["record"]["id"] for line in pipe.lines] == [*range(9)]


def fail(error: Exception) -> Callable[[], None]:
    def meanwhile() -> None:
        raise error

    return meanwhile


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "The target has stopped reading"),
        (OSError(errno.ENOSPC, "No space left"), "Standard output can't be written (No space left)"),
        (None, "Standard output is closed"),
    ],
    ids=str,
)
def test_after_a_lost_output_nothing_more_is_said(
    writer: PageWriter, pipe: Pipe, monkeypatch: pytest.MonkeyPatch, error: OSError | None, words: str
) -> None:
    state(writer, 1)
    if error is None:
        monkeypatch.setattr(messages, "sys", SimpleNamespace(stdout=None))
    else:
        pipe.meanwhile = fail(error)
    with pytest.raises(OutputLost) as told:
        page(writer, 7)
    assert str(told.value) == f"{words}; the last STATE that it took is valid."
    assert writer.is_lost
    writer.finish()
    assert pipe.kinds == ["STATE"]


# Signals


def test_a_signal_between_two_messages_ends_the_process_at_once(
    writer: PageWriter, pipe: Pipe, timers: list[tuple[int, float]]
) -> None:
    page(writer, 7)
    with pytest.raises(SystemExit) as end:
        writer.end(signal.SIGTERM)
    assert end.value.code == 143
    assert timers == [(signal.ITIMER_REAL, 5.0)]


def test_a_signal_in_the_middle_of_a_page_lets_it_be_written_first(
    writer: PageWriter, pipe: Pipe, timers: list[tuple[int, float]]
) -> None:
    pipe.most = 7

    def meanwhile() -> None:
        if not pipe.getvalue():
            writer.end(signal.SIGINT)

    pipe.meanwhile = meanwhile
    with pytest.raises(SystemExit) as end:
        page(writer, 7, 8, 9)
    assert end.value.code == 130
    assert len(pipe.lines) == 3
    assert timers == [(signal.ITIMER_REAL, 5.0)]


def test_a_second_signal_ends_a_write_that_does_not_end(
    writer: PageWriter, pipe: Pipe, timers: list[tuple[int, float]]
) -> None:
    signals = iter([signal.SIGINT, signal.SIGTERM])
    pipe.most = 7
    pipe.meanwhile = lambda: writer.end(next(signals))
    with pytest.raises(SystemExit) as end:
        page(writer, 7, 8, 9)
    assert end.value.code == 143
    assert len(timers) == 1, "a second signal gives no more time"


def test_a_target_that_has_stopped_reading_gets_a_few_seconds_and_no_more(
    writer: PageWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(BaseException):
        """In the place of the process's end."""

    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(messages, "GRACE_SECONDS", 0.001)
    before = signal.getsignal(signal.SIGALRM)
    try:
        with pytest.raises(SystemExit):
            writer.end(signal.SIGTERM)
        with pytest.raises(Ended) as ended:
            time.sleep(5)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert ended.value.args == (143,)


def test_a_lost_output_is_told_though_a_signal_came_meanwhile(
    writer: PageWriter, pipe: Pipe, timers: list[tuple[int, float]]
) -> None:
    def meanwhile() -> None:
        writer.end(signal.SIGTERM)
        raise BrokenPipeError

    pipe.meanwhile = meanwhile
    with pytest.raises(OutputLost):
        page(writer, 7)
    with pytest.raises(SystemExit):
        writer.end(signal.SIGTERM)


# Files


def files_and_states(pipe: Pipe) -> list[Any]:
    """The ids in each announced file, and the value of each STATE, in order."""
    return [
        [row["id"] for row in rows_of(line)] if line["type"] == "BATCH" else line["value"]["bookmarks"]
        for line in pipe.lines
        if line["type"] in ("BATCH", "STATE")
    ]


def test_a_state_waits_for_the_files_of_its_rows(by_files: PageWriter, pipe: Pipe) -> None:
    page(by_files, *range(7))
    state(by_files, "first")
    assert pipe.kinds == ["SCHEMA"]
    page(by_files, 7)
    state(by_files, "second")
    by_files.finish()
    assert files_and_states(pipe) == [[*range(8)], "second"]
    assert pipe.flushed == pipe.getvalue()
    by_files.finish()
    assert len(pipe.lines) == 3, "what has been told is not told again"


def test_a_state_that_no_row_waits_for_is_written_at_once(by_files: PageWriter, pipe: Pipe) -> None:
    state(by_files, "empty")
    assert files_and_states(pipe) == ["empty"]


def test_full_files_are_announced_within_a_page_and_no_row_is_twice_in_them(by_files: PageWriter, pipe: Pipe) -> None:
    page(by_files, *range(4))
    state(by_files, "before")
    page(by_files, *range(4, 27))
    assert files_and_states(pipe) == [[*range(10)], "before", [*range(10, 20)]]
    assert pipe.flushed == pipe.getvalue()
    by_files.finish()
    assert files_and_states(pipe)[-1] == [*range(20, 27)]


def test_records_that_the_sdk_has_worked_on_go_into_the_files_too(by_files: PageWriter, pipe: Pipe) -> None:
    for number in range(12):
        by_files.write_message(RecordMessage("calls", {"id": number}))
    assert files_and_states(pipe) == [[*range(10)]]
    by_files.finish()
    assert files_and_states(pipe)[-1] == [10, 11]
    assert "RECORD" not in pipe.kinds


def test_the_columns_of_a_file_are_those_of_the_stream(writer: PageWriter, pipe: Pipe, tmp_path: Path) -> None:
    writer.write_files({"storage": {"root": str(tmp_path)}, "encoding": {"format": "parquet"}})
    writer.write_message(schema())
    writer.write_message(RecordMessage("calls", {"id": 7, "more": 8}))
    writer.finish()
    (told,) = (line for line in pipe.lines if line["type"] == "BATCH")
    assert rows_of(told, columns=SCHEMA["properties"]) == [{"id": 7}]


def test_a_stream_begins_when_the_files_of_those_before_it_have_been_announced(
    by_files: PageWriter, pipe: Pipe
) -> None:
    page(by_files, 1, 2)
    state(by_files, "calls")
    by_files.write_message(schema("legs"))
    assert pipe.kinds == ["SCHEMA", "BATCH", "STATE", "SCHEMA"]
    assert pipe.flushed == pipe.getvalue()
    page(by_files, 3, stream="legs")
    by_files.finish()
    assert files_and_states(pipe) == [[1, 2], "calls", [3]]


def test_a_file_that_can_not_be_announced_is_taken_away_with_its_state(
    by_files: PageWriter, pipe: Pipe, tmp_path: Path
) -> None:
    page(by_files, 1)
    state(by_files, "calls")
    pipe.meanwhile = fail(BrokenPipeError())
    with pytest.raises(OutputLost):
        by_files.finish()
    assert [*tmp_path.iterdir()] == []
    pipe.meanwhile = lambda: None
    by_files.finish()
    assert pipe.kinds == ["SCHEMA"]


def test_a_signal_while_a_file_is_announced_lets_its_state_follow(
    by_files: PageWriter, pipe: Pipe, timers: list[tuple[int, float]]
) -> None:
    page(by_files, 1)
    state(by_files, "calls")
    signals = iter([signal.SIGTERM])

    def meanwhile() -> None:
        for each in signals:
            by_files.end(each)

    pipe.meanwhile = meanwhile
    with pytest.raises(SystemExit) as end:
        by_files.finish()
    assert end.value.code == 143
    assert files_and_states(pipe) == [[1], "calls"]
