"""``python -m benchmarks.server``: the sandbox with an exact number of rows, the same number in every day.

A row costs the programs that are measured the same whatever day it is from, so one day's calls are made, and every
day gets copies of them with their own ids and times. Prints one line of JSON when it answers; ends with its
standard input.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from sandbox import Sandbox
from sandbox.calls import generate_day
from sandbox.eightx8_work.rows import DAY_MS, call_rows, moved
from sandbox.table import Row

WORKDAY = date(2025, 1, 8)
MOST_DISTINCT = 20_000
BATCH = 10_000
FEW = 0.005
"""Share of the first day's rows that is enough to show what a program's start costs."""


def one_day(rows: int) -> tuple[int, list[Row]]:
    """Midnight (epoch ms) and call legs of a working day, `rows` of them, or as many as are worth making."""
    rows = min(rows, MOST_DISTINCT)
    midnight = int(datetime(WORKDAY.year, WORKDAY.month, WORKDAY.day, tzinfo=UTC).timestamp()) * 1000
    legs = [leg for call in generate_day(8, WORKDAY, rows) for leg in call_rows(call, "northwindlon")[1]]
    inside = [leg for leg in legs if midnight < leg["disconnectedTimeUTC"] < midnight + DAY_MS - 1000]
    return midnight, inside[:rows]


def legs(day: list[Row], shifts: list[int], rows: int) -> Iterator[Row]:
    """`rows` call legs in each of the days that lie so many milliseconds after `day`."""
    for window, shift in enumerate(shifts):
        for number in range(rows):
            leg = moved(day[number % len(day)], shift)
            leg["callId"] = str(1_600_000_000_000 + window * 10_000_000 + number)
            yield leg


def work_rows(box: Sandbox, first_day: datetime, windows: int, rows_in_a_day: int) -> dict[str, Any]:
    """Put in 8x8 Work call legs, exactly so many in each day; what there is."""
    midnight, day = one_day(rows_in_a_day)
    first_shift = int(first_day.timestamp()) * 1000 - midnight
    made = legs(day, [first_shift + number * DAY_MS for number in range(windows)], rows_in_a_day)
    while batch := list(islice(made, BATCH)):
        box.eightx8_work.add_legs(batch)
    ends = sorted(day[number % len(day)]["disconnectedTimeUTC"] for number in range(rows_in_a_day))
    few_end = ends[int(len(ends) * FEW)] // 1000 * 1000 + 1000
    return {
        "start": first_day.isoformat(),
        "end": (first_day + timedelta(days=windows)).isoformat(),
        "rows": rows_in_a_day * windows,
        "few_end": datetime.fromtimestamp((few_end + first_shift) / 1000, UTC).isoformat(),
        "few": sum(end <= few_end for end in ends),
    }


def other_rows(box: Sandbox, vendor: str, first_day: datetime, windows: int, rows_in_a_day: int) -> dict[str, Any]:
    """Put in about so many rows a day, and none in the day before and after; what there is."""
    rows = 0
    for number in range(windows):
        calls = generate_day(8, (first_day + timedelta(days=number)).date(), rows_in_a_day)
        for table, rendered in box.vendors[vendor].render(calls).items():
            box.vendors[vendor].add_rows(table, rendered[:rows_in_a_day])
            rows += len(rendered[:rows_in_a_day])
    start = first_day - timedelta(days=2)
    return {
        "start": start.isoformat(),
        "end": (first_day + timedelta(days=windows + 1)).isoformat(),
        "rows": rows,
        "few_end": (start + timedelta(hours=1)).isoformat(),
        "few": 0,
    }


def main() -> None:
    """Make the rows, then serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--windows", type=int, default=10)
    parser.add_argument("--vendor", choices=("eightx8_work", "webex", "voiso"), default="eightx8_work")
    options = parser.parse_args()
    box = Sandbox(empty=True)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first_day = today - timedelta(days=options.windows + 2)
    rows_in_a_day = options.rows // options.windows
    gc.disable()
    if options.vendor == "eightx8_work":
        ready = work_rows(box, first_day, options.windows, rows_in_a_day)
    else:
        ready = other_rows(box, options.vendor, first_day, options.windows, rows_in_a_day)
    gc.freeze()
    gc.enable()
    token = {"bearer": box.webex.access_token}
    threading.Thread(target=_end_with_input, daemon=True).start()
    box.serve(
        lambda: print(
            json.dumps({**ready, **token, "url": box.url, "config": box.vendors[options.vendor].config}), flush=True
        )
    )


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
