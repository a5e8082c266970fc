"""What repeats the questions that only a live account answers: the tables of docs/first-run.md.

A page of `docs/ambiguities` asks them under `HEADING`, in a table of three columns: the number of a row of its other
tables, what to do, and what to look at. What is open is read from that row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from generators.facts import ROOT, table

FOLDER = ROOT / "docs" / "ambiguities"
HEADING = "## With a live account"
_ROW = re.compile(r"^\| *([^|]*?) *\| *((?:[^|\\]|\\.)*?) *\|(.*)\|$", re.MULTILINE)


def tables() -> Iterator[str]:
    """Each vendor's questions, under its name."""
    for page in sorted(FOLDER.glob("*.md")):
        title, rows = questions(page)
        about = f"Credentials and limits: [{title}](vendors/{page.name}). The tables of open questions: "
        yield from ("", f"### {title}", "", f"{about}[{title}](ambiguities/{page.name}).", "")
        yield from table(["#", "Open", "Do", "Look at"], iter(rows))
    yield ""


def questions(page: Path) -> tuple[str, Sequence[Sequence[str]]]:
    """The vendor's name, and a row for each question.

    Raises:
        ValueError: the page has no questions, or one about a row that it does not have.
    """
    text = page.read_text(encoding="utf-8")
    told, heading, asked = text.partition(f"\n{HEADING}\n")
    title = re.match(r"# (.+?)(?::|$)", text, re.MULTILINE)
    if not heading or title is None:
        raise ValueError(f"{page.name} lacks its title, or the part {HEADING!r} (see CONTRIBUTING.md).")
    is_open = {number: what for number, what, _ in reversed(_ROW.findall(told))}
    rows = []
    for number, what_to_do, look_at in _ROW.findall(asked)[2:]:
        if number not in is_open:
            raise ValueError(f"{page.name} asks about {number}, which no row of it has.")
        cells = (f"[{number}](ambiguities/{page.name})", is_open[number], what_to_do, look_at.strip())
        rows.append([cell.replace("](../", "](").replace("\\|", "|") for cell in cells])
    return title[1], rows
