"""`tap-callrecords-drift` says what has changed at a vendor: the whole way from the vendor into the schemas."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.registry import VENDORS
from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW
from tap_callrecords.rows import schemas
from tap_callrecords.rows.schemas import declared
from tests.support.drift import about, drift, patch_of, rescued
from tests.support.forked import forked
from tests.support.streams import DESELECTED, KEYS
from tests.support.tap import ROOT, sync

SUBJECTS = [subject.stream for vendor in VENDORS for subject in vendor.streams]


def merged(document: Any, patch: Any) -> Any:
    """JSON Merge Patch, RFC 7396."""
    if not isinstance(patch, dict) or not isinstance(document, dict):
        return patch
    return {**document, **{name: merged(document.get(name, {}), value) for name, value in patch.items()}}


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
