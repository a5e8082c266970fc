"""Settings as they are given: from a file or the environment, checked, and told in words where they are wrong."""

from __future__ import annotations

import difflib
import ipaddress
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import ValidationError
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import FLATTENING_CONFIG

from tap_callrecords import instants
from tap_callrecords.errors import as_written
from tap_callrecords.sdk import settings_from_environment
from tap_callrecords.settings import BATCH, COMMON, Setting
from tap_callrecords.sources import SOURCES

SETTINGS: Sequence[Setting] = (*COMMON, BATCH, *(each for source in SOURCES for each in source.settings))
"""The settings of our own, in the order in which they are shown."""
CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(*(each.declared for each in SETTINGS)).to_dict()
"""The tap's `config_jsonschema`."""

NAMES: Sequence[str] = tuple(CONFIG_SCHEMA["properties"])
"""Their names."""
for _name, _most in (("flattening_max_depth", 20), ("flattening_max_key_length", 1000)):
    _theirs = FLATTENING_CONFIG["properties"][_name]
    _said = f"{_theirs['description']} From 1 to {_most}."
    # Where the SDK finds a setting it leaves it as it is.
    CONFIG_SCHEMA["properties"][_name] = {**_theirs, "minimum": 1, "maximum": _most, "description": _said}
_INSTANTS = ("start_date", "end_date")
_OTHER_VARIABLES = {"loglevel", "warehouse"}
"""What begins like a setting's environment variable and is another's: the SDK's, dbt's."""
_TRUE_OR_FALSE = ("true", "1", "yes", "on", "false", "0", "no", "off")
_SENT_IN_HEADERS = frozenset(each.name for each in SETTINGS if each.in_header)


def secrets(config: Mapping[str, Any]) -> list[str]:
    """The values of secret settings."""
    properties: Mapping[str, Any] = CONFIG_SCHEMA["properties"]
    return [
        value for name, value in config.items() if properties.get(name, {}).get("secret") and isinstance(value, str)
    ]


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


def problems(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with settings that a JSON Schema can't say, a sentence each, without secret values."""
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
        if name in _SENT_IN_HEADERS and not _fits_header(str(value)):
            yield (
                f"setting {name} begins or ends with a blank, or holds a line break or a character outside ASCII: "
                "copy it again"
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


def only_set(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are set: an empty text, as a line `NAME=` leaves it, is not, in an array neither.

    A whole number that is written as a decimal (`24.0`) becomes one: vendors do not take it for a page size.
    """
    known: Mapping[str, Any] = CONFIG_SCHEMA["properties"]
    found = {}
    for name, value in config.items():
        if isinstance(value, list):
            value = [member for member in value if not _is_empty(member)]  # noqa: PLW2901
        elif (
            isinstance(value, (float, Decimal))
            and float(value).is_integer()
            and "integer" in known.get(name, {}).get("type", ())
        ):
            value = int(value)  # noqa: PLW2901
        if not _is_empty(value) and (value != [] or "array" not in known.get(name, {}).get("type", ())):
            found[name] = value
    return found


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def unknown(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each name that is neither ours nor the SDK's.

    Of an object in `meltano.yml` Meltano sets a variable for each member besides: those say nothing new.
    """
    names, known = list(names), list(CONFIG_SCHEMA["properties"])
    objects = [name for name in names if "object" in CONFIG_SCHEMA["properties"].get(name, {}).get("type", ())]
    for name in names:
        if name not in known and not name.lower().startswith(tuple(f"{each}_" for each in objects)):
            nearest = difflib.get_close_matches(name.lower(), known, 1, cutoff=0.5)
            hint = f" Did you mean {nearest[0]}?" if nearest else ""
            yield f"There is no setting {as_written(name)}: it is ignored.{hint}"


def from_files(config: Mapping[str, Any] | Path | str | Sequence[Path | str] | None) -> dict[str, Any]:
    """Settings as they are handed over, or out of files; of several the later ones count.

    Raises:
        ConfigurationError: a file can't be read, or is none of JSON.
    """
    if config is None or isinstance(config, Mapping):
        return dict(config or {})
    files = [config] if isinstance(config, (str, Path)) else config
    given: dict[str, Any] = {}
    for file in files:
        given |= json.loads(json_object("Configuration", partial(Path(file).read_text, encoding="utf-8")))
    return given


def json_object(what: str, read: Callable[[], str]) -> str:
    """The text of a file, once it is found to hold a JSON object.

    Raises:
        ConfigurationError: what is wrong with it, in words and without its content.
    """
    try:
        text = read()
        loaded = json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{what}: the file can't be read ({error.strerror}).") from None
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{what}: the file is not JSON (line {error.lineno}, column {error.colno}).") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{what}: the file is not JSON.") from None
    if not isinstance(loaded, dict):
        raise ConfigurationError(f"{what}: the file does not hold a JSON object.")
    return text


def from_environment(prefix: str) -> dict[str, Any]:
    """Settings from environment variables and the `.env` file that the SDK finds; an empty one is not set.

    Raises:
        ConfigurationError: what is wrong with them, by variable.
    """
    try:
        settings_from_environment({}, prefix)  # reads the .env file into the environment
    except (OSError, ValueError):
        raise ConfigurationError("Configuration: the .env file can't be read. It must be text in UTF-8.") from None
    properties: Mapping[str, Any] = CONFIG_SCHEMA["properties"]
    given = {
        name: schema for name, schema in properties.items() if not _is_empty(os.environ.get(prefix + name.upper()))
    }
    problems = [*_environment_problems(given, prefix)]
    if problems:
        raise ConfigurationError("Configuration: " + "; ".join(problems) + ".")
    return settings_from_environment(given, prefix)


def misspelt_variables(prefix: str) -> Iterator[str]:
    """Names that begin like those of environment variables for settings, but are none."""
    for variable in sorted(os.environ):
        name = variable.removeprefix(prefix).lower()
        if variable.startswith(prefix) and not name.startswith("_") and name not in _OTHER_VARIABLES:
            yield name


def _environment_problems(given: Mapping[str, Mapping[str, Any]], prefix: str) -> Iterator[str]:
    for name, schema in given.items():
        variable = prefix + name.upper()
        value = os.environ[variable].strip()
        kinds = schema.get("type", ())
        wanted = ""
        try:
            if "integer" in kinds:
                wanted = "a whole number"
                int(value)
            elif "boolean" in kinds:
                wanted = "true or false"
                _TRUE_OR_FALSE.index(value.lower())
            elif "object" in kinds:
                wanted = "a JSON object"
                json.loads(value)
            elif "array" in kinds and value.startswith("["):  # the SDK takes a,b as well
                wanted = 'a JSON array like ["a", "b"]'
                json.loads(value)
        except (ValueError, RecursionError):
            yield f"environment variable {variable} must be {wanted}, or absent"


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


LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"


# Logs


def log_problem(prefix: str) -> str | None:
    """What is wrong with the variables that the SDK reads for its logs; what it could not take is removed from them."""
    problem = None
    for variable in (LOG_CONFIG, f"{prefix}LOGLEVEL", "LOGLEVEL"):
        value = os.environ.pop(variable, "").strip()
        if not value:
            continue
        if variable == LOG_CONFIG:
            os.environ[variable] = value
        elif value.upper() in logging.getLevelNamesMapping():
            os.environ[variable] = value
            break
        else:
            problem = problem or (
                f"The environment variable {variable} must be critical, error, warning, info or debug, or absent."
            )
    return problem
