"""The project built once per warehouse: on a first load, on late rows, and anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.postgres import postgres_server
from tests.transform.rows import FIRST, LATE
from tests.transform.warehouse import (
    DbtRun,
    DuckDBWarehouse,
    PostgresWarehouse,
    SnowflakeWarehouse,
    Warehouse,
    fakesnow_server,
    without,
)

MARTS = ("calls", "call_legs", "agents", "queues", "daily_call_volume", "hourly_call_load", "queue_service_level",
         "agent_activity")  # fmt: skip
Tables = dict[str, set[tuple[str, ...]]]


@dataclass
class Built:
    """A warehouse after its three builds, and what each of them left."""

    warehouse: Warehouse
    first: DbtRun
    first_tables: Tables
    incremental: DbtRun
    incremental_tables: Tables
    anew: DbtRun
    anew_tables: Tables


def built_on(*names: str) -> list[Any]:
    """Parameters of `built`; with xdist all tests of a warehouse run in one process, so it is built once."""
    return [
        pytest.param(name, marks=[pytest.mark.xdist_group(f"transform-{name}"), pytest.mark.timeout(900)], id=name)
        for name in names
    ]


@pytest.fixture(scope="session", params=built_on("duckdb", "postgres", "snowflake"))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The project, built on the first load (without Voiso), then on the late rows, then with --full-refresh.

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

        def tables() -> Tables:
            return {name: warehouse.table(name) for name in MARTS}

        warehouse.load(FIRST)
        first = warehouse.dbt("build", *without("test"), *warehouse.unit_tests)
        assert first.exit_code == 0, first.output
        first_tables = tables()
        warehouse.load(LATE)
        incremental = warehouse.dbt("build", *without("unit_test"))
        assert incremental.exit_code == 0, incremental.output
        incremental_tables = tables()
        anew = warehouse.dbt("run", "--full-refresh", "--select", "calls+", "call_legs+")
        assert anew.exit_code == 0, anew.output
        yield Built(warehouse, first, first_tables, incremental, incremental_tables, anew, tables())
