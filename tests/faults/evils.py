"""What no vendor should send, and 8x8 Work that answers what a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox

BIG = "9" * 400
EVILS = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "2^64": str(2**64),
    "400 digits": BIG,
    "5000 digits": "9" * 5000,
    "1e400": "1e400",
    "lone surrogate": r'"a\ud800b"',
    "surrogates the wrong way round": r'"\udc00\ud800"',
    "nul": r'"a\u0000b"',
    "raw control characters": '"a\tb\nc\x01"',
    "line separators": '"a\u2028b\u2029"',
    "beyond the first plane": '"\U0001f4de"',
    "huge text": json.dumps("x" * 3_000_000),
    "long list": "[" + "1," * 5_000 + "1]",
    "nested list": "[" * 90 + "]" * 90,
    "nested deeply": "[" * 500 + "]" * 500,
    "nested object": '{"a":' * 500 + "1" + "}" * 500,
    "object": '{"a":{"b":[1,null,"c"]}}',
    "list of objects": '[{"a":1},null,[]]',
    "true": "true",
    "float": "1.5",
}
PLACES = ("callTime", "callerName", "departments", "startTimeUTC", "missed", "newField", "callId")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as box:
        yield box


def config_of(box: Sandbox, **more: Any) -> dict[str, Any]:
    box.faults.clear()
    start = datetime.now(UTC) - timedelta(hours=12)
    return {**box.eightx8_work.config, "start_date": start.isoformat(), "max_attempts": 2, **more}
