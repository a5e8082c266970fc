"""`tap-callrecords-drift` says since when and how often a field is new, and shows no value of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from tap_callrecords.commands.drift.command import SOMETHING_IS_NEW
from tap_callrecords.commands.drift.forms import form_of
from tap_callrecords.rows.builder import RESCUED
from tests.support.drift import about, day, drift, line, patch_of, rescued
from tests.support.tap import sync
from tests.test_schemas import column_name


def test_since_when_and_how_often_is_told() -> None:
    said = drift(stdin=rescued(None, None, {"callQuality": 4}, None, {"callQuality": None}, None, None, None)).stdout
    assert said.startswith("voiso_cdr: 8 rows\n")
    assert about("callQuality", said) == [
        "callQuality: new",
        f"in 2 rows (25.0%), since {day(2)}, last {day(4)}",
        "1 x whole number of 1 digit",
        "1 x null",
    ]


def test_rows_without_rescued_data_are_nothing_new() -> None:
    out = drift(stdin=rescued(None, None) + line("voiso_teams", id=1, **{RESCUED: None}))
    assert (out.exit_code, out.stdout) == (0, "Nothing is new in 2 of 2 streams; 3 rows looked at.\n")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("AB12cd34", "text of 8 characters: AA99aa99"),
        ("2026-03-01T02:31:07.120Z", "text of 24 characters: 9999-99-99A99:99:99.999A"),
        ("Marta Díaz, 22", "text of 14 characters: Aaaaa Aäaa, 99"),
        ("x" * 50, f"text of 50 characters: {'a' * 40}…"),
        ("", "empty text"),
        ("0" * 64, "hash, as pii_mode hash makes them"),
        (None, "null"),
        (True, "true or false"),
        (12125550147, "whole number of 11 digits"),
        (-7, "whole number of 1 digit"),
        (2.25, "number: 9.99"),
        (["a", "bc"], "list of 2: text"),
        ([], "list of 0"),
        ([1, {}, [[]]], "list of 3: integer, list, object"),
        ({"Marta": 1}, "object of 1 member"),
    ],
)
def test_of_a_value_its_form_is_told(value: Any, said: str) -> None:
    assert form_of(value).said == said


TEXT = st.text(alphabet="bcdfghBCDFGH12345678", min_size=6)
VALUES = st.recursive(
    TEXT | st.integers(min_value=10**7).filter(lambda each: {*str(each)} != {"9"}),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TEXT, inner, min_size=1, max_size=3),
    max_leaves=6,
)


def told_by(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from told_by(each)
    elif isinstance(value, list):
        for each in value:
            yield from told_by(each)
    else:
        yield str(value)


@settings(max_examples=40)
@given(VALUES, TEXT)
def test_no_value_is_shown_and_no_name_that_may_be_one(value: Any, name: str) -> None:
    number = f"+{sum(map(ord, name)):011}"
    out = drift(stdin=rescued({"callQuality": value, number: 1}, None) + line(sla={"newMember": value}))
    assert out.exit_code == SOMETHING_IS_NEW
    assert "callQuality: new" in out.stdout
    assert "sla.newMember: new" in out.stdout
    assert "[a name like +99999999999]: new" in out.stdout
    assert [each for each in (*told_by(value), number) if each in out.output] == []


def test_what_could_steer_a_terminal_is_not_printed() -> None:
    out = drift(stdin=rescued({"callQuality": "\x1b[31m\u202eon", "\x1b[2J": 1}))
    assert "text of 8 characters: ·[99a·aa" in out.stdout
    assert "[a name like ·[9A]: new" in out.stdout
    assert all(each.isprintable() for each in out.stdout.splitlines())


def test_a_name_like_that_of_a_person_is_shown_only_where_most_rows_have_it() -> None:
    often, rare = {"Voice Quality": 1}, {"Marta Caller": 1}
    said = drift(stdin=rescued(often, often, {**often, **rare}, None)).stdout
    assert about("Voice Quality", said)[0] == "Voice Quality: new"
    assert "Marta" not in said
    assert "  [a name like Aaaaa Aaaaaa]: new" in said
    assert patch_of(said)["properties"].keys() == {"voice_quality"}


def test_members_that_are_new_in_known_objects_are_told_and_patched_where_they_belong() -> None:
    people = [{"participantName": "x"}, {"participant_name": "x", "mood": 3, "participant_comments": [{"likes": True}]}]
    raw = line("eightx8_interactions", creation_time_utc=day(1), participants=people, **{RESCUED: None})
    out = drift(stdin=raw + line("eightx8_interactions", creation_time_utc=day(2), participants=None))
    assert about("participants.mood", out.stdout)[:2] == [
        "participants.mood: new",
        f"in 1 row (50.0%), since {day(1)}, last {day(1)}",
    ]
    inside = patch_of(out.stdout)["properties"]["participants"]["items"]["properties"]
    assert inside["mood"]["type"] == ["integer", "null"]
    likes = inside["participant_comments"]["items"]["properties"]["likes"]
    assert likes["type"] == ["boolean", "null"]
    assert "participantName" not in json.dumps(patch_of(out.stdout))


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("callQuality", [4, None], {"type": ["integer", "null"]}),
        ("callQuality", [4, 4.5], {"type": ["number", "null"]}),
        ("callQuality", [True, "false"], {"type": ["boolean", "null"]}),
        ("ringTimeUTC", [1772323200000], {"type": ["string", "null"], "format": "date-time", "x-convert": "epoch_ms"}),
        ("ringMark", [1772323200000], {"type": ["integer", "null"]}),
        ("ringTime", ["2026-03-01T00:00:00Z"], {"type": ["string", "null"], "format": "date-time"}),
        ("ringLength", ["00:00:12"], {"type": ["string", "null"], "x-not-pii": "time"}),
        ("callQuality", ["4", ""], {"type": ["string", "null"], "x-pii": "name"}),
        ("callQuality", ["4", 4], {"type": ["string", "null"], "x-pii": "name"}),
        ("callQuality", [None], {"type": ["string", "null"], "x-pii": "name"}),
        ("callTags", [["a"], []], {"type": ["array", "string", "null"], "x-pii": "name"}),
        ("callTags", [["a"]], {"type": ["array", "null"], "items": {"type": "string"}, "x-pii": "name"}),
        ("callParts", [{"a": 1}], {"type": ["object", "string", "null"], "x-pii": "name"}),
    ],
)
def test_a_patch_has_the_vendors_name_ours_and_a_type_by_the_forms_seen(
    name: str, values: Sequence[Any], expected: dict[str, Any]
) -> None:
    out = drift(stdin=rescued(*({name: value} for value in values)))
    ((column, added),) = patch_of(out.stdout)["properties"].items()
    assert column == column_name(name, None)
    assert added.pop("description").startswith("TO DO")
    assert added.pop("x-source") == name
    assert added == expected


def test_a_stream_that_shares_its_schema_is_patched_there() -> None:
    said = drift(stdin=line("eightx8_cdr_call_legs", **{RESCUED: {"callQuality": 1}})).stdout
    assert "To add to schemas/eightx8_call_legs.json" in said


@pytest.mark.parametrize(("mode", "said"), [("hash", "hash, as pii_mode hash makes them"), ("drop", "null")])
def test_of_protected_values_only_that_is_told(mode: str, said: str) -> None:
    with Sandbox(days=1, calls_per_day=10) as box:
        box.voiso.set_switches({"unknown_fields": True})
        raw = sync({**box.voiso.config, "pii_mode": mode, "pii_hash_key": "pepper-pepper"}, streams=["voiso_teams"]).raw
    assert about("sandbox_field", drift(stdin=raw).stdout)[2] == f"4 x {said}"
