"""The Singer SDK's own standard tests, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox import Sandbox
from tap_callrecords.tap import TapCallRecords
from tests.support.streams import DESELECTED

# Whether a field that is seldom set has a value among the newest records depends on the hour.
# And the SDK keeps the values of the first column that it tries for all others of the kind: so in one order only.
pytestmark = [
    pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning"),
    pytest.mark.xdist_group("sdk-standard"),
]
box = Sandbox(seed=8, days=2, calls_per_day=40, samples=True)


@pytest.fixture(scope="module", autouse=True)
def stopped_afterwards() -> Iterator[None]:
    yield
    box.stop()


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
    return get_tap_test_class(
        TapCallRecords,
        config=config,
        catalog=everything_selected(config),
        suite_config=SuiteConfig(max_records_limit=50),
    )


TestStandard = standard_tests()
