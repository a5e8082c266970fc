"""Every import has a declared dependency, and lint and types reach everything that is Python."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = {"tap_callrecords": ("arrow", "duckdb", "postgres"), "target_callrecords_duckdb": ("arrow", "duckdb")}
THROUGH_THE_SDK = {"backoff"}
"""Two distributions own this module, and overwrite each other; the SDK's choice must be the only one."""


owners_of_modules = cache(packages_distributions)


def name_of(requirement: str) -> str:
    """`Rich>=13; python_version < '4'` is rich."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def declared(package: str) -> set[str]:
    extras = [PROJECT["optional-dependencies"][extra] for extra in EXTRAS[package]]
    return {name_of(each) for each in [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]}


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def third_party(package: str) -> set[str]:
    every = set[str]().union(*(imported(path) for path in (ROOT / package).rglob("*.py")))
    return every - sys.stdlib_module_names - EXTRAS.keys()


@pytest.mark.parametrize("package", EXTRAS)
def test_every_import_has_a_declared_dependency(package: str) -> None:
    owners = owners_of_modules()
    undeclared = {
        module
        for module in third_party(package) - THROUGH_THE_SDK
        if not declared(package) & {name_of(each) for each in owners[module]}
    }
    assert undeclared == set()


def test_backoff_comes_with_the_sdk_alone() -> None:
    brought = {name_of(each) for each in requires("singer-sdk") or []}
    assert brought & {name_of(each) for each in owners_of_modules()["backoff"]}
    assert not {"backoff", "python-backoff"} & declared("target_callrecords_duckdb")


def test_every_declared_dependency_is_imported() -> None:
    owners = owners_of_modules()
    used = {name_of(each) for package in EXTRAS for module in third_party(package) for each in owners[module]}
    assert declared("target_callrecords_duckdb") - used == set()


def test_every_declared_dependency_is_pinned() -> None:
    pins = {name_of(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert declared("target_callrecords_duckdb") - pins == set()


def nameless_python() -> Iterator[str]:
    """Python that only its first line tells: lint and types do not find it by themselves."""
    for path in sorted((ROOT / "script").iterdir()):
        if path.is_file() and not path.suffix and "python" in path.read_text(encoding="utf-8").splitlines()[0]:
            yield str(path.relative_to(ROOT))


def test_lint_and_types_reach_python_without_a_suffix() -> None:
    found = list(nameless_python())
    assert found
    assert sorted(PYPROJECT["tool"]["ruff"]["extend-include"]) == found
    assert set(found) <= set(PYPROJECT["tool"]["mypy"]["files"])


def test_types_reach_every_folder_with_python() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    with_python = {name for name in folders if next((ROOT / name).rglob("*.py"), None)}
    assert with_python <= set(PYPROJECT["tool"]["mypy"]["files"])
