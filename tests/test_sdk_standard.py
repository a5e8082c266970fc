"""The Singer SDK's own standard tests, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.suites import SingerTestSuite, tap_stream_attribute_tests
from singer_sdk.testing.templates import AttributeTestTemplate
from typing_extensions import override

from sandbox import Sandbox
from tap_callrecords.tap import TapCallRecords
from tests.support.streams import DESELECTED

# Whether a field that is seldom set has a value among the newest records depends on the hour.
pytestmark = pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning")
box = Sandbox(seed=8, days=2, calls_per_day=40, samples=True)


@pytest.fixture(scope="module", autouse=True)
def stopped_afterwards() -> Iterator[None]:
    yield
    box.stop()


def has_several_types(schema: Mapping[str, Any]) -> bool:
    return len({*schema["type"]} - {"null"}) > 1 if isinstance(schema["type"], list) else False


class OneColumn(AttributeTestTemplate):
    """A test of one column: the SDK has one object for all columns of a kind, which keeps the first one's values."""

    @override
    def setup(self) -> None:
        vars(self).pop("non_null_attribute_values", None)

    @classmethod
    @override
    def evaluate(cls, stream: Any, property_name: str, property_schema: dict[str, Any]) -> bool:
        # The SDK takes what may be an object for what has to be one.
        return not has_several_types(property_schema) and super().evaluate(stream, property_name, property_schema)


class ColumnOfSeveralTypes(AttributeTestTemplate):
    """A column that holds lists, objects or text holds nothing else."""

    name = "is_of_its_types"

    @override
    def test(self) -> None:
        validator = Draft202012Validator(self.stream.schema["properties"][self.attribute_name])
        for record in self.stream_records:
            validator.validate(record.get(self.attribute_name))

    @classmethod
    @override
    def evaluate(cls, stream: Any, property_name: str, property_schema: dict[str, Any]) -> bool:
        return has_several_types(property_schema)


def everything_selected(config: dict[str, Any]) -> dict[str, Any]:
    """A catalog with every stream selected, those that are deselected by default too."""
    catalog: dict[str, Any] = TapCallRecords(config={**config, "optional_streams": sorted(DESELECTED)}).catalog_dict
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["selected"] = True
    return catalog


def standard_tests() -> Any:
    """The SDK syncs when the class is made, so the sandbox has to answer before."""
    box.start()
    for vendor in box.vendors.values():
        if hasattr(vendor.switches, "unknown_fields"):
            vendor.switches.unknown_fields = True  # so that _rescued_data has something to show
    now = datetime.now(UTC)
    stored = int((now - timedelta(minutes=40)).timestamp() * 1000)
    box.webex.add_record(box.webex.new_record(), inserted_at=stored)  # at night there is no call for the live stream
    start = now - timedelta(days=3)
    config = {**box.config, "start_date": start.isoformat()}
    kinds = [type(each.__name__, (OneColumn, each), {}) for each in tap_stream_attribute_tests.tests]
    return get_tap_test_class(
        TapCallRecords,
        config=config,
        include_stream_attribute_tests=False,  # ours instead
        custom_suites=[SingerTestSuite("tap_stream_attribute", [*kinds, ColumnOfSeveralTypes])],
        catalog=everything_selected(config),
        suite_config=SuiteConfig(max_records_limit=50),
    )


TestStandard = standard_tests()
OF_A_COLUMN = "test_tap_stream_attribute_"
RIGHT_AND_WRONG: Mapping[str, tuple[Any, Any]] = {
    "is_boolean": (True, "perhaps"),
    "is_datetime": ("2026-03-01T02:31:07.120Z", "yesterday"),
    "is_integer": (7, "many"),
    "is_numeric": (2.5, "2.5"),
    "is_object": ({"a": 1}, ["a"]),
    "is_of_its_types": (["a"], 7),
    "not_null": ("x", None),
}


@pytest.mark.parametrize("kind", [name for name in TestStandard.params if name.startswith(OF_A_COLUMN)])
def test_each_test_of_a_column_fails_for_a_wrong_value_of_that_column(kind: str) -> None:
    columns = [each.values for each in TestStandard.params[kind]]
    for value, fails in zip(RIGHT_AND_WRONG[kind.removeprefix(OF_A_COLUMN)], (False, True), strict=True):
        failed = []
        for stream, column in columns:
            runner = SimpleNamespace(records={stream.name: [{column: value}]})
            try:
                getattr(TestStandard, kind)(SuiteConfig(), None, runner, stream, column)
            except (AssertionError, ValueError, ValidationError):
                failed.append(column)
        assert failed == [column for _, column in columns if fails]
