"""What is written for people holds no secret, in whatever form it came in, and of errors only where and which."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.http import redaction
from tap_callrecords.http.redaction import (
    HIDDEN,
    REDACTOR,
    RedactingFilter,
    Redactor,
    clean_name,
    clean_quote,
    redact_logs,
    where,
)

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


SENTENCES = [
    *("Rate limit exceeded", "Invalid date range", "unknown parameter", "Unknown parameter: 'page'", "Bad Request"),
    *("Difference between startTime and endTime must not exceed 12 hours", "pageSize must be <= 7000"),
    *("Request rate exceeds threshold", '{"error":"Unauthorized","message":"Invalid key"}', "USER_NOTFOUND"),
    *("The refresh token provided is invalid.", "startTime must be no later than 5 minutes before now"),
    *("You don't have access to this resource", "No CDRs for requested time range and filters", "not America/New_York"),
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_apis_usually_say_stays_readable(sentence: str) -> None:
    assert clean_quote(sentence) == sentence


def test_names_that_the_user_has_set_are_quoted() -> None:
    said = "Location not found: Paris, Rive Gauche; ask Marta"
    assert clean_quote(said, own=["Oslo", "Paris, Rive Gauche"]) == (
        f"Location not found: Paris, Rive Gauche; ask {HIDDEN}"
    )


# Hostile sentences: names, numbers, addresses and secrets in any writing between harmless words

NAMES = [
    *("Marta Caller", "MARK SMITH", "jane.doe", "O'Brien", "Jean-Luc Picard", "Max Page", "Zoë Ångström"),
    "Анна Петрова",
]
SEPARATORS = [*" -./_,·:()", "\u2011", "\u2013", "\u00a0", "\u200b", "  ", ") ", "\t", "\x1b[1m", "\\u2011", "%20"]
ESCAPES = ["\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\u202e", "\r", "\x08"]
ENCODINGS: list[Callable[[str], str]] = [
    *(quote, quote_plus, lambda each: quote(each, safe=""), json.dumps, repr, html.escape, str.upper),
]
digits = st.text("0123456789", min_size=7, max_size=15)
numbers = st.builds(
    lambda number, size, between: between.join(number[place : place + size] for place in range(0, len(number), size)),
    digits,
    st.integers(2, 5),
    st.sampled_from(SEPARATORS),
)
harmless = st.sampled_from([word for sentence in SENTENCES for word in sentence.split() if word.isalpha()])
glue = st.sampled_from([" ", ": ", ", ", " (", ") ", '"', "'", "=", "; ", "/", "<", "> ", "|", "\n", "{", "}"])


@st.composite
def hostile_sentences(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """A sentence, a secret that it holds, and other parts that must not be seen."""
    secret = draw(st.sampled_from([SECRET, "two  blanks in it", "a/b+c=d==", "pass word", "sk-ABCdef123456"]))
    written = secret
    for encode in draw(st.lists(st.sampled_from(ENCODINGS), max_size=3)):
        written = encode(written)
    name, number = draw(st.sampled_from(NAMES)), draw(numbers)
    user, host = draw(st.sampled_from(["marta", "user", "m.caller"])), draw(st.sampled_from(["host", "pbx.example"]))
    parts = draw(st.permutations([written, name, number, f"{user}@{host}", draw(st.sampled_from(ESCAPES))]))
    text = draw(harmless)
    for part in parts:
        text += draw(glue) + part + draw(glue) + draw(harmless)
    hidden = [part for part in re.split(r"[ .'-]", name) if len(part) > 1]
    return text, secret, [*hidden, *re.findall(r"\d{3,}", number), f"{user}@{host}", "\x1b", "\x9b", "\u202e"]


@given(hostile=hostile_sentences())
@settings(max_examples=300)
def test_nothing_personal_and_no_secret_survives_a_hostile_sentence(hostile: tuple[str, str, list[str]]) -> None:
    text, secret, hidden = hostile
    redactor = Redactor()
    for registered in (False, True):
        if registered:
            redactor.hide(secret)
        with patch.object(redaction, "REDACTOR", redactor):
            left = clean_quote(text, longest=10_000).replace(HIDDEN, "")
        assert [each for each in hidden if re.search(rf"(?<![\w]){re.escape(each)}(?![\w])", left)] == []
        assert not re.search(r"\d{3}", left)
        assert not registered or secret not in left


@given(text=st.text(), longest=st.integers(1, 300))
def test_a_quote_holds_only_what_a_terminal_shows(text: str, longest: int) -> None:
    quoted = clean_quote(text, longest=longest)
    assert len(quoted) <= longest
    assert quoted.replace("…", "").isascii()
    assert quoted.isprintable()


# Secrets in other writings


@pytest.mark.parametrize(
    "written",
    [
        lambda secret: quote(quote(secret, safe=""), safe=""),
        lambda secret: quote_plus(quote_plus(quote_plus(secret))),
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        lambda secret: json.dumps(json.dumps(secret)),
        lambda secret: quote(json.dumps(secret)),
        html.escape,
        lambda secret: " ".join(secret.split()),
        lambda secret: secret.replace("  ", "\n"),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, "two  blanks/in it", "a\"b'c<d>&e", "tok/en+with=them=="])
def test_a_secret_is_found_in_writings_of_writings(secret: str, written: Callable[[str], str]) -> None:
    redactor = Redactor()
    redactor.hide(secret)
    cleaned = redactor.clean(f"key={written(secret)}.")
    assert cleaned.count(HIDDEN) == 1
    assert len(redactor.clean(written(secret))) <= len(HIDDEN) + 10  # quotation marks, in their own writing


def test_many_renewed_tokens_cost_little_and_are_hidden() -> None:
    redactor = Redactor()
    redactor.hide(SECRET, "a-lasting-key")
    tokens = [f"eyJ{number:04}{'x' * 1500}.{number}" for number in range(400)]
    tracemalloc.start()
    for token in tokens:
        redactor.hide(token, passing=True)
        assert redactor.clean(f"Bearer {token} after {tokens[0]}").startswith(f"Bearer {HIDDEN} after ")
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert size < 4_000_000
    assert redactor.clean(f"{SECRET} a-lasting-key {tokens[-100]}") == f"{HIDDEN} {HIDDEN} {HIDDEN}"


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


def test_a_line_does_not_steer_the_terminal(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.info("at %s\nnext", "\x1b[31m\x9b2J\u202e\r")
    assert written.getvalue() == "at \\x1b[31m\\x9b2J\\u202e\\r\nnext\n"


@pytest.mark.parametrize(
    "name", ["newField", "new_field_2", "Call outcome reason", "PSTN vendor name", "aiSentimentScore", "Report time"]
)
def test_names_of_fields_are_told(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("name", ["Marta Caller", "+12125550147", "field5550147", "marta@people.example", "\x1b[31m"])
def test_names_of_fields_that_may_be_somebodys_are_not_told(name: str) -> None:
    assert clean_name(name) == HIDDEN


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
