"""Secrets and personal data stay out of everything that is written for people.

Secrets are registered as they become known (settings, tokens). A filter on the log handlers takes them out of
every line, tracebacks and other libraries' debug lines included, so that nothing has to remember to.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
from urllib.parse import quote, quote_plus

from typing_extensions import override

HIDDEN = "[redacted]"
_SHORTEST = 4
"""Shorter secrets would blot out ordinary words."""
# A vendor may quote a caller's number, a user's address or part of a token in its answer.
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail addresses, SIP users
    r"|\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}"  # JSON web tokens, also cut short
    r"|\+?\d[\d\s().-]{6,}\d"  # telephone numbers
)


class Redactor:
    """Knows the secrets of a run and takes them out of text; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, *secrets: str) -> None:
        """Register secrets, also in the forms that they take in URLs and Basic authorisation."""
        with self._lock:
            for secret in secrets:
                if len(secret) >= _SHORTEST:
                    self._secrets |= {
                        secret,
                        quote(secret, safe=""),
                        quote_plus(secret),
                        base64.b64encode(secret.encode()).decode(),
                    }
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def clean(self, text: str) -> str:
        """The text without the registered secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


REDACTOR = Redactor()
"""The one that the log handlers use: secrets are secrets in the whole process."""


def clean_quote(text: str, *, longest: int = 200) -> str:
    """A vendor's own words, fit for an error message: without secrets and personal data, and short."""
    cleaned = _PERSONAL.sub(HIDDEN, REDACTOR.clean(" ".join(text.split())))
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"


class RedactingFilter(logging.Filter):
    """Takes secrets out of a log record, its traceback included."""

    _plain = logging.Formatter()

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (cleaned := REDACTOR.clean(message)) != message:
            record.msg, record.args = cleaned, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._plain.formatException(record.exc_info)
        if record.exc_text and (cleaned := REDACTOR.clean(record.exc_text)) != record.exc_text:
            record.exc_text, record.exc_info = cleaned, None
        return True


def redact_logs() -> None:
    """Put the filter on every log handler that there is."""
    named = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    redacting = RedactingFilter()
    for logger in (logging.getLogger(), *named):
        for handler in logger.handlers:
            handler.addFilter(redacting)
