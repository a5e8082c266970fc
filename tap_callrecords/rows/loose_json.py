"""JSON as it is in the wild, for bodies that a strict decoder refuses.

NaN, 1e400, a byte order mark, control characters in text, halves of surrogate pairs, bytes that are no UTF-8: no
record is lost for one of these, and what no encoding takes is spelled out.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any, TypeVar

import msgspec

from tap_callrecords.errors import BrokenBody

T = TypeVar("T")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})|.)", re.DOTALL
)
_SPELL_OUT = "tap_callrecords.spell_out"


def decode_loosely(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode JSON as it is in the wild.

    Raises:
        BrokenBody: the body is not of the decoder's type, or is nested too deeply.
    """
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    # What msgspec refuses, but JSON in the wild has: NaN, 1e400, a byte order mark, control characters in text,
    # halves of surrogate pairs, bytes that are no UTF-8. No encoding takes the last two: they are spelled out.
    try:
        text = _ESCAPE.sub(_spell_out, body.decode("utf-8-sig", _SPELL_OUT))
        loaded = json.loads(text, parse_float=_finite, parse_int=_whole, parse_constant=str, strict=False)
        return msgspec.convert(loaded, decoder.type)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # a ValueError too since msgspec 0.21
        raise BrokenBody(type(error).__name__) from error


def _finite(digits: str) -> Any:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _whole(digits: str) -> Any:
    return int(digits) if len(digits) < 1000 else digits  # noqa: PLR2004 - Python refuses more than 4300 digits


def _spell_out(escape: re.Match[str]) -> str:
    r"""Half of a surrogate pair (`\ud800`) as the text of its escape."""
    return "\\\\" + escape["half"] if escape["half"] else escape[0]


def _spell_out_bytes(error: UnicodeError) -> tuple[str, int]:
    r"""Bytes that are no UTF-8 as text (`\xfc`), escaped for JSON."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - used for decoding only
    return "".join(f"\\\\x{byte:02x}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_SPELL_OUT, _spell_out_bytes)
