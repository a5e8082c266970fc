#!/usr/bin/env python3
"""One self-contained HTML page out of the dbt models, for people who look at call volumes and waits.

python script/report.py output/warehouse.duckdb report.html
"""

from __future__ import annotations

import html
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

VENDORS = {
    "eightx8_work": ("8x8 Work", "#0072B2"),
    "eightx8_contact_center": ("8x8 Contact Center", "#56B4E9"),
    "webex_calling": ("Webex Calling", "#009E73"),
    "voiso": ("Voiso", "#E69F00"),
}
OUTCOMES = {
    "answered": "#009E73",
    "voicemail": "#56B4E9",
    "missed": "#E69F00",
    "abandoned": "#D55E00",
}
OTHERS = "#BBBBBB"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SERVICE_LEVEL_TARGET = 0.8
INK = "#22303C"
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #22303C; background: #F4F6F8; margin: 0; }
main { max-width: 1120px; margin: 0 auto; padding: 24px; }
h1 { font-size: 28px; margin: 0; } h2 { font-size: 18px; margin: 0 0 4px; }
header p, section p { color: #5B6B79; margin: 0 0 8px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px; margin: 20px 0; }
.tile, section { background: #FFF; border: 1px solid #DDE3E8; border-radius: 8px; padding: 16px; }
.tile b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: #5B6B79; font-size: 14px; }
section { margin: 16px 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid #E8ECEF; } td.n, th.n { text-align: right; }
"""

Rows = Sequence[tuple[Any, ...]]


class Report:
    """Builds the page from a warehouse."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, schema: str = "analytics") -> None:
        self._warehouse = warehouse
        self._schema = schema
        self._parts: list[str] = []

    def ask(self, query: str) -> Rows:
        """Rows of a query; `{s}` stands for the models' schema."""
        return self._warehouse.execute(query.format(s=self._schema)).fetchall()

    def page(self) -> str:
        """The whole page."""
        self._tiles()
        self._volume()
        self._load()
        self._outcomes()
        self._service_level()
        self._longest_waits()
        first, last = self.ask("select min(started_at), max(started_at) from {s}.callrecords__calls where channel = 'voice'")[0]
        period = f"{first:%d %b %Y} to {last:%d %b %Y}" if first else "no calls yet"
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="data:,"><title>Call report</title>'
            f"<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body><main>"
            f"<header><h1>Call report</h1><p>Voice calls, {period}, times in UTC. Made "
            f"{datetime.now(UTC):%d %b %Y %H:%M} from the models calls, daily_call_volume, hourly_call_load and "
            f"queue_service_level.</p></header>{''.join(self._parts)}</main></body></html>"
        )

    def _tiles(self) -> None:
        calls, answered, missed, abandoned, talk, wait = self.ask(
            "select count(*), avg((outcome = 'answered')::int), avg((outcome = 'missed')::int), "
            "avg((outcome = 'abandoned')::int), avg(talk_seconds) filter (where talk_seconds > 0), "
            "avg(wait_seconds) filter (where wait_seconds > 0) from {s}.callrecords__calls where channel = 'voice'"
        )[0]
        tiles = (
            ("calls", f"{calls:,}", "calls"),
            ("answered", _percent(answered), "answered"),
            ("missed", _percent(missed), "missed"),
            ("abandoned", _percent(abandoned), "abandoned"),
            ("talk", _clock(talk), "average talk"),
            ("wait", _clock(wait), "average wait in queue"),
        )
        boxes = "".join(
            f'<div class="tile"><b data-kpi="{name}">{value}</b><span>{label}</span></div>'
            for name, value, label in tiles
        )
        self._parts.append(f'<div class="tiles">{boxes}</div>')

    def _volume(self) -> None:
        rows = self.ask("select vendor, day, sum(calls) from {s}.callrecords__daily_call_volume group by all order by vendor, day")
        figure = go.Figure()
        for vendor in sorted({row[0] for row in rows}, key=list(VENDORS).index):
            name, colour = VENDORS[vendor]
            days = [row for row in rows if row[0] == vendor]
            figure.add_bar(
                x=[str(row[1]) for row in days], y=[int(row[2]) for row in days], name=name, marker_color=colour
            )
        figure.update_layout(barmode="stack", yaxis_title="calls")
        self._chart("volume", "Calls by day and vendor", "Each call once, on the day on which it began.", figure)

    def _load(self) -> None:
        rows = self.ask(
            "select weekday, hour_of_day, sum(calls_per_day) from {s}.callrecords__hourly_call_load group by all order by all"
        )
        load = {(weekday, hour): float(calls or 0) for weekday, hour, calls in rows}
        figure = go.Figure(
            go.Heatmap(
                z=[[round(load.get((day, hour), 0), 2) for hour in range(24)] for day in range(1, 8)],
                x=[f"{hour:02}" for hour in range(24)],
                y=list(WEEKDAYS),
                colorscale="Blues",
                colorbar_title="calls",
                hovertemplate="%{y} %{x}:00: %{z} calls<extra></extra>",
            )
        )
        figure.update_layout(yaxis_autorange="reversed", xaxis_title="hour (UTC)")
        self._chart("load", "When people call", "Average calls in that hour of that weekday.", figure)

    def _outcomes(self) -> None:
        rows = self.ask(
            "with ended as (select vendor, outcome, sum(calls) as calls from {s}.callrecords__daily_call_volume group by all) "
            "select vendor, outcome, calls, calls / sum(calls) over (partition by vendor) from ended"
        )
        share = {(vendor, outcome): float(part) for vendor, outcome, _, part in rows}
        vendors = sorted({row[0] for row in rows}, key=list(VENDORS).index, reverse=True)
        others = sorted({row[1] for row in rows} - OUTCOMES.keys())
        figure = go.Figure()
        for outcome in (*OUTCOMES, *others):
            figure.add_bar(
                y=[VENDORS[vendor][0] for vendor in vendors],
                x=[share.get((vendor, outcome), 0.0) for vendor in vendors],
                name=outcome,
                orientation="h",
                marker_color=OUTCOMES.get(outcome, OTHERS),
            )
        figure.update_layout(barmode="stack", xaxis_tickformat=".0%", height=120 + 60 * max(1, len(vendors)))
        self._chart("outcomes", "How calls end", "Share of each vendor's calls.", figure)

    def _service_level(self) -> None:
        rows = self.ask(
            "select coalesce(queue_name, 'queue ' || split_part(queue_key, ':', -1)), vendor, sum(offered_calls), "
            "sum(answered_in_time_calls) / sum(offered_calls), sum(abandoned_calls) / sum(offered_calls) "
            "from {s}.callrecords__queue_service_level group by all having sum(offered_calls) > 0 order by 3 desc, 1, 2 limit 12"
        )[::-1]
        label = [f"{row[0]} · {VENDORS[row[1]][0]}" for row in rows]
        figure = go.Figure()
        figure.add_bar(y=label, x=[float(row[3] or 0) for row in rows], name="answered in time", orientation="h",
                       marker_color="#0072B2")  # fmt: skip
        figure.add_bar(y=label, x=[float(row[4] or 0) for row in rows], name="abandoned", orientation="h",
                       marker_color="#D55E00")  # fmt: skip
        figure.add_vline(x=SERVICE_LEVEL_TARGET, line_dash="dot", line_color=INK)
        figure.update_layout(xaxis_tickformat=".0%", xaxis_range=[0, 1], height=120 + 44 * max(1, len(rows)))
        self._chart(
            "service-level",
            "Service level by queue",
            f"The busiest queues; the dotted line is {SERVICE_LEVEL_TARGET:.0%} answered in time.",
            figure,
        )

    def _longest_waits(self) -> None:
        rows = self.ask(
            "select started_at, vendor, coalesce(queue_name, callee_name, ''), outcome, wait_seconds from {s}.callrecords__calls "
            "where channel = 'voice' and wait_seconds > 0 order by wait_seconds desc, call_key limit 10"
        )
        body = "".join(
            f"<tr><td>{started:%d %b %Y %H:%M}</td><td>{VENDORS[vendor][0]}</td><td>{html.escape(queue)}</td>"
            f'<td>{html.escape(outcome)}</td><td class="n" data-wait="{float(wait):.0f}">{_clock(wait)}</td></tr>'
            for started, vendor, queue, outcome, wait in rows
        )
        self._parts.append(
            "<section><h2>Longest waits</h2><p>Callers who waited longest in a queue.</p><table><tr><th>began</th>"
            f'<th>vendor</th><th>queue</th><th>outcome</th><th class="n">waited</th></tr>{body}</table></section>'
        )

    def _chart(self, name: str, title: str, explanation: str, figure: go.Figure) -> None:
        figure.update_layout(
            template="plotly_white",
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            font={"color": INK, "family": "system-ui, sans-serif"},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        )
        figure.update_yaxes(automargin=True)
        figure.update_xaxes(automargin=True)
        chart = figure.to_html(
            full_html=False, include_plotlyjs=False, div_id=name, config={"displayModeBar": False, "responsive": True}
        )
        self._parts.append(f"<section><h2>{title}</h2><p>{explanation}</p>{chart}</section>")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    whole = round(float(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def write(warehouse: Path, page: Path) -> None:
    """Write the report of a DuckDB warehouse to a file."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        page.write_text(Report(connection).page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
