"""What all tests of the loader share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loader.loader import Loader


@pytest.fixture
def load(tmp_path: Path) -> Loader:
    return Loader(tmp_path)
