"""The tests."""

from __future__ import annotations

import pytest

# pytest shows the values of a failed assertion only in modules that it rewrites, and these are imported as helpers.
pytest.register_assert_rewrite("tests.faults", "tests.sources", "tests.support", "tests.targets", "tests.transform")
