"""Every target loaded twice by Meltano: all streams at first, then again after some records have changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.streams import KEYS
from tests.support.tap import catalog_of, command
from tests.targets import vendors
from tests.targets.project import Project
from tests.targets.targets import Row, Target, target
from tests.targets.vendors import NEW_FIELD, NEW_MEMBERS, STREAMS, Key, Vendors

Records = dict[str, dict[Key, dict[str, Any]]]


@dataclass
class Loaded:
    """A target after two runs.

    Attributes:
        target: it.
        vendors: what the vendors have now.
        keys: of the rows that the vendors have, by stream; the same in both runs.
        records: what the tap makes of them, at the first run.
        rows: what was in the target after the first run.
        later_records: what the tap makes of the vendors' rows at the second run.
        later_rows: what was in the target after the second run.
        news: what the warehouse's JSON functions find of the new fields, as `new_members` has it, by stream.
        rescued: how many rows it finds that have rescued data, by stream.
    """

    target: Target
    vendors: Vendors
    keys: dict[str, set[Key]]
    records: Records
    rows: dict[str, list[Row]]
    later_records: Records
    later_rows: dict[str, list[Row]]
    news: dict[str, dict[tuple[str, ...], str]]
    rescued: dict[str, int]

    def new_members(self, stream: str) -> dict[tuple[str, ...], str]:
        """Path and text of what is in the new field of the stream's changed record."""
        return _new_members(self.later_records[stream][self.vendors.changed[stream][0]])


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(kind, marks=pytest.mark.xdist_group(f"targets-{kind}"))
        for kind in ("duckdb", "postgres", "snowflake", "jsonl")
    ],
)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """The target after `meltano run`, some changes at the vendors', and `meltano run` again."""
    made = vendors.make()
    with made.box, target(request.param, tmp_path_factory.mktemp(request.param)) as the_target:
        project = Project(tmp_path_factory.mktemp(f"meltano-{request.param}"), the_target.loaders)
        keys = {stream: made.keys(stream) for stream in STREAMS}
        records = _records(made)
        project.run(the_target.name, made.config, the_target.settings)
        rows = the_target.read(STREAMS)
        made.change()
        later_records = _records(made)
        project.run(the_target.name, made.config, the_target.settings)
        later_rows = the_target.read(STREAMS)
        wanted = [
            (stream, changed, path)
            for stream, (changed, _, _) in made.changed.items()
            for path in _new_members(later_records[stream][changed])
        ]
        news: dict[str, dict[tuple[str, ...], str]] = {stream: {} for stream in STREAMS}
        for (stream, _, path), text in zip(wanted, the_target.members(wanted), strict=True):
            news[stream][path] = text
        yield Loaded(
            the_target, made, keys, records, rows, later_records, later_rows, news, the_target.rescued(STREAMS)
        )


def _new_members(record: Row) -> dict[tuple[str, ...], str]:
    rescued = record["_rescued_data"]
    return NEW_MEMBERS if NEW_FIELD in rescued else {(name,): text for name, text in rescued.items()}


def _records(made: Vendors) -> Records:
    done = command(made.config, catalog=catalog_of(made.config, STREAMS))
    assert done.exit_code == 0, done.stderr[-3000:]
    return {stream: {key(stream, record): record for record in done.records(stream)} for stream in STREAMS}


def key(stream: str, row: Row) -> Key:
    """The key of a record or a row."""
    return tuple(row[name] for name in KEYS[stream])
