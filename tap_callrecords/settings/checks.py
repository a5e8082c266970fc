"""What is wrong with settings as they are given, as messages for the user."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from jsonschema import ValidationError

from tap_callrecords import instants
from tap_callrecords.errors import as_written

_INSTANTS = ("start_date", "end_date")


def schema_problems(validator: Any, config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with settings by their JSON Schema, a sentence each, without values."""
    try:
        yield from (said for error in validator.iter_errors(config) if (said := in_words(error)))
    except (AttributeError, TypeError):  # the SDK's schema of `__else__` is not one that the library can follow
        yield "setting stream_maps is not valid (__else__)"


def in_words(error: ValidationError) -> str | None:
    """What a validation error means for the person, without the value; None where a better check says it."""
    name = f"setting {error.path[0]}" if error.path else "the configuration"
    wanted = error.validator_value
    match error.validator:
        case "type":
            kinds = [kind for kind in ([wanted] if isinstance(wanted, str) else wanted) if kind != "null"]
            return f"{name} must be of type {' or '.join(kinds)}"
        case "minimum":
            return f"{name} must be at least {wanted}"
        case "maximum":
            return f"{name} must be at most {wanted}"
        case "enum":
            return f"{name} must be one of {', '.join(map(str, wanted))}"
        case _:
            return f"{name} is not valid ({error.validator})"


def problems(config: Mapping[str, Any], *, in_headers: Collection[str]) -> Iterator[str]:
    """What is wrong with settings that a JSON Schema can't say, a sentence each, without secret values.

    Args:
        config: the settings.
        in_headers: names of those whose values are sent in headers.
    """
    for name in _INSTANTS:
        if value := config.get(name):
            try:
                instants.parse(str(value))
            except ValueError:
                yield f"setting {name} must be a date and time like 2026-01-31T00:00:00Z"
    if _begins_after_its_end(config):
        yield "setting end_date lies before start_date: nothing would be read"
    for name, value in config.items():
        if name.endswith("_url") and value and (problem := _url_problem(str(value))):
            yield f"setting {name} {problem}"
        if name in in_headers and not _fits_header(str(value)):
            yield (
                f"setting {name} has leading or trailing whitespace, a line break or a character outside ASCII: copy "
                "it again"
            )
    if config.get("flattening_enabled") and not config.get("flattening_max_depth"):
        yield "setting flattening_max_depth is missing: flattening_enabled needs it"
    if config.get("pii_mode") == "hash" and not config.get("pii_hash_key"):
        yield "setting pii_hash_key is missing: pii_mode hash needs it"


def _begins_after_its_end(config: Mapping[str, Any]) -> bool:
    try:
        first, last = (instants.parse(str(config[name])) for name in _INSTANTS)
    except (LookupError, ValueError):
        return False
    return last < first


def _fits_header(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()


def _url_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return "must be a URL that begins with https://"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must be a plain URL, without credentials, query or fragment"
    if parts.scheme == "http" and not _is_loopback(host):
        return "must begin with https://: credentials are never sent unencrypted (http is for loopback hosts only)"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def optional_problems(config: Mapping[str, Any], streams: Sequence[str]) -> Iterator[str]:
    """What is wrong with setting `optional_streams`. Args: config: the settings; streams: the names of all streams."""
    for name in config["optional_streams"]:
        if name not in streams:
            like = nearest(name, streams)
            yield f"setting optional_streams contains an unknown stream {as_written(name)} (did you mean {like}?)"


def nearest(name: str, known: Sequence[str], *, at_least: float = 0) -> str | None:
    """The known name that is most like a misspelt one; None where none is at least so much like it (from 0 to 1)."""
    from difflib import get_close_matches  # noqa: PLC0415 - hardly a run needs it

    return next(iter(get_close_matches(name.lower(), known, 1, cutoff=at_least)), None)
