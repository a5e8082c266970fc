"""What `script/generate` writes is in step with the code, in every file (by --check where dbt tells it)."""

from __future__ import annotations

import pytest

from generators import files
from generators.facts import columns, streams
from tests.support.tap import ROOT

QUICK = files.quick()


@pytest.mark.parametrize("name", QUICK)
def test_a_generated_file_is_in_step_with_the_code(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == QUICK[name], "run script/generate"


def test_no_page_of_a_stream_outlives_it() -> None:
    assert not [*files.left_over(QUICK)]
    assert [path.stem for path in files.left_over({})] != []


@pytest.mark.parametrize("stream", [each.name for each in streams()])
def test_the_page_of_a_stream_has_every_column_of_its_catalog_entry(stream: str) -> None:
    facts = next(each for each in streams() if each.name == stream)
    page = QUICK[f"docs/streams/{stream}.md"]
    assert [column for column in facts.stream.schema["properties"] if f"\n| `{column}` | " not in page] == []
    assert page.count("\n| `") == sum(1 for _ in columns(facts.declared.schema))


def test_a_lost_mark_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = files.PARTS[0]._replace(begin="<!-- no such mark -->")
    monkeypatch.setattr(files, "PARTS", (lost,))
    with pytest.raises(ValueError, match="no such mark"):
        files.quick()
