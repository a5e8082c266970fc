"""What dbt knows of the models: its graph, and the tables that it makes for reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import yaml

from generators.facts import ROOT

PROJECT = ROOT / "transform"
FIGURES = "callrecords__figures"


@cache
def graph() -> Mapping[str, Any]:
    """Dbt's manifest, with what it makes of the model of figures. No warehouse is needed.

    Raises:
        RuntimeError: dbt finds a fault in the project.
    """
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("dbt"), "--quiet", "--no-send-anonymous-usage-stats"),
                *("--no-version-check", "compile", "--select", FIGURES),
                *("--project-dir", PROJECT, "--profiles-dir", PROJECT / "profiles"),
                *("--target", "duckdb", "--target-path", folder, "--log-path", folder),
            ],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "TAP_CALLRECORDS_WAREHOUSE": str(Path(folder) / "none.duckdb")},
        )
        if done.returncode:
            raise RuntimeError(f"dbt does not take the models:\n{done.stdout}{done.stderr}")
        manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    return manifest


@dataclass(frozen=True)
class Mart:
    """A table for reports.

    Attributes:
        name: as it is in the warehouse.
        description: what a row is.
        columns: name, type and meaning of each.
        key: the columns that tell a row from all others.
    """

    name: str
    description: str
    columns: Sequence[Mapping[str, str]]
    key: Sequence[str]


@cache
def marts() -> Sequence[Mart]:
    """All of them, in the order of models.yml."""
    nodes = graph()["nodes"]
    keys = {
        node["attached_node"]: node["test_metadata"]["kwargs"]["columns"]
        for node in nodes.values()
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "callrecords_key"
    }
    made = {
        node["name"]: Mart(
            node["name"], " ".join(node["description"].split()), [*node["columns"].values()], keys[unique_id]
        )
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["path"].startswith("marts/")
    }
    order = yaml.safe_load((PROJECT / "models" / "models.yml").read_text(encoding="utf-8"))["models"]
    return [made[each["name"]] for each in order if each["name"] in made]


def figures() -> Sequence[Mapping[str, Any]]:
    """The rows of the model of figures, with the variables as they are without a word."""
    node = next(each for each in graph()["nodes"].values() if each["name"] == FIGURES)
    with duckdb.connect() as nothing:
        rows = nothing.execute(f"select * from ({node['compiled_code']}) order by position")
        names = [str(column[0]) for column in rows.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
