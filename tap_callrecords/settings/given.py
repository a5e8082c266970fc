"""The settings of the tap as they are given: from a mapping, from files, from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import FLATTENING_CONFIG

from tap_callrecords.errors import as_written
from tap_callrecords.sdk import settings_from_environment
from tap_callrecords.settings import checks
from tap_callrecords.settings.kinds import Setting

PREFIX = "TAP_CALLRECORDS_"
"""Of the environment variables that are settings."""
_BOUNDS_OF_THEIRS = {"flattening_max_depth": 20, "flattening_max_key_length": 1000}
"""The most that settings of the SDK may be, which sets no bounds."""
_OTHER_VARIABLES = {"loglevel", "warehouse"}
"""What begins like a setting's environment variable and is another's: the SDK's, dbt's."""
_TRUE_OR_FALSE = ("true", "1", "yes", "on", "false", "0", "no", "off")


class Settings:
    """The settings that are declared, and what can be said of those that are given.

    Attributes:
        schema: the tap's `config_jsonschema`.
        names: of our own settings, without those that the SDK adds.
    """

    def __init__(self, declared: Sequence[Setting], *, prefix: str) -> None:
        """Args: declared: in the order in which they are shown; prefix: of the environment variables for them."""
        self.prefix = prefix
        self.schema: dict[str, Any] = th.PropertiesList(*(each.declared for each in declared)).to_dict()
        self.names: Sequence[str] = tuple(self.properties)
        self._in_headers = frozenset(each.name for each in declared if each.in_header)
        for name, most in _BOUNDS_OF_THEIRS.items():
            theirs = FLATTENING_CONFIG["properties"][name]
            said = f"{theirs['description']} From 1 to {most}."
            # Where the SDK finds a setting it leaves it as it is.
            self.properties[name] = {**theirs, "minimum": 1, "maximum": most, "description": said}

    @property
    def properties(self) -> dict[str, Any]:
        """The JSON Schema of each setting, those included that the SDK has added."""
        properties: dict[str, Any] = self.schema["properties"]
        return properties

    def secrets(self, config: Mapping[str, Any]) -> list[str]:
        """The values of secret settings."""
        return [
            value
            for name, value in config.items()
            if self.properties.get(name, {}).get("secret") and isinstance(value, str)
        ]

    def only_set(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that are set: an empty text, as a line `NAME=` leaves it, is not, in an array neither.

        A whole number that is written as a decimal (`24.0`) becomes one: vendors do not take it for a page size.
        """
        found = {}
        for name, value in config.items():
            if isinstance(value, list):
                value = [member for member in value if not _is_empty(member)]  # noqa: PLW2901
            elif (
                isinstance(value, (float, Decimal))
                and float(value).is_integer()
                and "integer" in self.properties.get(name, {}).get("type", ())
            ):
                value = int(value)  # noqa: PLW2901
            if not _is_empty(value) and (value != [] or "array" not in self.properties.get(name, {}).get("type", ())):
                found[name] = value
        return found

    def problems(self, validator: Any, config: Mapping[str, Any]) -> list[str]:
        """What is wrong with settings, a sentence each, without secret values. Args: validator: of `schema`."""
        problems = [*checks.schema_problems(validator, config)]
        return problems or [*checks.problems(config, in_headers=self._in_headers)]

    def unknown(self, names: Iterable[str]) -> Iterator[str]:
        """A sentence for each name that is neither ours nor the SDK's.

        Of an object in `meltano.yml` Meltano sets a variable for each member besides: those say nothing new.
        """
        names, known = list(names), list(self.properties)
        objects = [name for name in names if "object" in self.properties.get(name, {}).get("type", ())]
        for name in names:
            if name not in known and not name.lower().startswith(tuple(f"{each}_" for each in objects)):
                like = checks.nearest(name, known, at_least=0.5)
                hint = f" Did you mean {like}?" if like else ""
                yield f"There is no setting {as_written(name)}: it is ignored.{hint}"

    def from_environment(self) -> dict[str, Any]:
        """Settings from environment variables and the `.env` file that the SDK finds; an empty one is not set.

        Raises:
            ConfigurationError: what is wrong with them, by variable.
        """
        try:
            settings_from_environment({}, self.prefix)  # reads the .env file into the environment
        except (OSError, ValueError):
            raise ConfigurationError("Configuration: the .env file can't be read. It must be text in UTF-8.") from None
        given = {
            name: schema
            for name, schema in self.properties.items()
            if not _is_empty(os.environ.get(self.prefix + name.upper()))
        }
        problems = [*_environment_problems(given, self.prefix)]
        if problems:
            raise ConfigurationError("Configuration: " + "; ".join(problems) + ".")
        return settings_from_environment(given, self.prefix)

    def misspelt_variables(self) -> Iterator[str]:
        """Names that begin like those of environment variables for settings, but are none."""
        for variable in sorted(os.environ):
            name = variable.removeprefix(self.prefix).lower()
            if variable.startswith(self.prefix) and not name.startswith("_") and name not in _OTHER_VARIABLES:
                yield name


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


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
