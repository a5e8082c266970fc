"""Look at a page as a person would: in a real, headless browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=10000",
    "--window-size=1200,2600",
)


@dataclass
class Page:
    """A rendered page.

    Attributes:
        dom: its HTML after its scripts have run.
        console: what it wrote to the browser's console.
    """

    dom: str
    console: list[str]


def find() -> str:
    """The browser's path; a machine without one skips the test, unless it is CI's."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium on PATH: script/setup-browser installs it.")
        pytest.skip("No Chromium on PATH (script/setup-browser installs it on Debian).")
    return path


def look_at(page: Path, *, screenshot: Path | None = None) -> Page:
    """Render a file."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [
                find(),
                *OPTIONS,
                f"--user-data-dir={profile}",
                *([f"--screenshot={screenshot}"] if screenshot else ["--dump-dom"]),
                page.resolve().as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return Page(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])
