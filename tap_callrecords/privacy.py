"""What happens to personal data: kept, hashed with a key, or dropped (setting `pii_mode`).

Hashes are HMAC-SHA-256 in hexadecimal. Telephone numbers are brought to one spelling first, so that the same number
hashes alike whichever vendor or stream it came from.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

_LONGEST_CACHED = 64
"""Characters of a value whose hash is kept at hand: names and numbers come again, long texts fill the memory."""
_NUMBER = re.compile(
    r"(?:tel:)?(?P<number>[+(]{0,2}\d[\d\s().\-/]*)(?:(?:;ext=|ext\.?|extension|x|#)\s*(?P<extension>\d+))?",
    re.IGNORECASE,
)
_NORTH_AMERICAN = re.compile(r"[2-9]\d\d[2-9]\d{6}")
_LONGEST_NATIONAL = 11
"""Digits of a national number with its trunk prefix, at most (E.164 numbers have up to 15)."""


def normalise_number(value: str) -> str:
    """A telephone number in one spelling: digits with the country's code, and `x` before an extension.

    Written out or not, `+`, `00`, `011`, `tel:`, separators, `(0)` after a country code, and the 1 of North America
    make no difference. Text that is no number is trimmed only.
    """
    value = value.strip()
    match = _NUMBER.fullmatch(value) if len(value) <= _LONGEST_CACHED else None
    if match is None:
        return value
    number, extension = match["number"], match["extension"]
    international = "+" in number
    if international:
        number = number.replace("(0)", "")
    digits = "".join(str(int(digit)) for digit in number if digit.isdecimal())
    if not international:
        for prefix in ("00", "011"):
            if digits.startswith(prefix) and len(digits) > _LONGEST_NATIONAL:
                digits = digits.removeprefix(prefix)
                break
        else:
            digits = "1" + digits if _NORTH_AMERICAN.fullmatch(digits) else digits
    return f"{digits}x{extension}" if extension else digits


class Privacy:
    """Applies one mode to values; `keep` leaves them."""

    def __init__(self, mode: str, key: str = "") -> None:
        """Args: mode: `keep`, `hash` or `drop`; key: HMAC key, for `hash`."""
        self.keeps = mode == "keep"
        self._drops = mode == "drop"
        self._key = key.encode("utf-8", "surrogatepass")
        self._text_cached = lru_cache(maxsize=65_536)(self._text)

    def digest(self, text: str) -> str:
        """The hash of a text, in 64 hexadecimal digits."""
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def value(self, value: Any, kind: str = "") -> Any:
        """Protect a value of a property that is personal data.

        A list of such a property is hashed item by item; anything else is hashed whole.

        Args:
            value: None and what is empty tell nothing and stay.
            kind: the property's `x-pii`, `phone`, `name` or `address`; `""` for what is not known.
        """
        if self.keeps or value is None or value in ("", [], {}):
            return value
        if self._drops:
            return None
        if isinstance(value, str):
            return self._text_cached(value, kind) if len(value) <= _LONGEST_CACHED else self._text(value, kind)
        if isinstance(value, list) and kind:
            return [self.value(item, kind) for item in value]
        return self.digest(msgspec.json.encode(value, order="sorted").decode())

    def _text(self, value: str, kind: str) -> str:
        return self.digest(normalise_number(value) if kind == "phone" else value.strip())

    def rescued(self, rescued: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Protect `_rescued_data`: of a value whose meaning is not known, the whole is hashed or dropped."""
        if self.keeps or not rescued:
            return rescued
        return {name: self.value(value) for name, value in rescued.items()}
