"""What a vendor brings to the tests of the models: a module of `tests/transform/vendors` has it as `VENDOR`.

Rows are as a target has stored them, by stream: a first load, and a later one with late and changed rows. Only what
matters is written out; other columns are null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
DAY = 86_400
_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


def at(second: int, milli: int = 0) -> str:
    """An instant this many seconds after Monday, 2 March 2026, 10:00 UTC."""
    instant = _MONDAY + timedelta(seconds=second, milliseconds=milli)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Call(NamedTuple):
    """What a call means; `call` is its key without the vendor."""

    call: str
    channel: str
    direction: str
    outcome: str
    queue: str | None
    agent: str | None
    transferred: bool | None


class Seconds(NamedTuple):
    """How long a call took, in seconds, and its legs."""

    call: str
    ring: str | None
    wait: str | None
    talk: str | None
    hold: str | None
    total: str | None
    legs: int | None


class QueueFigures(NamedTuple):
    """What a queue is like over all days; `queue` is its key without the vendor."""

    queue: str
    offered: int
    answered: int
    in_level: int
    in_time: int
    abandoned: int
    service_level: float | None
    abandoned_share: float


class Activity(NamedTuple):
    """What an agent did on a day; `agent` is the key without the vendor."""

    agent: str
    day: str
    offered: int
    answered: int
    missed: int
    answered_by_others: int
    made: int
    made_answered: int
    talk: Decimal | int | None


@dataclass(frozen=True)
class Vendor:
    """A vendor of `calls`, told by its rows and by what they mean.

    Attributes:
        words: for each field the words that the vendor's documents list, a comma between two.
        first: the rows of the first load.
        late: those of the later one.
        erased: rows that are there with the first load and gone with the later one; their calls' ids end in `erased`.
        calls: what each call is after both loads; there are no others.
        corrected: outcome of a call after the first load and after the later one.
        seconds: how long some of them took.
        queue_figures: what each queue with voice calls is like.
        activity: what each agent did.
        agents: id, name and whether it is deleted, of all agents.
        queues: id and name, of all queues.
        directions: how many directions its voice calls have.
        lost: column of calls and legs, and what becomes of it with `pii_mode` hash and drop, beside the numbers.
        named: further rows by stream, for that: with names that those of the loads lack, and between colleagues.
        details: further rows by stream, and by the key of each of their calls without the vendor what managers ask of
            it besides how it ended, as far as the vendor tells it: where, why, who hung up, what it belongs to.
        raw: the query of its voice calls, from the tap's tables and by nothing that the models use: `id`, `account`,
            `started_at`, `ended_at`, `direction`, `outcome`, `queue`, `wait`, `talk`, `wrapup`, `caller`, `callee`,
            `tells_waits`. In Jinja, with the words of `tests/transform/raw_figures.py` for what differs by warehouse.
    """

    words: Mapping[str, str]
    calls: Sequence[Call]
    raw: str
    lost: Mapping[str, str]
    first: Rows = field(default_factory=dict)
    late: Rows = field(default_factory=dict)
    erased: Rows = field(default_factory=dict)
    corrected: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    seconds: Sequence[Seconds] = ()
    queue_figures: Sequence[QueueFigures] = ()
    activity: Sequence[Activity] = ()
    agents: Sequence[tuple[str, str | None, bool | None]] = ()
    queues: Sequence[tuple[str, str | None]] = ()
    named: Rows = field(default_factory=dict)
    details: tuple[Rows, Mapping[str, Mapping[str, Any]]] = field(default_factory=lambda: ({}, {}))
