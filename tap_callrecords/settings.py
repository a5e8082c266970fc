"""Every setting, once: name, type, default, meaning. Flat, one prefix per source."""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from jsonschema import ValidationError
from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import FLATTENING_CONFIG

from tap_callrecords import instants
from tap_callrecords.errors import as_written

_TEN_YEARS_HOURS = 87_600
_YEAR_MINUTES = 525_600
_DAY_SECONDS = 86_400


def _whole(name: str, default: int, least: int, most: int, title: str, description: str) -> th.Property[int]:
    """A whole number with bounds, so that no arithmetic on it can overflow."""
    kind = th.IntegerType(minimum=least, maximum=most)
    return th.Property(name, kind, default=default, title=title, description=f"{description} From {least} to {most}.")


def _text(name: str, title: str, description: str, **options: Any) -> th.Property[str]:
    return th.Property(name, th.StringType, title=title, description=description, **options)


def _secret(name: str, title: str, description: str, **options: Any) -> th.Property[str]:
    return _text(name, title, description, secret=True, **options)


_COMMON = (
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Where the first sync begins; later ones go on from the bookmark, and read nothing again that lies "
        "before. Without it: as far back as the vendor serves, two years where the vendor states no limit.",
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Where to stop, for a bounded back-fill. Without it: now. Never moves a bookmark backwards.",
    ),
    _whole(
        "lookback_hours",
        24,
        0,
        _TEN_YEARS_HOURS,
        "Look-back in hours",
        "How much before the bookmark is read again: calls that ended late, records that changed. "
        "Webex Calling: 12 hours more.",
    ),
    _whole(
        "settle_minutes",
        15,
        0,
        _YEAR_MINUTES,
        "Settle time in minutes",
        "How close to now is read. Vendors list a finished call some minutes late; the bookmark never passes "
        "now minus this.",
    ),
    _whole(
        "window_hours",
        24,
        1,
        _TEN_YEARS_HOURS,
        "Window length in hours",
        "Longest time window of one query, and what a failed run has to read again at most. Clamped to what the "
        "vendor allows.",
    ),
    _whole(
        "parallel_windows",
        1,
        1,
        16,
        "Windows read at once",
        "How many time windows are read at the same time, where the vendor's limits allow it.",
    ),
    _whole(
        "request_timeout_seconds",
        120,
        1,
        _DAY_SECONDS,
        "Request time-out in seconds",
        "How long one request may take.",
    ),
    _whole("max_attempts", 8, 1, 1000, "Attempts per request", "Tries of one request before its stream fails."),
    th.Property(
        "optional_streams",
        th.ArrayType(th.StringType),
        default=[],
        title="Optional streams",
        description="Streams that are left out unless they are named here: deprecated ones (eightx8_cdr_call_records, "
        "eightx8_cdr_call_legs), and one that repeats another (webex_live_call_history).",
    ),
    _text(
        "user_agent",
        "User agent",
        "What the tap calls itself to the vendors. Without it: tap-callrecords/<version>.",
    ),
    _text(
        "pii_mode",
        "Personal data",
        "What happens to personal data (telephone numbers, names, addresses): keep, hash (HMAC-SHA-256 with "
        "pii_hash_key) or drop.",
        default="keep",
        allowed_values=["keep", "hash", "drop"],
    ),
    _secret(
        "pii_hash_key",
        "Key for hashing personal data",
        "Needed when pii_mode is hash. Keep it: another key gives other hashes.",
    ),
)

_BATCH = th.Property(
    "batch_config",
    th.ObjectType(
        th.Property(
            "encoding",
            th.ObjectType(
                th.Property(
                    "format",
                    th.StringType,
                    default="jsonl",
                    allowed_values=["jsonl", "parquet", "arrow"],
                    title="Format",
                    description="jsonl, one record a line; parquet or arrow (Arrow IPC), which need the extra arrow.",
                ),
                th.Property(
                    "compression",
                    th.StringType,
                    default="none",
                    allowed_values=["none", "gzip"],
                    title="Compression",
                    description="gzip or none, for jsonl.",
                ),
            ),
            title="Encoding",
            description="How records are written into files.",
        ),
        th.Property(
            "storage",
            th.ObjectType(
                th.Property(
                    "root",
                    th.StringType,
                    title="Root",
                    description="Folder for the files, or a URL that fsspec knows. The target must reach it, too.",
                ),
                th.Property("prefix", th.StringType, title="Prefix", description="What the files' names begin with."),
            ),
            title="Storage",
            description="Where the files are.",
        ),
        th.Property(
            "batch_size",
            th.IntegerType(minimum=1),
            default=100_000,
            title="Batch size",
            description="Records of a file at most.",
        ),
    ),
    title="Files instead of lines",
    description="Write records into files that BATCH messages announce, for targets that load files. Without it: "
    "RECORD lines.",
)

_EIGHTX8_WORK = (
    _secret(
        "eightx8_work_api_key",
        "8x8 Work API key",
        "Key of an App in 8x8 Admin Console that includes the product Analytics for 8x8 Work.",
        requires_properties=["eightx8_work_username", "eightx8_work_password"],
    ),
    _text(
        "eightx8_work_username",
        "8x8 Work user name",
        "An Analytics user with access level Supervisor.",
        requires_properties=["eightx8_work_api_key", "eightx8_work_password"],
    ),
    _secret(
        "eightx8_work_password",
        "8x8 Work password",
        "Password of that user.",
        requires_properties=["eightx8_work_api_key", "eightx8_work_username"],
    ),
    th.Property(
        "eightx8_work_pbx_ids",
        th.ArrayType(th.StringType),
        default=["allpbxes"],
        title="8x8 Work PBXs",
        description="Names of the PBXs to read. An explicit list makes a PBX without access an error; with "
        "allpbxes it may be absent without notice.",
    ),
    _whole("eightx8_work_page_size", 5000, 1, 7000, "8x8 Work page size", "Rows asked for in one request."),
    _text(
        "eightx8_work_api_url",
        "8x8 Work API URL",
        "Where the Work Analytics API is.",
        default="https://api.8x8.com/analytics/work",
    ),
)

_EIGHTX8_CONTACT_CENTER = (
    _secret(
        "eightx8_contact_center_api_key",
        "8x8 Contact Center API key",
        "Key of an App that includes Customer Experience Recent Calls.",
        requires_properties=["eightx8_contact_center_token", "eightx8_contact_center_tenant_id"],
    ),
    _secret(
        "eightx8_contact_center_token",
        "8x8 Contact Center tenant token",
        "The token that 8x8 hands out for the tenant.",
        requires_properties=["eightx8_contact_center_api_key", "eightx8_contact_center_tenant_id"],
    ),
    _text(
        "eightx8_contact_center_tenant_id",
        "8x8 Contact Center tenant",
        "Name of the tenant in Configuration Manager.",
        requires_properties=["eightx8_contact_center_api_key", "eightx8_contact_center_token"],
    ),
    _text(
        "eightx8_contact_center_region",
        "8x8 Contact Center region",
        "uk for tenants in the UK and Europe, us for all others.",
        default="us",
        allowed_values=["us", "uk"],
    ),
    _whole(
        "eightx8_contact_center_page_size",
        5000,
        1,
        5000,
        "8x8 Contact Center page size",
        "Rows asked for in one request.",
    ),
    _text(
        "eightx8_contact_center_api_url",
        "8x8 Contact Center API URL",
        "Where the Customer Experience API is.",
        default="https://api.8x8.com/customerexperience",
    ),
)

_EIGHTX8_ANALYTICS = (
    _secret(
        "eightx8_analytics_key",
        "8x8 Analytics key",
        "Key of an App that includes Analytics for Contact Center (detailed reports).",
        requires_properties=["eightx8_analytics_secret"],
    ),
    _secret(
        "eightx8_analytics_secret",
        "8x8 Analytics secret",
        "Secret of that App.",
        requires_properties=["eightx8_analytics_key"],
    ),
    _text(
        "eightx8_analytics_tenant_id",
        "8x8 Analytics tenant",
        "Sent as X-Tenant-Info when set; customers with several tenants need it.",
    ),
    _text(
        "eightx8_analytics_region",
        "8x8 Analytics region",
        "Region of the tenant.",
        default="us",
        allowed_values=["us", "eu", "au", "ca"],
    ),
    _text(
        "eightx8_analytics_api_url",
        "8x8 Analytics API URL",
        "Up to and including /analytics/cc. Without it: from the region.",
    ),
    _text(
        "eightx8_analytics_auth_url",
        "8x8 Analytics token URL",
        "Where tokens are issued.",
        default="https://api.8x8.com/oauth/v2",
    ),
)

_WEBEX = (
    _secret(
        "webex_access_token",
        "Webex access token",
        "A ready token, for tests and short jobs; else the three settings of OAuth refresh.",
    ),
    _text(
        "webex_client_id",
        "Webex client id",
        "Of the integration or service app.",
        requires_properties=["webex_client_secret", "webex_refresh_token"],
    ),
    _secret(
        "webex_client_secret",
        "Webex client secret",
        "Of the integration or service app.",
        requires_properties=["webex_client_id", "webex_refresh_token"],
    ),
    _secret(
        "webex_refresh_token",
        "Webex refresh token",
        "Of an administrator with access to detailed call history.",
        requires_properties=["webex_client_id", "webex_client_secret"],
    ),
    th.Property(
        "webex_locations",
        th.ArrayType(th.StringType),
        title="Webex locations",
        description="Names of the locations to read; all without it. At most 10 names go into one request.",
    ),
    _whole("webex_page_size", 500, 1, 5000, "Webex page size", "Records asked for in one request."),
    _whole(
        "webex_history_hours",
        720,
        1,
        _TEN_YEARS_HOURS,
        "Webex history in hours",
        "How far back the feed serves: 720 (30 days), or 48 on older organisations.",
    ),
    _whole(
        "webex_initial_request_interval_seconds",
        60,
        0,
        _DAY_SECONDS,
        "Webex seconds between initial requests",
        "Least time between two initial requests (the vendor's allowance).",
    ),
    _whole(
        "webex_page_requests_per_minute",
        10,
        1,
        100_000,
        "Webex page requests per minute",
        "Most follow-up page requests in a minute (the vendor's allowance).",
    ),
    _text(
        "webex_api_url",
        "Webex API URL",
        "Host of the organisation's region.",
        default="https://analytics-calling.webexapis.com/v1",
    ),
    _text("webex_auth_url", "Webex token URL", "Where tokens are renewed.", default="https://webexapis.com/v1"),
)

_VOISO = (
    _secret(
        "voiso_api_key",
        "Voiso API key",
        "Key of a user who may see all queues, teams and call types; what that "
        "user can't see is left out without notice.",
    ),
    _text(
        "voiso_cluster",
        "Voiso cluster",
        "First label of the account's address, for example cluster1. Not needed when voiso_api_url is set.",
    ),
    _whole("voiso_page_size", 10_000, 1, 10_000, "Voiso page size", "Records asked for in one request."),
    _text("voiso_api_url", "Voiso API URL", "Without it: https://{voiso_cluster}.voiso.com/api/v2."),
)

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    *_COMMON, _BATCH, *_EIGHTX8_WORK, *_EIGHTX8_CONTACT_CENTER, *_EIGHTX8_ANALYTICS, *_WEBEX, *_VOISO
).to_dict()
"""The tap's `config_jsonschema`."""

NAMES: Sequence[str] = tuple(CONFIG_SCHEMA["properties"])
"""The settings of our own, in the order in which they are shown."""
for _name, _most in (("flattening_max_depth", 20), ("flattening_max_key_length", 1000)):
    _theirs = FLATTENING_CONFIG["properties"][_name]
    _said = f"{_theirs['description']} From 1 to {_most}."
    # Where the SDK finds a setting it leaves it as it is.
    CONFIG_SCHEMA["properties"][_name] = {**_theirs, "minimum": 1, "maximum": _most, "description": _said}
_INSTANTS = ("start_date", "end_date")
_OTHER_VARIABLES = {"loglevel", "warehouse"}
"""What begins like a setting's environment variable and is another's: the SDK's, dbt's."""
_TRUE_OR_FALSE = ("true", "1", "yes", "on", "false", "0", "no", "off")
_SENT_IN_HEADERS = re.compile(r"user_agent|.*_tenant_id|(eightx8|webex|voiso)_.*_(key|secret|token)")


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
        case "dependentRequired":
            return None
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
        if _SENT_IN_HEADERS.fullmatch(name) and not _fits_header(str(value)):
            yield f"setting {name} holds a blank at an end, a line break or a letter beyond ASCII: copy it again"
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
    """A sentence for each name that is neither ours nor the SDK's."""
    known = list(CONFIG_SCHEMA["properties"])
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(name.lower(), known, 1, cutoff=0.5)
            hint = f" Did you mean {nearest[0]}?" if nearest else ""
            yield f"There is no setting {as_written(name)}: it is passed over.{hint}"


def from_environment(prefix: str) -> dict[str, Any]:
    """Settings from environment variables and the `.env` file that the SDK finds; an empty one is not set.

    Raises:
        ConfigurationError: what is wrong with them, by variable.
    """
    try:
        parse_environment_config({}, prefix)  # reads the .env file into the environment
    except (OSError, ValueError):
        raise ConfigurationError("Configuration: the .env file can't be read. It must be text in UTF-8.") from None
    properties: Mapping[str, Any] = CONFIG_SCHEMA["properties"]
    given = {
        name: schema for name, schema in properties.items() if not _is_empty(os.environ.get(prefix + name.upper()))
    }
    problems = [*_environment_problems(given, prefix)]
    if problems:
        raise ConfigurationError("Configuration: " + "; ".join(problems) + ".")
    return parse_environment_config({"properties": given}, prefix)


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
        return "must begin with https://: credentials never travel in clear (http is for loopback hosts only)"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
