"""The SDK's standard tests for targets, on target-callrecords-duckdb."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk.testing import get_target_test_class

from target_callrecords_duckdb.target import TargetDuckDB

FOLDER = tempfile.TemporaryDirectory()

if TYPE_CHECKING:
    Standard: Any = object
else:
    Standard = get_target_test_class(TargetDuckDB, config={"path": str(Path(FOLDER.name) / "warehouse.duckdb")})


class TestStandard(Standard):  # type: ignore[misc] # made by the SDK
    """One file for all of them, as for the streams of one tap."""
