"""Every citation of the notes on the vendors (`WA 4.3`, `WX A14`) leads to a heading or a row; users see none."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from documents import files
from tap_callrecords.tap import TapCallRecords
from tests.support.tap import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = ROOT / "docs" / "vendors" / "notes"
NOTES = dict(
    re.findall(r"^\| ([A-Z]{2}) \| \[.+\]\((.+)\) \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
)
"""Which letters cite which page: the table of the notes' README."""
LETTERS = "|".join(NOTES)
PLACE = r"[A-Z]?\d+(?:\.\d+)?(?!\w)"
CITATION = re.compile(rf"\b({LETTERS}) ({PLACE}(?:(?:, (?:and )?| and | to ){PLACE})*)")
ANY_CODE = re.compile(rf"\b({LETTERS}) ?#?[A-Z]?\d")
HEADING = re.compile(rf"^#+ ({LETTERS}) ({PLACE})\. ", re.MULTILINE)
ROW = re.compile(r"^\| ([A-Z]\d+) \|", re.MULTILINE)
SCHEMAS = sorted((ROOT / "schemas").glob("*.json"))


def places(letters: str) -> list[str]:
    """What can be cited of a vendor's notes: numbered headings, and the rows of the table of ambiguities."""
    text = (FOLDER / NOTES[letters]).read_text(encoding="utf-8")
    rows = ROW.findall(re.split(r"^#+ .*Ambiguities and the safe behaviour$", text, flags=re.MULTILINE)[1])
    return [*(place for cited, place in HEADING.findall(text) if cited == letters), *rows]


def cited(text: str) -> Iterator[tuple[str, str]]:
    """The places that a text cites, letters and number; of a range all."""
    for letters, listed in CITATION.findall(text):
        for each in re.split(r", (?:and )?| and ", listed):
            first, _, last = each.partition(" to ")
            kind, begin = re.match(r"([A-Z]?)(.*)", first).groups()  # type: ignore[union-attr]
            if last:
                yield from ((letters, f"{kind}{n}") for n in range(int(begin), int(last.removeprefix(kind)) + 1))
            else:
                yield letters, first


def descriptions(value: Any) -> Iterator[str]:
    """All texts that stand under `description` or `label`, at any depth."""
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key in ("description", "label") and isinstance(each, str))
        yield from (text for each in value.values() for text in descriptions(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in descriptions(each))


def test_ranges_and_lists_are_citations_of_each_member() -> None:
    assert list(cited("(WX 2 to 4, 13.3) or CC A1, R3 and D4; VO 4")) == [
        *(("WX", "2"), ("WX", "3"), ("WX", "4"), ("WX", "13.3"), ("CC", "A1"), ("CC", "R3"), ("CC", "D4"), ("VO", "4"))
    ]


def test_every_page_of_notes_has_letters_to_cite_it_by() -> None:
    assert sorted(NOTES.values()) == sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("letters", NOTES)
def test_a_place_of_the_notes_has_one_name(letters: str) -> None:
    counts = Counter(places(letters))
    assert len(counts) > 10
    assert not {place for place, count in counts.items() if count > 1}


def test_every_citation_leads_to_a_heading_or_a_row_of_the_notes() -> None:
    known = {(letters, place) for letters in NOTES for place in places(letters)}
    dead = []
    for name in files():
        path = ROOT / name
        if path.suffix in (".png", ".svg", ".duckdb") or path == ROOT / "tests" / "test_notes.py":
            continue
        dead += [f"{name}: {' '.join(each)}" for each in cited(path.read_text(encoding="utf-8")) if each not in known]
    assert not dead


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_no_description_of_a_column_is_a_code(file: Any) -> None:
    assert not [text for text in descriptions(json.loads(file.read_text(encoding="utf-8"))) if ANY_CODE.search(text)]


def test_no_description_of_a_setting_is_a_code() -> None:
    assert not [text for text in descriptions(TapCallRecords.config_jsonschema) if ANY_CODE.search(text)]


@pytest.mark.parametrize("name", ["meltano.yml", "plugin.yaml", "loader.yaml"])
def test_no_description_in_meltano_is_a_code(name: str) -> None:
    texts = list(descriptions(yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))))
    assert texts
    assert not [text for text in texts if ANY_CODE.search(text)]


def test_no_description_of_a_model_is_a_code() -> None:
    files = sorted((ROOT / "transform" / "models").rglob("*.yml"))
    texts = [text for file in files for text in descriptions(yaml.safe_load(file.read_text(encoding="utf-8")))]
    assert texts
    assert not [text for text in texts if ANY_CODE.search(text)]
