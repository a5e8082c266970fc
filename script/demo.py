"""The demo: every simulated vendor, through Meltano and dbt, into a DuckDB file. Started by script/demo."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import IO

import duckdb
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import report  # noqa: E402 - beside this file
from sandbox import Sandbox  # noqa: E402

DAYS = 28
CALLS_PER_DAY = 150
SEED = 8
GRACE_SECONDS = 10
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 110)


class DemoFailed(Exception):  # noqa: N818 - the reason for a person
    """A step failed; the message says which and what to look at."""


def main() -> int:
    """Run the demo; the exit code."""
    arguments = argparse.ArgumentParser(description="Simulated vendors -> tap-callrecords -> DuckDB -> dbt")
    arguments.add_argument("--reset", action="store_true", help="start over: forget the warehouse and the state")
    arguments.add_argument("--days", type=int, default=DAYS, help="how many days of calls the vendors have")
    arguments.add_argument("--calls-per-day", type=int, default=CALLS_PER_DAY)
    arguments.add_argument("--folder", type=Path, default=ROOT / "output" / "demo", help="where everything is written")
    options = arguments.parse_args()
    folder: Path = options.folder.resolve()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if options.reset:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        with Sandbox(
            seed=SEED, days=options.days, calls_per_day=options.calls_per_day, samples=True, apart=True
        ) as box:
            run_meltano(folder, box, days=options.days)
        show(folder)
        report.write(str(folder / "warehouse.duckdb"), folder / "report.html")
        tell_what_next(folder)
    except DemoFailed as reason:
        console.print(f"[bold red]The demo failed:[/] {reason}")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running. Run script/demo again to go on.")
        return 130
    return 0


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run_meltano(folder: Path, box: Sandbox, *, days: int) -> None:
    """`meltano run demo`, its output kept in a file and the steps told as they come."""
    start = (datetime.now(UTC) - timedelta(days=days + 1)).strftime("%Y-%m-%dT00:00:00Z")
    settings = {"start_date": start, **box.config}
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "MELTANO_ENVIRONMENT": "demo",
        "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
        "MELTANO_SYS_DIR_ROOT": str(folder / ".meltano"),
        "DEMO_FOLDER": str(folder),
        **{
            f"TAP_CALLRECORDS_{name.upper()}": json.dumps(value) if isinstance(value, list) else str(value)
            for name, value in settings.items()
        },
    }
    log = folder / "meltano.log"
    console.print(f"Simulated vendors answer at {box.url}; running [bold]meltano run demo[/] (log: {log}) ...")
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as out, child([_meltano(), "run", "demo"], environment, out) as process:
        code = process.wait()
    if code:
        last = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()][-12:]
        raise DemoFailed("`meltano run demo` ended with code " + f"{code}; its last lines:\n  " + "\n  ".join(last))
    console.print(f"Done in {time.monotonic() - began:.0f} s.\n")


def _meltano() -> str:
    return str(Path(sys.executable).with_name("meltano"))


@contextmanager
def child(command: list[str], environment: dict[str, str], out: int | IO[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process and all that it starts; none of it outlives the block."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        for signum in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, signum)
            except ProcessLookupError:
                break
            try:
                process.wait(GRACE_SECONDS if signum == signal.SIGTERM else None)
            except subprocess.TimeoutExpired:
                continue


def show(folder: Path) -> None:
    """What arrived, and what to do next."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        show_query(
            warehouse,
            "Tables",
            "select table_name as table, estimated_size as rows from duckdb_tables() "
            "where schema_name = 'callrecords' order by 1",
        )
        show_query(
            warehouse,
            "Calls by vendor",
            "select vendor, count(*) as calls, strftime(min(started_at), '%Y-%m-%d %H:%M') as first, "
            "strftime(max(started_at), '%Y-%m-%d %H:%M') as last, "
            "printf('%.1f %%', 100 * avg((outcome = 'missed')::int)) as missed, "
            "printf('%.1f %%', 100 * avg((outcome = 'abandoned')::int)) as abandoned "
            "from analytics.callrecords__calls where channel = 'voice' group by 1 order by 1",
        )
        show_query(
            warehouse,
            "Calls by day and direction (last 10 days)",
            "pivot (select strftime(started_at, '%Y-%m-%d') as day, direction from analytics.callrecords__calls "
            "where channel = 'voice') on direction using count(*) group by day order by day desc limit 10",
        )


def tell_what_next(folder: Path) -> None:
    """Where things lie, and what to type next."""
    file, page = (_short(folder / name) for name in ("warehouse.duckdb", "report.html"))
    look = f"import duckdb; print(duckdb.connect('{file}').sql('from analytics.callrecords__calls limit 5'))"
    console.print(f"The warehouse is the file [bold]{file}[/], the report for a browser [bold]{page}[/].")
    console.print("Next:  [bold]script/demo[/] again: only new calls arrive; [bold]script/demo --reset[/]: start over.")
    console.print(f'Look:  [bold].venv/bin/python -c "{look}"[/]')
    console.print("Own accounts: copy .env.example to .env, fill it in, then:")
    console.print("       [bold]. .venv/bin/activate && meltano run to-duckdb[/]")


def _short(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def show_query(warehouse: duckdb.DuckDBPyConnection, title: str, query: str) -> None:
    """Print a query's rows as a table."""
    cursor = warehouse.execute(query)
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in cursor.description or ():
        table.add_column(str(column[0]))
    for row in cursor.fetchall():
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    console.print(table, "")


if __name__ == "__main__":
    sys.exit(main())
