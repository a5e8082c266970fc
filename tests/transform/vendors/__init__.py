"""A module for each vendor of `calls`; they are found here, and their rows put together."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from tests.transform.vendor import Row, Vendor

VENDORS: Mapping[str, Vendor] = {
    module.name: import_module(f"{__name__}.{module.name}").VENDOR for module in iter_modules(__path__)
}


def _rows(load: str) -> dict[str, list[Row]]:
    return {stream: [*rows] for vendor in VENDORS.values() for stream, rows in getattr(vendor, load).items()}


FIRST, LATE, ERASED = _rows("first"), _rows("late"), _rows("erased")
NAMED = [(stream, row) for stream, rows in _rows("named").items() for row in rows]
