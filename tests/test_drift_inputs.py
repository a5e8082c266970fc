"""`tap-callrecords-drift` reads messages, files of rows, exports and databases."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import Result

from sandbox import Sandbox
from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW
from tap_callrecords.rows.builder import RESCUED
from tap_callrecords.rows.schemas import declared
from tests.support.drift import ONE, about, day, drift, line
from tests.support.streams import KEYS
from tests.support.tap import ROOT, sync

TOLD = "callQuality: new"


def told_of(out: Result) -> list[str]:
    assert out.exit_code == SOMETHING_IS_NEW, out.output
    return about("callQuality", out.stdout)


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz", "tap-callrecords-voiso_cdr-1-2.jsonl.gz"])
def test_files_of_messages_and_of_rows_are_read(tmp_path: Path, name: str) -> None:
    raw = json.dumps({**ONE, "type": "inbound"}).encode() if "voiso" in name else line(**ONE)
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    assert told_of(drift(str(tmp_path / name)))[:2] == [TOLD, f"in 1 row (100.0%), since {day(1)}, last {day(1)}"]


def test_the_files_of_a_run_with_batch_config_are_read_by_its_messages_and_by_themselves(tmp_path: Path) -> None:
    with Sandbox(days=1, calls_per_day=10) as box:
        box.voiso.set_switches({"unknown_fields": True})
        files = {"storage": {"root": str(tmp_path)}, "encoding": {"format": "jsonl", "compression": "gzip"}}
        raw = sync({**box.voiso.config, "batch_config": files}, streams=["voiso_teams", "voiso_queues"]).raw
    by_messages = drift(stdin=raw)
    by_files = drift(*map(str, sorted(tmp_path.glob("*.jsonl.gz"))))
    assert by_messages.stdout == by_files.stdout
    assert "Something is new in 2 of 2 streams; 8 rows" in by_files.stdout


@pytest.mark.parametrize("capitals", [False, True])
def test_an_export_of_a_warehouse_is_read(tmp_path: Path, *, capitals: bool) -> None:
    row = {"stream": "voiso_cdr", "timestamp_utc": "2026-03-02 00:00:00", RESCUED: json.dumps(ONE[RESCUED])}
    named = {name.upper() if capitals else name: value for name, value in row.items()}
    text = io.StringIO()
    writer = csv.DictWriter(text, [*named])
    writer.writeheader()
    writer.writerow(named)
    writer.writerow({**named, [*named][2]: ""})
    (tmp_path / "rows.csv").write_text(text.getvalue())
    (tmp_path / "rows.jsonl").write_text(json.dumps(named))
    assert told_of(drift(str(tmp_path / "rows.csv")))[:2] == [TOLD, f"in 1 row (50.0%), since {day(1)}, last {day(1)}"]
    assert told_of(drift(str(tmp_path / "rows.jsonl")))[0] == TOLD


def test_rows_of_an_export_may_be_said_to_be_of_a_stream(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(ONE))
    assert told_of(drift("--stream", "voiso_cdr", str(tmp_path / "rows.jsonl")))[0] == TOLD


def test_the_sql_that_is_shown_gives_the_rows_of_an_export(tmp_path: Path) -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute("create table voiso_cdr (timestamp_utc timestamp, _rescued_data json, sla json)")
        values = [day(1), json.dumps(ONE[RESCUED]), None]
        warehouse.execute("insert into voiso_cdr values (?, ?, ?), (now(), null, null)", values)
        sql = drift("--sql", "--stream", "voiso_cdr").stdout.strip().removesuffix(";")
        warehouse.execute(f"copy ({sql}) to '{tmp_path}/rows.csv' (header)")
    assert told_of(drift(str(tmp_path / "rows.csv")))[1] == f"in 1 row (100.0%), since {day(1)}, last {day(1)}"
    assert drift("--sql").stdout.count(";\n") == len(KEYS)


def test_a_duckdb_file_that_the_loader_has_filled_is_read(tmp_path: Path) -> None:
    schema = {"stream": "voiso_cdr", "key_properties": ["uuid"], "schema": declared("voiso_cdr").schema}
    rows = [line(uuid=str(number), **{**ONE, **more}) for number, more in enumerate(({}, {RESCUED: None}))]
    rows += [line(uuid="3", timestamp_utc=day(3), sla={"newMember": 1})]
    config = {"path": str(tmp_path / "w.duckdb"), "default_target_schema": "raw"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    loader = "from target_callrecords_duckdb.target import TargetDuckDB; TargetDuckDB.cli()"
    subprocess.run(
        [sys.executable, "-c", loader, "--config", str(tmp_path / "config.json")],
        input=json.dumps({"type": "SCHEMA", **schema}).encode() + b"\n" + b"".join(rows),
        check=True,
        capture_output=True,
    )
    out = drift(str(tmp_path / "w.duckdb"))
    assert told_of(out)[:2] == [TOLD, f"in 1 row (33.3%), since {day(1)}, last {day(1)}"]
    assert about("sla.newMember", out.stdout)[1] == f"in 1 row (33.3%), since {day(3)}, last {day(3)}"
    assert drift(str(tmp_path / "w.duckdb"), "--schema", "raw").exit_code == SOMETHING_IS_NEW
    assert drift(str(tmp_path / "w.duckdb"), "--schema", "main").exit_code == 1


def test_the_sql_of_the_how_to_gives_the_values_of_a_field_without_a_column() -> None:
    page = (ROOT / "docs" / "how-to" / "when-a-vendor-changes.md").read_text()
    with duckdb.connect() as warehouse:
        warehouse.execute("create table voiso_cdr (uuid varchar, _rescued_data json)")
        warehouse.execute("insert into voiso_cdr values ('a', ?), ('b', null)", [json.dumps(ONE[RESCUED])])
        assert warehouse.sql(re.findall(r"```sql\n(.+?)```", page, re.DOTALL)[0]).fetchall() == [("a", 4)]


def test_what_the_how_to_shows_is_what_is_printed() -> None:
    page = (ROOT / "docs" / "how-to" / "when-a-vendor-changes.md").read_text()
    rows: list[dict[str, Any]] = [{"callQuality": 4}] * 1262 + [{"callQuality": None}] * 48 + [{"cpc": "n/a"}] * 3
    values = [None] * (8204 - len(rows))
    raw = b"".join(line(**{RESCUED: value}) for value in [*rows, *values])
    shown = re.findall(r"```\n(voiso_cdr: .+?)\n\n", page, re.DOTALL)[0]
    assert re.sub(r", since .+", "", shown) == drift(stdin=raw).stdout.split("\n\n")[0]
