"""What each converter makes of a value: tables, edge cases first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_callrecords.rows import conversions
from tap_callrecords.rows.conversions import Converter, Misfit, converter_for, plain_type

WIDE = 2**53 + 1


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


TABLES: dict[Converter, dict[str, list[Any]]] = {
    conversions.text: {
        "becomes": [(None, None), ("", ""), ("-", "-"), (" a ", " a "), ("0", "0"), (0, "0"), (2**64, str(2**64))],
        "misfits": [True, 1.5, [], {}],
    },
    conversions.integer: {
        "becomes": [
            *[(None, None), ("", None), ("  ", None), (0, 0), (-0.0, 0), ("0", 0), ("-1", -1), (" 7 ", 7), ("+7", 7)],
            *[("335566", 335566), ("19657.0", 19657), (19657.0, 19657), ("1e3", 1000), ("0.0", 0)],
            *[(WIDE, WIDE), (str(WIDE), WIDE), (f"{WIDE}.0", WIDE), (2**63 - 1, 2**63 - 1), (-(2**63), -(2**63))],
        ],
        "misfits": [
            *(12.5, "12.5", "many", "NaN", "Infinity", "-Infinity", True, [], {}, "1 2", 2**63, str(2**63), 2**64),
            *("1e400", "1e999999999999999999", 2.0**53, float("nan"), float("inf"), 10**400, "9" * 5000),
        ],
    },
    conversions.number: {
        "becomes": [
            *[(None, None), ("", None), (0, 0.0), ("0.0125", 0.0125), ("-1.5", -1.5), (3, 3.0), (" 2.5 ", 2.5)],
            *[(0.1, 0.1), ("1e3", 1000.0), (2**53, 2.0**53), ("0.1000000000000000055", 0.1)],
        ],
        "misfits": [
            *("free", "NaN", "1e400", True, [], {}, float("nan"), 10**400, WIDE, str(WIDE), 2**63 - 1),
        ],
    },
    conversions.boolean: {
        "becomes": [
            *[(None, None), (True, True), (False, False), ("true", True), ("false", False), ("TRUE", True)],
            *[(" False ", False), ("", None), (" ", None)],
        ],
        "misfits": ["yes", "1", 1, 0, 1.0, [], {}, "-"],
    },
    conversions.instant: {
        "becomes": [
            *[(None, None), ("", None), ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z")],
            *[("2026-01-31T12:00:00", "2026-01-31T12:00:00.000Z"), ("2026-01-31 12:00", "2026-01-31T12:00:00.000Z")],
            *[("2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z")],
            *[("2026-01-31T12:00:00.5+01:00", "2026-01-31T11:00:00.500Z")],
            *[("2026-10-25T01:30:00-0400", "2026-10-25T05:30:00.000Z"), ("2026-01-31", "2026-01-31T00:00:00.000Z")],
        ],
        "misfits": [
            *("soon", "-", "2026-02-30T00:00:00Z", "2026-01-31T25:00:00Z", 0, 1767225600000, True, [], {}, "\0"),
            *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        ],
    },
    conversions.epoch_ms: {
        "becomes": [
            *[(None, None), (0, None), ("0", None), ("", None), (1, "1970-01-01T00:00:00.001Z")],
            *[(1767225600000, "2026-01-01T00:00:00.000Z"), ("1767225600123", "2026-01-01T00:00:00.123Z")],
            *[(1767225600000.0, "2026-01-01T00:00:00.000Z"), (253402300799000, "9999-12-31T23:59:59.000Z")],
        ],
        "misfits": [-1, 253402300800000, 2**63, "soon", True, 1.5, [], {}],
    },
    conversions.us_datetime: {
        "becomes": [
            *[(None, None), ("", None), ("10/25/2026 01:30:00", "2026-10-25T01:30:00.000Z")],
            *[("1/2/2026 3:04:05", "2026-01-02T03:04:05.000Z"), (" 12/31/2026 23:59:59 ", "2026-12-31T23:59:59.000Z")],
        ],
        "misfits": ["25/10/2026 01:30:00", "2026-10-25", "10/25/2026", 0, True, [], {}],
    },
    conversions.clock_seconds: {
        "becomes": [
            *[(None, None), ("", None), ("00:00:00", 0), ("0:00:05", 5), ("00:01:09", 69), ("48:16:27", 173787)],
            *[("100:00:00", 360000), (" 00:00:01 ", 1), ("00:00:01.9", 1)],
        ],
        "misfits": ["1:2:3", "00:60:00", "00:00", "5", 5, "-00:00:01", "9" * 5000 + ":00:00"],
    },
    conversions.duration_ms: {
        "becomes": [
            *[(None, None), ("", None), (0, 0), (19657, 19657), ("19657.0", 19657), ("0:01:30", 90000)],
            *[("0:00:01.500", 1500), ("0:00:01.0625", 1062), ({"value": 5, "ongoing": False}, 5)],
            *[({"value": None}, None), ({"value": "48:16:27", "ongoing": True}, 173787000)],
        ],
        "misfits": [{}, {"ongoing": True}, {"value": 5, "more": 1}, {"value": []}, "x:y", [5]],
    },
    conversions.ongoing: {
        "becomes": [
            *[(None, None), (5, None), ("0:00:01", None), ({"value": 5}, None), ({"value": 5, "ongoing": True}, True)],
            *[({"value": 5, "ongoing": "false"}, False)],
        ],
        "misfits": [{"value": 5, "ongoing": "soon"}],
    },
    conversions.reported_instant: {
        "becomes": [
            *[(None, None), ("2026-01-31T12:00:00.000+00:00", "2026-01-31T12:00:00.000Z")],
            *[({"value": "2026-01-31T12:00:00Z", "ongoing": False}, "2026-01-31T12:00:00.000Z")],
            *[({"value": None, "ongoing": False}, None)],
        ],
        "misfits": [{}, {"value": "soon"}, {"value": 5}, 5, {"value": None, "ongoing": True}],
    },
    conversions.json_text: {
        "becomes": [
            *[(None, None), ("", None), ("  ", None), ("null", None), ('{"a": [1, "ü"]}', {"a": [1, "ü"]}), ("[]", [])],
            *[({"a": 1}, {"a": 1}), ([1], [1]), (f'{{"n": {2**64}}}', {"n": 2**64})],
        ],
        "misfits": ["plain words", "{", "5", nested(101), str(nested(101)), '"a"', "NaN", "[" * 10**5, True],
    },
    conversions.text_list: {
        "becomes": [(None, None), ("", None), ([], []), (["a", ""], ["a", ""]), ([1], ["1"])],
        "misfits": ["Sales", [None], [["a"]], [True], {}, 5],
    },
    conversions.id_list: {
        "becomes": [
            *[(None, None), ("", []), ("12", ["12"]), (12, ["12"]), ("12,13 14", ["12", "13", "14"])],
            *[(" ,12,, 13\t", ["12", "13"])],
        ],
        "misfits": [["12"], {}, True, 1.5],
    },
    conversions.comma_list: {
        "becomes": [(None, None), ("", []), ("a", ["a"]), ("Sales, Front Desk ,,x", ["Sales", "Front Desk", "x"])],
        "misfits": [["Sales"], {}, True],
    },
    conversions.json_object: {
        "becomes": [(None, None), ({}, {}), ({"a": 1}, {"a": 1})],
        "misfits": ["", "a", [], [{}], 5, {"a": nested(101)}],
    },
    conversions.first_object: {
        "becomes": [(None, None), ([], None), ({"a": 1}, {"a": 1}), ([{"a": 1}], {"a": 1}), ([None], None)],
        "misfits": [[{"a": 1}, {"a": 2}], ["a"], ["a", {"a": 1}], "a", 5],
    },
    conversions.anything: {
        "becomes": [(None, None), (5, 5), ("a", "a"), ({"a": [[]]}, {"a": [[]]}), (nested(99), nested(99))],
        "misfits": [nested(101), {"a": nested(100)}],
    },
    conversions.json_array: {
        "becomes": [(None, None), ([], []), ([1, "a", None], [1, "a", None])],
        "misfits": [{}, "", "[]", 5, nested(101)],
    },
}  # fmt: skip


def cases(kind: str) -> list[Any]:
    return [(convert, each) for convert, table in TABLES.items() for each in table[kind]]


@pytest.mark.parametrize(("convert", "case"), cases("becomes"))
def test_a_value_becomes_what_it_means(convert: Converter, case: tuple[Any, Any]) -> None:
    value, wanted = case
    found = convert(value)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(("convert", "value"), cases("misfits"))
def test_a_value_that_means_something_else_is_refused(convert: Converter, value: Any) -> None:
    with pytest.raises(Misfit):
        convert(value)


def test_of_several_objects_the_first_is_kept() -> None:
    with pytest.raises(Misfit) as refusal:
        conversions.first_object([{"a": 1}, {"a": 2}])
    assert refusal.value.kept == {"a": 1}


def test_an_instant_that_may_still_change_is_kept_and_refused() -> None:
    with pytest.raises(Misfit) as refusal:
        conversions.reported_instant({"value": "2026-01-31T12:00:00Z", "ongoing": True})
    assert refusal.value.kept == "2026-01-31T12:00:00.000Z"


def test_every_converter_that_a_schema_can_name_has_a_table() -> None:
    assert {*conversions.NAMED.values()} <= {*TABLES}


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_no_converter_fails_otherwise_than_by_refusing(value: Any) -> None:
    for convert in TABLES:
        try:
            convert(value)
        except Misfit:
            continue


@given(digits=st.integers(-(2**63), 2**63 - 1))
def test_every_whole_number_of_64_bits_is_exact_in_each_spelling(digits: int) -> None:
    assert {conversions.integer(each) for each in (digits, str(digits), f"{digits}.000", f" {digits} ")} == {digits}


@pytest.mark.parametrize(
    ("schema", "convert"),
    [
        ({"type": ["string", "null"]}, conversions.text),
        ({"type": ["string", "null"], "format": "date-time"}, conversions.instant),
        ({"type": ["string", "null"], "format": "date-time", "x-convert": "epoch_ms"}, conversions.epoch_ms),
        ({"type": "integer"}, conversions.integer),
        ({"type": ["number", "null"]}, conversions.number),
        ({"type": ["boolean", "null"]}, conversions.boolean),
        ({"type": ["object", "null"]}, conversions.json_object),
        ({"type": ["array", "null"], "items": {"type": "string"}}, conversions.text_list),
        ({"type": ["array", "null"], "items": {"type": "object"}}, conversions.json_array),
        ({"type": ["array", "object", "null"]}, conversions.anything),
        ({}, conversions.anything),
    ],
)
def test_a_schema_names_its_converter(schema: dict[str, Any], convert: Converter) -> None:
    assert converter_for(schema) is convert


def test_a_property_of_several_types_has_no_plain_one() -> None:
    assert plain_type({"type": ["array", "object", "null"]}) == "any"


@given(st.integers(0, 2**40), st.lists(st.integers(0, 2**40), max_size=3), st.sampled_from([", ", " ,"]))
def test_a_count_in_a_header_is_one_if_all_of_its_parts_agree(count: int, others: list[int], joined_by: str) -> None:
    same = joined_by.join([str(count)] * (1 + len(others)))
    assert conversions.count_in_header(same) == count
    mixed = joined_by.join(map(str, [count, *others]))
    assert conversions.count_in_header(mixed) == (count if {count, *others} == {count} else None)


@pytest.mark.parametrize("header", [None, "", ",", "many", "25,", "1,001", "101,101", "-1, -1"])
def test_what_a_header_says_otherwise_counts_nothing(header: str | None) -> None:
    assert conversions.count_in_header(header) is None
