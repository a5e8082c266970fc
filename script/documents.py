"""The documents: which there are, and what stands in them. Used by the tests, the generators and the site."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("docs", "examples", "sandbox", "transform", "tests", "benchmarks")
DOCUMENTS = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for path in (*ROOT.glob("*.md"), *(each for folder in FOLDERS for each in (ROOT / folder).rglob("*.md")))
        if not any(part.startswith(".") or part == "dbt_packages" for part in path.relative_to(ROOT).parts)
    )
)
"""All of them, as paths from the root of the repository."""
MAP = "docs/README.md"
"""The document that lists the others."""

FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)


@cache
def files() -> tuple[str, ...]:
    """The files of the repository, new ones too that nobody has added yet, as paths from its root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted({name for name in listed if name and (ROOT / name).is_file()}))


@cache
def text_of(document: str) -> str:
    """The Markdown of a document."""
    return (ROOT / document).read_text(encoding="utf-8")


def links(text: str) -> Iterator[str]:
    """Where the links and images of a text lead, code left out."""
    yield from (one or other for one, other in LINK.findall(CODE.sub("", FENCE.sub("", text))))


@cache
def anchors(document: str) -> frozenset[str]:
    """The headings of a document, spelled as links do."""
    headings = HEADING.findall(FENCE.sub("", text_of(document)))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for _, heading in headings)


def queries(document: str) -> Mapping[str, str]:
    """The SQL of a document, by the heading that it stands under."""
    under = re.compile(r"^## (.+)\n(?:(?!^## )[\s\S])*?^```sql\n([\s\S]+?)^```$", re.MULTILINE)
    return dict(under.findall(text_of(document)))
