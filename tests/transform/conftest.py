"""The project built once per warehouse: on a first load and on late rows; and once on all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.postgres import postgres_server
from tests.transform.vendors import ERASED, FIRST, LATE
from tests.transform.warehouse import (
    TRANSFORM,
    DbtRun,
    DuckDBWarehouse,
    PostgresWarehouse,
    SnowflakeWarehouse,
    Warehouse,
    fakesnow_server,
    without,
)

ABOUT = ("callrecords__figures", "callrecords__settings", "callrecords__vendors")
MARTS = sorted({path.stem for path in (TRANSFORM / "models/marts").glob("*.sql")} - set(ABOUT))
Tables = dict[str, set[tuple[str, ...]]]


@dataclass
class Built:
    """A warehouse after its two builds, and what each of them left."""

    warehouse: Warehouse
    first: DbtRun
    first_tables: Tables
    second: DbtRun
    second_tables: Tables


def built_on(*names: str) -> list[Any]:
    """Parameters of `built`; with xdist all tests of a warehouse run in one process, so it is built once."""
    return [
        pytest.param(name, marks=[pytest.mark.xdist_group(f"transform-{name}"), pytest.mark.timeout(900)], id=name)
        for name in names
    ]


@pytest.fixture(scope="session", params=built_on("duckdb", "postgres", "snowflake"))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The project, built on the first load, then on the late rows, of more vendors, and without those that were erased.

    The unit tests run in the first build, the data tests in the second: each once, as dbt takes its time.
    """
    folder = tmp_path_factory.mktemp(f"transform-{request.param}")
    with ExitStack() as stack:
        warehouse: Warehouse
        if request.param == "duckdb":
            warehouse = DuckDBWarehouse(folder)
        elif request.param == "postgres":
            warehouse = PostgresWarehouse(folder, stack.enter_context(postgres_server()))
        else:
            warehouse = SnowflakeWarehouse(folder, stack.enter_context(fakesnow_server()))
            stack.callback(warehouse.close)

        def tables() -> Tables:
            return {name: warehouse.table(name) for name in MARTS}

        warehouse.load(FIRST)
        warehouse.load(ERASED)
        first = warehouse.dbt("build", *without("test"), *warehouse.unit_tests)
        assert first.exit_code == 0, first.output
        first_tables = tables()
        warehouse.erase(ERASED)
        warehouse.load(LATE)
        second = warehouse.dbt("build", *without("unit_test"))
        assert second.exit_code == 0, second.output
        yield Built(warehouse, first, first_tables, second, tables())


@pytest.fixture(scope="session")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    """A DuckDB warehouse that had all rows before it was first built."""
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("transform-at-once"))
    warehouse.load(FIRST)
    warehouse.load(LATE)
    run = warehouse.dbt("build", *without("test", "unit_test"))
    assert run.exit_code == 0, run.output
    return warehouse


@pytest.fixture(scope="session")
def queries(at_once: DuckDBWarehouse) -> dict[str, str]:
    """What dbt makes the tables of calls and legs from: queries of views of the tap's tables."""
    made = ("callrecords__calls", "callrecords__call_legs")
    return {node["name"]: node["compiled_code"] for node in at_once.manifest() if node["name"] in made}
