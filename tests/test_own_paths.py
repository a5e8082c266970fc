"""A vendor stands in paths of its own: what all share names none, but for the lists by which the house finds it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache

import pytest

import documents
from generators import files
from generators.facts import brands
from generators.models import FOLDER
from tap_callrecords.sources import SOURCES
from tests.support.tap import ROOT

MADE_UP = {"script/new-source", "tests/examples/test_new_vendor.py"}
"""Files of the recipe, which names vendors that are made up; the second counts what a vendor takes."""
PRODUCTS = {
    brand: [source for source in SOURCES if (source.brand or source.product) == brand]
    for brand in brands()
    if brand != "Acme"  # the recipe's example, which it names all over
}
LISTS = {
    "tap_callrecords/sources/__init__.py": 2,
    "transform/macros/vendors.sql": 1,
}
"""Where the house finds a vendor, and how many lines each product has there."""
TOLD = {
    "CHANGELOG.md": "what a version brings",
    "CONTRIBUTING.md": "the recipe takes an example from a vendor that was made by it",
    "sandbox/README.md": "a test and a class, shown by an example",
    "sandbox/contact_center.py": "what two products of one vendor have in common",
    "sandbox/server.py": "types of the vendors that the suites take their examples from",
    "script/mutants": "the name of a test",
    "tap_callrecords/http/vocabulary.txt": "words of answers that errors may quote",
    "transform/README.md": "a variable's name, shown by an example",
    "transform/models/models.yml": "models of the first vendors share descriptions of columns, within one file",
    "transform/models/unit_tests/marts.yml": "rows of a test",
}
"""Other shared files that name a vendor, and why."""
EXAMPLES = ("8x8", "Webex", "Voiso")
"""The first vendors. Tests of what all share, documents and benchmarks take examples from them, from others never."""
TAKE_EXAMPLES = ("tests/", "docs/", "benchmarks/", "examples/", "README.md", ".github/", "script/demo")


@cache
def written_by_hand() -> dict[str, str]:
    """The text of each file, without what `script/generate` writes."""
    parts = (*files.PARTS, *files.TOLD_BY_DBT)
    whole = {*files.quick(), "docs/lineage.md"} - {part.file for part in parts}
    texts: dict[str, str] = {}
    for name in documents.files():
        if name in {*whole, *MADE_UP} or name.startswith(f"{FOLDER}/callrecords__"):
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for part in parts:
            if part.file == name:
                text = text.partition(part.begin)[0] + text.partition(part.end)[2]
        texts[name] = text
    return texts


def spellings(brand: str) -> str:
    """A pattern of all names of a vendor: of products and folders too, and what its streams begin with."""
    products = PRODUCTS[brand]
    folders = [source.streams[0].__module__.split(".")[-2] for source in products]
    whole = [*folders, *(stream.name for source in products for stream in source.streams)]
    family = os.path.commonpath([name.replace("_", "/") for name in whole]).replace("/", "_")
    names = {brand, family, *folders, *(source.product for source in products)} - {""}
    words = "|".join("[ _-]?".join(map(re.escape, re.split("[ _-]", name))) for name in sorted(names))
    return f"(?<![A-Za-z])(?i:{words})(?![a-z])"


def lines_that_name(brand: str) -> Iterator[tuple[str, int]]:
    """Each shared file that names a vendor, and in how many lines."""
    names = re.compile(spellings(brand))
    for name, text in written_by_hand().items():
        if not names.search(name):
            found = sum(1 for line in text.splitlines() if names.search(line))
            if found:
                yield name, found


@pytest.mark.parametrize("brand", PRODUCTS)
def test_shared_files_name_a_vendor_only_where_the_house_finds_it(brand: str) -> None:
    for name, lines in lines_that_name(brand):
        if name in LISTS:
            assert lines <= LISTS[name] * len(PRODUCTS[brand]), f"{name}: {lines} lines"
        elif name not in TOLD:
            is_example = brand in EXAMPLES and name.startswith(TAKE_EXAMPLES)
            assert is_example, f"{name} names {brand}: what only one vendor says belongs in a path that holds its name"


def test_each_exception_is_one() -> None:
    named = {name for brand in PRODUCTS for name, _ in lines_that_name(brand)}
    assert not TOLD.keys() - named
