"""Secrets and personal data stay out of everything that is written for people.

Secrets are registered as they become known (settings, tokens). A filter on the log handlers takes them out of
every line, other libraries' debug lines included, so that nothing has to remember to. Of tracebacks it leaves where
something went wrong and of which kind it is: what an unforeseen error says may quote a row.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

HIDDEN = "[redacted]"
_SHORTEST = 4
"""Shorter secrets would blot out ordinary words."""
_TOKENS_REMEMBERED = 200
"""Tokens of a run that has renewed more are long forgotten by everybody."""
_LITERAL = re.compile(r"[\w.~-]+", re.ASCII)
"""Secrets that look alike in URLs, JSON and HTML."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal, or turn text around."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """What a secret looks like: in small letters, as it is found literally, and a pattern for all else."""

    forms: frozenset[str]
    pattern: re.Pattern[str] | None


class Redactor:
    """Knows the secrets of a run and takes them out of text; safe for threads.

    The secrets of the settings are found in whatever way they are written. Tokens, of which a long run has many, are
    looked for as they are and as URLs and JSON write them, without a pattern for each.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasting: Mapping[str, _Secret] = {}
        self._passing: Mapping[str, _Secret] = {}

    def hide(self, *secrets: str, passing: bool = False) -> None:
        """Register secrets; passing ones are tokens, of which only the newest few hundred are remembered."""
        with self._lock:
            known = {**self._lasting, **self._passing}
            new = {
                each: _look_of(each, passing=passing)
                for each in secrets
                if len(each) >= _SHORTEST and each not in known
            }
            if passing:
                self._passing = dict([*self._passing.items(), *new.items()][-_TOKENS_REMEMBERED:])
            else:
                self._lasting = {**self._lasting, **new}

    def clean(self, text: str) -> str:
        """The text without the registered secrets."""
        secrets = (*self._lasting.values(), *self._passing.values())
        spans = [match.span() for each in secrets if each.pattern for match in each.pattern.finditer(text)]
        lowered = text.lower()
        if len(lowered) != len(text):  # of a few letters the small one is two
            lowered = "".join(char if len(small := char.lower()) != 1 else small for char in text)
        for literal in (form for each in secrets for form in each.forms):
            place = lowered.find(literal)
            while place >= 0:
                spans.append((place, place + len(literal)))
                place = lowered.find(literal, place + len(literal))
        if not spans:
            return text
        pieces, end = [], 0
        for start, stop in sorted(spans):
            if start >= end:
                pieces += [text[end:start], HIDDEN]
            end = max(end, stop)
        return "".join((*pieces, text[end:]))


def _look_of(secret: str, *, passing: bool) -> _Secret:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {encode(raw).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    is_literal = _LITERAL.fullmatch(secret) is not None
    if is_literal or passing:
        in_url = {secret, quote(secret, errors="replace"), quote(secret, safe="", errors="replace")}
        forms |= in_url | {quote(each, safe="") for each in in_url} | {secret.replace("/", "\\/")}
    return _Secret(frozenset(map(str.lower, forms)), None if is_literal or passing else _in_any_writing(secret))


_BACKSLASH = r"(?:\\|%(?:25)*5c)"
_BLANK = rf"(?:\s|\+|%(?:25)*(?:20|2b|09|0[ad])|{_BACKSLASH}+(?:[ntr]|u00(?:20|09|0[ad]))|&nbsp;)+"
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def _in_any_writing(secret: str) -> re.Pattern[str]:
    """A pattern for a secret however it is escaped, also twice, and whatever became of its blanks."""
    if not secret.strip():
        return re.compile(re.escape(secret))
    runs = re.findall(r"\s+|\S", secret)
    return re.compile("".join(_BLANK if run.isspace() else _in_any_escape(run) for run in runs), re.IGNORECASE)


def _in_any_escape(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char
    raw, units = char.encode("utf-8", "surrogatepass"), char.encode("utf-16-be", "surrogatepass").hex()
    in_url = "".join(f"%(?:25)*{byte:02x}" for byte in raw)
    in_json = "".join(f"{_BACKSLASH}+u{units[place : place + 4]}" for place in range(0, len(units), 4))
    in_python = f"{_BACKSLASH}+" + (f"x{ord(char):02x}" if ord(char) < 256 else f"u{ord(char):08x}")  # noqa: PLR2004
    entity = f"&(?:amp;)*(?:#0*{ord(char)}|#x0*{ord(char):x}|{_ENTITIES.get(char, '#')});"
    return f"(?:{_BACKSLASH}*(?:{re.escape(char)}|{in_url}|{entity})|{in_json}|{in_python})"


REDACTOR = Redactor()
"""The one that the log handlers use: secrets are secrets in the whole process."""
_GAP = re.compile(r"""((?:[\s{}()\[\]"<>,;!?|=&`*]|(?<!\d):|:(?!\d)|(?<![A-Za-z])'|'(?![A-Za-z]))+)""")
_EDGES = ".:-/#"
_NUMBER = re.compile(r"\d{1,2}|[1-9]0{2,4}|[57]000|([01]?\d|2[0-3]):[0-5]\d", re.ASCII)
_STATUSES = frozenset(str(int(status)) for status in HTTPStatus)
_WORDS = re.compile(r"[A-Za-z']+(?:[._/-][A-Za-z']+)*")
_PARTS_OF_A_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FIELD = re.compile(
    r"(?:[a-z_]|[A-Z](?=[a-z]* )|[A-Z]{2,5}(?= [a-z]))[A-Za-z_]*(?:\d{1,2}[A-Za-z_]+)*\d{0,2}(?: [a-z]+| [A-Z]{2,4})*"
)


_LONGEST_NAME = 60
_OWN = 0xE000
"""Characters that mean nothing by themselves stand for the names that the user has set."""


@cache
def _vocabulary() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Words in any case, in small letters, and as they are; read when a vendor is quoted for the first time."""
    lines = (Path(__file__).parent / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            section += line.split()
    in_any_case, in_small_letters, as_it_is = map(frozenset, found.values())
    return in_any_case, in_small_letters, as_it_is


def clean_quote(text: str, *, longest: int = 200, own: Sequence[str] = ()) -> str:
    """A vendor's own words, fit for an error message: of an unforeseen text only words that tell nothing of anybody.

    What is not of the vocabulary is left out: names, numbers, addresses and secrets in whatever
    writing, control characters. Numbers are quoted if they are a status, a clock, a usual limit, or very short, and
    stand alone between known words. The vocabulary is in `vocabulary.txt`.

    Args:
        text: what the vendor said.
        longest: characters of the result.
        own: names that the user has set, such as locations; they are quoted.
    """
    beginning = REDACTOR.clean(text[: 20 * longest])[: 10 * longest]
    if len(text) > len(beginning) >= 10 * longest:
        beginning = beginning.rpartition(" ")[0]  # what is cut may look like something else
    for place, name in enumerate(own):
        beginning = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", chr(_OWN + place), beginning)
    parts = _GAP.split(beginning.replace(HIDDEN, " \0 "))
    pieces, gaps = parts[::2], [*parts[1::2], ""]
    known = [_is_known(piece.strip(_EDGES), len(own)) for piece in pieces]
    has_number = [any(char.isnumeric() for char in piece) for piece in pieces]
    told = [place for place, piece in enumerate(pieces) if piece.strip(_EDGES)]
    for before, place, after in zip([None, *told], told, [*told[1:], None], strict=False):
        beside = [each for each in (before, after) if each is not None]
        if has_number[place] and any(has_number[each] or not known[each] for each in beside):
            pieces[place] = "\0"
    shown = [piece if fits and piece != "\0" else HIDDEN for piece, fits in zip(pieces, known, strict=True)]
    cleaned = "".join(each for pair in zip(shown, gaps, strict=True) for each in pair)
    cleaned = re.sub(rf"{re.escape(HIDDEN)}(?:[\W_]*{re.escape(HIDDEN)})+", HIDDEN, " ".join(cleaned.split()))
    for place, name in enumerate(own):
        cleaned = cleaned.replace(chr(_OWN + place), name)
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"


def clean_name(name: str) -> str:
    """A field's name, fit for a log line: names that look like those of fields, else as `clean_quote` has them."""
    looks_like_one = len(name) <= _LONGEST_NAME and _FIELD.fullmatch(name) and REDACTOR.clean(name) == name
    return name if looks_like_one else clean_quote(name)


def _is_known(piece: str, own: int) -> bool:
    _, _, as_it_is = _vocabulary()
    if not piece or piece in as_it_is or piece in _STATUSES or _NUMBER.fullmatch(piece):
        return True
    if len(piece) == 1 and ord(piece) in range(_OWN, _OWN + own):
        return True
    if not _WORDS.fullmatch(piece):
        return "/" in piece and piece in _zones()
    return all(map(_is_word, re.split(r"[._/-]", piece))) or ("/" in piece and piece in _zones())


def _is_word(word: str) -> bool:
    in_any_case, in_small_letters, _ = _vocabulary()
    small = word.lower()
    if word == small:
        return small in in_any_case or small in in_small_letters
    if small in in_any_case:
        return True
    parts = _PARTS_OF_A_NAME.findall(word)
    return (
        word.isalpha() and word[0].islower() and all(part.lower() in in_any_case | in_small_letters for part in parts)
    )


@cache
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones  # noqa: PLC0415 - only what looks like a zone's name asks for it

    return frozenset(available_timezones())


class RedactingFilter(logging.Filter):
    """Takes secrets out of a log record, and what errors say out of its traceback."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - another library's slip must not end the run
            message = str(record.msg)
            record.msg, record.args = message, ()
        told = message
        if record.exc_info and record.exc_info[1] is not None:
            told = "\n".join((message, *where(record.exc_info[1])))
            record.exc_info = record.exc_text = None
        if (cleaned := _UNSEEN.sub(_spell_out, REDACTOR.clean(told))) != message:
            record.msg, record.args = cleaned, ()
        return True


def _spell_out(unseen: re.Match[str]) -> str:
    return unseen[0].encode("unicode_escape").decode()


def where(error: BaseException) -> Iterator[str]:
    """Lines that say where an error and those before it came from, and of which kind they are.

    Only our own kinds of error are quoted: their sentences are written so that they hold no data.
    """
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from where(earlier)
        yield "Then:"
    yield "Traceback (most recent call last):"
    yield from "".join(traceback.format_tb(error.__traceback__)).splitlines()
    yield f"{type(error).__name__}: {error}" if isinstance(error, SingerSDKError) else type(error).__name__


def redact_logs() -> None:
    """Put the filter on every log handler that there is."""
    named = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    redacting = RedactingFilter()
    for logger in (logging.getLogger(), *named):
        for handler in logger.handlers:
            handler.addFilter(redacting)


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    # They log URLs, which hold one vendor's key, and not only to handlers that `redact_logs` has met.
    logging.getLogger(_name).addFilter(RedactingFilter())
