"""What repeats the settings: README.md, docs/settings.md, meltano.yml, .env.example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from generators import hub
from generators.facts import all_settings, own_settings, table
from tap_callrecords.sources import SOURCES
from tap_callrecords.sources.source import Source

HEAD = ("setting", "default", "meaning")
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


def _row(name: str) -> list[str]:
    setting = own_settings()[name]
    default = default_text(setting)
    return [
        f"`{name}`" + (" (secret)" if setting.get("secret") else ""),
        f"`{default}`" if default else "",
        setting["description"],
    ]


def _ways(source: Source) -> str:
    """The groups of settings that switch a source on."""

    def ways() -> Iterator[str]:
        for group in source.credentials:
            yield ", ".join(
                f"`{name}`" + (f" (or `{source.instead[name]}`)" if name in source.instead else "") for name in group
            )

    return "; or ".join(ways())


def credentials_table() -> Iterator[str]:
    """What switches each source on."""
    yield from table(["source", "is read when these are set"], ([each.product, _ways(each)] for each in SOURCES))


def every_table() -> Iterator[str]:
    """All settings, by source."""
    of_a_source = {setting.name for source in SOURCES for setting in source.settings}
    yield from ("", "## Of all sources", "")
    yield from table(HEAD, (_row(name) for name in own_settings() if name not in of_a_source))
    for source in SOURCES:
        yield from ("", f"## {source.product}", "", f"Needed: {_ways(source)}.", "")
        yield from table(HEAD, (_row(each.name) for each in source.settings))
    yield ""


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
