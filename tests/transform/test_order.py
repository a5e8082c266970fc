"""The order in which rows arrive changes nothing: what is late comes out as if it had always been there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.conftest import MARTS
from tests.transform.vendors import ERASED, FIRST, LATE
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


def replace_rows(connection: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """Put these rows, in this order, in the place of all that are in the tap's tables."""
    for stream in all_rows():
        connection.execute(f"delete from callrecords.{stream}")
    for stream, row in rows:
        names = ", ".join(f'"{column}"' for column in row)
        connection.execute(
            f"insert into callrecords.{stream} ({names}) values ({', '.join('?' for _ in row)})",
            [DuckDBWarehouse._value(value) for value in row.values()],
        )


@contextmanager
def loaded(connection: duckdb.DuckDBPyConnection, rows: Rows) -> Iterator[None]:
    """The tap's tables with these rows, in this order, and no others; afterwards as they were."""
    connection.execute("begin")
    try:
        replace_rows(connection, rows)
        yield
    finally:
        connection.execute("rollback")


def made_of(connection: duckdb.DuckDBPyConnection, query: str, rows: Rows) -> list[dict[str, Any]]:
    """The rows that a query gives of these."""
    with loaded(connection, rows):
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, each, strict=True)) for each in cursor.fetchall()]


def tied(rows: Rows) -> Rows:
    """The rows with all their instants the same."""
    return [
        (stream, {name: "2026-03-02 10:00:00" if value and TYPES[stream][name] == "timestamp" else value
                  for name, value in row.items()})
        for stream, row in rows
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tables(at_once: DuckDBWarehouse) -> dict[str, str]:
    """What dbt makes each table from, those first that others are made from."""
    nodes = {node["unique_id"]: node for node in at_once.manifest() if node["resource_type"] == "model"}
    ordered: dict[str, str] = {}

    def take(unique_id: str) -> None:
        node = nodes.get(unique_id)
        if node is None or node["relation_name"] in ordered:
            return
        for each in node["depends_on"]["nodes"]:
            take(each)
        if node["config"]["materialized"] == "table":
            ordered[node["relation_name"]] = node["compiled_code"]

    for each in nodes:
        take(each)
    return ordered


Lines = dict[str, Counter[tuple[Any, ...]]]


def lines(connection: duckdb.DuckDBPyConnection) -> Lines:
    """The lines of each table for reports."""
    return {name: Counter(connection.execute(f"from analytics.{name}").fetchall()) for name in MARTS}


def made(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> Lines:
    """The same after every table has been made again of the rows that are there, as a build does."""
    for name, query in tables.items():
        connection.execute(f"create or replace table {name} as {query}")
    return lines(connection)


def test_streams_that_lag_and_rows_that_are_erased_leave_no_trace(
    at_once: DuckDBWarehouse, tables: dict[str, str]
) -> None:
    """A build of some of each stream's rows, and of others that are erased later; then one of all rows."""
    rows = [(stream, row) for stream, each in all_rows().items() for row in each]
    random = Random(14)
    lag = {stream: random.random() for stream in all_rows()}
    early = [(stream, row) for stream, row in rows if random.random() > lag[stream]]
    with duckdb.connect(str(at_once.path)) as connection:
        wanted = lines(connection)
        with loaded(connection, early + [(stream, row) for stream, each in ERASED.items() for row in each]):
            assert made(connection, tables) != wanted
            replace_rows(connection, rows)
            assert made(connection, tables) == wanted


def test_any_order_of_rows_gives_the_same_tables(at_once: DuckDBWarehouse, tables: dict[str, str]) -> None:
    """With instants that tie and that do not: no line more in any table, and none less."""
    in_order = [(stream, row) for stream, each in all_rows().items() for row in each]
    with duckdb.connect(str(at_once.path)) as connection:
        with loaded(connection, tied(in_order)):
            wanted = {False: lines(connection), True: made(connection, tables)}

        @settings(max_examples=4)
        @given(seed=st.integers(0, 2**32), ties=st.booleans())
        def any_order(seed: int, ties: bool) -> None:
            rows = Random(seed).sample(in_order, len(in_order))
            with loaded(connection, tied(rows) if ties else rows):
                assert made(connection, tables) == wanted[ties]

        any_order()
