"""What `tap-callrecords-drift` can't read it says in the documented words."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW, cli
from tests.faults.documented import ROWS, pattern
from tests.support.drift import ONE, drift, line, rescued
from tests.support.tap import ROOT

DRIFT_ROWS = [row for row in ROWS if row.startswith("Error: ")]
PASSWORD = "hidden-word"
CASES: Sequence[tuple[str, Sequence[str], bytes]] = (
    ("Error: … can't be read (…)", ["{folder}/none.jsonl"], b""),
    ("Error: … can't be read (…)", ["{folder}/cut.jsonl.gz"], gzip.compress(rescued(ONE), mtime=0)[:-10]),
    ("Error: … can't be read (…)", ["-"], b'{"type":"BATCH","stream":"voiso_cdr","encoding":{"format":"jsonl"},'
     b'"manifest":["file:///none/voiso.jsonl"]}'),
    ("Error: … can't be read (…)", ["nowhere://files/run.jsonl"], b""),
    ("Error: Line", ["-"], b"{}x"),
    ("Error: Line", ["-"], b"[1]"),
    ("Error: Line", ["-"], b'{"a":' * 100_000),
    ("Error: … is not a CSV file", ["{folder}/rows.csv"], b"a,b\n\xff\xfe"),
    ("Error: … has rows without", ["{folder}/voiso_cdr.csv"], b"a,b\n1,2\n"),
    ("Error: … has rows without", ["{folder}/rows.jsonl"], json.dumps(ONE).encode()),
    ("Error: BATCH files of format", ["-"], b'{"type":"BATCH","stream":"voiso_cdr","encoding":{"format":"parquet"}}'),
    ("Error: There are no rows", ["-"], line("calls", id=1)),
    ("Error: … can't be read by DuckDB", ["{folder}/w.duckdb"], b"\0" * 8 + b"DUCK" + b"\0" * 5000),
    ("Error: PostgreSQL can't be read", [f"postgresql://someone:{PASSWORD}@127.0.0.1:1/calls"], b""),
    ("Error: PostgreSQL can't be read", [f"postgresql://someone:{PASSWORD}@127.0.0.1:{PASSWORD}/calls"], b""),
)  # fmt: skip


def assert_told(out: Result, says: str) -> None:
    row = next(each for each in DRIFT_ROWS if each.startswith(says))
    assert out.exit_code == 1
    assert re.fullmatch(pattern(row), out.stderr.strip())
    assert PASSWORD not in out.output


@pytest.mark.parametrize(("says", "arguments", "content"), CASES)
def test_an_input_that_can_not_be_read_is_told_word_for_word(
    tmp_path: Path, says: str, arguments: Sequence[str], content: bytes
) -> None:
    (place,) = (each.format(folder=tmp_path) for each in arguments)
    if place.startswith(str(tmp_path)) and "none" not in place:
        Path(place).write_bytes(content)
    assert_told(drift(place, stdin=content), says)


def test_a_database_without_our_tables_is_told(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "w.duckdb").close()
    assert_told(drift(str(tmp_path / "w.duckdb")), "Error: The database has no table")


@pytest.mark.parametrize(
    ("module", "source", "says"),
    [
        ("duckdb", "w.duckdb", "Error: To read a DuckDB file"),
        ("psycopg", "postgresql://127.0.0.1/calls", "Error: To read PostgreSQL"),
    ],
)
def test_a_package_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, source: str, says: str
) -> None:
    duckdb.connect(tmp_path / "w.duckdb").close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    assert_told(drift(source), says)


def test_every_documented_error_is_tried() -> None:
    elsewhere = {"Error: The database has no table", "Error: To read a DuckDB file", "Error: To read PostgreSQL"}
    tried = {*(case[0] for case in CASES), *elsewhere}
    assert {next(row for row in DRIFT_ROWS if row.startswith(says)) for says in tried} == {*DRIFT_ROWS}


def test_the_exit_codes_are_those_of_the_page() -> None:
    assert CliRunner().invoke(cli, ["--nonsense"]).exit_code == 2
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert f"with {SOMETHING_IS_NEW} where something is" in page
