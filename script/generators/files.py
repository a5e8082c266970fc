"""Which files are written, whole or between two marks, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from generators import dbt, first_run, house, hub, lineage, models, package, personal, settings, streams, vendors
from generators.facts import ROOT
from generators.facts import streams as every_stream


class Part(NamedTuple):
    """What is written between two lines of a file that people write otherwise."""

    file: str
    begin: str
    end: str
    lines: Callable[[], Iterator[str]]


def _marked(file: str, name: str, lines: Callable[[], Iterator[str]]) -> Part:
    return Part(file, f"<!-- {name}: begin -->", f"<!-- {name}: end -->", lines)


def _commented(file: str, why: str, lines: Callable[[], Iterator[str]], indent: str = "") -> Part:
    mark = f"{indent}# written by script/generate {why}"
    return Part(file, f"{mark}: begin", f"{mark}: end", lines)


PARTS = (
    _marked("README.md", "sources", streams.sources_line),
    _marked("README.md", "streams", streams.readme_table),
    _marked("docs/README.md", "vendors", vendors.map_table),
    _marked("docs/how-to/scheduling.md", "how often", vendors.in_short("How often", "../")),
    _marked("docs/how-to/several-accounts.md", "accounts", vendors.in_short("Accounts in one schema", "../")),
    _marked("docs/how-to/back-filling.md", "history", vendors.in_short("History", "../")),
    _marked("docs/scaling.md", "requests", vendors.in_short("Requests")),
    _marked("docs/vendors/notes/README.md", "notes", vendors.notes_table),
    _marked("docs/errors.md", "vendors", vendors.parts("Errors", "vendors")),
    _marked("transform/README.md", "vendors", vendors.parts("In the models", "../docs/vendors")),
    _marked("README.md", "credentials", settings.credentials_table),
    _marked("docs/settings.md", "settings", settings.every_table),
    _marked("docs/personal-data.md", "personal", personal.personal_table),
    _marked("docs/personal-data.md", "not personal", personal.impersonal_table),
    _marked("CONTRIBUTING.md", "not personal", personal.words_table),
    _marked("docs/first-run.md", "questions", first_run.tables),
    _marked("docs/house.md", "rooms", house.picture),
    _marked("docs/house.md", "modules", house.rooms),
    _commented("meltano.yml", "from the settings", settings.meltano_settings, "    "),
    _commented("pyproject.toml", "from the sources", package.summary),
    _commented("pyproject.toml", "from the owner", package.urls),
    _commented("pyproject.toml", "as links to the repository", package.substitutions, "  "),
    _commented(".github/ISSUE_TEMPLATE/bug.yml", "from the sources", package.sources, "        "),
    _commented(".github/ISSUE_TEMPLATE/config.yml", "from the owner", package.security, "  "),
)


TOLD_BY_DBT = (
    _marked("docs/models/README.md", "tables", models.tables),
    _marked("docs/models/README.md", "joins", models.joins),
    _marked("docs/metrics.md", "metrics", models.metrics),
    _marked("docs/metrics.md", "measures", models.measures),
)


def filled(parts: Sequence[Part]) -> Mapping[str, str]:
    """The text of each file that has some of these parts.

    Raises:
        ValueError: a mark is missing.
    """
    texts: dict[str, str] = {}
    for part in parts:
        text = texts.get(part.file) or (ROOT / part.file).read_text(encoding="utf-8")
        if text.count(part.begin) != 1 or text.count(part.end) != 1:
            raise ValueError(f"{part.file} lacks one of the lines {part.begin!r} and {part.end!r}.")
        before, rest = text.split(part.begin + "\n")
        after = rest.split(part.end)[1]
        texts[part.file] = before + part.begin + "\n" + "\n".join(part.lines()) + "\n" + part.end + after
    return texts


def quick() -> Mapping[str, str]:
    """The text of every generated file, by its name, but for those that need dbt.

    Raises:
        ValueError: a mark is missing.
    """
    texts = {**filled(PARTS)}
    texts["docs/hub/README.md"] = hub.pull_request()
    texts["plugin.yaml"] = hub.as_yaml(hub.extractor())
    texts["loader.yaml"] = hub.as_yaml(hub.loader())
    texts[".env.example"] = settings.env_example()
    texts["docs/streams/README.md"] = streams.index()
    for each in every_stream():
        texts[f"docs/streams/{each.name}.md"] = streams.page(each)
    return {**texts, **dbt.files()}


def left_over(texts: Mapping[str, str]) -> Iterator[Path]:
    """Pages and base models of streams that are no more."""
    made = (*(ROOT / "docs/streams").glob("*.md"), *(ROOT / dbt.FOLDER).glob(f"{dbt.PREFIX}*.sql"))
    yield from (path for path in made if path.relative_to(ROOT).as_posix() not in texts)


def main(*, check: bool) -> int:
    """Write what is out of date, or only say so; gives the exit code."""
    texts = quick()
    stale = [*_stale(texts, [*left_over(texts)], check=check)]
    if not (check and stale):  # dbt tells of models that are in step
        told = {"docs/lineage.md": lineage.page(), **filled(TOLD_BY_DBT), **models.pages()}
        gone = [path for path in (ROOT / models.FOLDER).glob("*.md") if path.relative_to(ROOT).as_posix() not in told]
        stale += _stale(told, gone, check=check)
    for name in stale:
        print(f"{name} {'is out of date: run script/generate' if check else 'written'}")
    return 1 if check and stale else 0


def _stale(texts: Mapping[str, str], gone: Sequence[Path], *, check: bool) -> Sequence[str]:
    """The names of the files that are out of date, which are written unless they are only checked."""
    stale = [name for name, text in texts.items() if not _is(ROOT / name, text)]
    if not check:
        for name in stale:
            (ROOT / name).parent.mkdir(exist_ok=True)
            (ROOT / name).write_text(texts[name], encoding="utf-8")
        for path in gone:
            path.unlink()
    return [*stale, *(path.relative_to(ROOT).as_posix() for path in gone)]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
