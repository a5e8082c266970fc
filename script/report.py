#!/usr/bin/env python3
"""One self-contained HTML page out of the dbt models, for people who look at call volumes and waits.

Figures and their definitions come from the models (`callrecords__figures`); nothing is computed here but sums.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader

DAYS_SHOWN = 14
DAYS_EMBEDDED = (200, 100, 50)
"""Days that the page holds for its own filters when no period is asked for: as many of these as keep it light."""
LIGHT = 1_000_000
"""Most characters of a page whose days nobody asked for: a mail takes it, and a telephone draws it at once."""
LISTED, WAITS = 50, 10
"""Calls to return, and longest waits, that the page lists; it holds as many of each choice that its filters leave."""
Rows = Sequence[tuple[Any, ...]]


class ReportFailed(Exception):  # noqa: N818 - the reason for a person
    """The page can't be made; the message says why and what to do."""


def connect(warehouse: str) -> Any:
    """A DB-API connection to a DuckDB file, `postgresql://` or `snowflake://` warehouse."""
    url = urlsplit(warehouse)
    try:
        if url.scheme in ("postgresql", "postgres"):
            import psycopg  # noqa: PLC0415 - each warehouse's driver only where it is asked for

            return psycopg.connect(warehouse)
        if url.scheme == "snowflake":
            import snowflake.connector  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415

            return snowflake.connector.connect(
                account=url.hostname,
                user=unquote(url.username or ""),
                password=unquote(url.password or ""),
                database=url.path.strip("/"),
                **dict(parse_qsl(url.query)),
            )
        import duckdb  # noqa: PLC0415

        if Path(warehouse).exists():
            return duckdb.connect(warehouse, read_only=True)
    except ImportError as missing:
        raise ReportFailed(f"{url.scheme or 'DuckDB'} needs the Python package {missing.name}: install it.") from None
    except Exception as reason:  # noqa: BLE001 - each driver has its own
        where = f"{url.scheme}://{url.hostname}" if url.scheme else warehouse
        raise ReportFailed(f"The warehouse {where} can't be opened: {str(reason).splitlines()[0]}") from None
    raise ReportFailed(f"There is no file {warehouse}: name the warehouse with --warehouse.")


class Models:
    """The models' rows that the page shows."""

    def __init__(self, connection: Any, schema: str, vendors: Sequence[str]) -> None:
        self._connection = connection
        self._schema = schema
        self.vendors = vendors
        self._of_vendors = " and vendor in ({})".format(", ".join(f"'{each}'" for each in vendors)) if vendors else ""

    def ask(self, query: str) -> Rows:
        """Rows of a query; `{m}` begins a model's name, `{v}` ends a condition."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(query.format(m=f"{self._schema}.callrecords__", v=self._of_vendors))
        except Exception as reason:  # noqa: BLE001 - each driver has its own
            raise ReportFailed(
                f"The models in {self._schema} are of another version: build them again (dbt build)."
                f" The warehouse says: {str(reason).splitlines()[0]}"
            ) from None
        return [tuple(plain(value) for value in row) for row in cursor.fetchall()]

    def present(self) -> None:
        """Fails unless the models are there."""
        try:
            self.ask("select count(*) from {m}settings")
        except ReportFailed:
            raise ReportFailed(
                f"There is no table {self._schema}.callrecords__settings. Build the models (dbt build) in this "
                "warehouse, or name their schema with --schema."
            ) from None


def plain(value: Any) -> Any:
    """A value as JSON has it, instants apart; whole numbers without a point, which makes a smaller page."""
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else round(float(value), 3)
    return str(value) if isinstance(value, date) and not isinstance(value, datetime) else value


def gather(
    models: Models,
    first: date | None,
    last: date | None,
    zone: str | None,
    *,
    embedded: int = DAYS_EMBEDDED[0],
    now: datetime | None = None,
) -> dict[str, Any]:
    """What the page holds. Without a period: the newest days, compared with as many before, and more to choose from."""
    models.present()
    names: dict[str, str] = dict(models.ask("select vendor, vendor_name from {m}vendors order by position"))
    if unknown := [each for each in models.vendors if each not in names]:
        raise ReportFailed(f"No vendor is called {unknown[0]}: --vendor takes {', '.join(names)}.")
    settings: dict[str, str] = dict(models.ask("select name, value from {m}settings"))
    begin, end = (
        date.fromisoformat(day) if day else None
        for day in models.ask("select min(day), max(day) from {m}daily_figures where 1 = 1{v}")[0]
    )
    today = (now or datetime.now(UTC)).date()
    last = last or end or today
    shown = first or max(last - timedelta(days=DAYS_SHOWN - 1), begin or last)
    if shown > last:
        raise ReportFailed(f"The period ends ({last}) before it begins ({shown}).")
    oldest = shown - (last - shown) - timedelta(days=1)
    if first is None:
        oldest = min(oldest, last - timedelta(days=embedded))
    within = f"day between date '{oldest}' and date '{last}'"
    figures = models.ask(
        "select figure, label, unit, numerator_column, denominator_column, numerator, denominator from {m}figures"
        " order by position"
    )
    measures = sorted({name for row in figures for name in row[3:5] if name})
    sums = ", ".join(f"sum({name})" for name in measures)
    try:
        local = ZoneInfo(zone or settings["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        raise ReportFailed(f"{zone} is no time zone. An IANA name is needed, such as Europe/Berlin.") from None

    def midnight(day: date) -> datetime:
        """The beginning of a day of the models' zone, UTC."""
        return datetime.combine(day, time(), ZoneInfo(settings["timezone"])).astimezone(UTC).replace(tzinfo=None)

    def clock(instant: datetime | None) -> str:
        return instant.replace(tzinfo=UTC).astimezone(local).strftime("%Y-%m-%d %H:%M") if instant else ""

    return {
        "settings": settings,
        "zone": str(local),
        "made": clock((now or datetime.now(UTC)).replace(tzinfo=None)),
        "vendors": names,
        "first": str(shown),
        "last": str(last),
        "oldest": str(max(oldest, begin) if begin else oldest),
        "figures": figures,
        "measures": measures,
        "daily": models.ask(
            f"select day, vendor, direction, {sums} from {{m}}daily_figures where {within}{{v}}"
            " group by day, vendor, direction order by day, vendor, direction"
        ),
        "outcomes": models.ask(
            f"select day, vendor, direction, outcome, sum(calls) from {{m}}daily_call_volume where {within}{{v}}"
            " group by day, vendor, direction, outcome order by day, vendor, direction, outcome"
        ),
        "hours": models.ask(
            "select weekday, hour_of_day, vendor, direction, sum(calls_per_day) from {m}hourly_call_load"
            " where calls > 0{v} group by weekday, hour_of_day, vendor, direction"
            " order by weekday, hour_of_day, vendor, direction"
        ),
        "queues": models.ask(
            "select day, vendor, queue_key, offered_calls, abandoned_calls, service_level_calls,"
            f" answered_in_time_calls, waited_calls, answer_wait_seconds from {{m}}queue_service_level"
            f" where {within}{{v}} order by day, vendor, queue_key"
        ),
        "queue_names": dict(
            models.ask("select queue_key, coalesce(queue_name, queue_id) from {m}queues where 1 = 1{v} order by 1")
        ),
        "waits": [
            (clock(row[0]), *row[1:])
            for row in models.ask(
                "select started_at, vendor, queue, outcome, wait_seconds, direction from ("
                "select calls.*, coalesce(queue_name, callee_name, '') as queue,"
                " row_number() over (partition by vendor, direction order by wait_seconds desc, call_key) as place"
                " from {m}calls as calls where channel = 'voice' and wait_seconds > 0"
                f" and started_at >= timestamp '{midnight(shown)}'"
                f" and started_at < timestamp '{midnight(last + timedelta(days=1))}'{{v}}"
                f") as ranked where place <= {WAITS} order by wait_seconds desc, call_key"
            )
        ],
        "waits_shown": WAITS,
        "returns": [
            (*row[:3], clock(row[3]), *row[4:])
            for row in models.ask(
                "select customer_number, caller_name, vendor, waiting_since, missed_calls, call_backs_tried, queue"
                " from ("
                "select waiting.*, coalesce(queue_name, '') as queue,"
                " row_number() over (partition by vendor order by waiting_since, customer_number) as place"
                " from {m}missed_calls_to_return as waiting where 1 = 1{v}"
                f") as ranked where place <= {LISTED} order by waiting_since, customer_number"
            )
        ],
        "returns_shown": LISTED,
        "to_return": dict(
            models.ask("select vendor, count(*) from {m}missed_calls_to_return where 1 = 1{v} group by vendor")
        ),
    }


def page(data: dict[str, Any]) -> str:
    """The page: the template with the data inside."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, keep_trailing_newline=True
    )
    held = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    for unsafe in "<>&\u2028\u2029":
        held = held.replace(unsafe, f"\\u{ord(unsafe):04x}")
    return environment.get_template("report.html.j2").render(data=data, held=held)


def write(
    warehouse: str,
    output: Path,
    *,
    schema: str = "analytics",
    vendors: Sequence[str] = (),
    first: date | None = None,
    last: date | None = None,
    zone: str | None = None,
) -> int:
    """Write the page of a warehouse to a file; the number of calls on it."""
    with closing(connect(warehouse)) as connection:
        models = Models(connection, schema, vendors)
        for days in DAYS_EMBEDDED:
            data = gather(models, first, last, zone, embedded=days)
            made = page(data)
            if first or len(made) < LIGHT:
                break
    output.write_text(made, encoding="utf-8")
    calls = 3 + data["measures"].index("calls")
    return sum(row[calls] for row in data["daily"] if data["first"] <= row[0] <= data["last"])


def main() -> int:
    """Write the page that the command line asks for; the exit code."""
    asked = argparse.ArgumentParser(
        prog="script/report", description="A page with the figures of the dbt models, for a browser."
    )
    asked.add_argument(
        "--warehouse",
        default=os.environ.get("TAP_CALLRECORDS_WAREHOUSE", "output/warehouse.duckdb"),
        help="a DuckDB file, postgresql://user:password@host/database, or "
        "snowflake://user:password@account/database?warehouse=...&role=...; better in the environment variable "
        "TAP_CALLRECORDS_WAREHOUSE, where nobody else reads the password",
    )
    asked.add_argument("--schema", default="analytics", help="schema of the models (default: analytics)")
    asked.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="DAY", help=f"first day (default: {DAYS_SHOWN} days)"
    )
    asked.add_argument(
        "--to", dest="last", type=date.fromisoformat, metavar="DAY", help="last day (default: the newest with a call)"
    )
    asked.add_argument("--vendor", action="append", default=[], help="only this one; may be repeated")
    asked.add_argument(
        "--zone", help="IANA zone of the times in lists (default: that of days and hours, callrecords_timezone)"
    )
    asked.add_argument("--output", type=Path, default=Path("report.html"), help="the page (default: report.html)")
    options = asked.parse_args()
    try:
        calls = write(
            options.warehouse, options.output, schema=options.schema, vendors=options.vendor,
            first=options.first, last=options.last, zone=options.zone,
        )  # fmt: skip
    except ReportFailed as reason:
        print(f"No report: {reason}", file=sys.stderr)
        return 1
    if not calls:
        print("The models have no voice calls in this period; the page says so.", file=sys.stderr)
    print(f"{options.output}: {calls:,} calls")
    return 0


if __name__ == "__main__":
    sys.exit(main())
