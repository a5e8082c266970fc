"""What one run of a program costs, by the operating system's own account of the finished process.

The peak memory that Linux reports for a child is never less than what its parent used when it began it: whatever
imports this module stays small.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
QUIET = {"TAP_CALLRECORDS_LOGLEVEL": "INFO", "RUNTIME__DLTHUB_TELEMETRY": "false"}
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""Programs run as where they are installed: with compiled modules, with a buffer."""


@dataclass(frozen=True)
class Usage:
    """CPU (user and system) and wall seconds, and peak memory in MB, of a process."""

    cpu: float
    wall: float
    peak_mb: float


def run(command: Sequence[str], *, show: Callable[[Path], None] | None = None) -> Usage:
    """Run a program with its output thrown away, or kept in a file for `show`.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "err").open("w+b") as err:
        out = Path(folder) / "out" if show else Path(os.devnull)
        with out.open("wb") as stdout:
            begun = time.perf_counter()
            process = subprocess.Popen(command, stdout=stdout, stderr=err, cwd=ROOT, env={**PLAIN, **QUIET})
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed: {err.read()[-2000:].decode(errors='replace')}")
        if show:
            show(out)
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def alternate(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[Usage]]:
    """Run all programs in turn, `rounds` times: a machine that slows down slows all of them."""
    runs: dict[str, list[Usage]] = {name: [] for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command))
            print(f"  round {number + 1} of {rounds}: {name}: {runs[name][-1].cpu:.2f} s CPU", flush=True)
    return runs


def middle(runs: Sequence[Usage]) -> Usage:
    """The median of each figure; the highest peak."""
    return Usage(median(run.cpu for run in runs), median(run.wall for run in runs), max(run.peak_mb for run in runs))
