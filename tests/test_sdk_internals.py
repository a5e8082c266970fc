"""What the tap relies on inside the Singer SDK: a release that changes it fails here, by name."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._state import StateWriter
from singer_sdk.mapper import CustomStreamMap, PluginMapper, SameRecordTransform
from singer_sdk.plugin_base import JSONSchemaValidator, SingerCommand
from singer_sdk.streams._state import StreamStateManager

from tap_callrecords.settings.given import PREFIX
from tap_callrecords.tap import TapCallRecords

ROOT = Path(__file__).parents[1]

PRIVATE = [
    (Stream, "get_replication_key_signpost", ["self", "context"]),
    (StreamStateManager, "increment_state", ["self", "latest_record", "context", "replication_key"]),
    (StateWriter, "write_state", ["self", "state"]),
    (CustomStreamMap, "_eval", ["self", "expr", "expr_parsed", "record", "property_name"]),
    (PluginMapper, "register_raw_stream_schema", ["self", "stream_name", "schema", "key_properties"]),
]
"""What is overridden or called, by its class, with its parameters."""


@pytest.mark.parametrize(("owner", "name", "parameters"), PRIVATE)
def test_an_overridden_or_called_method_has_its_known_parameters(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_the_sync_loop_still_calls_what_is_overridden() -> None:
    loop = inspect.getsource(Stream._sync_records)
    assert "self.state_manager.increment_state(" in inspect.getsource(Stream._increment_stream_state)
    assert "self.state_manager.write_starting_replication_value(" in inspect.getsource(
        Stream._write_starting_replication_value
    )
    assert "self.get_record_counter()" in loop
    assert "_check_max_record_limit" in loop


def test_records_that_need_nothing_from_the_sdk_can_still_be_told() -> None:
    assert "flattening_enabled" in dir(SameRecordTransform)
    assert "self.emit_activate_version_messages" in inspect.getsource(Stream.sync)
    assert "partitions" in dir(Stream)


def test_the_line_that_is_left_out_of_readable_errors_is_still_written_that_way() -> None:
    assert '"An unhandled error occurred while syncing' in inspect.getsource(Stream.sync)


def test_the_command_and_the_validator_can_still_be_built_upon() -> None:
    assert "logger" in inspect.signature(SingerCommand.__init__).parameters
    assert callable(JSONSchemaValidator({"type": "object"}).iter_errors)


def test_settings_from_variables_are_still_read_by_what_is_called() -> None:
    assert list(inspect.signature(parse_environment_config).parameters) == ["config_schema", "prefix", "dotenv_path"]
    assert TapCallRecords._env_var_prefix == PREFIX


def test_private_names_of_the_sdk_are_used_in_one_place_only() -> None:
    theirs = private_names(Tap) | private_names(Stream) | private_names(SingerCommand)
    used = []
    for file in (ROOT / "tap_callrecords").rglob("*.py"):
        text = file.read_text()
        used += [
            f"{file.name}: {name}" for name in re.findall(r"singer_sdk[.\w]*\._\w+", text) if file.name != "sdk.py"
        ]
        if (
            file.name in ("tap.py", "command_line.py", "streams.py") or file.parent.name == "stream"
        ):  # whose classes are kinds of the SDK's
            used += [f"{file.name}: {name}" for name in re.findall(r"(?:\.|def )(_[a-z]\w*)", text) if name in theirs]
    assert used == []


def private_names(owner: type) -> set[str]:
    """Names of private attributes of a class of the SDK, those that its objects get when they are made included."""
    said = "".join(inspect.getsource(each) for each in owner.__mro__ if each.__module__.startswith("singer_sdk"))
    return {name for name in re.findall(r"(?:self\.|def )(_[a-z]\w*)", said) if not name.endswith("__")}
