"""The measurements: each returns its table as rows of text, and the numbers behind it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Usage, alternate, middle, run
from benchmarks.programs import BARE, PROGRAMS, SDK, TAP, Program
from benchmarks.served import LEGS, served


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        rows: of the comparison.
        rounds: of everything.
        few: a smoke run: the programs without an environment of their own, few points of each curve.
    """

    rows: int = 200_000
    rounds: int = 5
    few: bool = False


@dataclass
class Table:
    """A result: for people, and for the plots; of what, and of so many rounds, if not as many as asked for."""

    head: Sequence[str]
    rounds: int | None = None
    of: str = ""
    rows: list[Sequence[str]] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """As Markdown."""
        lines = [self.head, ["---", *["---:"] * (len(self.head) - 1)], *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _verified(name: str, rows: int) -> Callable[[Path], None]:
    def show(out: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.verify", out], capture_output=True, text=True, check=True, cwd=ROOT
        )
        found = json.loads(done.stdout)
        if found["keys"] != rows or found["instants"] != found["rows"]:
            raise RuntimeError(f"{name} should bring {rows} different rows with instants as text, but: {found}")

    return show


def _chosen(names: Sequence[str], size: Size) -> Sequence[Program]:
    if names:
        return [program for program in PROGRAMS if any(name in program.name for name in names)]
    return [program for program in PROGRAMS if not (size.few and program.environment)]


def programs(size: Size, names: Sequence[str] = ()) -> Table:
    """Ours beside other ways to the same rows."""
    chosen = _chosen(names, size)
    with served(rows=size.rows, windows=2 if size.few else 10) as data:
        commands = {}
        for program in chosen:
            commands[program.name] = program.command(data, "all", None)
            print(f"verifying {program.name} ...", flush=True)
            run([*commands[program.name], *program.show], show=_verified(program.name, data.rows))
        starts = {program.name: program.command(data, "few", data.few_end) for program in chosen}
        started = {name: middle(runs) for name, runs in alternate(starts, size.rounds).items()}
        full = {name: middle(runs) for name, runs in alternate(commands, size.rounds).items()}
        more = data.rows - data.few
        each = {name: (full[name].cpu - started[name].cpu) / more * 1e6 for name in commands}
        rows = data.rows
    table = Table(
        [
            "program", "CPU s", "wall s", "rows a second", "start s", "us a row", "peak MB",
            "times faster than the SDK tap", "times the bare loop",
        ]
    )  # fmt: skip
    for name, used in full.items():
        table.rows.append(
            [
                name,
                f"{used.cpu:.2f}",
                f"{used.wall:.2f}",
                f"{rows / used.wall:,.0f}",
                f"{started[name].cpu:.2f}",
                f"{each[name]:.1f}",
                f"{used.peak_mb:.0f}",
                f"{full[SDK].cpu / used.cpu:.1f} x" if SDK in full else "",
                f"{used.cpu / full[BARE].cpu:.2f} x" if BARE in full else "",
            ]
        )
        table.numbers[name] = {**vars(used), "start_cpu": started[name].cpu, "us_a_row": each[name]}
    return table


def vendors(size: Size) -> Table:
    """Ours beside the bare loop for other vendors' rows, each with the page size that the tap has by default."""
    table = Table(["rows", "us a row: tap", "bare loop", "times the bare loop", "start taken off: CPU s, tap", "bare"])
    shapes: tuple[tuple[str, str, str, int, dict[str, Any]], ...] = (
        ("Webex Calling: 87 fields, 2.6 KB", "webex", "webex_detailed_call_history", 500, {}),
        ("Voiso: 12 fields, 0.3 KB, one window", "voiso", "voiso_cdr", 10_000, {"window_hours": 24 * 60}),
        ("Voiso, windows of 24 h (each row comes twice)", "voiso", "voiso_cdr", 10_000, {}),
    )
    for title, vendor, stream, page_size, settings in shapes:
        with served(rows=min(size.rows, 80_000), windows=2 if size.few else 10, vendor=vendor) as data:
            catalog = data.catalog(stream)
            commands = {}
            for name, end in (("all", data.end), ("few", data.few_end)):
                job = data.job(name, end=end, page_size=page_size)
                commands[f"bare {name}"] = [sys.executable, "-m", "benchmarks.peers.bare", job, vendor]
                commands[f"tap {name}"] = data.tap(name, end=end, catalog=catalog, **settings)
            for name in ("bare all", "tap all"):
                run(commands[name], show=_verified(f"{vendor}: {name}", data.rows))
            cpu = {name: middle(runs).cpu for name, runs in alternate(commands, size.rounds).items()}
        each = {who: (cpu[f"{who} all"] - cpu[f"{who} few"]) / data.rows * 1e6 for who in ("tap", "bare")}
        times = each["tap"] / each["bare"]
        table.rows.append(
            [title, f"{each['tap']:.1f}", f"{each['bare']:.1f}", f"{times:.2f} x"]
            + [f"{cpu[f'{who} all'] - cpu[f'{who} few']:.2f}" for who in ("tap", "bare")]
        )
        table.numbers[title] = {**each, "rows": data.rows}
    return table


def latency(size: Size) -> Table:
    """Rows a second against the vendor's slowness and `parallel_windows`, with many rows in a window and with few."""
    at_once = (1, 4) if size.few else (1, 2, 4, 8, 16)
    windows = 4 if size.few else 64
    rounds = min(size.rounds, 3)
    table = Table(["answer takes", "rows in a window", *(f"{number} at once" for number in at_once)], rounds)
    peaks: dict[int, float] = dict.fromkeys(at_once, 0)
    shapes = ((size.rows, (0.0, 0.02)),) if size.few else ((size.rows, (0.0, 0.05, 0.2)), (size.rows // 10, (0.2,)))
    for rows, delays in shapes:
        with served(rows=rows, windows=windows) as data:
            catalog = data.catalog(LEGS)
            for delay in delays:
                data.answer_after(delay)
                commands = {
                    str(number): data.tap(str(number), catalog=catalog, parallel_windows=number) for number in at_once
                }
                used = {name: middle(runs) for name, runs in alternate(commands, rounds).items()}
                speeds = {int(name): data.rows / each.wall for name, each in used.items()}
                peaks = {number: max(peaks[number], used[str(number)].peak_mb) for number in at_once}
                table.rows.append(
                    [
                        f"{delay * 1000:.0f} ms longer",
                        f"{rows // windows:,}",
                        *(f"{speed:,.0f} ({speed / speeds[1]:.1f} x)" for speed in speeds.values()),
                    ]
                )
                if rows == size.rows:
                    table.numbers[f"{delay * 1000:.0f}"] = speeds
    table.rows.append(["peak MB", "", *(f"{peak:.0f}" for peak in peaks.values())])
    return table


def history(size: Size) -> Table:
    """What a longer history costs."""
    lengths = (1, 4) if size.few else (1, 4, 16, 64)
    table = Table(["windows", "rows", "CPU s", "CPU ms a window, start taken off", "peak MB"])
    with served(rows=size.rows, windows=lengths[-1]) as data:
        catalog = data.catalog(LEGS)
        ends = {"few": data.few_end} | {str(count): data.start + timedelta(days=count) for count in lengths}
        commands = {name: data.tap(name, end=end, catalog=catalog) for name, end in ends.items()}
        used = {name: middle(runs) for name, runs in alternate(commands, size.rounds).items()}
        start = used.pop("few").cpu
        for name, each in used.items():
            rows = data.rows // data.days * int(name)
            mine = (each.cpu - start) / int(name) * 1000
            table.rows.append([name, f"{rows:,}", f"{each.cpu:.2f}", f"{mine:.1f}", f"{each.peak_mb:.0f}"])
            table.numbers[name] = vars(each)
    return table


def startup(size: Size) -> Table:
    """What a start costs, and what of it is ours."""
    tap = [sys.executable, "-m", "tap_callrecords"]
    commands = {
        "an empty program": [sys.executable, "-c", ""],
        "import singer_sdk": [sys.executable, "-c", "import singer_sdk"],
        "tap-callrecords --version": [*tap, "--version"],
        "tap-callrecords --about": [*tap, "--about", "--format=json"],
        "tap-callrecords --discover": [*tap, "--discover"],
    }
    rounds = 1 if size.few else 2 * size.rounds + 1
    used = {name: middle(runs) for name, runs in alternate(commands, rounds).items()}
    table = Table(["", "CPU s", "wall s", "peak MB"], rounds)
    for name, each in used.items():
        table.rows.append([name, f"{each.cpu:.3f}", f"{each.wall:.3f}", f"{each.peak_mb:.0f}"])
        table.numbers[name] = vars(each)
    sdk = _imported("singer_sdk", 1)
    ours = _imported("tap_callrecords.tap", 1 if size.few else 5)
    added = {name: micros for name, micros in ours.items() if name not in sdk}
    own = {name: micros for name, micros in added.items() if name.startswith("tap_callrecords")}
    table.numbers["added"] = added
    table.rows.append(["imports of tap_callrecords itself", f"{sum(own.values()) / 1e6:.3f}", "", ""])
    table.rows.append(
        ["imports that only it asks for", f"{(sum(added.values()) - sum(own.values())) / 1e6:.3f}", "", ""]
    )
    return table


def _imported(module: str, times: int) -> dict[str, int]:
    """Microseconds that each module's own import takes, without those that it imports: the least of some runs.

    Without garbage collection: one pass over all that the SDK has made costs 30 ms, and falls now into one module,
    now into another.
    """
    least: dict[str, int] = {}
    command = [sys.executable, "-X", "importtime", "-c", f"import gc; gc.disable(); import {module}"]
    for _ in range(times):
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stderr
        for micros, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", told, re.MULTILINE):
            least[name] = min(int(micros), least.get(name, int(micros)))
    return least


def memory(size: Size) -> Table:
    """Peak memory against rows, and against the rows of one window."""
    shapes = (
        ((2000, 2), (4000, 4), (4000, 1))
        if size.few
        else ((200_000, 10), (2_000_000, 100), (5_000_000, 250), (1_000_000, 1))
    )
    table = Table(["rows", "windows", "CPU s", "wall s", "peak MB"])
    for rows, windows in shapes:
        with served(rows=rows, windows=windows) as data:
            used: Usage = run(data.tap("all", catalog=data.catalog(LEGS)))
        table.rows.append([f"{rows:,}", str(windows), f"{used.cpu:.1f}", f"{used.wall:.1f}", f"{used.peak_mb:.0f}"])
        table.numbers[f"{rows} in {windows}"] = vars(used)
    return table


def end_to_end(size: Size) -> Table:
    """Whole runs into an empty DuckDB file and an empty PostgreSQL server, each way in turn."""
    return _whole_runs(size, size.rows)


def day(size: Size) -> Table:
    """The same of 10,000 rows, which is a day of a mid-sized account: here starting counts."""
    return _whole_runs(size, min(size.rows, 10_000))


def _whole_runs(size: Size, rows: int) -> Table:
    from benchmarks import end_to_end as runs  # noqa: PLC0415 - its imports would count as memory of the programs measured above

    rounds = min(size.rounds, 3)
    table = Table(runs.HEAD, rounds)
    measured: dict[str, list[Any]] = {}
    with served(rows=rows, windows=2 if size.few else 10) as data:
        table.of = f"{data.rows:,} call legs"
        for number in range(rounds):
            for way in runs.IN_THIS_ENVIRONMENT if size.few else runs.WAYS:
                parts = runs.load(data, way, data.end, data.rows)
                measured.setdefault(way.title, []).append(parts)
                used = f"{sum(parts.cpu.values()):.2f} s CPU, {parts.wall:.1f} s, {parts.peak_mb:.0f} MB"
                print(f"  round {number + 1} of {rounds}: {way.title}: {used}", flush=True)
        for title, each in measured.items():
            parts = runs.middle(each)
            table.rows.append(runs.line(title, data.rows, parts))
            table.numbers[title] = {**vars(parts), "rows": data.rows}
    return table


TABLES: dict[str, Callable[[Size], Table]] = {
    "programs": programs,
    "vendors": vendors,
    "latency": latency,
    "history": history,
    "startup": startup,
    "memory": memory,
    "end_to_end": end_to_end,
    "day": day,
}
__all__ = ["TABLES", "TAP", "Size", "Table"]
