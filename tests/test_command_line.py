"""The command line without a network: what the tap is, what it offers, and what it says when it is set up wrongly."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.forked import forked
from tests.support.streams import DESELECTED, KEYS, REPLICATION_KEYS
from tests.support.tap import Output, catalog_of

NO_NETWORK = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
WORK = {"eightx8_work_api_key": "key", "eightx8_work_username": "user", "eightx8_work_password": "word"}


def catalog(config: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    out = forked(config, "--discover", environment=NO_NETWORK)
    assert out.exit_code == 0, out.stderr
    return {entry["tap_stream_id"]: entry for entry in json.loads(out.raw)["streams"]}


def test_discovery_without_configuration_lists_every_stream_with_its_keys() -> None:
    streams = catalog()
    assert {name: tuple(entry["key_properties"]) for name, entry in streams.items()} == KEYS
    assert {
        name: entry["replication_key"] for name, entry in streams.items() if entry.get("replication_key")
    } == REPLICATION_KEYS


def test_streams_that_few_need_are_not_selected_by_default() -> None:
    unselected = {
        name
        for name, entry in catalog().items()
        for each in entry["metadata"]
        if not each["breadcrumb"] and not each["metadata"].get("selected", True)
    }
    assert unselected == DESELECTED


def test_with_a_configuration_the_streams_of_configured_sources_are_offered() -> None:
    assert set(catalog(WORK)) == {"eightx8_call_records", "eightx8_call_legs"}


def selected(entry: dict[str, Any]) -> bool:
    return all(each["metadata"]["selected"] for each in entry["metadata"] if not each["breadcrumb"])


def test_an_optional_stream_is_offered_and_selected_when_it_is_named() -> None:
    streams = catalog({**WORK, "optional_streams": ["eightx8_cdr_call_legs", "webex_live_call_history"]})
    assert set(streams) == {"eightx8_call_records", "eightx8_call_legs", "eightx8_cdr_call_legs"}
    assert all(map(selected, streams.values()))


@pytest.mark.parametrize("asked_for", [True, False])
def test_of_an_optional_stream_in_the_catalog_that_is_handed_over_its_selection_holds(*, asked_for: bool) -> None:
    name = "webex_live_call_history"
    with Sandbox(days=1, calls_per_day=5) as box:
        config = {**box.webex.config, "start_date": (datetime.now(UTC) - timedelta(hours=20)).isoformat()}
        handed_over = catalog_of(config, ["webex_detailed_call_history", *([name] if asked_for else [])])
        by_catalog = forked(config, catalog=handed_over)
        by_setting = forked({**config, "optional_streams": [name]})
        by_neither = forked(config)
    read = [{each["stream"] for each in out.messages if each["type"] == "SCHEMA"} for out in (by_catalog, by_setting)]
    assert [name in streams for streams in read] == [asked_for, True]
    assert {each["stream"] for each in by_neither.messages if each["type"] == "SCHEMA"} == {
        "webex_detailed_call_history"
    }


def test_a_name_that_is_no_stream_is_refused_with_the_nearest_one() -> None:
    line = one_line(forked({**WORK, "optional_streams": ["eightx8_cdr_call_leg"]}))
    assert "setting optional_streams contains an unknown stream eightx8_cdr_call_leg" in line
    assert "eightx8_cdr_call_legs" in line


@pytest.mark.parametrize(
    "option", ["--about", "--help", "--version", "--about --format=json", "--about --format=markdown"]
)
def test_it_tells_about_itself_without_configuration_or_network(option: str) -> None:
    out = forked(None, *option.split(), environment=NO_NETWORK)
    assert out.exit_code == 0
    assert b"tap-callrecords" in out.raw


def test_every_setting_has_a_title_and_a_description_and_secrets_are_marked() -> None:
    settings = json.loads(forked(None, "--about", "--format=json").raw)["settings"]["properties"]
    assert all(each.get("title") and each.get("description") for each in settings.values())
    secrets = {name for name, each in settings.items() if each.get("secret")}
    assert secrets == {name for name in settings if re.search(r"_(key|password|secret|token)$", name)}


def one_line(out: Output) -> str:
    """The single error line of a run that failed as it should."""
    assert out.exit_code == 1
    assert "Traceback" not in out.stderr
    errors = [line for line in out.stderr.splitlines() if "| ERROR" in line]
    assert len(errors) == 1, out.stderr
    return errors[0]


def test_a_sync_without_a_source_names_the_settings_of_each() -> None:
    line = one_line(forked({}))
    for setting in (
        "eightx8_work_api_key",
        "eightx8_contact_center_token",
        "eightx8_analytics_key",
        "webex_access_token",
    ):
        assert setting in line
    assert "voiso_api_key" in line


@pytest.mark.parametrize("arguments", [[], ["--discover"], ["--test"]])
def test_a_half_configured_source_names_what_is_missing(arguments: list[str]) -> None:
    line = one_line(forked({"eightx8_work_api_key": "key"}, *arguments))
    assert "8x8 Work is configured in part; missing: setting eightx8_work_username, eightx8_work_password" in line


def test_settings_come_from_the_environment_arrays_as_json() -> None:
    env = {f"TAP_CALLRECORDS_{name.upper()}": value for name, value in WORK.items()}
    env |= {
        "TAP_CALLRECORDS_EIGHTX8_WORK_PBX_IDS": '["one", "two"]',
        "TAP_CALLRECORDS_LOOKBACK_HOURS": "5",
        "TAP_CALLRECORDS_VOISO_API_KEY": "",  # a line without a value in an .env file: not set
        "TAP_CALLRECORDS_EIGHTX8_WORK_API_URL": "http://127.0.0.1:9",
        "TAP_CALLRECORDS_MAX_ATTEMPTS": "1",
    }
    line = one_line(forked(None, "--config=ENV", environment=env))
    assert "127.0.0.1 refused the connection; gave up after 1 tries (setting max_attempts)" in line
