"""A new vendor is one folder: the worked example is laid over a copy of the house, and the house takes it in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tap_callrecords.sources import SOURCES
from tests.support.tap import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("new-vendor"), pytest.mark.timeout(600)]

MOST_FILES, MOST_SHARED = 14, 3
LONG = ("crashes", "command", "isolation")
"""Suites that take in the new vendor too, but start many processes: left out here."""


class House:
    """A copy of the repository with a history of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        if (ROOT / ".mypy_cache").is_dir():  # then types are checked in seconds
            shutil.copytree(ROOT / ".mypy_cache", folder / ".mypy_cache")
        self.run("git", "init", "-q")
        self.commit("The house")

    def run(self, *command: str) -> str:
        """What a command in this house says, which has to end well."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-5000:]
        return done.stdout

    def commit(self, subject: str) -> None:
        """Commit all that has changed."""
        self.run("git", "add", "-A")
        self.run("git", "-c", "user.name=test", "-c", "user.email=test@test.example", "commit", "-qm", subject)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The house with the made-up vendor: what people write in one commit, what follows from it in the next."""
    house = House(tmp_path_factory.mktemp("house"))
    house.run("script/new-source", "--copy-only", "acme")
    house.commit("A new vendor")
    house.run("script/generate")
    house.commit("What follows from it")
    return house


def test_the_made_up_vendor_is_not_in_the_tap() -> None:
    assert "Acme" not in {source.product for source in SOURCES}


def test_few_files_are_written_by_hand_and_shared_ones_gain_a_line(house: House) -> None:
    stat = house.run("git", "diff", "--stat", "HEAD~2", "HEAD~1")
    changes = [line.split("\t") for line in house.run("git", "diff", "--numstat", "HEAD~2", "HEAD~1").splitlines()]
    shared = {name: int(added) for added, _, name in changes if "acme" not in name}
    assert len(changes) <= MOST_FILES, stat
    assert len(shared) <= MOST_SHARED, stat
    assert max(shared.values()) <= 2, stat  # a line, and where it is Python an import


def test_lint_and_types_hold(house: House) -> None:
    house.run("ruff", "check", ".")
    house.run("ruff", "format", "--check", ".")
    house.run(
        "mypy",
        "tap_callrecords/sources/acme",
        "sandbox/acme",
        "tests/sources/test_acme.py",
        "tests/transform/vendors/acme.py",
    )


def test_its_own_tests_and_the_suites_that_run_over_all_streams_pass(house: House) -> None:
    said = house.run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-k", f"acme and not ({' or '.join(f'test_{name}' for name in LONG)})"),
        *(
            "tests/sources",
            "tests/faults",
            *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("tests/test_*.py"))),
        ),
    )
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None
    assert int(passed[1]) > 120


def test_the_documents_and_what_is_generated_hold(house: House) -> None:
    house.run(
        *(
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/test_docs.py",
            "tests/test_generate.py",
        ),
        "tests/test_site.py::test_every_page_about_the_tap_is_in_the_navigation_once",
    )


def test_other_names_give_other_vendors_in_good_form(house: House) -> None:
    """Of two words, the first one a vendor's, the beginning of another word, or usual; and one that moves imports."""
    for name in ("acme_voice", "north_star", "beta_voice"):
        house.run("script/new-source", "--copy-only", name)
    house.run("script/new-source", "zeta", "Zeta & Co. Phone")
    house.run("ruff", "check", ".")
    house.run("ruff", "format", "--check", ".")
    about = house.run(sys.executable, "-m", "tap_callrecords", "--about", "--format=json")
    for said in (
        "beta_voice_api_key",
        "Beta Voice API key",
        "https://api.beta-voice.example/v1",
        "Zeta & Co. Phone",
    ):
        assert said in about
    assert "class BetaVoiceApi(" in (house.folder / "tap_callrecords/sources/beta_voice/streams.py").read_text()
    assert "# North Star" in (house.folder / "docs/vendors/north-star.md").read_text()
    house.run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *(f"tests/test_{name}.py" for name in ("own_paths", "docs", "generate", "notes")),
    )
