"""`--plan`: what a run with this configuration and state would read, and what that takes at least. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_callrecords import instants
from tap_callrecords.output.progress import counted, in_words

if TYPE_CHECKING:
    from tap_callrecords.stream import CallRecordStream


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run of one stream takes.

    Attributes:
        stream: its name.
        source: the vendor product.
        start: the first instant that is read; None for a list, and where nothing is read.
        end: the last one.
        windows: how many queries the time is cut into; None for a list.
        requests: how many are sent at least: large windows take more pages, tokens are not counted.
        seconds_between: how long the vendor wants between two first requests.
    """

    stream: str
    source: str
    start: str | None
    end: str | None
    windows: int | None
    requests: int
    seconds_between: float

    @classmethod
    def of(cls, stream: CallRecordStream[Any]) -> Forecast:
        """Plan a stream."""
        span, windows = stream.plan()
        timed = stream.has_windows and bool(windows)
        return cls(
            stream=stream.name,
            source=stream.api_type.product,
            start=instants.to_text(span.start) if timed else None,
            end=instants.to_text(span.end) if timed else None,
            windows=len(windows) if stream.has_windows else None,
            requests=len(windows) * stream.requests_of_a_window,
            seconds_between=stream.seconds_between_requests,
        )

    @property
    def seconds(self) -> float:
        """The least time that the vendor's pace allows, where it sets one."""
        return max(0, self.requests - 1) * self.seconds_between

    def as_json(self) -> dict[str, Any]:
        """As `--plan=json` has it."""
        return {
            "stream": self.stream,
            "source": self.source,
            "from": self.start,
            "to": self.end,
            "windows": self.windows,
            "least_requests": self.requests,
            "least_seconds": self.seconds,
        }


def least_seconds(forecasts: Sequence[Forecast]) -> float:
    """Of a run: streams are read one after the other, and those of a source share its pace."""
    requests: dict[tuple[str, float], int] = {}
    for each in forecasts:
        if each.requests:
            key = each.source, each.seconds_between
            requests[key] = requests.get(key, 0) + each.requests
    return sum((count - 1) * seconds for (_, seconds), count in requests.items())


def as_json(forecasts: Sequence[Forecast]) -> str:
    """The plan for a program."""
    plan = {
        "streams": [each.as_json() for each in forecasts],
        "least_requests": sum(each.requests for each in forecasts),
        "least_seconds": least_seconds(forecasts),
    }
    return json.dumps(plan, indent=2)


def as_text(forecasts: Sequence[Forecast]) -> str:
    """The plan for a person: a table, and a line for the whole."""
    rows = [("stream", "from", "to", "windows", "requests", "time")]
    for each in forecasts:
        nothing = "" if each.windows is None else "nothing to read"
        rows.append(
            (
                each.stream,
                each.start or nothing or "the whole list",
                each.end or "",
                "" if each.windows is None else f"{each.windows:,}",
                f"{each.requests:,}",
                in_words(each.seconds) if each.seconds else "",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    requests = sum(each.requests for each in forecasts)
    days = timedelta(seconds=least_seconds(forecasts)) / timedelta(days=1)
    time = f"{days:.1f} days" if days >= 2 else in_words(least_seconds(forecasts))  # noqa: PLR2004
    pace = f", {time} at least by the vendors' pace" if least_seconds(forecasts) else ""
    return "\n".join([*lines, "", f"At least {counted(requests, 'request')}{pace}. Nothing was sent."])
