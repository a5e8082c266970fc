"""How Meltano Hub lists the tap and the loader: plugin.yaml, loader.yaml, and the pull request that brings them there.

The Hub keeps a listing up to date by itself: each week it runs `--about` and writes what it finds over settings,
capabilities and Python versions. `refreshed` does the same in our words, so that what we hand in is what stays there.
(Required settings and `dependentRequired` would be made groups; we have neither, so our groups stay.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product
from pathlib import Path
from typing import Any

import yaml

from generators.facts import (
    ROOT,
    StreamFacts,
    all_settings,
    brands,
    loader_settings,
    owner,
    project,
    repository,
    streams,
    table,
    title_of,
    vendor_pages,
    vendors,
)
from tap_callrecords.sources import SOURCES
from tap_callrecords.sources.source import Source
from tap_callrecords.tap import TapCallRecords
from target_callrecords_duckdb.target import TargetDuckDB

LOGO = "callrecords.svg"
_SECRET = ("password", "id", "token", "key", "secret")
"""What the Hub looks for in a text setting's name, as a part of any word: such a setting is hidden there."""
_ALL_CAPITALS = ("AWS", "URL", "ID", "API", "OAuth", "SSH", "SSL", "GZIP", "JSONL", "SQLAlchemy")
_SPELLED = {**{word.capitalize(): word for word in _ALL_CAPITALS}, "Db": "Database"}
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://)([^)\s#]*)(#[^)\s]*)?\)")


class _Yaml(yaml.SafeDumper):  # type: ignore[misc] # of a library without types
    """Sorted, as the Hub's linter wants it; texts of several lines stand as they are."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Yaml.add_representer(str, _text)


def as_yaml(listing: Mapping[str, Any]) -> str:
    """A listing as a file of the Hub."""
    text: str = yaml.dump(dict(listing), Dumper=_Yaml, sort_keys=True, width=110, allow_unicode=True)
    return text


# What the Hub makes of --about


def refreshed(listing: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """A listing after the Hub has looked at what the plugin says of itself with `--about --format=json`."""
    return {
        **listing,
        "capabilities": sorted(about["capabilities"]),
        "settings": settings_of(about["settings"]["properties"]),
        "supported_python_versions": about["supported_python_versions"],
    }


def settings_of(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Settings of a JSON Schema as the Hub lists them, by name: members of objects stand alone, with a dot."""
    return sorted((_setting(name, schema) for name, schema in _leaves(properties)), key=lambda each: str(each["name"]))


def _leaves(properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, schema in properties.items():
        members = schema.get("properties")
        if members and name != "stream_maps":
            yield from ((f"{name}.{member}", each) for member, each in _leaves(members))
        else:
            yield name, schema


def _setting(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    kind = _kind(name, schema)
    entry = {"name": name, "label": schema.get("title") or label_of(name), "description": schema["description"]}
    entry["kind"] = kind
    if kind == "options":
        entry["options"] = [{"label": label_of(each), "value": each} for each in schema["enum"]]
    if kind == "password":
        entry["sensitive"] = True
    if schema.get("default") is not None and kind != "date_iso8601" and name != "stream_maps":
        entry["value"] = schema["default"]
    return entry


def _kind(name: str, schema: Mapping[str, Any]) -> str:
    types = schema.get("type") or ("array" if name == "faker_config.locale" else "string")
    kind = types if isinstance(types, str) else next(str(each) for each in types if each != "null")
    if kind != "string":
        return "integer" if kind == "number" else kind
    if name in ("start_date", "end_date"):
        return "date_iso8601"
    if any(word in name for word in _SECRET):
        return "password"
    return "options" if schema.get("enum") else "string"


def label_of(name: str) -> str:
    """A name, or a value that may be chosen, in words."""
    words = " ".join(re.split("[-_. ]", name)).title()
    for written, spelled in _SPELLED.items():
        words = words.replace(written, spelled)
    return words


# What is listed


def groups(source: Source) -> Iterator[list[str]]:
    """The sets of settings that switch a source on, those included that make another one unnecessary."""
    for group in source.credentials:
        ways = [(name, source.instead[name]) if name in source.instead else (name,) for name in group]
        yield from (sorted(way) for way in product(*ways))


def all_groups() -> list[list[str]]:
    """Those of all sources."""
    return [*chain.from_iterable(map(groups, SOURCES))]


def extractor() -> dict[str, Any]:
    """The tap's listing."""
    return {
        **_common(TapCallRecords.capabilities),
        "commands": {
            "drift": {
                "args": "",
                "description": "Which fields a vendor has added or changed, from what was rescued",
                "executable": "tap-callrecords-drift",
            }
        },
        "description": f"Call detail records of business phone systems and contact centres: {vendors()}",
        "domain_url": f"{repository()}/tree/main/docs/vendors",
        "executable": "tap-callrecords",
        "keywords": ["api", "call records", "cdr", "meltano_sdk", "telephony", *map(str.lower, brands())],
        "label": f"Call Records ({', '.join(brands())})",
        "logo_url": f"/assets/logos/extractors/{LOGO}",
        "name": "tap-callrecords",
        "namespace": "tap_callrecords",
        "next_steps": "",
        "pip_url": "tap-callrecords",
        "prereq": prereq(),
        "settings": settings_of(all_settings()),
        "settings_group_validation": all_groups(),
        "settings_preamble": "\n".join(
            ["A source is read when one of its groups of credentials is set; all other settings have defaults.", ""]
            + [f"- {_ways(source)}" for source in SOURCES]
        ),
        "usage": usage(),
    }


def _ways(source: Source) -> str:
    ways = " or ".join(" + ".join(f"`{name}`" for name in group) for group in groups(source))
    return f"{source.product}: {ways}"


def loader() -> dict[str, Any]:
    """The listing of the DuckDB loader, a further variant of target-duckdb."""
    return {
        **_common(TargetDuckDB.capabilities),
        "description": "Loads any tap's streams into a DuckDB file, by RECORD or by BATCH",
        "domain_url": "https://duckdb.org/",
        "executable": "target-callrecords-duckdb",
        "keywords": ["database", "meltano_sdk"],
        "label": "DuckDB",
        "logo_url": "/assets/logos/loaders/duckdb.png",
        "name": "target-duckdb",
        "namespace": "target_callrecords_duckdb",
        "next_steps": "",
        "pip_url": "tap-callrecords[duckdb]",
        "settings": settings_of(loader_settings()),
        "settings_group_validation": [["path"], ["filepath"]],
        "settings_preamble": "",
        "usage": f"What becomes of types, keys and names: [targets]({repository()}/blob/main/docs/targets.md).",
    }


def _common(capabilities: Sequence[Any]) -> dict[str, Any]:
    return {
        "capabilities": sorted(each.value for each in capabilities),
        "log_parser": "singer-sdk",
        "maintenance_status": "active",
        "quality": "silver",  # what the Hub gives to a plugin by the SDK that few projects use yet
        "repo": repository(),
        "supported_python_versions": pythons(),
        "variant": owner().lower(),
    }


def pythons() -> list[str]:
    """The Python versions of the classifiers."""
    return [each.rsplit(" ", 1)[1] for each in project()["classifiers"] if "Python :: 3." in each]


def prereq() -> str:
    """How to get credentials, from each vendor's page.

    Raises:
        ValueError: a page has no section about credentials.
    """
    return "\n\n".join(
        f"#### {title}{heading.removeprefix('Credentials')}\n\n{text}"
        for page in vendor_pages()
        for title, heading, text in _credentials(page)
    )


def _credentials(page: Path) -> Iterator[tuple[str, str, str]]:
    text = page.read_text(encoding="utf-8")
    headings = [*_HEADING.finditer(text)]
    ends = [each.start() for each in headings[1:]] + [len(text)]
    found = False
    for heading, end in zip(headings, ends, strict=True):
        if heading[1] == "##" and heading[2].startswith("Credentials"):
            found = True
            yield title_of(page), heading[2], _absolute(text[heading.end() : end].strip(), page)
    if not found:
        raise ValueError(f"{page.relative_to(ROOT)} has no section ## Credentials, which Meltano Hub shows.")


def _absolute(text: str, page: Path) -> str:
    """A text of a page, its links made good for any other place."""

    def link(found: re.Match[str]) -> str:
        target = (page.parent / found[1]).resolve() if found[1] else page
        return f"]({repository()}/blob/main/{target.relative_to(ROOT).as_posix()}{found[2] or ''})"

    return _LINK.sub(link, text)


def usage() -> str:
    """What to try first, and the streams of each vendor."""
    to = f"{repository()}/blob/main"
    lines = [
        "`meltano invoke tap-callrecords --test` says of each stream whether it can be read, and what to do where it "
        "can't; `meltano invoke tap-callrecords --plan` what a run would read, and how many requests that takes. Set "
        f"`start_date` to read less than a vendor keeps. [Errors, and what to do]({to}/docs/errors.md)",
        "",
        "`meltano invoke tap-callrecords:drift` says of a warehouse, or of what a run has written, which fields a "
        f"vendor has added or changed. [How]({to}/docs/how-to/when-a-vendor-changes.md)",
    ]
    for page in vendor_pages():
        ours = (each for each in streams() if each.vendor_page == page)
        rows = ([f"[`{each.name}`]({to}/docs/streams/{each.name}.md)", _first_sentence(each)] for each in ours)
        about = f"[Limits, history, what is read again]({to}/{page.relative_to(ROOT).as_posix()})"
        lines += ["", f"#### {title_of(page)}", "", about, "", *table(["stream", "what it holds"], rows)]
    return "\n".join(lines)


def _first_sentence(stream: StreamFacts) -> str:
    return stream.description.split(". ")[0].removesuffix(".") + "."


# What is handed in


def pull_request() -> str:
    """docs/hub/README.md: how the listing gets to the Hub, and the text of the pull request."""
    tap, target = extractor(), loader()
    variant = tap["variant"]
    rows = (
        ("[plugin.yaml](../../plugin.yaml)", f"`_data/meltano/extractors/{tap['name']}/{variant}.yml`"),
        ("[loader.yaml](../../loader.yaml)", f"`_data/meltano/loaders/{target['name']}/{variant}.yml`"),
        (f"[{LOGO}]({LOGO})", f"`static{tap['logo_url']}`"),
        (f"`{tap['name']}: {variant}`", "`_data/default_variants.yml`, under `extractors`"),
        (f"`{variant}`, with label, name and url", "`_data/maintainers.yml`"),
    )
    streams_of = (
        [title_of(page), ", ".join(f"`{each.name}`" for each in streams() if each.vendor_page == page)]
        for page in vendor_pages()
    )
    lines = [
        "# The listing on Meltano Hub",
        "",
        "Written by `script/generate`; the owner of the repository is named in `pyproject.toml` (`tool.callrecords`).",
        "",
        "1. Release the version on the package index: the Hub installs it and runs `--about`.",
        "2. Fork and clone github.com/meltano/hub, and run `script/hub PATH` with the path of the clone.",
        "3. Commit what it names, and open a pull request with the text below.",
        "",
        *table(["from here", "there"], iter(rows)),
        "",
        "The Hub refreshes settings, capabilities and Python versions by `--about` each week. `tests/test_hub.py` does "
        "the same, and fails where our files differ from what comes out; it also holds the Hub's rules for such files.",
        "",
        "## The pull request",
        "",
        f"Title: `feat: Add extractor {tap['name']} and a variant of {target['name']} ({variant})`",
        "",
        "````markdown",
        f"Adds `{tap['name']}`: {tap['description'][0].lower()}{tap['description'][1:]}.",
        "",
        f"- Repository: {tap['repo']} (Apache-2.0), package: `{tap['pip_url']}`, Python {pythons()[0]} to "
        f"{pythons()[-1]}",
        "- Built with the Meltano SDK. Settings, capabilities and Python versions are those of `--about`; the "
        "validation groups are one for each way to switch a source on.",
        "- Tested offline against a sandbox that simulates the vendors; the SDK's standard tests pass.",
        f"- The logo is the project's own. `{target['name']}` is already listed: ours is a further variant, not the "
        "default.",
        "",
        *table(["vendor", "streams"], streams_of),
        "````",
    ]
    return "\n".join(lines) + "\n"
