"""``python -m benchmarks.verify FILE``: how many rows a program wrote, and whether they are what was asked for."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEYS = (("pbx_id", "call_id", "leg_id"), ("report_id",), ("uuid",))
INSTANTS = ("disconnected_time_utc", "report_time", "timestamp_utc")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """The rows in Singer or Airbyte messages, or in plain JSON lines (or lists of them)."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            content = json.loads(line)
            if isinstance(content, list):
                yield from content
            elif content.get("type", "RECORD") == "RECORD":
                record = content.get("record", content)
                yield record.get("data", record)


def main() -> None:
    """Print how many different rows there are, and the share of them whose instants are text."""
    keys: set[tuple[str, ...]] = set()
    with_text = count = 0
    for row in rows(Path(sys.argv[1])):
        count += 1
        stream = next(number for number, names in enumerate(KEYS) if names[-1] in row)
        keys.add(tuple(row[name] for name in KEYS[stream]))
        with_text += bool(INSTANT.fullmatch(str(row[INSTANTS[stream]])))
    print(json.dumps({"rows": count, "keys": len(keys), "instants": with_text}))


if __name__ == "__main__":
    main()
