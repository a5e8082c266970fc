"""Types of columns in files, and values that fit them or not."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from upath import UPath

from tap_callrecords.errors import OutputLost
from tap_callrecords.output import formats


@pytest.mark.parametrize(
    ("property_schema", "kind"),
    [
        ({"type": ["string", "null"]}, pa.string()),
        ({"type": ["string", "null"], "format": "date-time"}, pa.timestamp("ms", "UTC")),
        ({"type": "string", "format": "date"}, pa.string()),
        ({"type": ["null", "integer"]}, pa.int64()),
        ({"type": "number"}, pa.float64()),
        ({"type": ["number", "null", "integer"]}, pa.float64()),
        ({"type": ["boolean", "null"]}, pa.bool_()),
        ({"type": ["object", "null"]}, None),
        ({"type": ["string", "integer"]}, None),
        ({}, None),
    ],
)
def test_a_property_has_a_column_of_its_type_or_one_of_json(property_schema: Any, kind: Any) -> None:
    assert formats.arrow_type(property_schema) == kind


@pytest.mark.parametrize("kind", [AttributeError, ValueError, OSError])
def test_a_file_elsewhere_that_has_no_number_is_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def number(_: Any) -> int:
        raise kind

    monkeypatch.setattr(Remote, "fileno", number)
    monkeypatch.setattr(type(UPath(tmp_path)), "open", lambda *_: Remote())
    file = formats.open_file(UPath(tmp_path / "calls"), "jsonl", {}, compressed=False)
    file.add_row({"id": 1})
    file.finish()
    assert file._bytes.closed


class Remote(BytesIO):
    """As the clients of other storages hand files out."""


@pytest.mark.parametrize("kind", [pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("ms", "UTC")])
def test_a_column_without_a_value_has_its_type(kind: pa.DataType) -> None:
    assert formats._array("n", kind, [None, None]).type == kind


def test_what_may_be_anything_and_what_is_no_text_in_a_column_of_text_is_json() -> None:
    anything = formats._array("n", None, [{"a": [1]}, None, "b"])
    assert (anything.type, anything.to_pylist()) == (pa.string(), ['{"a":[1]}', None, '"b"'])
    assert formats._array("n", None, [None]).type == pa.string()
    assert formats._array("n", pa.string(), [{"a": [1]}, None, "b"]).to_pylist() == ['{"a":[1]}', None, "b"]


@pytest.mark.parametrize(("kind", "value"), [(pa.int64(), "many"), (pa.float64(), "many"), (pa.int64(), 2**70)])
def test_a_value_that_is_not_of_its_column_s_type_is_a_readable_error(kind: pa.DataType, value: Any) -> None:
    with pytest.raises(OutputLost) as told:
        formats._array("waited", kind, [1, value])
    assert str(told.value) == (
        f"Property waited has a value that is not of its type {kind}, which a file can't hold; look at the stream "
        "maps. The last STATE that was written is valid."
    )
