"""Names that the file of a DuckDB warehouse may not have."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.support.tap import ROOT

HOW_TO = (ROOT / "docs" / "how-to" / "into-duckdb.md").read_text(encoding="utf-8")
FORBIDDEN = re.findall(r"`(\w+)\.duckdb`", HOW_TO)


def test_the_how_to_forbids_the_names_of_all_schemas() -> None:
    project = yaml.safe_load((ROOT / "transform" / "dbt_project.yml").read_text(encoding="utf-8"))
    profiles = (ROOT / "transform" / "profiles" / "profiles.yml").read_text(encoding="utf-8")
    (schema,) = {*re.findall(r"^ +schema: (\w+)$", profiles, re.MULTILINE)}
    custom = {*re.findall(r"'\+schema': '(\w+)'", str(project))}
    assert {*FORBIDDEN} == {project["vars"]["callrecords_schema"], schema, *(f"{schema}_{each}" for each in custom)}


@pytest.mark.parametrize("name", [*FORBIDDEN, "warehouse"])
def test_a_file_that_is_named_like_a_schema_can_t_be_used(tmp_path: Path, name: str) -> None:
    with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as file:
        for schema in FORBIDDEN:
            file.execute(f"create schema {schema}")
            if schema == name:
                with pytest.raises(duckdb.Error, match="Ambiguous reference to catalog or schema"):
                    file.execute(f"create table {schema}.calls (id text)")
            else:
                file.execute(f"create table {schema}.calls (id text)")
