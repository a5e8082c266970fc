"""Why script/target-duckdb is there: what the released target does wrong, and that the script does it right.

When a test of the released target fails, a release has mended it: take what it needed out of the script.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.tap import ROOT

pytestmark = pytest.mark.slow
RELEASED = [str(Path(sys.executable).with_name("target-duckdb"))]
OURS = [sys.executable, str(ROOT / "script" / "target-duckdb")]
TEXT = {"type": "string"}
NAMED = {"id": TEXT, "name": {"type": ["string", "null"]}}
HEADER_LIKE: list[dict[str, Any]] = [
    {"id": "first", "name": "caller"},
    *({"id": str(number), "name": str(2 * number)} for number in range(999)),
]
EMPTY_KEY = [{"id": "", "name": "kept"}]
ANYTHING = {"type": ["array", "object", "string", "null"]}


def load(
    program: Sequence[str], folder: Path, properties: dict[str, Any], records: Sequence[dict[str, Any]]
) -> tuple[int, list[tuple[Any, ...]]]:
    """Load records with the key `id`; the exit code and the rows."""
    file = folder / "warehouse.duckdb"
    (folder / "config.json").write_text(json.dumps({"path": str(file), "default_target_schema": "calls"}))
    schema = {"type": "object", "properties": properties}
    messages = [
        {"type": "SCHEMA", "stream": "calls", "schema": schema, "key_properties": ["id"]},
        *({"type": "RECORD", "stream": "calls", "record": record} for record in records),
    ]
    done = subprocess.run(
        [*program, "--config", str(folder / "config.json")],
        input="".join(json.dumps(message) + "\n" for message in messages),
        text=True,
        capture_output=True,
        check=False,
    )
    with duckdb.connect(str(file), read_only=True) as warehouse:
        return done.returncode, warehouse.execute("select * from calls.calls order by all").fetchall()


def test_the_released_target_loses_a_record_that_looks_like_a_header(tmp_path: Path) -> None:
    code, rows = load(RELEASED, tmp_path, NAMED, HEADER_LIKE)
    assert (code, len(rows)) == (0, 999)


def test_the_script_loads_a_record_that_looks_like_a_header(tmp_path: Path) -> None:
    code, rows = load(OURS, tmp_path, NAMED, HEADER_LIKE)
    assert (code, len(rows)) == (0, 1000)
    assert ("first", "caller") in rows


def test_the_released_target_fails_on_empty_text_in_a_key(tmp_path: Path) -> None:
    code, rows = load(RELEASED, tmp_path, NAMED, EMPTY_KEY)
    assert (code, rows) == (1, [])


def test_the_script_keeps_empty_text_in_a_key(tmp_path: Path) -> None:
    code, rows = load(OURS, tmp_path, NAMED, EMPTY_KEY)
    assert (code, rows) == (0, [("", "kept")])


def test_the_released_target_fails_on_text_where_an_object_may_be(tmp_path: Path) -> None:
    code, rows = load(RELEASED, tmp_path, {"id": TEXT, "survey": ANYTHING}, [{"id": "1", "survey": "text"}])
    assert (code, rows) == (1, [])


def test_the_script_makes_json_of_text_where_an_object_may_be(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"id": "1", "survey": 'a "text"'},
        {"id": "2", "survey": {"a": 1}},
        {"id": "3", "survey": None},
    ]
    code, rows = load(OURS, tmp_path, {"id": TEXT, "survey": ANYTHING}, records)
    assert (code, rows) == (0, [("1", '"a \\"text\\""'), ("2", '{"a": 1}'), ("3", None)])
