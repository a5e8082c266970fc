"""What repeats the pages about vendors: the map's table, and tables that put what they say of a thing side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from generators.facts import ROOT, table, title_of, vendor_pages

DOCS = ROOT / "docs"
NOTES = DOCS / "vendors" / "notes"
IN_SHORT = "## In short"


def in_short(about: str, to_docs: str = "") -> Callable[[], Iterator[str]]:
    """What each vendor's page says of a thing in its table under `IN_SHORT`.

    Raises:
        ValueError: a page does not say it.
    """

    def said(page: Path) -> str:
        _, _, told = page.read_text(encoding="utf-8").partition(f"\n{IN_SHORT}\n")
        found = re.search(rf"^\| {re.escape(about)} \| (.*) \|$", told.partition("\n## ")[0], re.MULTILINE)
        if found is None:
            raise ValueError(f"docs/vendors/{page.name} says nothing of {about!r} under {IN_SHORT!r}.")
        return found[1]

    def lines() -> Iterator[str]:
        pages = vendor_pages()
        yield from table(
            ["", about.lower()], ([f"[{title_of(page)}]({to_docs}vendors/{page.name})", said(page)] for page in pages)
        )

    return lines


def map_table() -> Iterator[str]:
    """Each page in `docs/vendors`, and what stands beside it in `docs/ambiguities`."""

    def rows() -> Iterator[list[str]]:
        for page in sorted((DOCS / "vendors").glob("*.md")):
            open_questions = DOCS / "ambiguities" / page.name
            yield [
                f"[{title_of(page)}](vendors/{page.name})",
                "credentials, limits, history, faults",
                f"[open questions](ambiguities/{page.name}) of its documents" if open_questions.is_file() else "",
            ]

    yield from table(["", "", ""], rows())


def parts(heading: str, folder: str) -> Callable[[], Iterator[str]]:
    """Links to the part of each vendor's page that has this heading, where there is one."""

    def line() -> Iterator[str]:
        pages = (page for page in vendor_pages() if f"\n## {heading}\n" in page.read_text(encoding="utf-8"))
        anchor = heading.lower().replace(" ", "-")
        yield " · ".join(f"[{title_of(page)}]({folder}/{page.name}#{anchor})" for page in pages)

    return line


def notes_table() -> Iterator[str]:
    """Each page of notes, by the two letters of its numbered headings."""

    def rows() -> Iterator[list[str]]:
        for page in sorted(NOTES.glob("*.md")):
            found = re.search(r"^#+ ([A-Z]{2}) \d", page.read_text(encoding="utf-8"), re.MULTILINE)
            if found is not None:
                yield [found[1], f"[{title_of(page)}]({page.name})"]

    yield from table(["cited as", "notes"], rows())
