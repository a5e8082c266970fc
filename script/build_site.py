"""The documents as a site that asks nobody else for anything. Started by script/site.

A page is a Markdown file of the repository at its own path; the map of documents, docs/README.md, is the navigation.
So a new document or vendor is on the site as soon as it is on the map. What a file of the repository is for a reader
of Markdown there (a test, a script), is a link to it here. Diagrams are drawn in the reader's browser by a Mermaid that
the site brings along; fonts are the reader's own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from typing_extensions import override

import documents
from documents import CODE, DOCUMENTS, FENCE, HEADING, LINK, MAP, ROOT
from generators.facts import owner, project, repository

ENVIRONMENT = ROOT / ".venv-site"
HOME = "README.md"
PAGES = tuple(name for name in DOCUMENTS if not name.startswith(("examples/new-vendor/", "tests/", "benchmarks/")))
REPOSITORY = repository()
OWNER, NAME = owner(), project()["name"]
BRANCH = "main"
MERMAID = "assets/mermaid.js"
STYLE = "assets/style.css"
DARK = "slate"

PROSE_OR_NOT = re.compile(f"(?P<other>{FENCE.pattern}|{CODE.pattern})|{LINK.pattern}", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r" *(?:[-*]|\d+\.) ")
INSIDE_ITEM = re.compile(r" {2,3}(?=\S)")


class SiteFailed(Exception):  # noqa: N818 - the reason for a person
    """The site has a fault; the message says which."""


# Pages


def target(document: str, link: str) -> str:
    """The file or folder of the repository that a relative link of a document leads to; '' for the document itself."""
    name = link.partition("#")[0]
    return os.path.relpath((ROOT / document).parent / name, ROOT) if name else ""


def on_site(document: str, link: str) -> str:
    """A link of a document as it has to be on the site: to a page, a picture, or the file in the repository."""
    if re.match(r"[a-z]+:|#", link):
        return link
    path = target(document, link)
    name, mark, anchor = link.partition("#")
    if f"{path}/{HOME}" in PAGES:
        return f"{name.rstrip('/')}/{HOME}{mark}{anchor}"
    if path in PAGES or path.endswith((".png", ".svg")):
        return link
    return f"{REPOSITORY}/{'tree' if (ROOT / path).is_dir() else 'blob'}/{BRANCH}/{path}{mark}{anchor}"


def lists_apart(text: str) -> Iterator[str]:
    """The lines of a text with its lists as Python's Markdown knows them.

    It takes four spaces where GitHub takes two or three, and an empty line before each list and item.
    """
    fenced, shift, before = False, 0, ""
    for line in text.splitlines():
        opens = line.lstrip().startswith("```")
        if not fenced:
            shift = 4 - len(found[0]) if (found := INSIDE_ITEM.match(line)) else 0
            if ITEM.match(line) and before:
                yield ""
        fenced ^= opens
        before = line.strip()
        yield f"{' ' * shift}{line}" if line else line


def page(document: str) -> str:
    """The Markdown of a page."""

    def rewritten(found: re.Match[str]) -> str:
        link = found[2] or found[3]
        return found[0] if found["other"] else found[0].replace(f"]({link})", f"]({on_site(document, link)})")

    text = PROSE_OR_NOT.sub(rewritten, "\n".join([*lists_apart(documents.text_of(document)), ""]))
    if "```mermaid" in text:
        text += f'\n<script src="{"../" * document.count("/")}{MERMAID}"></script>\n'
    return text


# Navigation


def headed(text: str) -> Iterator[tuple[str, str]]:
    """The second-level headings of a document, each with what stands under it."""
    parts = re.split(r"^## +(.+)\n", text, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def title(document: str) -> str:
    """The first heading."""
    found = HEADING.search(documents.text_of(document))
    return found[2] if found else document


def listed(document: str, text: str, seen: set[str]) -> Iterator[str | dict[str, Any]]:
    """The pages that a list leads to, in its order, each once; what a folder's own list names, as a group."""
    for link in documents.links(text):
        path = target(document, link) if not re.match(r"[a-z]+:", link) else ""
        if path not in PAGES or path in seen:
            continue
        seen.add(path)
        folder = Path(path).parent
        if Path(path).name != HOME:
            yield path
            continue
        theirs = documents.text_of(path)
        inside = "\n".join(f"[]({each})" for each in documents.links(theirs) if (ROOT / folder / each).is_file())
        inner = [each for each in listed(path, inside, seen | {*outside(folder)}) if isinstance(each, str)]
        seen |= {*inner}
        yield {title(path): [path, *inner]}


def outside(folder: Path) -> Iterator[str]:
    """The pages that are not in a folder."""
    yield from (each for each in PAGES if not Path(each).is_relative_to(folder))


def navigation() -> Sequence[str | dict[str, Any]]:
    """The start, and a section for each heading of the map."""
    seen = {HOME, MAP}
    sections = [{name: [*listed(MAP, text, seen)]} for name, text in headed(documents.text_of(MAP))]
    return [{"Overview": HOME}, *sections]


def configuration() -> dict[str, Any]:
    """What zensical is told; it reads the format of mkdocs.yml."""
    light = {"media": "(prefers-color-scheme: light)", "scheme": "default"}
    dark = {"media": "(prefers-color-scheme: dark)", "scheme": DARK}
    return {
        "site_name": NAME,
        "site_url": f"https://{OWNER}.github.io/{NAME}/",
        "site_description": project()["description"],
        "repo_url": REPOSITORY,
        "repo_name": f"{OWNER}/{NAME}",
        "edit_uri": f"edit/{BRANCH}",
        "docs_dir": "pages",
        "site_dir": "site",
        "nav": navigation(),
        "theme": {
            "custom_dir": "theme",
            "font": False,
            "palette": [
                {**light, "toggle": {"icon": "lucide/sun", "name": "Switch to dark mode"}},
                {**dark, "toggle": {"icon": "lucide/moon", "name": "Switch to light mode"}},
            ],
            "features": [
                "navigation.indexes", "navigation.tabs", "navigation.top", "navigation.footer",
                "search.highlight", "content.code.copy", "content.action.view",
            ],
        },
        "extra_css": [STYLE],
        "extra": {"generator": False},
        "markdown_extensions": [
            "tables",
            "sane_lists",
            "md_in_html",
            {"toc": {"permalink": True, "slugify": {"object": "pymdownx.slugs.slugify", "kwds": {"case": "lower"}}}},
            {"pymdownx.highlight": {"pygments_lang_class": True}},
            {
                "pymdownx.superfences": {
                    "custom_fences": [{"name": "mermaid", "class": "mermaid"}]
                }
            },
        ],
    }  # fmt: skip


def stage(folder: Path) -> None:
    """Write what zensical reads into a folder."""
    pages = folder / "pages"
    pictures = [each for each in (ROOT / "docs").rglob("*") if each.suffix in (".png", ".svg")]
    for document in PAGES:
        (pages / document).parent.mkdir(parents=True, exist_ok=True)
        (pages / document).write_text(page(document), encoding="utf-8")
    copied = {each: each.relative_to(ROOT).as_posix() for each in pictures}
    copied[ROOT / "site" / "style.css"] = STYLE
    copied[next(ENVIRONMENT.glob("lib/python3*/site-packages/mermaidx/assets/mermaid.js"))] = MERMAID
    for each, name in copied.items():
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, pages / name)
    shutil.copytree(ROOT / "site" / "theme", folder / "theme")
    (folder / "mkdocs.yml").write_text(json.dumps(configuration(), indent=1), encoding="utf-8")


# What came out


@dataclass
class Built(HTMLParser):
    """A page of the finished site.

    Attributes:
        links: what it leads to, for a person who clicks.
        loads: what a browser fetches to show it.
        ids: the places in it.
    """

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids |= {said[name] for name in ("id", "name") if name in said}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif tag == "link" and said.get("rel") not in ("canonical", "prev", "next", "alternate"):
            self.loads.append(said["href"])
        elif "src" in said:
            self.loads.append(said["src"])


def read(file: Path) -> Built:
    """Parse a page of the finished site."""
    parser = Built()
    parser.feed(file.read_text(encoding="utf-8"))
    return parser


def faults(site: Path) -> Iterator[str]:
    """Links and pictures that lead nowhere, and what a page would fetch from elsewhere."""
    built = {file: read(file) for file in site.rglob("*.html")}
    for file, found in built.items():
        where = file.relative_to(site).as_posix()
        yield from (f"{where} fetches {each}" for each in found.loads if urlsplit(each).netloc)
        for link in (*found.links, *found.loads):
            if link.startswith(f"{REPOSITORY}/"):
                path = unquote(urlsplit(link).path).split(f"/{BRANCH}/")[1:]
                if path and not (ROOT / path[0]).exists():
                    yield f"{where} leads to {path[0]}, which is not in the repository"
            elif not re.match(r"[a-z]+:", link) and file.name != "404.html" and not leads_somewhere(file, link, built):
                yield f"{where} leads to {link}"


def leads_somewhere(file: Path, link: str, built: dict[Path, Built]) -> bool:
    """Whether a relative link of a page finds a page, with the place in it, or a file."""
    name, _, anchor = unquote(link).partition("#")
    path = (file.parent / name).resolve() if name else file
    path = path / "index.html" if path.is_dir() else path
    return path.is_file() and (not anchor or path not in built or anchor in built[path].ids)


def build(site: Path) -> None:
    """Make the site in a folder, and look whether it is whole.

    Raises:
        SiteFailed: it has warnings, or links that lead nowhere.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        stage(folder)
        done = subprocess.run(
            [ENVIRONMENT / "bin" / "zensical", "build", "--strict"],
            cwd=folder, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise SiteFailed(f"{done.stdout}{done.stderr}".partition("Traceback")[0].strip())
        shutil.rmtree(site, ignore_errors=True)
        site.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "site", site)
    (site / ".nojekyll").touch()
    if found := [*faults(site)]:
        raise SiteFailed("\n".join(found))


def main() -> int:
    """Build it; the exit code."""
    arguments = argparse.ArgumentParser(prog="script/site", description="The documents as a site.")
    arguments.add_argument("--folder", type=Path, default=ROOT / "output" / "site", help="where it is written")
    folder: Path = arguments.parse_args().folder.resolve()
    try:
        build(folder)
    except SiteFailed as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"{len(PAGES)} pages in {folder}. To look at them: python3 -m http.server --directory {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
