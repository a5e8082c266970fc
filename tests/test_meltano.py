"""What Meltano makes of settings before the tap sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from generators.facts import own_settings
from sandbox import Sandbox
from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW
from tests.support.tap import ROOT
from tests.targets.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("meltano")]
SETTINGS = {
    "STREAM_MAPS": '{"voiso_cdr": {"from_party": "__NULL__", "seen_by": "config[\'reader\']"}}',
    "STREAM_MAP_CONFIG": '{"reader": "a stream map"}',
    "FLATTENING_ENABLED": "true",
    "FLATTENING_MAX_DEPTH": "1",
    "PII_MODUS": "hash",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Project(tmp_path_factory.mktemp("meltano")).folder


def meltano(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if not name.startswith(("TAP_", "TARGET_", "MELTANO_"))
    }
    python = Path(sys.executable)
    return subprocess.run(
        [python.with_name("meltano"), *arguments],
        cwd=folder,
        env={**kept, "PATH": f"{python.parent}{os.pathsep}{kept['PATH']}"}
        | {f"TAP_CALLRECORDS_{name}": value for name, value in variables.items()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_sdk_s_settings_come_through_from_variables(folder: Path) -> None:
    with Sandbox(days=1, calls_per_day=30) as box:
        config = {
            **box.voiso.config,
            "start_date": (datetime.now(UTC) - timedelta(days=1)).isoformat(),
            "_select": '["voiso_cdr.*"]',
        }
        variables = {name.upper(): str(value) for name, value in config.items()}
        done = meltano(folder, "invoke", "tap-callrecords", **variables, **SETTINGS)
    assert done.returncode == 0, done.stderr[-3000:]
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"type"')]
    records = [each["record"] for each in messages if each["type"] == "RECORD"]
    assert records
    assert all(record["seen_by"] == "a stream map" and "from_party" not in record for record in records)
    (schema,) = (each["schema"]["properties"] for each in messages if each["type"] == "SCHEMA")
    assert schema["_rescued_data"]["type"] == ["string", "null"]  # as flattening has it
    assert "There is no setting pii_modus: it is ignored. Did you mean pii_mode?" in done.stderr


def test_the_sdk_s_settings_can_be_set_by_meltano_s_command(folder: Path) -> None:
    done = meltano(
        folder, "config", "set", "tap-callrecords", "stream_maps", '{"voiso_cdr": {"from_party": "__NULL__"}}'
    )
    assert done.returncode == 0, done.stderr
    done = meltano(folder, "invoke", "--dump=config", "tap-callrecords", FLATTENING_ENABLED="true")
    assert done.returncode == 0, done.stderr
    assert '"from_party": "__NULL__"' in done.stdout
    assert "to_party" not in done.stdout  # which is why docs/errors.md advises against null
    assert '"flattening_enabled": true' in done.stdout


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("WEBEX_LOCATIONS", "Failed to parse JSON array from string: ''"),
        ("LOOKBACK_HOURS", "invalid literal for int() with base 10: ''"),
        ("PII_MODE", "'' is not a valid choice for 'pii_mode'"),
    ],
)
def test_an_empty_line_that_meltano_does_not_take_is_told_as_documented(
    folder: Path, variable: str, sentence: str
) -> None:
    done = meltano(folder, "invoke", "--dump=config", "tap-callrecords", **{variable: ""})
    assert done.returncode != 0
    assert sentence in done.stderr
    assert f"*{sentence}*" in (ROOT / "docs" / "errors.md").read_text()


def test_meltano_s_own_test_is_content_with_one_record_and_with_nothing_less(folder: Path) -> None:
    """Which is why docs/errors.md tells of `--test`."""

    def tested(config: Mapping[str, str | int]) -> str:
        variables = {name.upper(): str(value) for name, value in config.items()}
        done = meltano(folder, "config", "test", "tap-callrecords", **variables)
        return done.stdout + done.stderr

    with Sandbox(days=1, calls_per_day=30) as box:
        wrong = {"webex_client_secret": "another", "webex_access_token": ""}
        assert "is valid" in tested({**box.webex.config, **wrong, **box.voiso.config})
    with Sandbox(empty=True) as box:
        assert "is invalid" in tested(box.voiso.config)


def test_the_listing_makes_a_plugin_of_a_project_and_sets_nothing_that_nobody_asked_for(tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").write_text(
        "version: 1\ndefault_environment: dev\nsend_anonymous_usage_stats: false\ncli: {disable_version_check: true}\n"
        "environments:\n- name: dev\n"
    )
    listing = str(ROOT / "plugin.yaml")
    added = meltano(
        tmp_path, "add", "--plugin-type", "extractor", "tap-callrecords", "--from-ref", listing, "--no-install"
    )
    assert added.returncode == 0, added.stderr
    loader = str(ROOT / "loader.yaml")
    added = meltano(tmp_path, "add", "--plugin-type", "loader", "target-duckdb", "--from-ref", loader, "--no-install")
    assert added.returncode == 0, added.stderr
    done = meltano(tmp_path, "invoke", "--dump=config", "target-duckdb", TARGET_DUCKDB_PATH="warehouse.duckdb")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["default_target_schema"]
    root = {"BATCH_CONFIG_STORAGE_ROOT": "files", "VOISO_API_KEY": "a key", "VOISO_CLUSTER": "one"}
    done = meltano(tmp_path, "invoke", "--dump=config", "tap-callrecords", **root)
    assert done.returncode == 0, done.stderr
    config = json.loads(done.stdout)
    assert config["batch_config"] == {"storage": {"root": "files"}}
    defaults = {name: each["default"] for name, each in own_settings().items() if "default" in each}
    assert config == {
        **defaults,
        "batch_config": {"storage": {"root": "files"}},
        "voiso_api_key": "a key",
        "voiso_cluster": "one",
    }


def test_each_stream_is_looked_at_and_planned_and_an_optional_one_is_only_read_when_it_is_named(tmp_path: Path) -> None:
    folder = Project(tmp_path / "project").folder
    live = {"OPTIONAL_STREAMS": '["webex_live_call_history"]'}
    with Sandbox(days=1, calls_per_day=30) as box:
        config = {**box.webex.config, **box.voiso.config, "voiso_api_key": "another"}
        variables = {name.upper(): str(value) for name, value in config.items()}
        looked = meltano(folder, "invoke", "tap-callrecords", "--test", **variables)
        planned = meltano(folder, "invoke", "tap-callrecords", "--plan=json", **variables, **live)
    assert looked.returncode == 1
    verdicts = {line.split()[1].rstrip(":"): line.split()[0] for line in looked.stdout.splitlines()}
    assert verdicts.pop("webex_detailed_call_history") == "OK"
    assert set(verdicts.values()) == {"FAILED"}
    assert all(name.startswith("voiso_") for name in verdicts)
    streams = {each["stream"] for each in json.loads(planned.stdout)["streams"]}
    assert streams == {*verdicts, "webex_detailed_call_history", "webex_live_call_history"}


def test_what_a_vendor_has_changed_is_told_by_a_command_of_the_plugin(folder: Path, tmp_path: Path) -> None:
    record = {"timestamp_utc": "2026-03-02T00:00:00.000Z", "_rescued_data": {"callQuality": 4}}
    (tmp_path / "run.jsonl").write_text(json.dumps({"type": "RECORD", "stream": "voiso_cdr", "record": record}))
    done = meltano(folder, "invoke", "tap-callrecords:drift", str(tmp_path / "run.jsonl"))
    assert done.returncode == SOMETHING_IS_NEW, done.stderr
    assert "callQuality: new" in done.stdout
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["extractors"]
    assert plugins[0]["commands"] == yaml.safe_load((ROOT / "plugin.yaml").read_text(encoding="utf-8"))["commands"]
