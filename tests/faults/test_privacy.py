"""Whole runs with `pii_mode` hash and drop: nobody is named in what leaves the tap, and nothing else is missing."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.directory import offices
from tap_callrecords.tap import TapCallRecords
from tests.faults.test_leaks import values_at
from tests.support.forked import forked
from tests.support.tap import Output, sync
from tests.test_schemas import walk

MODES = ("keep", "hash", "drop")
SEED = 8


@pytest.fixture(scope="module")
def config() -> Iterator[dict[str, Any]]:
    with Sandbox(seed=SEED, days=3, calls_per_day=25, samples=True) as box:
        for vendor in box.vendors.values():
            for switch in ("unknown_fields", "odd_values"):
                if hasattr(vendor.switches, switch):
                    setattr(vendor.switches, switch, True)
        now = datetime.now(UTC)
        start, end = now - timedelta(days=3), now - timedelta(minutes=30)
        yield {
            **box.config,
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "pii_hash_key": "pepper-pepper",
        }


@pytest.fixture(scope="module")
def runs(config: dict[str, Any]) -> dict[str, Output]:
    found = {mode: sync({**config, "pii_mode": mode}) for mode in MODES}
    assert [out.error for out in found.values()] == [None] * len(MODES)
    return found


@pytest.fixture(scope="module")
def tap(config: dict[str, Any]) -> TapCallRecords:
    return TapCallRecords(config=config)


def by_key(out: Output, tap: TapCallRecords, stream: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(each[key] for key in tap.streams[stream].primary_keys): each for each in out.records(stream)}


def test_a_hash_is_made_with_the_key_of_the_settings(config: dict[str, Any], runs: dict[str, Output]) -> None:
    (kept, *_), (hashed, *_) = (
        [each["name"] for each in runs[mode].records("voiso_agents") if each["name"]] for mode in ("keep", "hash")
    )
    key = config["pii_hash_key"].encode()
    assert hashed == hmac.new(key, kept.strip().encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_nobody_is_named_or_called(runs: dict[str, Output], mode: str) -> None:
    people = [person for office in offices(SEED) for person in office.people]
    lines = [json.dumps(each, ensure_ascii=False) for each in runs[mode].messages if each["type"] != "SCHEMA"]
    kept = json.dumps([each for each in runs["keep"].messages if each["type"] == "RECORD"], ensure_ascii=False)
    identities = {value for person in people for value in (person.name, person.number, person.number[1:], person.email)}
    present = {value for value in identities if value in kept}
    assert len(present) > 50
    assert [(value, line) for line in lines for value in present if value in line] == []


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_rows_and_what_is_not_personal_stay_as_they_are(
    runs: dict[str, Output], tap: TapCallRecords, mode: str
) -> None:
    for name, stream in tap.streams.items():
        personal = {
            path.partition(".")[0] for path in (each.path for each in walk(stream.schema) if "x-pii" in each.schema)
        }
        mixed = {column for column, each in stream.schema["properties"].items() if "properties" in json.dumps(each)}
        left_out = personal | mixed | {"_rescued_data"}
        kept, protected = by_key(runs["keep"], tap, name), by_key(runs[mode], tap, name)
        assert kept.keys() == protected.keys()
        for key, record in kept.items():
            for column in record.keys() - left_out:
                assert protected[key][column] == record[column], (name, column)


def test_equal_values_hash_alike_and_different_ones_differ(runs: dict[str, Output], tap: TapCallRecords) -> None:
    hashes: dict[tuple[str, str], set[str]] = {}
    for name, stream in tap.streams.items():
        kept, hashed = by_key(runs["keep"], tap, name), by_key(runs["hash"], tap, name)
        for each in walk(stream.schema):
            if "x-pii" not in each.schema:
                continue
            path = each.path.split(".")
            for key, record in kept.items():
                values, their_hashes = [*values_at(record, path)], [*values_at(hashed[key], path)]
                assert len(values) == len(their_hashes)
                for value, its_hash in zip(values, their_hashes, strict=True):
                    hashes.setdefault((each.schema["x-pii"], value.strip()), set()).add(its_hash)
    assert len(hashes) > 100
    assert {len(found) for found in hashes.values()} == {1}
    for kind in ("name", "address"):
        distinct = [value for each, value in hashes if each == kind]
        assert len({its_hash for (each, _), found in hashes.items() if each == kind for its_hash in found}) == len(
            distinct
        )


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_the_bookmarks_are_those_of_a_run_that_keeps_everything(runs: dict[str, Output], mode: str) -> None:
    assert runs[mode].bookmark == runs["keep"].bookmark


def test_hashing_without_a_key_is_refused(config: dict[str, Any]) -> None:
    out = forked({**config, "pii_mode": "hash", "pii_hash_key": ""})
    assert out.exit_code == 1
    assert "setting pii_hash_key is missing: pii_mode hash needs it" in out.stderr
