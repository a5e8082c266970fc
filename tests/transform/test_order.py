"""The order in which rows arrive changes nothing: what is late comes out as if it had always been there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.vendors import FIRST, LATE
from tests.transform.warehouse import KEYS, TYPES, DuckDBWarehouse

pytestmark = pytest.mark.slow


def test_every_build_makes_every_table_whole(at_once: DuckDBWarehouse) -> None:
    """So rows that are late, changed or erased are in the next build what they are in the first."""
    assert {node["config"]["materialized"] for node in at_once.manifest() if node["resource_type"] == "model"} == {
        "view",
        "table",
    }


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """The newest version of each row, by stream."""
    rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for load in (FIRST, LATE):
        for stream, each in load.items():
            for row in each:
                rows.setdefault(stream, {})[tuple(row[key] for key in KEYS[stream])] = row
    return {stream: list(each.values()) for stream, each in rows.items()}


Rows = list[tuple[str, dict[str, Any]]]


@contextmanager
def loaded(connection: duckdb.DuckDBPyConnection, rows: Rows) -> Iterator[None]:
    """The tap's tables with these rows, in this order, and no others; afterwards as they were."""
    connection.execute("begin")
    try:
        for stream in all_rows():
            connection.execute(f"delete from callrecords.{stream}")
        for stream, row in rows:
            names = ", ".join(f'"{column}"' for column in row)
            connection.execute(
                f"insert into callrecords.{stream} ({names}) values ({', '.join('?' for _ in row)})",
                [DuckDBWarehouse._value(value) for value in row.values()],
            )
        yield
    finally:
        connection.execute("rollback")


def made_of(connection: duckdb.DuckDBPyConnection, query: str, rows: Rows) -> list[dict[str, Any]]:
    """The rows that a query gives of these."""
    with loaded(connection, rows):
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, each, strict=True)) for each in cursor.fetchall()]


def made(connection: duckdb.DuckDBPyConnection, queries: dict[str, str], rows: Rows) -> dict[str, list[str]]:
    """What the queries make of the rows."""
    with loaded(connection, rows):
        return {name: sorted(map(str, connection.execute(query).fetchall())) for name, query in queries.items()}


def tied(rows: Rows) -> Rows:
    """The rows with all their instants the same."""
    return [
        (stream, {name: "2026-03-02 10:00:00" if value and TYPES[stream][name] == "timestamp" else value
                  for name, value in row.items()})
        for stream, row in rows
    ]  # fmt: skip


def test_any_order_and_lag_of_rows_gives_the_same_calls(at_once: DuckDBWarehouse, queries: dict[str, str]) -> None:
    """Rows come in any order, streams behind each other, with instants that tie and that do not."""
    in_order = [(stream, row) for stream, each in all_rows().items() for row in each]
    with duckdb.connect(str(at_once.path)) as connection:
        wanted = {ties: made(connection, queries, tied(in_order) if ties else in_order) for ties in (False, True)}

        @settings(max_examples=5)
        @given(seed=st.integers(0, 2**32), ties=st.booleans())
        def any_order(seed: int, ties: bool) -> None:
            shuffled = Random(seed).sample(in_order, len(in_order))
            assert made(connection, queries, tied(shuffled) if ties else shuffled) == wanted[ties]

        any_order()
