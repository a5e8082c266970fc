"""What all fault tests share."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.faults.clocks import in_small, without_waits
from tests.faults.subjects import VENDORS
from tests.support.tap import FILES

WITH_FILES = (
    *("test_connections.py", "test_faults.py", "test_moving_rows.py"),
    *("test_refusals.py", "test_state.py", "test_tokens.py"),
)


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(seed=7, days=2, calls_per_day=15) as box:
        for subject in VENDORS:
            subject.reset(box)
        yield box


@pytest.fixture
def box(served: Sandbox) -> Sandbox:
    """The vendors of a module, of which nothing has been asked, and whose rows no test may change."""
    served.requests.clear()
    served.faults.clear()
    return served


@pytest.fixture(autouse=True)
def quick_and_small(short_waits: None) -> Iterator[None]:
    """Retries in this process do not wait, unless told to by `Retry-After`; pages are small."""
    with without_waits(), in_small():
        yield


@pytest.fixture(autouse=True)
def every_other_test_by_files(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Faults and states must not care whether records go by lines or by files: half of their tests have files.

    Which half follows from the test's name. `FAULTS_BY=files` lets all have them, `FAULTS_BY=lines` none.
    """
    by = os.environ.get("FAULTS_BY") or ("files" if zlib.crc32(request.node.nodeid.encode()) % 2 else "lines")
    with_files = by == "files" and request.path.name in WITH_FILES
    token = FILES.set(tmp_path_factory.mktemp("files") if with_files else None)
    yield
    FILES.reset(token)
