"""The documents as a site: whole, searchable, and asking nobody else for anything."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

import build_site
import documents
from tests.demo import browser

pytestmark = pytest.mark.xdist_group("site")
ON_GITHUB = MarkdownIt("commonmark").enable("table")
COUNTED = ("h1", "h2", "h3", "h4", "ul", "ol", "li", "table", "tr", "pre", "code", "strong", "em", "img")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once: warnings are errors, and every link is followed."""
    if not build_site.ENVIRONMENT.is_dir() and not os.environ.get("CI"):
        pytest.skip("No .venv-site: script/setup-site makes it.")
    folder = tmp_path_factory.mktemp("site") / "site"
    build_site.build(folder)
    return folder


def file_of(site: Path, document: str) -> Path:
    """Where a document is on the site."""
    path = Path(document)
    return site / (path.parent if path.name == build_site.HOME else path.with_suffix("")) / "index.html"


def pages_of(entry: Any) -> Iterator[str]:
    """The pages of a navigation."""
    if isinstance(entry, str):
        yield entry
        return
    for each in entry.values() if isinstance(entry, dict) else entry:
        yield from pages_of(each)


@pytest.mark.usefixtures("site")
def test_the_site_is_built_without_a_warning_and_no_link_leads_nowhere() -> None:
    """The fixture says which does."""


def test_a_page_has_all_that_its_document_shows_on_github(site: Path) -> None:
    def counts(html: str) -> dict[str, int]:
        html = re.sub(r"(<pre)(.*?)</pre>", r"\1>", html, flags=re.DOTALL)
        return {tag: len(re.findall(rf"<{tag}[ >]", html)) for tag in COUNTED}

    for document in build_site.PAGES:
        html = file_of(site, document).read_text(encoding="utf-8")
        article = html[html.index("<article") : html.index("</article>")]
        assert counts(article) == counts(ON_GITHUB.render(documents.text_of(document))), document


def test_every_page_about_the_tap_is_in_the_navigation_once() -> None:
    listed = [*pages_of(build_site.navigation())]
    assert len(listed) == len({*listed})
    about = {name for name in build_site.PAGES if name.startswith("docs/") or "/" not in name}
    assert about - {*listed} == {documents.MAP}


def test_a_page_is_found_by_the_words_of_its_columns(site: Path) -> None:
    items = json.loads((site / "search.json").read_text(encoding="utf-8"))["items"]
    found = {each["location"].partition("#")[0] for each in items if "<code>timestamp_utc</code>" in each["text"]}
    assert "docs/streams/voiso_cdr/" in found


def test_a_link_that_leads_nowhere_and_a_script_from_elsewhere_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="a/#there">1</a><a href="a/#gone">2</a><a href="gone/">3</a><a href="https://example.com/">4</a>'
        f'<a href="{build_site.REPOSITORY}/blob/main/README.md">5</a>'
        f'<a href="{build_site.REPOSITORY}/blob/main/gone.md">6</a><script src="https://example.com/x.js"></script>'
    )
    (tmp_path / "a/index.html").write_text('<h2 id="there"></h2><img src="../gone.png">')
    assert {*build_site.faults(tmp_path)} == {
        "index.html leads to a/#gone",
        "index.html leads to gone/",
        "index.html leads to gone.md, which is not in the repository",
        "index.html fetches https://example.com/x.js",
        "a/index.html leads to ../gone.png",
    }


@pytest.mark.slow
def test_a_diagram_is_drawn_without_a_request_to_anyone(site: Path) -> None:
    with browser.running() as running:
        page = browser.Page(running, file_of(site, "docs/house.md"))
        page.until("document.querySelector('div.mermaid')")
        assert page.evaluate("document.querySelectorAll('pre.mermaid').length") == 0
        assert page.evaluate("performance.getEntriesByType('resource').map(each => each.name)") == []
        assert page.console == []
