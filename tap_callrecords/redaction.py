"""Secrets and personal data stay out of everything that is written for people.

Secrets are registered as they become known (settings, tokens). A filter on the log handlers takes them out of
every line, other libraries' debug lines included, so that nothing has to remember to. Of tracebacks it leaves where
something went wrong and of which kind it is: what an unforeseen error says may quote a row.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import traceback
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

HIDDEN = "[redacted]"
_SHORTEST = 4
"""Shorter secrets would blot out ordinary words."""
# A vendor may quote a caller's number, a user's address or part of a token in its answer.
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail addresses, SIP users
    r"|\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}"  # JSON web tokens, also cut short
    r"|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}"  # other tokens and keys, not only those of this run
    r"|\+?\d[\d\s().-]{6,}\d"  # telephone numbers
)


class Redactor:
    """Knows the secrets of a run and takes them out of text; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, *secrets: str) -> None:
        """Register secrets, also in the forms that they take in URLs, JSON, Python and Basic authorisation."""
        with self._lock:
            for secret in secrets:
                if len(secret) >= _SHORTEST:
                    self._secrets.update(_forms(secret))
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._pattern = (
                re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else None
            )

    def clean(self, text: str) -> str:
        """The text without the registered secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _forms(secret: str) -> Iterator[str]:
    yield from (
        secret,
        *(quote(secret, safe, errors="replace") for safe in ("/", "")),
        quote_plus(secret, errors="replace"),
    )
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    raw = secret.encode("utf-8", "surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")


REDACTOR = Redactor()
"""The one that the log handlers use: secrets are secrets in the whole process."""


def clean_quote(text: str, *, longest: int = 200) -> str:
    """A vendor's own words, fit for an error message: without secrets and personal data, and short."""
    # Cut first: the patterns would take minutes for a long text without blanks. Not within a word: it may be a number.
    beginning = REDACTOR.clean(" ".join(text.split()))[: 10 * longest]
    cleaned = _PERSONAL.sub(HIDDEN, beginning if len(beginning) < 10 * longest else beginning.rpartition(" ")[0])
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"


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
        if (cleaned := REDACTOR.clean(told)) != message:
            record.msg, record.args = cleaned, ()
        return True


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
