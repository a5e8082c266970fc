"""What happens to personal data: kept, hashed with a key, or dropped (setting `pii_mode`).

Hashes are HMAC-SHA-256 in hexadecimal. Telephone numbers are brought to one spelling first, so that the same number
hashes alike whichever vendor or stream it came from.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

_LONGEST_CACHED = 64
"""Characters of a value whose hash is kept at hand: names and numbers come again, long texts fill the memory."""
_NUMBER = re.compile(
    r"(?:tel:|callto:)?\s*(?P<number>[+(\s]*\d[\d\s().,'\[\]·_/-]*?)"
    r"(?:[\s.,;(]*(?:ext(?:ension|n)?|x|#)[\s.:=]*(?P<extension>\d+)\s*\)?)?",
    re.IGNORECASE,
)
_ODD_SPELLING = re.compile(r"[^ -~]|[,_'\[\]]")
_NORTH_AMERICAN = re.compile(r"[2-9]\d\d[2-9]\d{6}")
_SHORTEST_AFTER_00 = 7
"""Digits of a number with its country's code, at least; nobody has a national number that begins with 00."""
_LONGEST_NATIONAL = 11
"""Digits of a national number with its trunk prefix, at most (E.164 numbers have up to 15); 011 may begin one."""


def _plainly_written(value: str) -> str:
    """A text with the digits, dashes, blanks and signs of ASCII in place of those of other scripts and widths."""
    plain = []
    for char in unicodedata.normalize("NFKC", value):
        category = unicodedata.category(char)
        if category == "Nd":
            plain.append(str(unicodedata.decimal(char)))
        elif category == "Pd" or char in "\u2212\u2043":
            plain.append("-")
        elif category != "Cf":  # marks of direction, soft hyphens
            plain.append("·" if char in "\u2022\u2219\u22c5" else char)
    return "".join(plain).strip()


def normalise_number(value: str) -> str:
    """A telephone number in one spelling: digits with the country's code, and `x` before an extension.

    Written out or not, `+`, `00`, `011`, `tel:`, separators, `(0)` after a country code, and the 1 of North America
    make no difference, nor do digits, dashes and blanks of other scripts. Text that is no number is trimmed only.
    """
    value = value.strip()
    if len(value) > _LONGEST_CACHED:
        return value
    match = _NUMBER.fullmatch(_plainly_written(value) if _ODD_SPELLING.search(value) else value)
    if match is None:
        return value
    number, extension = match["number"], match["extension"]
    digits = re.sub(r"\D", "", number)
    has_country = "+" in number
    for prefix, shortest in (("00", 2 + _SHORTEST_AFTER_00), ("011", _LONGEST_NATIONAL + 1)):
        if digits.startswith(prefix) and (has_country or len(digits) >= shortest):
            digits, has_country = digits.removeprefix(prefix), True
            break
    if has_country and (trunk := re.search(r"\(0\)", number)):  # `+44 (0)20`, which is dialled within the country only
        before = len(re.sub(r"\D", "", number[: trunk.start()])) - (len(re.sub(r"\D", "", number)) - len(digits))
        digits = digits[:before] + digits[before + 1 :]
    if not has_country and _NORTH_AMERICAN.fullmatch(digits):
        digits, has_country = "1" + digits, True
    if "," in number and not has_country:
        return value  # several short numbers
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
