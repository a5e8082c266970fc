"""What happens to personal data: kept, hashed with a key, or dropped (setting `pii_mode`).

Hashes are HMAC-SHA-256 in hexadecimal. Telephone numbers are brought to their digits first, so that the same
number hashes alike whichever vendor or stream it came from.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

_NUMBER_SHAPE = re.compile(r"[+\d][\d\s().\-/]*")


def normalise_number(value: str) -> str:
    """The digits of a telephone number or extension, without `+`, `00` or separators; other text trimmed."""
    value = value.strip()
    if not _NUMBER_SHAPE.fullmatch(value):
        return value
    digits = re.sub(r"\D", "", value)
    return digits.removeprefix("00") if not value.startswith("+") else digits


class Privacy:
    """Applies one mode to values; `keep` leaves them."""

    def __init__(self, mode: str, key: str = "") -> None:
        """Args: mode: `keep`, `hash` or `drop`; key: HMAC key, for `hash`."""
        self.keeps = mode == "keep"
        self._drops = mode == "drop"
        self._key = key.encode()
        self._digest_cached = lru_cache(maxsize=65_536)(self._digest)

    def _digest(self, value: str) -> str:
        return hmac.new(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def value(self, value: Any, kind: str = "") -> Any:
        """Protect a value of a property that is personal data.

        Args:
            value: text, or a list or object of it; None and `""` tell nothing and stay.
            kind: the property's `x-pii`: `phone`, `name` or `address`.
        """
        if self.keeps or value is None or value == "":
            return value
        if self._drops:
            return None
        if isinstance(value, str):
            return self._digest_cached(normalise_number(value) if kind == "phone" else value.strip())
        if isinstance(value, list):
            return [self.value(item, kind) for item in value]
        return self._digest_cached(msgspec.json.encode(value, order="sorted").decode())

    def rescued(self, rescued: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Protect `_rescued_data`: of a value whose meaning is not known, the whole is hashed or dropped."""
        if self.keeps or not rescued:
            return rescued
        return {name: self.value(value) for name, value in rescued.items()}
