"""What is written for people holds no secret, in whatever form it came in, and of errors only where and which."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.redaction import HIDDEN, REDACTOR, RedactingFilter, Redactor, clean_quote, redact_logs, where

SECRET = "p@ss w\"ör\\d/+=&%41'"
FORMS: list[Callable[[str], str]] = [
    str,
    str.upper,
    quote,
    quote_plus,
    lambda secret: quote(secret, safe=""),
    lambda secret: quote_plus(secret).lower(),
    json.dumps,
    lambda secret: json.dumps(secret, ensure_ascii=False),
    repr,
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form_in_which_it_is_written(form: Callable[[str], str]) -> None:
    redactor = Redactor()
    redactor.hide(SECRET)
    cleaned = redactor.clean(f"GET /calls?key={form(SECRET)}&page=2")
    assert HIDDEN in cleaned
    assert cleaned.replace(HIDDEN, "").strip("'\"=").startswith("GET /calls?key=")
    assert "ss" not in cleaned.partition("key=")[2].partition("&")[0]


@given(secrets=st.lists(st.text(min_size=4, max_size=20), max_size=4), before=st.text(), after=st.text())
def test_no_registered_secret_is_left_in_any_text(secrets: list[str], before: str, after: str) -> None:
    redactor = Redactor()
    redactor.hide(*secrets)
    for secret in secrets:
        rest = redactor.clean(f"{before}{secret}{after}").replace(HIDDEN, "")
        assert secret not in rest or secret in redactor.clean(before + after).replace(HIDDEN, "") or secret in HIDDEN


def test_a_secret_that_holds_another_one_is_hidden_whole() -> None:
    redactor = Redactor()
    redactor.hide("abcd", "abcdefgh")
    assert redactor.clean("key abcdefgh") == f"key {HIDDEN}"


def test_very_short_secrets_do_not_blot_out_the_text() -> None:
    redactor = Redactor()
    redactor.hide("", "a", "the")
    assert redactor.clean("the calls of a day") == "the calls of a day"


@pytest.mark.parametrize(
    "personal",
    [
        "+1 (212) 555-0147",
        "0044 20 7946 0000",
        "2125550147",
        "marta.caller@people.example",
        "sip:+12125550147@pbx.people.example",
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIn0.c2ln",
        "eyJhbGciOiJSUzI1NiIsInR5",
        "sandbox-access-000002-InNhbmRib3gtOHg4LWFu",
    ],
)
def test_a_vendors_words_are_quoted_without_personal_data_and_tokens(personal: str) -> None:
    quoted = clean_quote(f"Not allowed for {personal} today")
    assert quoted.startswith("Not allowed for ")
    assert quoted.endswith(" today")
    assert not set(personal.split()) & set(quoted.split())
    assert HIDDEN in quoted


@pytest.mark.parametrize("words", ["Invalid timeZone", "Error 429 at 12:30", "pageSize > 7000", ""])
def test_a_vendors_words_stay_readable(words: str) -> None:
    assert clean_quote(words) == words


def test_a_long_quote_is_cut_without_leaving_half_a_number() -> None:
    for length in range(1950, 2050, 3):
        quoted = clean_quote("a@b.example " * 100 + "x" * (length - 1200) + " +12125550147 +12125550148")
        assert len(quoted) <= 200
        assert "1212" not in quoted


@pytest.mark.parametrize("hostile", ["a", "1 ", "a.", "eyJ", "+", "@"])
def test_a_hostile_text_is_quoted_in_no_time(hostile: str) -> None:
    assert len(clean_quote(hostile * 10**6)) <= 200


# Logs


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("tests.redaction")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    REDACTOR.hide(SECRET)
    yield logger, written
    logger.removeHandler(handler)


def test_a_line_loses_its_secrets_wherever_they_stand(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.info("%s and %r and %s", SECRET, SECRET, {"key": SECRET})
    logger.info(f"the key is {SECRET}")  # noqa: G004 - as other libraries do
    assert written.getvalue() == f"{HIDDEN} and '{HIDDEN}' and {{'key': '{HIDDEN}'}}\nthe key is {HIDDEN}\n"


def test_a_line_that_can_not_be_put_together_ends_nothing(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.info("%d calls of %s", SECRET)  # noqa: PLE1206 - the slip
    assert written.getvalue() == "%d calls of %s\n"


def test_a_traceback_tells_where_and_which_but_not_what(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    try:
        try:
            int("caller +12125550147")
        except ValueError as error:
            raise KeyError("Marta Caller") from error
    except KeyError:
        logger.exception("A fault")
    told = written.getvalue()
    assert told.startswith("A fault\nTraceback (most recent call last):\n")
    assert "in test_a_traceback_tells_where_and_which_but_not_what" in told
    assert told.count("ValueError\n") == told.count("KeyError\n") == 1
    assert "+1212" not in told.replace('int("caller +12125550147")', "")
    assert "Marta" not in told.replace('raise KeyError("Marta Caller")', "")


def test_our_own_errors_are_quoted_in_a_traceback() -> None:
    assert [*where(FatalAPIError("The vendor repeated a cursor."))][
        -1
    ] == "FatalAPIError: The vendor repeated a cursor."


def test_an_error_that_hides_what_led_to_it_is_told_alone() -> None:
    def fail() -> None:
        try:
            int("x")
        except ValueError:
            raise KeyError from None

    with pytest.raises(KeyError) as caught:
        fail()
    assert [line for line in where(caught.value) if line in ("ValueError", "KeyError", "Then:")] == ["KeyError"]


def test_all_handlers_are_filtered_once_the_command_line_begins() -> None:
    handlers: list[Any] = [logging.StreamHandler(sys.stderr), logging.StreamHandler(sys.stderr)]
    loggers = logging.getLogger(), logging.getLogger("tests.redaction.other")
    for logger, handler in zip(loggers, handlers, strict=True):
        logger.addHandler(handler)
    try:
        redact_logs()
        assert all(isinstance(handler.filters[-1], RedactingFilter) for handler in handlers)
    finally:
        for logger, handler in zip(loggers, handlers, strict=True):
            logger.removeHandler(handler)
