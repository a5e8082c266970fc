"""The report's figures out of the tap's tables, by SQL that shares nothing with the models: vendors' fields read again.

It runs in the warehouse whose page it is held against. A vendor's own query is `raw` of its module in
`tests/transform/vendors`; what differs by warehouse is in `SPEECH`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from jinja2 import Environment

from tests.transform.vendors import VENDORS
from tests.transform.warehouse import (
    TYPES,
    DuckDBWarehouse,
    PostgresWarehouse,
    SnowflakeWarehouse,
    Warehouse,
)

SPEECH: Mapping[type[Warehouse], Mapping[str, Callable[..., str]]] = {
    DuckDBWarehouse: {
        "seconds": "date_diff('millisecond', {}, {}) / 1000.0".format,
        "later": "{} + to_milliseconds({})".format,
        "fully": "regexp_full_match({}, '{}')".format,
        "text_of": "cast({} as varchar)".format,
        "first_of": "{} ->> 0".format,
        "digits_of": "regexp_replace({}, '[^0-9]', '', 'g')".format,
    },
    PostgresWarehouse: {
        "seconds": "extract(epoch from ({1}) - ({0}))".format,
        "later": "{} + ({}) * interval '1 millisecond'".format,
        "fully": "{} similar to '{}'".format,
        "text_of": "cast({} as text)".format,
        "first_of": "{}[1]".format,
        "digits_of": "regexp_replace({}, '[^0-9]', '', 'g')".format,
    },
    SnowflakeWarehouse: {
        "seconds": "datediff('millisecond', {}, {}) / 1000.0".format,
        "later": "dateadd('millisecond', {1}, {0})".format,
        "fully": "regexp_like({}, '{}')".format,
        "text_of": "to_json({})".format,
        "first_of": "{}[0]::varchar".format,
        "digits_of": "regexp_replace({}, '[^0-9]', '')".format,
    },
}
"""The words of the queries that each warehouse says otherwise.

Attributes:
    seconds: from one instant to another.
    later: so many milliseconds after an instant.
    fully: whether all of a text matches a pattern.
    text_of, first_of: a list as text, and its first member.
    digits_of: the digits of a text.
"""
SAME = {
    "any": "max(case when {} then 1 else 0 end) = 1".format,
    "count_if": "sum(case when {} then 1 else 0 end)".format,
}

FIGURES = {
    "calls": ("count(*)", "null"),
    "answered": ("{{ count_if(\"inbound and outcome = 'answered'\") }}", "{{ count_if('inbound') }}"),
    "missed": ("{{ count_if(\"inbound and outcome = 'missed'\") }}", "{{ count_if('inbound') }}"),
    "abandoned": ("{{ count_if(\"offered and outcome = 'abandoned'\") }}", "{{ count_if('offered') }}"),
    "service_level": (
        "{{ count_if(\"offered and outcome = 'answered' and wait <= 20\") }}",
        "{{ count_if(\"offered and tells_waits and (wait is not null or outcome <> 'answered')\") }}",
    ),
    "speed_of_answer": (
        "coalesce(sum(case when offered and outcome = 'answered' then wait end), 0)",
        "count(case when offered and outcome = 'answered' then wait end)",
    ),
    "talk_time": (
        "coalesce(sum(case when outcome = 'answered' then talk end), 0)",
        "count(case when outcome = 'answered' then talk end)",
    ),
    "handling_time": (
        "coalesce(sum(case when outcome = 'answered' then talk + wrapup end), 0)",
        "count(case when outcome = 'answered' then talk end)",
    ),
    "repeat_callers": ("{{ count_if('repeats = 1') }}", "{{ count_if('inbound and number is not null') }}"),
    "first_call_resolution": (
        "{{ count_if('settled and coalesce(followed, 0) = 0') }}",
        "{{ count_if('settled') }}",
    ),
}
"""For each figure its numerator and denominator over `told`."""

TOLD = """
raw_calls as (
    select each.*,
        case when length(digits) = 10 then '1' || digits else coalesce(nullif(digits, ''), side) end as number,
        direction = 'inbound' as inbound,
        queue is not null and direction <> 'outbound' as offered
    from (
        select every.*, {{ digits_of('side') }} as digits from (
            select united.*, case direction when 'inbound' then caller when 'outbound' then callee end as side
            from (
                {%- for vendor, query in queries.items() %}
                {{ 'union all' if not loop.first }} select '{{ vendor }}' as vendor, raw.* from ({{ query }}) as raw
                {%- endfor %}
            ) as united where started_at is not null
        ) as every
    ) as each
),
pairs as (
    select
        mine.vendor, mine.id,
        max(case when {{ seconds('other.started_at', 'mine.started_at') }} between 0 and 604800 then 1 end) as repeats,
        max(case when {{ seconds('mine.started_at', 'other.started_at') }} between 0 and 604800 then 1 end) as followed
    from raw_calls as mine join raw_calls as other on other.number = mine.number
    where mine.inbound and other.inbound and (mine.vendor <> other.vendor or mine.id <> other.id)
    group by mine.vendor, mine.id
),
newest as (select max(started_at) as newest_at from raw_calls),
told as (
    select
        raw_calls.*, repeats, followed,
        inbound and number is not null and outcome = 'answered'
            and {{ seconds('started_at', 'newest_at') }} > 604800 as settled
    from raw_calls
    cross join newest
    left join pairs on pairs.vendor = raw_calls.vendor and pairs.id = raw_calls.id
)
"""


class RawRows:
    """The tap's tables of a warehouse, and the calls that they tell of."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._words = {**SPEECH[type(warehouse)], **SAME}
        queries = {name: self._said(vendor.raw) for name, vendor in VENDORS.items()}
        present = {
            name
            for (name,) in warehouse.query(
                "select lower(table_name) from information_schema.tables where lower(table_schema) = 'callrecords'"
            )
        }
        streams = [name for name in TYPES if any(name in query for query in queries.values())]
        tables = [f"{name} as ({self._table(name) if name in present else self._absent(name)})" for name in streams]
        self._with = f"with {', '.join(tables)}, {self._said(TOLD, queries=queries)}"

    def _said(self, text: str, **more: Any) -> str:
        return Environment().from_string(text).render(**self._words, **more)

    @staticmethod
    def _table(stream: str) -> str:
        return f"select * from callrecords.{stream}"

    def _absent(self, stream: str) -> str:
        columns = (
            f'cast(null as {self._warehouse.type_of(name, kind)}) as "{name}"' for name, kind in TYPES[stream].items()
        )
        return f"select {', '.join(columns)} where 1 = 0"

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query of `told`, which has a row for each voice call; its numbers are floats."""
        rows = self._warehouse.query(f"{self._with} {self._said(query)}")
        return [tuple(float(each) if isinstance(each, Decimal) else each for each in row) for row in rows]

    def figures(self) -> dict[tuple[str, str], tuple[float, float | None]]:
        """Numerator and denominator of each figure of each vendor."""
        columns = ", ".join(part for pair in FIGURES.values() for part in pair)
        return {
            (row[0], name): (round(row[1 + 2 * at], 3), row[2 + 2 * at])
            for row in self.ask(f"select vendor, {columns} from told group by vendor")
            for at, name in enumerate(FIGURES)
        }

    def hours(self) -> list[list[Any]]:
        """Weekday, hour, vendor, direction and calls of such an hour: days count from the first call to the last."""
        calls = self.ask("select vendor, account, direction, started_at from told")
        days: Counter[tuple[str, str, int]] = Counter()
        for mine in {call[:2] for call in calls}:
            dates = [call[3].date() for call in calls if call[:2] == mine]
            span = (max(dates) - min(dates)).days + 1
            days.update((*mine, (min(dates) + timedelta(days=each)).isoweekday()) for each in range(span))
        found: defaultdict[tuple[int, int, str, str], float] = defaultdict(float)
        for vendor, account, direction, at in calls:
            found[at.isoweekday(), at.hour, vendor, direction] += 1 / days[vendor, account, at.isoweekday()]
        return [[*key, round(each, 2)] for key, each in sorted(found.items())]


def compare(data: Mapping[str, Any], raw: RawRows) -> None:
    """Everything that a page with all calls tells, held against the raw rows: each figure, chart and list of it."""
    figures = {name: (numerator, denominator) for name, _, _, numerator, denominator, _, _ in data["figures"]}
    assert figures.keys() == FIGURES.keys()

    def shown(vendor: str, column: str | None) -> float | None:
        at = 3 + data["measures"].index(column) if column else 0
        return round(sum(row[at] or 0 for row in data["daily"] if row[1] == vendor), 3) if column else None

    told = raw.figures()
    for vendor in VENDORS:
        for name, columns in figures.items():
            assert tuple(shown(vendor, column) for column in columns) == told[vendor, name], (vendor, name)

    assert sorted(data["outcomes"]) == sorted(
        list(row)
        for row in raw.ask(
            "select cast(cast(started_at as date) as varchar), vendor, direction, outcome, count(*) from told"
            " group by cast(cast(started_at as date) as varchar), vendor, direction, outcome"
        )
    )
    queues: dict[tuple[str, str], list[float]] = {}
    for _, vendor, key, *counts in data["queues"]:
        sums = queues.setdefault((vendor, data["queue_names"][key]), [0.0] * len(counts))
        queues[vendor, data["queue_names"][key]] = [a + (b or 0) for a, b in zip(sums, counts, strict=True)]
    offered, abandoned = FIGURES["abandoned"][::-1]
    level, speed = FIGURES["service_level"], FIGURES["speed_of_answer"]
    assert {name: [round(each, 3) for each in sums] for name, sums in queues.items()} == {
        (vendor, queue): [float(round(each or 0, 3)) for each in sums]
        for vendor, queue, *sums in raw.ask(
            f"select vendor, queue, {offered}, {abandoned}, {level[1]}, {level[0]}, {speed[1]}, {speed[0]}"
            " from told where offered group by vendor, queue"
        )
    }
    assert [[*row[:4], round(row[4], 2)] for row in sorted(data["hours"])] == raw.hours()
    waiting = raw.ask(
        "select number, min(started_at), count(*) from told"
        " left join (select number as talked, max(started_at) as talked_at from told where outcome = 'answered'"
        " group by number) as reached on reached.talked = told.number"
        " where inbound and outcome in ('missed', 'abandoned') and number is not null"
        " and (talked_at is null or talked_at < started_at) group by number"
    )
    assert sum(data["to_return"].values()) == len(waiting)
    listed = [(row[0].lstrip("+"), row[3], row[4]) for row in data["returns"]]
    assert set(listed) <= {(number, since.strftime("%Y-%m-%d %H:%M"), calls) for number, since, calls in waiting}
    assert len(listed) == sum(min(count, data["returns_shown"]) for count in data["to_return"].values())
    waits = [(-round(row[4], 3), row[1], row[5]) for row in data["waits"]]
    assert [row[0] for row in waits] == sorted(row[0] for row in waits)
    assert sorted(waits) == sorted(
        (-round(float(wait), 3), vendor, direction)
        for vendor, direction, wait in raw.ask(
            "select vendor, direction, wait from ("
            "select told.*, row_number() over (partition by vendor, direction order by wait desc) as nth"
            f" from told where wait > 0) as longest where nth <= {data['waits_shown']}"
        )
    )
