"""The benchmarks measure: a smoke run of those that need nothing installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLES = {"programs": 4, "vendors": 3, "latency": 3, "history": 2, "startup": 7, "memory": 3, "end_to_end": 2, "day": 2}


@pytest.mark.slow
def test_a_quick_run_verifies_the_rows_of_every_program_and_prints_every_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "all"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert _rows(done.stdout) == TABLES


def _rows(printed: str) -> dict[str, int]:
    """How many rows each printed table has."""
    counts: dict[str, int] = {}
    name = ""
    for line in printed.splitlines():
        if line in TABLES:
            name = line
        elif line.startswith("| ") and not line.startswith("| ---"):
            counts[name] = counts.get(name, -1) + 1
    return counts
