"""A vendor stands in paths of its own: what all share names none, but for the lists by which the house finds it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache

import pytest

from generators import files
from generators.models import FOLDER
from tap_callrecords.sources import SOURCES
from tests.support.tap import ROOT

MADE_UP = "Acme"
"""Of the recipe, which names it all over; `tests/examples/test_new_vendor.py` counts its files and lines."""
PRODUCTS = {
    brand: [source for source in SOURCES if source.product.startswith(f"{brand} ") or source.product == brand]
    for brand in dict.fromkeys(source.product.split()[0] for source in SOURCES)
    if brand != MADE_UP
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
    """The text of each tracked file, without what `script/generate` writes."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    parts = (*files.PARTS, *files.TOLD_BY_DBT)
    whole = {*files.quick(), "docs/lineage.md"} - {part.file for part in parts}
    texts: dict[str, str] = {}
    for name in listed:
        if name in whole or name.startswith(f"{FOLDER}/callrecords__") or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for part in parts:
            if part.file == name:
                text = text.partition(part.begin)[0] + text.partition(part.end)[2]
        texts[name] = text
    return texts


def lines_that_name(brand: str) -> Iterator[tuple[str, int]]:
    """Each shared file that names a vendor, and in how many lines."""
    streams = {stream.name.split("_")[0] for source in PRODUCTS[brand] for stream in source.streams}
    names = "|".join({brand.lower(), *streams})
    for name, text in written_by_hand().items():
        if not re.search(names, name, re.IGNORECASE):
            found = sum(1 for line in text.splitlines() if re.search(names, line, re.IGNORECASE))
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
