"""What `schemas/<stream>.json` declares of a stream: its columns, its key, its bookmark, and whether it is optional.

This is the one place where that stands. Streams, documents, dbt sources and tests read it through `declared`:

```
declared("acme_calls").key       ("call_id",)
declared("acme_calls").bookmark  "ended_at"; None for a list, which is read whole
declared("acme_calls").optional  None; else why the stream is left out unless it is asked for
declared("acme_calls").schema    the JSON Schema of its rows, without what begins with x- beside it
names()                          all streams that have a file
```

In the file these are `x-key`, `x-bookmark` and `x-optional`. A stream with the same rows as another one names it in
`x-same-rows-as`: all that its own file does not say is said there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

_PACKAGED = Path(__file__).parents[1] / "schemas"
FOLDER = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "schemas"
"""In the wheel within the package, in a checkout at the top of the repository."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared of a stream.

    Attributes:
        schema: the JSON Schema of its rows.
        key: the columns that tell its rows apart.
        bookmark: the column that its bookmark is named after; None for a list, which is read whole.
        optional: why it is left out unless it is asked for; None for a stream that is read by default.
        same_rows_as: the stream that has the same rows from another endpoint, and whose columns these are.
    """

    schema: dict[str, Any]
    key: Sequence[str]
    bookmark: str | None
    optional: str | None
    same_rows_as: str | None


def names() -> Sequence[str]:
    """The streams that have a schema file, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


@cache
def declared(stream: str) -> Declared:
    """What the schema file of a stream declares.

    Raises:
        FileNotFoundError: the stream has none.
    """
    said: dict[str, Any] = msgspec.json.decode((FOLDER / f"{stream}.json").read_bytes())
    twin = said.get("x-same-rows-as")
    base = declared(twin) if twin else None
    return Declared(
        schema=base.schema if base else {name: each for name, each in said.items() if not name.startswith("x-")},
        key=base.key if base else tuple(said["x-key"]),
        bookmark=base.bookmark if base else said.get("x-bookmark"),
        optional=said.get("x-optional"),
        same_rows_as=twin,
    )


class _Optional(msgspec.Struct, rename={"why": "x-optional"}):
    why: str | None = None


def why_optional(stream: str) -> str | None:
    """What `declared(stream).optional` says, without keeping the rest of the file: all streams are asked at the start.

    Raises:
        FileNotFoundError: the stream has no schema file.
    """
    return msgspec.json.decode((FOLDER / f"{stream}.json").read_bytes(), type=_Optional).why


class FromSchemaFile(Generic[T]):
    """An attribute of a stream class that its schema file says; a stream object may set its own instead."""

    def __init__(self, what: Callable[[Declared], T]) -> None:
        self._what = what

    def __get__(self, stream: Any, kind: Any) -> T:
        """Read it from the file of the stream's name."""
        return self._what(declared((kind if stream is None else stream).name))
