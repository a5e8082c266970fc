"""The tap through `meltano run` into each target: every stream, every row, every value, twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.tap import catalog_of, command
from tests.targets.conftest import Loaded, key
from tests.targets.documented import NAMES, compared, kind
from tests.targets.targets import Row
from tests.targets.vendors import STREAMS, TABLES, TEXTS, Key, properties

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
of_every_stream = pytest.mark.parametrize("stream", STREAMS)
DIFFERS = {("webex_live_call_history", "inserted_before")}
"""The edge of the window that a record was read in: another one in each run."""


@of_every_stream
def test_every_row_of_the_vendor_is_there_once(loaded: Loaded, stream: str) -> None:
    rows = loaded.rows[stream]
    assert len(rows) == len(loaded.keys[stream]) > len(TEXTS)
    assert {key(stream, row) for row in rows} == loaded.keys[stream]


@of_every_stream
def test_hard_values_arrive_unharmed(loaded: Loaded, stream: str) -> None:
    rows = {key(stream, row): row for row in loaded.rows[stream]}
    for hard in loaded.vendors.hard[stream]:
        expected = {name: loaded.target.kept(value, name, stream) for name, value in hard.values.items()}
        assert {name: rows[hard.key][name] for name in expected} == expected


@of_every_stream
def test_every_value_is_the_one_that_the_tap_gave(loaded: Loaded, stream: str) -> None:
    expected = {name: _kept(loaded, stream, record) for name, record in loaded.records[stream].items()}
    assert {key(stream, row): _comparable(stream, row) for row in loaded.rows[stream]} == expected


@of_every_stream
def test_a_second_run_adds_no_row(loaded: Loaded, stream: str) -> None:
    rows = loaded.later_rows[stream]
    assert {key(stream, row) for row in rows} == loaded.keys[stream]
    if loaded.target.upserts:
        assert len(rows) == len(loaded.keys[stream])
    else:
        assert rows[: len(loaded.rows[stream])] == loaded.rows[stream]
        assert len(rows) > len(loaded.rows[stream])


@of_every_stream
def test_a_changed_record_replaces_the_old_one(loaded: Loaded, stream: str) -> None:
    changed, name, value = loaded.vendors.changed[stream]
    rows = {key(stream, row): row for row in loaded.later_rows[stream]}
    assert rows[changed][name] == value
    expected = {name: _kept(loaded, stream, record) for name, record in loaded.later_records[stream].items()}
    assert {name: _comparable(stream, row) for name, row in rows.items()} == expected


@of_every_stream
def test_a_new_vendor_field_can_be_read_with_the_warehouse_s_json_functions(loaded: Loaded, stream: str) -> None:
    changed: Key = loaded.vendors.changed[stream][0]
    before = {key(stream, row): row for row in loaded.rows[stream]}
    assert before[changed]["_rescued_data"] is None
    assert loaded.news[stream] == loaded.new_members(stream) != {}


@of_every_stream
def test_rows_with_rescued_data_can_be_found(loaded: Loaded, stream: str) -> None:
    records = loaded.later_records[stream].values()
    assert loaded.rescued[stream] == sum(record["_rescued_data"] is not None for record in records) > 0


def test_columns_have_the_documented_types(loaded: Loaded) -> None:
    said = compared()[NAMES[loaded.target.name]]
    own = said["own columns"].strip("`").replace("*", "")
    for stream, columns in loaded.target.types(STREAMS).items():
        kept = {name: found for name, found in columns.items() if not name.startswith(own)}
        expected = {name: said[kind(properties(stream)[name])].strip("`") for name in kept}
        assert kept == expected, stream
        assert (len(kept) < len(columns)) == (own != "none")


def test_files_make_the_tables_that_lines_make(loaded: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = loaded.target
    if not target.encodings:
        pytest.skip("this target takes no files")
    expected = {stream: _by_key(stream, rows) for stream, rows in loaded.later_rows.items()}
    catalog = catalog_of(loaded.vendors.config, STREAMS)
    for encoding in target.encodings:
        monkeypatch.setattr(target, "schema", "by_" + "_".join(encoding.values()))
        files = {"encoding": dict(encoding), "storage": {"root": str(tmp_path / "files")}}
        done = command({**loaded.vendors.config, "batch_config": files}, catalog=catalog)
        assert done.exit_code == 0, done.stderr[-3000:]
        assert {"BATCH", "SCHEMA", "STATE"} == {message["type"] for message in done.messages}
        target.load(done.raw, tmp_path)
        rows = target.read(STREAMS)
        assert {stream: _by_key(stream, rows[stream]) for stream in STREAMS} == expected, encoding
        assert {stream: len(rows[stream]) for stream in STREAMS} == {name: len(each) for name, each in expected.items()}


def test_every_registered_stream_is_tested() -> None:
    assert set(STREAMS) <= set(TABLES)


def _kept(loaded: Loaded, stream: str, record: Row) -> Row:
    return _comparable(stream, {name: loaded.target.kept(value, name, stream) for name, value in record.items()})


def _by_key(stream: str, rows: Sequence[Row]) -> dict[Key, Row]:
    return {key(stream, row): _comparable(stream, row) for row in rows}


def _comparable(stream: str, row: Row) -> Row:
    return {name: value for name, value in row.items() if (stream, name) not in DIFFERS}
