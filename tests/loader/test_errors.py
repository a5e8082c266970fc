"""What the loader says when it can't go on: a sentence of docs/targets.md, and nothing of the data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_callrecords_duckdb import warehouse
from target_callrecords_duckdb.errors import LoadError, in_words
from tests.loader.loader import (
    INSTANT,
    INTEGER,
    NUMBER,
    PROGRAM,
    TEXT,
    Loader,
    Message,
    batch,
    batch_of,
    record,
    schema,
    state,
)
from tests.support.tap import ROOT

_ERRORS = re.compile(r"^\| `(.+?)` \| .* \|.* \|$", re.MULTILINE)
DOCUMENTED: list[str] = _ERRORS.findall((ROOT / "docs/targets.md").read_text(encoding="utf-8"))


def told(said: str) -> str:
    """The documented sentence of an error."""
    found = [row for row in DOCUMENTED if re.fullmatch(".+".join(map(re.escape, row.split("…"))), said)]
    assert found, said
    return found[0]


def said(error: Exception) -> str:
    return f"Configuration: {'; '.join(error.errors)}." if isinstance(error, ConfigValidationError) else str(error)


HEAD = schema({"id": TEXT, "n": INTEGER, "at": INSTANT})
NEWER = 0x1FF


def broken(folder: Path) -> dict[str, tuple[list[Message | str], dict[str, Any]]]:
    """Messages and settings that can't be loaded, by the beginning of what is said of them."""
    write = Loader(folder).write
    table = folder / "other.duckdb"
    with duckdb.connect(str(table)) as other:
        other.execute("create schema calls; create table calls.calls (id varchar, n bigint, check (n < 5))")
        other.execute("create table calls.typed (id varchar, n tinyint)")
        other.execute("alter table calls.typed alter n type decimal(3, 0)")
        other.execute("create table calls.indexed (id varchar, n bigint); create index i on calls.indexed (n)")
        other.execute(
            f"create table calls.exact (id varchar, n bigint); insert into calls.exact values ('1', {2**53 + 1})"
        )
    (folder / "text").write_text("no database" * 1000)
    newer_than_this(folder / "newer")
    elsewhere = {"path": str(table)}
    return {
        "Configuration: setting path": ([], {"path": ""}),
        "Configuration: …": ([], {"batch_size_rows": "many"}),
        "… is not a DuckDB file": ([], {"path": str(folder / "text")}),
        "… was made by a newer": ([], {"path": str(folder / "newer")}),
        "… can't be opened": ([], {"path": str(folder / "none" / "file")}),
        "Line …": ([HEAD, "no JSON"], {}),
        "A SCHEMA message": ([{"type": "SCHEMA", "stream": "calls"}], {}),
        "A record of stream": ([record(id="1")], {}),
        "Stream …: a RECORD": ([HEAD, {"type": "RECORD", "stream": "calls"}], {}),
        "Stream …: its schema has no": ([schema({})], {}),
        "Stream …: DuckDB treats": ([schema({"id": TEXT, "Id": TEXT})], {}),
        "DuckDB treats": ([HEAD, schema({"id": TEXT}, stream="Calls")], {}),
        "Stream …: its key": ([schema({"id": TEXT}, ["no"])], {}),
        "Stream …: there are records": ([HEAD, record(n=1)], {}),
        "Stream …: values of": ([HEAD, record(id="1", n=3.7)], {}),
        "Stream …: … can't be read as …": ([HEAD, batch(write("no object"))], {}),
        "Stream …: BATCH files": ([HEAD, batch(format="avro")], {}),
        "Stream …: the BATCH file": ([HEAD, batch(folder / "gone.jsonl")], {}),
        "… can't be read as": ([HEAD, batch(write({"id": "1"}, name="a.arrow"), format="arrow")], {}),
        "Stream …: its table has a constraint": ([HEAD, record(id="1", n=7)], elsewhere),
        "Stream …: a column": ([HEAD | {"stream": "typed"}, record("typed", id="1", n=7777)], elsewhere),
        "Stream …: its table can't": ([schema({"id": TEXT, "n": TEXT}, stream="indexed")], elsewhere),
        "Stream …: column": ([schema({"id": TEXT, "n": NUMBER}, stream="exact")], elsewhere),
    }  # fmt: skip


def newer_than_this(file: Path) -> None:
    """A file as a later DuckDB would make it: the number of its format raised, and its check sum, too."""
    duckdb.connect(str(file)).close()
    content = bytearray(file.read_bytes())
    number = int.from_bytes(content[12:20], "little")
    # The first 8 bytes are the check sum of the block: words multiplied by a constant, xor-ed.
    factor, words = 0xBF58476D1CE4E5B9, content[8:4096]
    before = _xor_of(words, factor)
    content[12:20] = (number + NEWER).to_bytes(8, "little")
    after = _xor_of(content[8:4096], factor)
    content[:8] = (int.from_bytes(content[:8], "little") ^ before ^ after).to_bytes(8, "little")
    file.write_bytes(content)


def _xor_of(words: bytes | bytearray, factor: int) -> int:
    found = 0
    for at in range(0, len(words), 8):
        found ^= int.from_bytes(words[at : at + 8], "little") * factor % 2**64
    return found


BROKEN = (
    "Configuration: setting path", "Configuration: …", "… is not a DuckDB file", "… was made by a newer",
    "… can't be opened", "Line …", "A SCHEMA message", "A record of stream", "Stream …: a RECORD",
    "Stream …: its schema has no", "Stream …: DuckDB treats", "DuckDB treats", "Stream …: its key",
    "Stream …: there are records", "Stream …: values of", "Stream …: … can't be read as …", "Stream …: BATCH files",
    "Stream …: the BATCH file", "… can't be read as", "Stream …: its table has a constraint", "Stream …: a column",
    "Stream …: its table can't", "Stream …: column",
)  # fmt: skip


@pytest.mark.parametrize("begin", BROKEN)
def test_an_error_says_what_is_wrong_and_nothing_of_the_data(load: Loader, begin: str) -> None:
    cases = broken(load.folder)
    assert tuple(cases) == BROKEN
    messages, settings = cases[begin]
    with pytest.raises((LoadError, ConfigValidationError)) as error:
        load(*messages, **settings)
    assert told(said(error.value)).startswith(begin)


def test_every_documented_error_has_been_met() -> None:
    elsewhere = (
        "Stream …: DuckDB has not enough memory",
        "Stream …: DuckDB gave up",
        "… is in use",
        "…: there is no space",
        "A BATCH of Arrow",
        "Standard output",
    )
    assert [row for row in DOCUMENTED if not row.startswith((*BROKEN, *elsewhere))] == []


WIDE = {f"c{number}": TEXT for number in range(300)}


def wide_rows(load: Loader) -> list[Message]:
    random = Random(1)
    rows = [{"id": str(n), **{name: random.randbytes(6).hex() for name in WIDE}} for n in range(2_000)]
    return [schema({"id": TEXT, **WIDE}), batch(load.write(*rows))]


def test_duckdb_is_given_more_memory_where_rows_need_it(load: Loader) -> None:
    messages = wide_rows(load)
    for _ in range(2):
        load(*messages, memory_limit_megabytes=16, clean_up_batch_files=False)
    assert load.rows("count(*)") == [(2_000,)]


def test_too_little_memory_is_told(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "MORE_MEMORY", 1)
    with pytest.raises(LoadError) as error:
        load(*wide_rows(load), memory_limit_megabytes=16)
    assert told(str(error.value)).startswith("Stream …: DuckDB has not enough memory")


def test_what_nobody_expected_is_told_without_the_words_of_duckdb() -> None:
    error = in_words(duckdb.InternalException("1555123 is odd"), Path("warehouse.duckdb"), 512, "Stream calls")
    assert told(str(error)).startswith("Stream …: DuckDB gave up")
    assert "1555123" not in str(error)


def test_records_do_not_stay_on_the_disk_after_an_error(load: Loader) -> None:
    assert load.run(HEAD, record(id="1", n="many")).returncode == 1
    assert not list(load.folder.glob("*.loading"))


def test_an_error_is_one_line_without_a_traceback(load: Loader) -> None:
    done = load.run(HEAD, record(id="1", n="no 1555123"), state(1))
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = re.findall(r"^\S+ \S+ \| ERROR    \| [\w.-]+ +\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("Stream …: values of")
    assert "Traceback" not in done.stderr
    assert "1555123" not in done.stderr


def test_a_setting_of_the_wrong_type_is_told_in_one_line(load: Loader) -> None:
    done = load.run(batch_size_rows="many")
    (error,) = re.findall(r"ERROR .*\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("Configuration: …")


def test_a_file_that_another_program_has_open_is_told(load: Loader) -> None:
    config = load.folder / "first.json"
    config.write_text(json.dumps(load.config()))
    with subprocess.Popen([*PROGRAM, "--config", str(config)], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as first:
        while not list(load.folder.glob("*.loading")):
            time.sleep(0.01)
        done = load.run(HEAD)
        assert first.stdin
        first.stdin.close()
    assert f"{load.file} is in use by another program (PID {first.pid})" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("kind", ["RECORD", "BATCH"])
def test_a_full_disk_is_told_and_nothing_is_committed(load: Loader, kind: str) -> None:
    """A limit on the size of files stands for the full disk."""
    random = Random(1)
    rows = [{"id": str(n), "text": random.randbytes(4000).hex()} for n in range(1000)]
    messages = [record(**row) for row in rows] if kind == "RECORD" else [batch(load.write(*rows))]
    limited = ["sh", "-c", 'ulimit -f 8000; exec "$@"', "sh", *PROGRAM]
    done = load.run(schema({"id": TEXT, "text": TEXT}), state(1), *messages, state(2), program=limited)
    (error,) = re.findall(r"ERROR .*\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("…: there is no space")
    assert (done.returncode, done.stdout) == (1, "")
    assert load.rows() == []


@pytest.mark.parametrize("output", [">/dev/full", ">&-"])
def test_state_that_can_not_be_told_is_an_error(load: Loader, output: str) -> None:
    done = load.run(HEAD, record(id="1"), state(1), program=["sh", "-c", f'exec "$@" {output}', "sh", *PROGRAM])
    assert done.returncode == 1
    (error,) = re.findall(r"ERROR .*\| (.*)$", done.stderr, re.MULTILINE)
    assert told(error).startswith("Standard output")


def test_arrow_files_need_pyarrow(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    message = batch_of(load, [{"id": "1"}], "arrow")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LoadError) as error:
        load(HEAD, message)
    assert told(str(error.value)).startswith("A BATCH of Arrow")
