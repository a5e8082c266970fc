"""What repeats the settings: README.md, meltano.yml, .env.example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from generators import hub
from generators.facts import all_settings, own_settings, table
from tap_callrecords.sources import SOURCES

ENV_HEAD = """\
# Copy to .env and fill in the sources that you use; a source whose settings are empty stays off.
# Leave no empty line for a number, a list or a choice: Meltano does not take it.
# `tap-callrecords --about` lists every setting. In Meltano: `meltano config set tap-callrecords <setting> <value>`.
# A line that is commented out shows the default, or an example.

TAP_CALLRECORDS_START_DATE=2026-01-01T00:00:00Z

# Personal data: keep, hash or drop
TAP_CALLRECORDS_PII_MODE=keep
TAP_CALLRECORDS_PII_HASH_KEY=
"""


def default_text(setting: Mapping[str, Any]) -> str:
    """A default as it is written into a file; empty without one."""
    if "default" not in setting:
        return ""
    value = setting["default"]
    return json.dumps(value) if isinstance(value, list) else str(value)


def readme_table() -> Iterator[str]:
    """All settings, for people."""

    def rows() -> Iterator[list[str]]:
        for name, setting in own_settings().items():
            secret = " (secret)" if setting.get("secret") else ""
            default = default_text(setting)
            yield [f"`{name}`{secret}", f"`{default}`" if default else "", setting["description"]]

    yield from table(["setting", "default", "meaning"], rows())


def kind_of(setting: Mapping[str, Any]) -> str:
    """Meltano's word for a setting's type."""
    types = setting["type"] if isinstance(setting["type"], list) else [setting["type"]]
    if "enum" in setting:
        return "options"
    if setting.get("format") == "date-time":
        return "date_iso8601"
    return next(str(name) for name in types if name != "null")


def meltano_setting(name: str, setting: Mapping[str, Any]) -> dict[str, Any]:
    """A setting as meltano.yml lists it."""
    entry: dict[str, Any] = {"name": name, "kind": kind_of(setting), "label": setting["title"]}
    if setting.get("secret"):
        entry["sensitive"] = True
    if "enum" in setting:
        entry["options"] = [{"label": str(each), "value": each} for each in setting["enum"] if each is not None]
    if "default" in setting:
        entry["value"] = setting["default"]
    entry["description"] = setting["description"]
    return entry


def meltano_settings() -> Iterator[str]:
    """All settings, the SDK's too, and the groups that switch a source on, for meltano.yml."""
    entries = [meltano_setting(name, setting) for name, setting in all_settings().items()]
    told = {"settings_group_validation": hub.all_groups(), "settings": entries}
    text = yaml.safe_dump(told, sort_keys=False, width=110, allow_unicode=True)
    yield from ("    " + line for line in text.splitlines())


def env_example() -> str:
    """.env.example: the credentials of each source, and its other settings commented out."""
    settings = own_settings()
    lines = ENV_HEAD.splitlines()
    for source in SOURCES:
        needed = [name for group in source.credentials for name in group]
        ways = [f"{' and '.join(group)}" for group in source.credentials]
        lines += ["", f"# {source.product}" + (f": {', or '.join(ways)}" if len(ways) > 1 else "")]
        lines += [f"TAP_CALLRECORDS_{name.upper()}=" for name in needed]
        others = [each.name for each in source.settings if each.name not in needed]
        lines += [f"#TAP_CALLRECORDS_{name.upper()}={default_text(settings[name])}" for name in others]
    return "\n".join(lines) + "\n"
