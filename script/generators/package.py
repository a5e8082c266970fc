"""What names the repository and the vendors for people who look for the project: pyproject.toml, the issue forms."""

from __future__ import annotations

import json
from collections.abc import Iterator

from generators.facts import brands, owner, repository, vendors
from tap_callrecords.sources import SOURCES


def summary() -> Iterator[str]:
    """The lines of pyproject.toml by which an index finds the package."""
    said = f"Singer tap for call detail records of business phone systems and contact centres: {vendors()}"
    words = ["singer", "singer.io", "tap", "meltano", "elt", "cdr", "call records", *map(str.lower, brands())]
    yield f"description = {json.dumps(said)}"
    yield f"keywords = {json.dumps(words)}"


def urls() -> Iterator[str]:
    """The table `project.urls`."""
    yield f'Repository = "{repository()}"'
    yield f'Documentation = "{repository()}/blob/main/docs/README.md"'
    yield f'Changelog = "{repository()}/blob/main/CHANGELOG.md"'
    yield f'Issues = "{repository()}/issues"'


def substitutions() -> Iterator[str]:
    """How README becomes the page on an index."""
    raw = f"https://raw.githubusercontent.com/{owner()}/tap-callrecords/main"
    ours = r"\]\((?!https?://|#)([^)\s]+"
    for pattern, replacement in (
        (r"(?s)```mermaid.*?```\n", ""),
        (rf"{ours}\.(?:png|svg))\)", rf"]({raw}/\1)"),
        (rf"{ours})\)", rf"]({repository()}/blob/main/\1)"),
    ):
        yield f"  {{ pattern = '{pattern}', replacement = '{replacement}' }},"


def sources() -> Iterator[str]:
    """The choices of the issue form."""
    yield from (f"        - {source.product}" for source in SOURCES)


def security() -> Iterator[str]:
    """Where faults go that are not for everybody's eyes."""
    yield "  - name: Credentials or personal data are concerned"
    yield f"    url: {repository()}/security/advisories/new"
    yield "    about: Stays between you and the maintainers until a fix is out"
