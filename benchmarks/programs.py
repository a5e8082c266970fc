"""The programs that are measured against each other."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.served import LEGS, Served

PEERS = Path(__file__).with_name("peers")
PAGE_SIZE = 5000


@dataclass(frozen=True)
class Program:
    """A way to the rows.

    Attributes:
        name: for people.
        command: its command line for the data up to an instant.
        environment: name of its own environment; None for the project's.
        show: what makes it write its rows to standard output, where it does not anyway.
    """

    name: str
    command: Callable[[Served, str, datetime | None], list[str]]
    environment: str | None = None
    show: tuple[str, ...] = ()


def python(environment: str | None, requirements: Path | None = None) -> str:
    """The interpreter of an environment; made from the package index when it is not there or not up to date."""
    if environment is None:
        return sys.executable
    requirements = requirements or PEERS / f"{environment}.requirements.txt"
    folder = PEERS.parent / f".env-{environment}"
    interpreter, made_from = folder / "bin" / "python", folder / "made-from"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not made_from.is_file() or made_from.read_text() != wanted:
        print(f"making {folder.name} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [str(interpreter), "-m", "pip", "install", "-qq", "--requirement", str(requirements)]
        subprocess.run(install, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        made_from.write_text(wanted)
    return str(interpreter)


def _tap(*, without: tuple[str, ...] = ()) -> Callable[[Served, str, datetime | None], list[str]]:
    def command(data: Served, name: str, end: datetime | None) -> list[str]:
        return data.tap(name, end=end, catalog=data.catalog(LEGS, without=without), eightx8_work_page_size=PAGE_SIZE)

    return command


def _peer(
    module: str, *options: str, environment: str | None = None
) -> Callable[[Served, str, datetime | None], list[str]]:
    def command(data: Served, name: str, end: datetime | None) -> list[str]:
        job = data.job(name, end=end, page_size=PAGE_SIZE)
        return [python(environment), "-m", f"benchmarks.peers.{module}", job, *options]

    return command


def _foreign(name: str, environment: str, module: str, *options: str, show: tuple[str, ...] = ()) -> Program:
    return Program(name, _peer(module, *options, environment=environment), environment, show)


BARE = "bare loop: urllib3, msgspec"
TAP = "tap-callrecords"
SDK = "Singer SDK tap by the template"
PROGRAMS = (
    Program(BARE, _peer("bare", "work")),
    Program(TAP, _tap()),
    Program("tap-callrecords, a property deselected", _tap(without=("departments",))),
    Program(SDK, _peer("sdk")),
    _foreign("singer-python tap", "singer-python", "singer_python"),
    _foreign("dlt, extract only", "dlt", "dlt", "--extract-only", show=("--show",)),
    _foreign("dlt, pipeline to JSON lines", "dlt", "dlt", show=("--show",)),
    _foreign("airbyte-cdk, manifest", "airbyte-cdk", "airbyte_cdk"),
)
