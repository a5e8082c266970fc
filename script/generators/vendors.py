"""The map's table of vendors: the pages about each."""

from __future__ import annotations

from collections.abc import Iterator

from generators.facts import ROOT, table, title_of

DOCS = ROOT / "docs"


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
