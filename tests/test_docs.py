"""What the documents name exists: files, headings, scripts, settings, tests, streams, models."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from documents import CODE, DOCUMENTS, FENCE, anchors, files, links, text_of
from generators.hub import settings_of
from tap_callrecords.tap import TapCallRecords
from tests.support.streams import KEYS
from tests.support.tap import ROOT

AMBIGUITIES = [name for name in DOCUMENTS if name.startswith("docs/ambiguities/")]
of_each_document = pytest.mark.parametrize("document", DOCUMENTS)

TEST = re.compile(r"`(?:([\w/]+\.py)::)?(test_\w+)(?:\[[^`]*\])?`")
TEST_FILE = re.compile(r"`((?:tests/)?[\w/]*test_\w+\.py)`")


@cache
def functions_of(path: str) -> frozenset[str]:
    """The test functions of a file."""
    return frozenset(re.findall(r"^ *def (test_\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


def test_there_are_documents() -> None:
    assert {"README.md", "docs/README.md", "docs/vendors/voiso.md"} < {*DOCUMENTS}


@of_each_document
def test_every_link_leads_somewhere(document: str) -> None:
    dead = []
    for link in links(text_of(document)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        path = ((ROOT / document).parent / name).resolve() if name else ROOT / document
        if not path.exists() or (anchor and anchor not in anchors(path.relative_to(ROOT).as_posix())):
            dead.append(link)
    assert not dead


@of_each_document
def test_every_script_that_is_named_exists(document: str) -> None:
    code = "\n".join([*FENCE.findall(text_of(document)), *CODE.findall(FENCE.sub("", text_of(document)))])
    named = {*re.findall(r"(?<![\w./-])script/[\w.-]+", code)}
    assert not [name for name in named if not (ROOT / name).is_file()]


@pytest.mark.parametrize(
    "document", [name for name in DOCUMENTS if name in ("docs/house.md", "docs/way.md") or "/decisions/" in name]
)
def test_every_file_that_is_named_exists(document: str) -> None:
    everywhere = "\n".join(f"/{name}" for name in files()) + "\n"
    named = re.findall(r"`([\w./]+(?:\.(?:py|json|yml|yaml|sql|md)|/))`", text_of(document))
    assert not [name for name in named if f"/{name}" not in everywhere]


def test_readme_needs_two_screens_before_its_tables() -> None:
    before, _, after = text_of("README.md").partition("\n## Streams\n")[0].partition("<!-- sources: begin -->")
    read = before + after.partition("<!-- sources: end -->")[2]  # the list of vendors grows with these
    assert len(read.splitlines()) < 2 * 40
    assert len(read.split()) < 2 * 250


def test_words_are_the_usual_ones() -> None:
    unusual = re.compile(
        r"\b(anew|nought|mend(?:s|ed|ing)?|parted by|is never wide|stumbl\w+|manieth|can't be had|shall|whence|heed\w*|"
        r"thereof|hitherto|befall\w*|discreet\w*)\b",
        re.IGNORECASE,
    )
    named = [ROOT / name for name in files() if Path(name).suffix in (".md", ".py", ".sql", ".yml", ".css", ".html")]
    read = {path: path.read_text(encoding="utf-8") for path in named if path != Path(__file__)}
    assert len(read) > 300
    assert not [f"{path.name}: {found}" for path, text in read.items() for found in unusual.findall(text)]


@of_each_document
def test_every_setting_that_is_named_exists(document: str) -> None:
    named = {name.lower() for name in re.findall(r"\bTAP_CALLRECORDS_([A-Z0-9_]*[A-Z0-9])\b", text_of(document))}
    settings = {*TapCallRecords.config_jsonschema["properties"], "loglevel", "warehouse"}  # the SDK's, and dbt's
    members = {each["name"].replace(".", "_") for each in settings_of(TapCallRecords.config_jsonschema["properties"])}
    assert named <= settings | members


@pytest.mark.parametrize("document", AMBIGUITIES)
def test_every_test_that_a_table_of_ambiguities_names_exists(document: str) -> None:
    text = text_of(document)
    everywhere = frozenset(
        name for path in (ROOT / "tests").rglob("test_*.py") for name in functions_of(path.relative_to(ROOT).as_posix())
    )
    named = TEST.findall(text)
    assert named
    missing = []
    for file, name in named:
        places = [place for place in (file, f"tests/{file}", f"tests/sources/{file}") if (ROOT / place).is_file()]
        known = everywhere if not file else frozenset(found for place in places for found in functions_of(place))
        if name not in known:
            missing.append(f"{file}::{name}")
    assert not missing


@pytest.mark.parametrize("document", AMBIGUITIES)
def test_every_file_of_tests_that_a_table_of_ambiguities_names_exists(document: str) -> None:
    named = TEST_FILE.findall(text_of(document))
    assert not [name for name in named if not any((ROOT / folder / name).is_file() for folder in ("", "tests/sources"))]


@pytest.mark.parametrize("stream", KEYS)
def test_every_stream_stands_on_a_page_about_its_vendor(stream: str) -> None:
    pages = "".join(text_of(document) for document in DOCUMENTS if document.startswith("docs/vendors/"))
    assert f"`{stream}`" in pages


def test_every_document_is_on_the_map() -> None:
    mapped = {*links(text_of("docs/README.md"))}
    for folder in ("streams", "models", "decisions", "vendors/notes"):
        mapped |= {f"{folder}/{link}" for link in links(text_of(f"docs/{folder}/README.md"))}
    found = {Path(document).relative_to("docs").as_posix() for document in DOCUMENTS if document.startswith("docs/")}
    assert found - {"README.md"} <= mapped
