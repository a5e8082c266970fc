"""The results into docs/performance.md: each table between its marks, when and on what it was measured, the plots."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import ROOT
from benchmarks.programs import python

RESULTS = Path(__file__).with_name("results")
PAGE = ROOT / "docs" / "performance.md"


def machine() -> str:
    """What the numbers depend on."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.is_file() else None
    processor = re.sub(r"\((R|TM)\)", "", model[1]) if model else platform.machine()
    return (
        f"{os.cpu_count()} cores ({processor}), {platform.system()}, Python {platform.python_version()}, "
        f"singer-sdk {version('singer-sdk')}, msgspec {version('msgspec')}"
    )


def keep(name: str, markdown: str, numbers: object, setting: str) -> None:
    """Keep a result."""
    RESULTS.mkdir(exist_ok=True)
    told = f"*{datetime.now(UTC):%Y-%m-%d}, {machine()}; {setting}.*"
    content = {"markdown": f"{told}\n\n{markdown}", "numbers": numbers}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2))


def write() -> None:
    """Bring the kept results into the page, and draw the plots."""
    text = PAGE.read_text()
    for file in sorted(RESULTS.glob("*.json")):
        begin, end = f"<!-- table {file.stem} -->", "<!-- end -->"
        table = json.loads(file.read_text())["markdown"]
        before, found, after = text.partition(begin)
        if found:
            text = f"{before}{begin}\n{table}\n{end}{after.partition(end)[2]}"
    PAGE.write_text(text)
    requirements = Path(__file__).with_name("plot.requirements.txt")
    subprocess.run([python("plot", requirements), "-m", "benchmarks.plot"], check=True, cwd=ROOT)
