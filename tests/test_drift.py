"""`tap-callrecords-drift` says what has changed at a vendor, since when and how often, and shows no value of it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.registry import VENDORS
from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW, cli
from tap_callrecords.commands.drift.forms import form_of
from tap_callrecords.rows import schemas
from tap_callrecords.rows.builder import RESCUED
from tap_callrecords.rows.schemas import declared
from tests.faults.documented import ROWS, pattern
from tests.support.forked import forked
from tests.support.streams import DESELECTED, KEYS
from tests.support.tap import ROOT, sync
from tests.test_schemas import column_name

SUBJECTS = [subject.stream for vendor in VENDORS for subject in vendor.streams]
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: int) -> str:
    return (BEGAN + timedelta(days=number)).isoformat(timespec="milliseconds")[:23] + "Z"


def drift(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def line(stream: str = "voiso_cdr", /, **record: Any) -> bytes:
    return json.dumps({"type": "RECORD", "stream": stream, "record": record}).encode() + b"\n"


def rescued(*values: Mapping[str, Any] | None) -> bytes:
    """Interactions of Voiso, one a day, with these values rescued."""
    return b"".join(line(timestamp_utc=day(number), **{RESCUED: each}) for number, each in enumerate(values))


def about(field: str, said: str) -> list[str]:
    """The lines about a field."""
    lines = said.splitlines()
    place = next(number for number, each in enumerate(lines) if each.startswith(f"  {field}: "))
    more = lines[place + 1 :]
    end = next((number for number, each in enumerate(more) if not each.startswith("    ")), len(more))
    return [lines[place].strip(), *map(str.strip, more[:end])]


def patch_of(said: str) -> dict[str, Any]:
    """The patch for the only stream."""
    _, _, text = said.partition(" (new columns before _rescued_data):\n")
    loaded: dict[str, Any] = json.loads(text[: text.index("\n\n")])
    return loaded


def merged(document: Any, patch: Any) -> Any:
    """JSON Merge Patch, RFC 7396."""
    if not isinstance(patch, dict) or not isinstance(document, dict):
        return patch
    return {**document, **{name: merged(document.get(name, {}), value) for name, value in patch.items()}}


# A whole way: vendor, tap, drift, schema, tap


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path]]:
    """Vendors that have added fields to every stream: settings, and what a run has written."""
    with Sandbox(days=1, calls_per_day=30, samples=True) as box:
        for vendor in box.vendors.values():
            vendor.set_switches({"unknown_fields": True})
        box.webex.add_record(box.webex.new_record(), inserted_at=box.clock.now_ms() - 3_600_000)  # at night, too
        start = datetime.now(UTC) - timedelta(days=1)
        config = {**box.config, "start_date": start.isoformat(), "optional_streams": sorted(DESELECTED)}
        run = tmp_path_factory.mktemp("drift") / "run.jsonl"
        run.write_bytes(sync(config).raw)
        yield config, run


def test_a_field_that_a_vendor_adds_to_any_stream_is_told(changed: tuple[dict[str, Any], Path]) -> None:
    out = drift(str(changed[1]))
    assert out.exit_code == SOMETHING_IS_NEW
    told = re.split(r"\n\n", out.stdout)
    assert {each.split(":")[0] for each in told[:-1]} == {*KEYS} >= {*SUBJECTS}
    assert all(re.search(r"^  [\w ]+: new\n    in \d+ rows? \(100\.0%\)", each, re.MULTILINE) for each in told[:-1])
    assert all((", since 2" in each) is (declared(each.split(":")[0]).bookmark is not None) for each in told[:-1])
    assert f"Something is new in {len(KEYS)} of {len(KEYS)} streams" in told[-1]


def test_with_its_patch_in_the_schemas_nothing_is_new(
    changed: tuple[dict[str, Any], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, run = changed
    # 8x8 Analytics is asked for the metrics that the schema has; the sandbox has only those of today.
    config = {name: value for name, value in config.items() if not name.startswith("eightx8_analytics")}
    folder = tmp_path / "schemas"
    shutil.copytree(schemas.FOLDER, folder)
    for each in drift(str(run)).stdout.split("\n\n")[:-1]:
        file = folder / re.findall(r"To add to schemas/(\S+)", each)[0]
        file.write_text(json.dumps(merged(json.loads(file.read_text()), patch_of(each + "\n\n"))))
    elsewhere = f"schemas.FOLDER = schemas.Path({str(folder)!r}); schemas.declared.cache_clear()"
    out = forked(config, before=f"from tap_callrecords.rows import schemas; {elsewhere}")
    assert out.exit_code == 0, out.stderr
    assert all(record["sandbox_field"] == "new" for record in out.records("voiso_teams"))
    assert {each["new_object"]["tags"][1] for each in out.records("eightx8_call_legs")} == {"ü"}
    monkeypatch.setattr(schemas, "FOLDER", folder)
    declared.cache_clear()
    try:
        told = drift(stdin=out.raw)
    finally:
        declared.cache_clear()
    assert told.exit_code == 0, told.stdout
    assert told.stdout.startswith(f"Nothing is new in {len(KEYS) - 1} of {len(KEYS) - 1} streams; ")


def test_the_wheel_brings_the_command_and_it_reads_standard_input() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["tap-callrecords-drift"].partition(":")
    done = subprocess.run(
        [sys.executable, "-c", f"from {module} import {name}; {name}()"],
        input=rescued({"callQuality": 4}),
        capture_output=True,
        check=False,
    )
    assert done.returncode == SOMETHING_IS_NEW
    assert b"callQuality: new" in done.stdout


def test_values_that_do_not_fit_are_told_with_their_column() -> None:
    with Sandbox(days=1, calls_per_day=40) as box:
        box.webex.set_switches({"odd_values": True})
        start = datetime.now(UTC) - timedelta(days=1)
        raw = sync({**box.webex.config, "start_date": start.isoformat()}).raw
    said = drift(stdin=raw).stdout
    assert about("Answer time", said)[0] == "Answer time: does not fit answer_time (date-time)"
    assert about("Caller Reputation Score", said)[0].endswith("does not fit caller_reputation_score (number)")
    assert about("Duration", said)[2].endswith(" x text of 7 characters: a aaaaa")
    assert "To add to" not in said


# What is said of a field


def test_since_when_and_how_often_is_told() -> None:
    said = drift(stdin=rescued(None, None, {"callQuality": 4}, None, {"callQuality": None}, None, None, None)).stdout
    assert said.startswith("voiso_cdr: 8 rows\n")
    assert about("callQuality", said) == [
        "callQuality: new",
        f"in 2 rows (25.0%), since {day(2)}, last {day(4)}",
        "1 x whole number of 1 digit",
        "1 x null",
    ]


def test_rows_without_rescued_data_are_nothing_new() -> None:
    out = drift(stdin=rescued(None, None) + line("voiso_teams", id=1, **{RESCUED: None}))
    assert (out.exit_code, out.stdout) == (0, "Nothing is new in 2 of 2 streams; 3 rows looked at.\n")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("AB12cd34", "text of 8 characters: AA99aa99"),
        ("2026-03-01T02:31:07.120Z", "text of 24 characters: 9999-99-99A99:99:99.999A"),
        ("Marta Díaz, 22", "text of 14 characters: Aaaaa Aäaa, 99"),
        ("x" * 50, f"text of 50 characters: {'a' * 40}…"),
        ("", "empty text"),
        ("0" * 64, "hash, as pii_mode hash makes them"),
        (None, "null"),
        (True, "true or false"),
        (12125550147, "whole number of 11 digits"),
        (-7, "whole number of 1 digit"),
        (2.25, "number: 9.99"),
        (["a", "bc"], "list of 2: text"),
        ([], "list of 0"),
        ([1, {}, [[]]], "list of 3: integer, list, object"),
        ({"Marta": 1}, "object of 1 member"),
    ],
)
def test_of_a_value_its_form_is_told(value: Any, said: str) -> None:
    assert form_of(value).said == said


TEXT = st.text(alphabet="bcdfghBCDFGH12345678", min_size=6)
VALUES = st.recursive(
    TEXT | st.integers(min_value=10**7).filter(lambda each: {*str(each)} != {"9"}),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TEXT, inner, min_size=1, max_size=3),
    max_leaves=6,
)


def told_by(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from told_by(each)
    elif isinstance(value, list):
        for each in value:
            yield from told_by(each)
    else:
        yield str(value)


@settings(max_examples=40)
@given(VALUES, TEXT)
def test_no_value_is_shown_and_no_name_that_may_be_one(value: Any, name: str) -> None:
    number = f"+{sum(map(ord, name)):011}"
    out = drift(stdin=rescued({"callQuality": value, number: 1}, None) + line(sla={"newMember": value}))
    assert out.exit_code == SOMETHING_IS_NEW
    assert "callQuality: new" in out.stdout
    assert "sla.newMember: new" in out.stdout
    assert "[a name like +99999999999]: new" in out.stdout
    assert [each for each in (*told_by(value), number) if each in out.output] == []


def test_what_could_steer_a_terminal_is_not_printed() -> None:
    out = drift(stdin=rescued({"callQuality": "\x1b[31m\u202eon", "\x1b[2J": 1}))
    assert "text of 8 characters: ·[99a·aa" in out.stdout
    assert "[a name like ·[9A]: new" in out.stdout
    assert all(each.isprintable() for each in out.stdout.splitlines())


def test_a_name_like_that_of_a_person_is_shown_only_where_most_rows_have_it() -> None:
    often, rare = {"Voice Quality": 1}, {"Marta Caller": 1}
    said = drift(stdin=rescued(often, often, {**often, **rare}, None)).stdout
    assert about("Voice Quality", said)[0] == "Voice Quality: new"
    assert "Marta" not in said
    assert "  [a name like Aaaaa Aaaaaa]: new" in said
    assert patch_of(said)["properties"].keys() == {"voice_quality"}


def test_members_that_are_new_in_known_objects_are_told_and_patched_where_they_belong() -> None:
    people = [{"participantName": "x"}, {"participant_name": "x", "mood": 3, "participant_comments": [{"likes": True}]}]
    raw = line("eightx8_interactions", creation_time_utc=day(1), participants=people, **{RESCUED: None})
    out = drift(stdin=raw + line("eightx8_interactions", creation_time_utc=day(2), participants=None))
    assert about("participants.mood", out.stdout)[:2] == [
        "participants.mood: new",
        f"in 1 row (50.0%), since {day(1)}, last {day(1)}",
    ]
    inside = patch_of(out.stdout)["properties"]["participants"]["items"]["properties"]
    assert inside["mood"]["type"] == ["integer", "null"]
    likes = inside["participant_comments"]["items"]["properties"]["likes"]
    assert likes["type"] == ["boolean", "null"]
    assert "participantName" not in json.dumps(patch_of(out.stdout))


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("callQuality", [4, None], {"type": ["integer", "null"]}),
        ("callQuality", [4, 4.5], {"type": ["number", "null"]}),
        ("callQuality", [True, "false"], {"type": ["boolean", "null"]}),
        ("ringTimeUTC", [1772323200000], {"type": ["string", "null"], "format": "date-time", "x-convert": "epoch_ms"}),
        ("ringMark", [1772323200000], {"type": ["integer", "null"]}),
        ("ringTime", ["2026-03-01T00:00:00Z"], {"type": ["string", "null"], "format": "date-time"}),
        ("ringLength", ["00:00:12"], {"type": ["string", "null"], "x-not-pii": "time"}),
        ("callQuality", ["4", ""], {"type": ["string", "null"], "x-pii": "name"}),
        ("callQuality", ["4", 4], {"type": ["string", "null"], "x-pii": "name"}),
        ("callQuality", [None], {"type": ["string", "null"], "x-pii": "name"}),
        ("callTags", [["a"], []], {"type": ["array", "string", "null"], "x-pii": "name"}),
        ("callTags", [["a"]], {"type": ["array", "null"], "items": {"type": "string"}, "x-pii": "name"}),
        ("callParts", [{"a": 1}], {"type": ["object", "string", "null"], "x-pii": "name"}),
    ],
)
def test_a_patch_has_the_vendors_name_ours_and_a_type_by_the_forms_seen(
    name: str, values: Sequence[Any], expected: dict[str, Any]
) -> None:
    out = drift(stdin=rescued(*({name: value} for value in values)))
    ((column, added),) = patch_of(out.stdout)["properties"].items()
    assert column == column_name(name, None)
    assert added.pop("description").startswith("TO DO")
    assert added.pop("x-source") == name
    assert added == expected


def test_a_stream_that_shares_its_schema_is_patched_there() -> None:
    said = drift(stdin=line("eightx8_cdr_call_legs", **{RESCUED: {"callQuality": 1}})).stdout
    assert "To add to schemas/eightx8_call_legs.json" in said


@pytest.mark.parametrize(("mode", "said"), [("hash", "hash, as pii_mode hash makes them"), ("drop", "null")])
def test_of_protected_values_only_that_is_told(mode: str, said: str) -> None:
    with Sandbox(days=1, calls_per_day=10) as box:
        box.voiso.set_switches({"unknown_fields": True})
        raw = sync({**box.voiso.config, "pii_mode": mode, "pii_hash_key": "pepper-pepper"}, streams=["voiso_teams"]).raw
    assert about("sandbox_field", drift(stdin=raw).stdout)[2] == f"4 x {said}"


# Where it reads from


ONE = {"timestamp_utc": "2026-03-02T00:00:00.000Z", RESCUED: {"callQuality": 4}}
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


# What it can't read


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
