"""What replaces values that must not be shown: their shape, or others of the same shape.

A character is of one of a few kinds: digits, capital and small letters, each of ASCII and beyond, and all the rest that
may tell something. Blanks, punctuation and the other signs of ASCII are kept. `+1 (212) 555-0147` has the shape
`+9 (999) 999-9999`, and `+0 (000) 000-0000` may replace it; `Marta Díaz` is `Aaaaa Aäaa`.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

_ALPHABETS = {
    "9": string.digits,
    "A": string.ascii_uppercase,
    "a": string.ascii_lowercase,
    "Ä": "ÄÖÜÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕØÙÚÛÝÞ",
    "ä": "äöüàáâãåæçèéêëìíîïðñòóôõøùúûýþ",
    "文": "文字" + "".join(map(chr, range(0x4E00, 0x4E40))),
}
"""The kinds of characters, and what replaces them; the digits of another script are its own. There are enough of each
for the names in an object: two that get the same mask would become one."""
_KEPT = ("P", "Z", "Cc")
"""Beyond ASCII: punctuation, blanks, control characters; and marks of direction and the like, but for those that..."""
_HIDDEN_TEXT = "\U000e0000"
"""... from here on are letters which are not seen."""
_NONZERO = "123456789"


@lru_cache(maxsize=4096)
def _alphabet(char: str) -> str:
    """What may replace a character: one of its kind, or itself where it reveals nothing."""
    if char.isascii():
        kind = "9" if char.isdigit() else "A" if char.isupper() else "a" if char.islower() else ""
        return _ALPHABETS[kind] if kind else char
    category = unicodedata.category(char)
    if category == "Nd":
        zero = ord(char) - unicodedata.decimal(char)
        return "".join(map(chr, range(zero, zero + 10)))
    if category.startswith(_KEPT) or (category == "Cf" and char < _HIDDEN_TEXT):
        return char
    return _ALPHABETS[{"Lu": "Ä", "Lt": "Ä", "Ll": "ä"}.get(category, "文")]


_KIND = {alphabet: kind for kind, alphabet in _ALPHABETS.items()}


def shape(text: str) -> str:
    """A text with a sign for the kind of each of its characters: `Room 12` is `Aaaa 99`; all can be printed."""
    return "".join(map(_sign, text))


def _sign(char: str) -> str:
    alphabet = _alphabet(char)
    if alphabet != char:
        return _KIND.get(alphabet, "9")  # digits of whatever script
    return char if char.isprintable() else "·"


class Masks:
    """Other values in place of some: of the same shape, and the same for the same value.

    None is one of the values themselves, as far as their shape allows another; they count up from `000`, `aaa`.

    Args:
        values: all that will be replaced, numbers as they are written.
    """

    def __init__(self, values: Collection[str]) -> None:
        self._values = frozenset(values)
        self._others: dict[tuple[str, ...], dict[str, str]] = {}

    def text(self, value: str) -> str:
        """The replacement of a text."""
        return self._other(value, [*map(_alphabet, value)])

    def number(self, value: float) -> int | Decimal:
        """The replacement of a number: as many digits, before and after the point; sign and exponent are kept."""
        written = repr(value)
        mantissa, e, exponent = written.partition("e")
        alphabets = [*map(_alphabet, mantissa)]
        places = [place for place, char in enumerate(mantissa) if char.isdigit()]
        if not places:  # not a number, or infinite
            return 0
        for place in (places[0], places[-1]):  # nothing is lost when it is read
            alphabets[place] = _NONZERO
        other = self._other(mantissa, alphabets) + e + exponent
        return int(other) if isinstance(value, int) else Decimal(other)

    def _other(self, value: str, alphabets: Sequence[str]) -> str:
        kinds = tuple(alphabets)
        others = self._others.setdefault(kinds, {})
        if value not in others:
            taken = {value, *others.values()}
            free = (each for each in self._counted_on(kinds) if each not in self._values and each not in taken)
            unused = (each for each in self._counted_on(kinds) if each not in taken)  # there are too few of that shape
            others[value] = next(free, None) or next(unused, None) or _written(0, kinds)
        return others[value]

    def _counted_on(self, kinds: tuple[str, ...]) -> Iterator[str]:
        first = len(self._others[kinds])
        return (_written(number, kinds) for number in range(first, first + 2 * len(self._values) + 2))


def _written(number: int, alphabets: Sequence[str]) -> str:
    """A number in the digits that each place has; when they are used up it begins again."""
    chars = []
    for alphabet in reversed(alphabets):
        number, digit = divmod(number, len(alphabet))
        chars.append(alphabet[digit])
    return "".join(reversed(chars))
