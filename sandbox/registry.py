"""The simulated vendors: each folder of this package that names one in `VENDOR`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.vendor import Vendor

VENDORS: Sequence[type[Vendor]] = tuple(
    import_module(f"sandbox.{each.name}").VENDOR for each in iter_modules(sandbox.__path__) if each.ispkg
)
"""In the order of their folders' names."""
