"""What the project needs to be found, built, trusted and released: read as the places read it that use it."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.support.tap import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]
GITHUB = ROOT / ".github"
FORMS = {
    **dict.fromkeys(sorted((GITHUB / "workflows").glob("*.yml")), "vendor.github-workflows"),
    GITHUB / "dependabot.yml": "vendor.dependabot",
    GITHUB / "ISSUE_TEMPLATE/bug.yml": "vendor.github-issue-forms",
    GITHUB / "ISSUE_TEMPLATE/real-account.yml": "vendor.github-issue-forms",
    GITHUB / "ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
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
    with wheel_of(built) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
        page = message_from_bytes(wheel.read(name)).get_payload()
    assert isinstance(page, str)
    links = re.findall(r"\]\(([^)\s]+)\)", page)
    assert len(links) > 20
    assert [link for link in links if not link.startswith(("https://", "http://", "#"))] == []
    assert "mermaid" not in page


def test_the_wheel_from_the_sdist_has_schemas_and_says_that_it_is_typed(built: Path) -> None:
    with wheel_of(built) as wheel:
        names = set(wheel.namelist())
    assert {"tap_callrecords/py.typed", "target_callrecords_duckdb/py.typed"} <= names
    schemas = {path.name for path in (ROOT / "schemas").glob("*.json")}
    assert {f"tap_callrecords/schemas/{name}" for name in schemas} <= names
    assert not any(name.startswith(("tests/", "sandbox/")) for name in names)


def test_every_address_of_the_project_is_that_of_its_repository() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    raw = REPOSITORY.replace("github.com", "raw.githubusercontent.com")
    for address in re.findall(r"https://[^\s\"')]+", text):
        assert address.startswith((REPOSITORY, raw)), address


def test_the_changes_begin_with_what_is_not_released_and_versions_descend() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\d+\.\d+\.\d+)( \(not released yet\)| \(\d{4}-\d\d-\d\d\))$", text, re.MULTILINE)
    assert headings, "each version has a heading with its date, or that it is not released yet"
    versions = [tuple(map(int, version.split("."))) for version, _ in headings]
    assert versions == sorted(set(versions), reverse=True)
    assert headings[0][0] == PROJECT["project"]["version"]
    assert [when for _, when in headings[1:] if "not released" in when] == []
