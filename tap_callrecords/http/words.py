"""The message in an error body, and whether it is about too many requests or too long a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import requests
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.errors import RangeRefused, Refused
from tap_callrecords.http.redaction import clean_quote

_THROTTLED = re.compile(
    r"throttl|slow down|quota|rate[ _-]?limit|too[ _-]?many[ _-]?(?:requests|calls)|(?:request|call) rate|"
    r"\brate (?:is |was )?exceed|(?:requests|calls) (?:per|a) (?:second|minute|hour|day)",
    re.IGNORECASE,
)

_TIME = re.compile(r"time|date|start|end|window|interval|period|minute|hour|day|week|month", re.IGNORECASE)
_LENGTH = re.compile(
    r"range|differ|exceed|span|window|apart|each other|(?:longer|larger|greater|more|wider|bigger|shorter|less) than|"
    r"(?:at|too|or|up) (?:most|long|large|big|wide|great|less|to)|within|max(?:imum)?\b",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(
    r"\b(?:ago|old|older|past|future|last|now|current|page|pages|zone|token)\b|"
    r"histor|retention|page_?size|timezone|cursor|scroll|format",
    re.IGNORECASE,
)

_GOOD_WORD = re.compile(
    r"^\s*(?:200|ok)\b|success|\b(?:complete|done)|\bno\b.*\b(?:found|data|records?|rows?|results?|calls?|cdrs?)\b",
    re.IGNORECASE,
)
"""In what an answer without rows says of itself: it was made well, or there is nothing."""


def text_of(response: requests.Response) -> str:
    """What an error body says to people; empty for a web page."""
    words = " ".join(str(value) for value in words_of(response).values() if isinstance(value, (str, int)))
    return words or ("" if response.text.lstrip().startswith("<") else response.text.strip())


def speaks_of_length(words: str) -> bool:
    """Whether a refusal is about the length of a time range; not about when it lies, nor about pages."""
    return bool(_TIME.search(words) and _LENGTH.search(words) and not _SOMETHING_ELSE.search(words))


def body_of(response: requests.Response) -> Mapping[str, Any]:
    """The members of an error body; empty when it is no JSON object."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def words_of(response: requests.Response) -> Mapping[str, Any]:
    """The members of an error body that tell people something."""
    body = body_of(response)
    telling = ("code", "errorCode", "error", "message", "error_description", "exception", "reason")
    return {name: body[name] for name in telling if body.get(name) is not None}


def speaks_of_rate(words: str) -> bool:
    """Whether a refusal is about too many requests."""
    return _THROTTLED.search(words) is not None


def speaks_of_failure(response: requests.Response) -> bool:
    """Whether the body of a good answer says that something went wrong; asked of answers without rows only."""
    body = body_of(response)
    if any(body.get(name) for name in ("error", "errors", "fault", "exception")):
        return True
    if any(body.get(name) is False for name in ("success", "ok")):
        return True
    told = [str(body[name]) for name in ("status", "message") if body.get(name)]
    return not all(map(_GOOD_WORD.search, told))


def said_in(response: requests.Response) -> str:
    """The vendor's own words as the end of a sentence, without personal data; empty without any."""
    words = clean_quote(text_of(response))
    return f": {words}" if words else ""


def refused(sentence: str, response: requests.Response) -> FatalAPIError:
    """A refusal as an error with a sentence; one of a kind of its own where the vendor finds a time range too long."""
    if response.status_code == requests.codes.bad_request and speaks_of_length(text_of(response)):
        return RangeRefused(sentence)
    return Refused(sentence, response.status_code, response)


def undocumented(product: str, response: requests.Response, more: str = "") -> FatalAPIError:
    """A refusal that the vendor does not document, in its own words; `more` ends the sentence."""
    said = f"{product} refused a request with status {response.status_code}{said_in(response)}{more}"
    return refused(said, response)
