"""The queries of the documents, on every warehouse."""

from __future__ import annotations

import pytest

from documents import queries
from tests.transform.conftest import Built

pytestmark = pytest.mark.slow


def test_the_queries_of_the_documents_run_on_every_warehouse(built: Built) -> None:
    asked = {**queries("docs/questions.md"), **queries("docs/metrics.md")}
    assert len(asked) > 10
    for query in asked.values():
        built.warehouse.query(query)
