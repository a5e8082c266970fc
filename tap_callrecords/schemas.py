"""Where the streams' schemas are: in the wheel beside this module, in a checkout at the top of the repository."""

from __future__ import annotations

from pathlib import Path

from singer_sdk import SchemaDirectory, StreamSchema

_PACKAGED = Path(__file__).parent / "schemas"

SCHEMAS = SchemaDirectory(_PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "schemas")

__all__ = ["SCHEMAS", "StreamSchema"]
