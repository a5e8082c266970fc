"""What the tap relies on inside the Singer SDK: a release that changes it fails here, by name."""

from __future__ import annotations

import inspect

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.mapper import CustomStreamMap, PluginMapper, SameRecordTransform
from singer_sdk.plugin_base import JSONSchemaValidator, PluginBase, SingerCommand
from singer_sdk.streams._state import StreamStateManager

PRIVATE = [
    (Stream, "_increment_stream_state", ["self", "latest_record", "context"]),
    (Stream, "_write_starting_replication_value", ["self", "context"]),
    (Stream, "_write_state_message", ["self"]),
    (Stream, "get_replication_key_signpost", ["self", "context"]),
    (StreamStateManager, "finalize_state", ["self", "state"]),
    (PluginBase, "_validate_config", ["self", "raise_errors"]),
    (CustomStreamMap, "_eval", ["self", "expr", "expr_parsed", "record", "property_name"]),
    (PluginMapper, "register_raw_stream_schema", ["self", "stream_name", "schema", "key_properties"]),
    (Tap, "_handle_termination", ["self", "signum", "frame"]),
]


@pytest.mark.parametrize(("owner", "name", "parameters"), PRIVATE)
def test_an_overridden_or_called_method_has_its_known_parameters(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_the_sync_loop_still_calls_what_is_overridden() -> None:
    loop = inspect.getsource(Stream._sync_records)
    assert "self._increment_stream_state(" in loop
    assert "self._write_starting_replication_value(" in loop
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
    assert "self._env_var_config" in inspect.getsource(PluginBase.__init__)
