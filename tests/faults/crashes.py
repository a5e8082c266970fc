"""The command line in a process of its own, ended at some point of its run; and what the next run makes of it."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal, Self

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.clocks import IN_SMALL
from tests.faults.judge import Judge, bookmark, delivered, due, visible
from tests.support import tap as support
from tests.support.files import with_files_read
from tests.support.tap import Output

START = f"""{IN_SMALL}
from tap_callrecords.http import retries
from tap_callrecords.tap import TapCallRecords

retries.FIRST_WAIT_SECONDS, retries.LONGEST_WAIT_SECONDS = 0.001, 0.02
TapCallRecords.cli()
"""
"""The command line as tests in this process have it: retries that do not wait, small pages."""

How = Literal["SIGKILL", "SIGTERM", "SIGINT", "closed stdout"]
ENDINGS: Mapping[How, int] = {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130, "closed stdout": 1}
"""Ways to end a tap, and its exit code then."""


class Running:
    """A tap in a process of its own.

    Args:
        config: its settings.
        streams: what it syncs.
        reads: how many bytes of its output are read; None for all. May be changed while it runs.
        unbuffered: whether Python's standard output has no buffer, as in many containers.
    """

    def __init__(
        self, config: Mapping[str, Any], streams: Sequence[str], *, reads: int | None = None, unbuffered: bool = False
    ) -> None:
        self._config = config
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1" if unbuffered else ""}
        self._streams = streams
        self.reads = reads
        self._closing = threading.Event()
        self.raw = b""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        catalog = support.catalog_of(self._config, self._streams)
        line = [sys.executable, "-c", START]
        for option, value in (("config", self._config), ("catalog", catalog)):
            path = Path(self._folder.name, option)
            path.write_text(json.dumps(value))
            line += [f"--{option}", str(path)]
        self._errors = Path(self._folder.name, "stderr")
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                line, cwd=support.ROOT, stdout=subprocess.PIPE, stderr=errors, env=self._environment
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.close()
        self._folder.cleanup()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as pipe:
            while not self._closing.is_set():
                room = 65536 if (reads := self.reads) is None else min(65536, reads - len(self.raw))
                if room <= 0:
                    self._closing.wait(0.01)  # the pipe stays open, but nobody reads it
                elif select.select([pipe], [], [], 0.01)[0]:
                    if not (piece := os.read(pipe.fileno(), room)):
                        return
                    self.raw += piece

    def make_pipe_small(self) -> None:
        """Let the pipe hold 4 KB only."""
        fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, 4096)

    def waits_for_its_reader(self) -> bool:
        """Whether the pipe is as good as full, and has been so for a while."""
        held = self._held()
        time.sleep(0.3)
        return held > 0.9 * fcntl.fcntl(self._pipe, fcntl.F_GETPIPE_SZ) and held == self._held()

    @property
    def _pipe(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def _held(self) -> int:
        (held,) = struct.unpack("i", fcntl.ioctl(self._pipe, termios.FIONREAD, b"\0" * 4))
        return int(held)

    def close(self) -> None:
        """Stop reading and close the pipe, as a target does that dies."""
        self._closing.set()
        self._reader.join()

    def signal(self, name: str) -> None:
        """Send a signal."""
        self.process.send_signal(signal.Signals[name])

    def ended(self, timeout: float = 60) -> Output:
        """Wait for its end: what it has written, up to the last whole line."""
        code = self.process.wait(timeout)
        if self.reads is None:
            self._reader.join()
        whole = self.raw[: self.raw.rfind(b"\n") + 1]
        messages = [json.loads(each) for each in whole.splitlines()]
        return Output(messages, code, self._errors.read_text(), raw=self.raw)


def wait_until(condition: Any, seconds: float = 60) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it does not come to be.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.002)


def up_to_last_state(out: Output) -> Output:
    """What a target has for sure that writes to the warehouse when a STATE comes."""
    last = max((at for at, message in enumerate(out.messages, 1) if message["type"] == "STATE"), default=0)
    return Output(out.messages[:last])


@dataclass
class Crash:
    """A tap that is ended at a request, and resumed.

    Attributes:
        box: the vendors.
        subjects: the streams that are read; of one vendor.
        how: what ends it.
        at_once: setting `parallel_windows`.
        lookback_hours: the setting.
        files: a folder, for files instead of RECORD lines.
    """

    box: Sandbox
    subjects: Sequence[Subject]
    how: How
    at_once: int
    lookback_hours: int = 1
    files: Path | None = None

    def __post_init__(self) -> None:
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
        self.config: dict[str, Any] = {"start_date": start.isoformat(), "window_hours": 6, "max_attempts": 4}
        for subject in self.subjects:
            self.config |= {**subject.of(self.box).config, **subject.small_pages}
        self.config |= {"parallel_windows": self.at_once, "lookback_hours": self.lookback_hours}
        if self.files is not None:
            self.config["batch_config"] = {"storage": {"root": str(self.files)}, "batch_size": 9}

    def whole_run(self) -> int:
        """How many requests a run takes at least that is let alone: a busy machine may make it ask more often."""
        self.box.requests.clear()
        self.box.faults.clear()
        out = support.sync(self.config, streams=[subject.stream for subject in self.subjects])
        assert out.error is None
        asked = {(each.method, each.path, str(each.query), each.body) for each in self.box.requests}
        return sum("/status" not in path for _, path, _, _ in asked)

    def play(self, dice: Random, requests: int) -> list[str]:
        """End a tap at a request between the first and the last, resume, and say what went wrong.

        Args:
            dice: chooses the point.
            requests: how many requests a whole run takes.
        """
        box = self.box
        rows = {subject.stream: visible(box, subject) for subject in self.subjects}
        at = dice.randint(1, max(1, requests - 5))
        while (out := self._ended(at, dice)).exit_code == 0 and at > 1:
            at //= 2  # it was through before it could be ended: this run needed fewer requests than the whole one
        wrong = [*self._of_the_end(out), *self._of_files(out)]
        kept = up_to_last_state(out)
        state = kept.bookmark
        for subject in self.subjects:
            box.requests.clear()
            resumed = with_files_read(support.sync(self.config, state=state, streams=[subject.stream]))
            now = datetime.now(UTC)
            judge = Judge(subject, self.config)
            if resumed.error is not None:
                wrong.append(f"{subject}: the next run failed: {resumed.error}")
            wrong += judge.faults(resumed, visible(box, subject), state, now)
            lost = due(rows[subject.stream], judge.first(None, now), now - judge.settle)
            lost -= set(delivered(kept, subject)) | set(delivered(resumed, subject))
            if lost:
                wrong.append(f"{subject}: {len(lost)} rows lost")
            wrong += self._of_reading_again(subject, judge.first(bookmark(state, subject), now))
        return [f"{self.how} at request {at}: {each}" for each in wrong]

    def _ended(self, at: int, dice: Random) -> Output:
        """A run that is ended at a request: what it has written."""
        self.box.requests.clear()
        self.box.faults.clear()
        # A run that is through before the signal reaches it has not been ended: it is held up behind the point.
        self.box.faults.add(Fault("slow", after=at + 3, delay_seconds=2))
        self.box.faults.add(Fault("slow", delay_seconds=0.008, times=None))
        names = [subject.stream for subject in self.subjects]
        with Running(self.config, names, unbuffered=dice.random() < 0.5) as running:
            wait_until(lambda: len(self.box.requests) >= at or running.process.poll() is not None)
            time.sleep(dice.random() * 0.01)
            if self.how == "closed stdout":
                running.close()
            else:
                running.signal(self.how)
            out = with_files_read(running.ended())
        self.box.faults.clear()
        return out

    def _of_the_end(self, out: Output) -> list[str]:
        wrong = []
        if out.exit_code != ENDINGS[self.how]:
            wrong.append(f"exit code {out.exit_code}: {out.stderr[-1500:]}")
        if self.how in ("SIGTERM", "SIGINT") and out.raw and not out.raw.endswith(b"\n"):
            wrong.append(f"half a line at the end: {out.raw[-50:]!r}")
        if "Traceback" in out.stderr or "Exception" in out.stderr:
            wrong.append(f"a traceback: {out.stderr[-1500:]}")
        return wrong

    def _of_files(self, out: Output) -> list[str]:
        """Of a run that could tidy up, nothing is left that nobody was told of."""
        left = [] if self.files is None or self.how == "SIGKILL" else sorted(self.files.glob("*.part"))
        return [f"{len(left)} unannounced files are left behind: {out.stderr[-1500:]}"] if left else []

    def _of_reading_again(self, subject: Subject, first: datetime) -> list[str]:
        asked = [subject.asked(request) for request in self.box.requests if subject.path in request.path]
        starts = [datetime.fromtimestamp(each[0], UTC) for each in asked if each is not None]
        earliest = min(starts, default=first)
        if earliest < first - subject.widened:
            return [f"{subject}: the next run reads from {earliest} on, and had to from {first} on only"]
        return []
