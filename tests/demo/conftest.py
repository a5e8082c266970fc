"""The demo, run once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tap import ROOT

DAYS, CALLS = 4, 40
on_one_demo = pytest.mark.xdist_group("demo")
"""For tests that look at `folder`: with xdist all of them run in one process, so the demo runs once."""


def demo(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "script" / "demo.py"),
            "--folder",
            str(folder),
            "--days",
            str(DAYS),
            "--calls-per-day",
            str(CALLS),
            *more,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    first = demo(folder)
    told, _ = first.communicate(timeout=500)
    assert first.returncode == 0, told
    (folder / "told.txt").write_text(told)
    return folder
