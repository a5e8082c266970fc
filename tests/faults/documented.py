"""The sentences that `docs/errors.md` and the vendors' pages list."""

from __future__ import annotations

import re

from tests.support.tap import ROOT

PAGES = [each.read_text().partition("\n## Errors\n")[2] for each in sorted((ROOT / "docs" / "vendors").glob("*.md"))]
DOCUMENT = (ROOT / "docs" / "errors.md").read_text() + "".join(page.partition("\n## ")[0] for page in PAGES)
ROWS: list[str] = [row.replace("\\|", "|") for row in re.findall(r"^\| `(.+?)` \| ", DOCUMENT, re.MULTILINE)]
ASIDE: list[str] = re.findall(r"^- `(.+?)`", DOCUMENT, re.MULTILINE)
"""What follows sentences, and what is only a warning."""
FOLLOWS = [each for each in ASIDE if each.startswith(" ")]


def pattern(sentence: str) -> str:
    """A regular expression for a documented sentence."""
    return re.escape(sentence).replace("…", ".+")
