"""What every simulated vendor shares: where it lives, its rows, its switches."""

from __future__ import annotations

import dataclasses
import gc
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, ClassVar, Literal, TypeVar

from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.calls import Call, CallFeed
from sandbox.clock import Clock
from sandbox.subject import Subject
from sandbox.table import Row, Table

BATCH = 2000
"""Calls rendered at a time, which bounds the memory a large history takes while it is made."""


@dataclass
class World:
    """What all vendors of one sandbox have in common.

    Attributes:
        seed: Decides every generated call.
        days: How many days back the calls reach.
        calls_per_day: About how many calls a weekday has; 0 for none.
        samples: Whether the vendors' own sample rows are served too.
        clock: The sandbox's now.
        url: The base URL, known once the port is.
        apart: Whether each product has calls of its own, as parts of a company that have different systems do; else
            every product tells of the same calls.
    """

    seed: int = 8
    days: int = 3
    calls_per_day: int = 200
    samples: bool = False
    clock: Clock = field(default_factory=Clock)
    url: str = ""
    apart: bool = False


class Vendor(ABC):
    """A vendor's API: subclass it, name the tables, render rows from calls, answer requests.

    Attributes:
        name: What the sandbox and its folder call it.
        part: Which part of the company has it, in a world whose products are apart.
        prefix: What its paths begin with.
        switches: A dataclass of what the vendor's documents leave open.
        streams: The tap's streams that read it, for the suites that run over all streams.
        wrong_credential: A setting with a credential that it refuses.
        small: What the vendor fixes and the tap has as a constant, by the constant's full name: a small value for
            tests, so that few rows take many pages.
    """

    name: ClassVar[str]
    part: ClassVar[int] = 0
    prefix: ClassVar[str]
    switches: Any
    streams: ClassVar[Sequence[Subject]]
    wrong_credential: ClassVar[Mapping[str, Any]]
    small: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock
        self.tables: dict[str, Table] = {}
        self._lock = threading.RLock()
        self._feed: CallFeed | None = None
        self._after_requests: list[tuple[int, Table, list[Row]]] = []

    @property
    def seed(self) -> int:
        """Decides its calls and people."""
        return self.world.seed + (1000 * self.part if self.world.apart else 0)

    @property
    def url(self) -> str:
        """The value of the tap's ``<vendor>_api_url`` setting."""
        return self.world.url + self.prefix

    @property
    @abstractmethod
    def config(self) -> dict[str, Any]:
        """The tap settings that reach this vendor."""

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """Starlette routes below ``prefix``."""

    @abstractmethod
    def render(self, calls: Iterable[Call]) -> dict[str, list[Row]]:
        """Rows per table name for ended calls."""

    def sample_rows(self) -> dict[str, list[Row]]:
        """Rows per table of the vendor's documented samples, moved to recent days."""
        return {}

    def stored(self, row: Row, at_ms: int) -> Row:  # noqa: ARG002 - for vendors that tell
        """A row as it is when it was stored at an instant (epoch ms), for vendors that select by that."""
        return row

    def refresh(self) -> None:
        """Bring in what has ended by now; called before every request and every look at the rows."""
        with self._lock:
            if self._feed is None:
                first = (self.clock.now() - timedelta(days=self.world.days)).date()
                self._feed = CallFeed(self.seed, first, self.world.calls_per_day)
                if self.world.samples:
                    self._add(self.sample_rows())
            if self.world.calls_per_day:
                ended = self._feed.take(self.clock.now_ms())
                collecting = gc.isenabled()
                gc.disable()  # much is made and nothing in a circle: collecting would cost a third of the time
                try:
                    while calls := list(islice(ended, BATCH)):
                        self._add(self.render(calls))
                finally:
                    if collecting:
                        gc.enable()

    def table(self, name: str) -> Table:
        """An up-to-date table."""
        self.refresh()
        return self.tables[name]

    def add_rows(
        self, table: str, rows: Iterable[Row], *, visible_at: int | None = None, after_requests: int = 0
    ) -> None:
        """Put own rows in: at once, from an instant (epoch ms), or after that many more data requests."""
        with self._lock:
            if after_requests:
                self._after_requests.append((after_requests, self.tables[table], list(rows)))
            else:
                self.tables[table].add(rows, visible_at=visible_at)

    def count_request(self) -> None:
        """Tell the waiting rows that a data request has been answered."""
        with self._lock:
            waiting, self._after_requests = self._after_requests, []
            for count, table, rows in waiting:
                if count > 1:
                    self._after_requests.append((count - 1, table, rows))
                else:
                    table.add(rows)

    def set_switches(self, values: dict[str, Any]) -> None:
        """Set switches by name.

        Raises:
            ValueError: If there is no such switch.
        """
        known = {one.name for one in dataclasses.fields(self.switches)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"no such switch: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        for name, value in values.items():
            setattr(self.switches, name, value)

    def _add(self, rows: dict[str, list[Row]]) -> None:
        for name, added in rows.items():
            self.tables[name].add(added)


T = TypeVar("T")
CountForm = Literal["number", "decimal", "text", "decimal text"]
"""How an announced number of rows is written."""


def written(count: int, form: CountForm) -> int | float | str:
    """An announced number of rows in one of its forms."""
    number = float(count) if form.startswith("decimal") else count
    return str(number) if form.endswith("text") else number


def with_repeats(rows: list[T], repeats: int) -> list[T]:
    """Rows, so many of which (the first of them) come twice, one right behind the other."""
    return [row for at, row in enumerate(rows) for _ in range(1 + (at < repeats))]


def json_page(head: bytes, rows: Iterable[bytes], tail: bytes) -> Response:
    """An answer joined from encoded rows."""
    return Response(head + b",".join(rows) + tail, media_type="application/json")
