"""What docs/targets.md says of versions and of SQL is what the tests load with and ask."""

from __future__ import annotations

import re

import pytest

from target_callrecords_duckdb.reading import LOOKED_AT
from target_callrecords_duckdb.warehouse import MORE_MEMORY
from tests.support.tap import ROOT
from tests.targets.documented import NAMES, PAGE, cells, compared
from tests.targets.targets import DuckDB, JSONLines, PostgreSQL, Snowflake, Target

PINS = ("constraints.txt", "tests/targets/snowflake.requirements.txt", "tests/targets/jsonl.requirements.txt")


def test_the_versions_are_those_that_the_tests_load_with() -> None:
    pinned = "\n".join((ROOT / file).read_text(encoding="utf-8") for file in PINS).splitlines()
    released = [row["target"] for name, row in compared().items() if name != "DuckDB"]
    assert len(released) == len(NAMES) - 1
    assert [each for each in released if each.replace(" ", "==") not in pinned] == []
    lines, fakesnow, connector = (
        re.findall(r"(target-jsonl==[\d.]+)\n", PAGE),
        re.findall(r"fakesnow ([\d.]+) needs", PAGE),
        re.findall(r"needs snowflake-connector-python (\d+)\.$", PAGE, re.MULTILINE),
    )
    assert lines
    assert {*lines} <= {*pinned}
    for name, (version,) in (("fakesnow", fakesnow), ("snowflake-connector-python", connector)):
        assert any(pin.startswith(f"{name}=={version}.") for pin in pinned), name


def test_the_loader_s_own_numbers_are_those_of_its_code() -> None:
    assert f"in the first {LOOKED_AT:,} records" in PAGE
    assert f"it is doubled, up to {MORE_MEMORY} times" in PAGE


@pytest.mark.parametrize("target", [DuckDB, PostgreSQL, Snowflake, JSONLines])
def test_rows_with_rescued_data_are_asked_for_as_the_tests_ask(target: type[Target]) -> None:
    table = PAGE[PAGE.index("| | rows that have some") :].partition("\n\n")[0].splitlines()
    said = {name: condition.strip("`") for name, condition, _ in map(cells, table[2:])}
    assert said[NAMES[target.name]] == target.has_rescued
