"""`tap-callrecords-drift` called as a user does, and the lines it reads and prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from click.testing import CliRunner, Result

from tap_callrecords.commands.drift.command import cli
from tap_callrecords.rows.builder import RESCUED

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: int) -> str:
    return (BEGAN + timedelta(days=number)).isoformat(timespec="milliseconds")[:23] + "Z"


def drift(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def line(stream: str = "voiso_cdr", /, **record: Any) -> bytes:
    return json.dumps({"type": "RECORD", "stream": stream, "record": record}).encode() + b"\n"


def rescued(*values: Mapping[str, Any] | None) -> bytes:
    """Interactions of Voiso, one a day, with these values rescued."""
    return b"".join(line(timestamp_utc=day(number), **{RESCUED: each}) for number, each in enumerate(values))


def about(field: str, said: str) -> list[str]:
    """The lines about a field."""
    lines = said.splitlines()
    place = next(number for number, each in enumerate(lines) if each.startswith(f"  {field}: "))
    more = lines[place + 1 :]
    end = next((number for number, each in enumerate(more) if not each.startswith("    ")), len(more))
    return [lines[place].strip(), *map(str.strip, more[:end])]


def patch_of(said: str) -> dict[str, Any]:
    """The patch for the only stream."""
    _, _, text = said.partition(" (new columns before _rescued_data):\n")
    loaded: dict[str, Any] = json.loads(text[: text.index("\n\n")])
    return loaded


ONE = {"timestamp_utc": "2026-03-02T00:00:00.000Z", RESCUED: {"callQuality": 4}}
