"""What the project needs to be found, built, trusted and released: read as the places read it that use it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
import readme_renderer.markdown

from generators import facts, files
from tests.support.tap import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]
CONTAINER = (ROOT / "Containerfile").read_text(encoding="utf-8")
GITHUB = ROOT / ".github"
FORMS = {
    **dict.fromkeys(sorted((GITHUB / "workflows").glob("*.yml")), "vendor.github-workflows"),
    GITHUB / "dependabot.yml": "vendor.dependabot",
    GITHUB / "ISSUE_TEMPLATE/bug.yml": "vendor.github-issue-forms",
    GITHUB / "ISSUE_TEMPLATE/real-account.yml": "vendor.github-issue-forms",
    GITHUB / "ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    ROOT / "meltano.yml": "vendor.meltano",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), "--target"]
    subprocess.run([*build, "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    subprocess.run([*build, "wheel"], cwd=folder / sdist.name.removesuffix(".tar.gz"), check=True, capture_output=True)
    return folder


def wheel_of(folder: Path) -> zipfile.ZipFile:
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def metadata_of(folder: Path) -> Message:
    """What the wheel says of itself; its payload is the page on an index."""
    with wheel_of(folder) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
        return message_from_bytes(wheel.read(name))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_file_for_the_public_host_is_of_the_form_that_it_takes(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", FORMS[path], str(path)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


def test_the_workflows_can_not_be_turned_against_the_project() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--quiet", str(GITHUB)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()


def test_the_page_on_an_index_has_no_link_that_leads_nowhere_and_no_drawing_in_words(built: Path) -> None:
    metadata = metadata_of(built)
    page = metadata.get_payload()
    assert isinstance(page, str)
    assert metadata["Description-Content-Type"] == "text/markdown"
    links = re.findall(r"\]\(([^)\s]+)\)", page)
    assert len(links) > 20
    assert [link for link in links if not link.startswith(("https://", "http://", "#"))] == []
    assert "mermaid" not in page
    shown = readme_renderer.markdown.render(page)
    assert shown is not None
    assert "<table>" in shown
    images = re.findall(r'<img[^>]* src="([^"]+)"', shown)
    assert images
    assert [image for image in images if not image.startswith("https://")] == []


def test_an_index_shows_who_made_it_where_it_is_and_for_which_pythons(built: Path) -> None:
    metadata = metadata_of(built)
    assert metadata["Author"]
    assert len(metadata["Summary"]) < 512
    assert {"Repository", "Documentation", "Changelog", "Issues"} == {
        url.split(", ")[0] for url in metadata.get_all("Project-URL", [])
    }
    classifiers = metadata.get_all("Classifier", [])
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)} <= {*classifiers}
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_sdist_has_what_the_wheel_is_built_from_and_no_tests_that_could_not_run(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    packages = {"tap_callrecords", "target_callrecords_duckdb", "schemas"}
    assert tops == {*packages, "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}


def test_the_wheel_from_the_sdist_has_schemas_and_says_that_it_is_typed(built: Path) -> None:
    with wheel_of(built) as wheel:
        names = set(wheel.namelist())
    assert {"tap_callrecords/py.typed", "target_callrecords_duckdb/py.typed"} <= names
    schemas = {path.name for path in (ROOT / "schemas").glob("*.json")}
    assert {f"tap_callrecords/schemas/{name}" for name in schemas} <= names
    assert {name.split("/")[0].split(".")[0] for name in names} == {
        "tap_callrecords",
        "target_callrecords_duckdb",
        "tap_callrecords-0",
    }


def test_the_version_is_that_of_the_newest_tag_and_there_is_one_without_git(tmp_path: Path) -> None:
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "README.md").write_text("# A copy\n")

    def version() -> str:
        asked = [sys.executable, "-m", "hatchling", "version"]
        done = subprocess.run(asked, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=test", "-c", "user.email=test@test.example")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)

    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert version() == "0.1.0.dev0"
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "A commit")
    git("tag", "v3.1.4")
    assert version() == "3.1.4"


def test_the_repository_s_owner_is_written_in_one_place_only() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert facts.repository() == REPOSITORY
    raw = REPOSITORY.replace("github.com", "raw.githubusercontent.com")
    for address in re.findall(r"https://[^\s\"')]+", text):
        assert address.startswith((REPOSITORY, raw)), address
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kinds = (".md", ".toml", ".yaml", ".yml", ".py", ".svg", ".html")
    tracked = (ROOT / name for name in filter(None, listed.split("\0")) if name.endswith(kinds))
    address = f"/{facts.owner()}/tap-callrecords"
    named = {path for path in tracked if path.is_file() and address in path.read_text(encoding="utf-8")}
    by_hand = {path.relative_to(ROOT).as_posix() for path in named} - files.quick().keys()
    assert not by_hand, "let script/generators write it: facts.repository()"


def test_the_changes_begin_with_what_is_not_released_and_versions_descend() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *rest = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "Unreleased"
    released = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) \(\d{4}-\d\d-\d\d\)", heading) for heading in rest]
    assert all(released), "every other heading is a version with its date"
    versions = [tuple(map(int, found.groups())) for found in released if found]
    assert versions == sorted(set(versions), reverse=True)


def test_the_tap_s_container_runs_as_a_user_without_rights_and_with_pinned_packages() -> None:
    steps = [line.split(maxsplit=1) for line in CONTAINER.replace("\\\n", " ").splitlines() if line and line[0] != "#"]
    assert {step for step, _ in steps} <= {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT"}
    bases = [rest.split()[0] for step, rest in steps if step == "FROM"]
    assert all(re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", base) for base in bases)
    last = [step for step, _ in steps][len(steps) - [step for step, _ in reversed(steps)].index("FROM") :]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert [rest for step, rest in steps if step == "USER"][-1] not in ("root", "0")
    copied = [name for step, rest in steps if step == "COPY" and "--from" not in rest for name in rest.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "--constraint constraints.txt" in CONTAINER
    (entry,) = (json.loads(rest) for step, rest in steps if step == "ENTRYPOINT")
    assert Path(entry[0]).name in PROJECT["project"]["scripts"]
