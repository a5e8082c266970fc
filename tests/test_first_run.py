"""docs/first-run.md asks what the pages about open questions say that only a live account answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from generators import first_run
from tap_callrecords.rows.schemas import declared, names
from tap_callrecords.tap import TapCallRecords
from tests.support.tap import ROOT

PAGES = sorted(first_run.FOLDER.glob("*.md"))
of_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@cache
def texts() -> str:
    """All that the tap can say, and more."""
    return "\n".join(
        node.value
        for path in (ROOT / "tap_callrecords").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def quoted(cells: str) -> Iterator[str]:
    """What is quoted of the tap's words: code of several words that is no option and no command."""
    yield from (each for each in re.findall(r"`([^`]+)`", cells) if " " in each and not each.startswith("-"))


@of_each_page
def test_every_vendor_has_its_questions_on_the_page(page: Path) -> None:
    title, rows = first_run.questions(page)
    assert len(rows) > 1
    text = (ROOT / "docs" / "first-run.md").read_text(encoding="utf-8")
    written = text.split(f"\n### {title}\n")[1].split("\n### ")[0]
    assert all(f"| {row[0]} | " in written for row in rows)


@of_each_page
def test_each_sentence_to_look_for_is_one_that_the_tap_says(page: Path) -> None:
    _, rows = first_run.questions(page)
    assert [each for row in rows for each in quoted(f"{row[2]} {row[3]}") if each not in texts()] == []


@of_each_page
def test_each_name_of_what_to_do_is_a_setting_a_stream_or_a_column(page: Path) -> None:
    known = {*TapCallRecords.own_settings(), *names()}
    known |= {name for stream in names() for name in declared(stream).schema["properties"]}
    _, rows = first_run.questions(page)
    named = [name for row in rows for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", row[2])]
    assert [name for name in named if name not in known] == []


def test_a_page_without_questions_and_a_question_about_nothing_are_told(tmp_path: Path) -> None:
    page = tmp_path / "acme.md"
    page.write_text("# Acme: what is open\n\n| # | Open | Test |\n|---|---|---|\n| A1 | All | `test` |\n")
    with pytest.raises(ValueError, match=r"acme\.md lacks"):
        first_run.questions(page)
    text = page.read_text() + f"\n{first_run.HEADING}\n\n| # | Do | Look at |\n|---|---|---|\n"
    page.write_text(text + "| A1 | `--test` | it |\n")
    assert first_run.questions(page) == ("Acme", [["[A1](ambiguities/acme.md)", "All", "`--test`", "it"]])
    page.write_text(text + "| A2 | `--test` | it |\n")
    with pytest.raises(ValueError, match="asks about A2, which no row of it has"):
        first_run.questions(page)
