"""8x8 Work: what a row becomes, with a key that another row has and with types that drift (WA A10, A14)."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.sources.eightx8_work import LEGS, RECORDS, assert_nothing_is_lost, box, call, empty, minutes_ago, read

__all__ = ["box", "empty"]


def test_the_vendors_samples_get_their_types() -> None:
    with Sandbox(calls_per_day=0, samples=True) as box:
        out = read(box, RECORDS, LEGS)
        record = next(each for each in out.records(RECORDS) if each["call_id"] == "1635571048351")
        legs = out.records(LEGS)
    assert record["connect_time_utc"] is None
    assert record["connect_time"] == "0"
    assert record["answered_time"] is None
    assert (record["call_leg_count"], record["missed"], record["answered"]) == (1, "Missed", "-")
    assert all(each["_rescued_data"] is None for each in (record, *legs))
    assert len(legs) == 2


# A10: whether keys are unique


def test_two_calls_under_one_key_are_both_emitted_with_a_warning(
    empty: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(minutes), callId="1") for minutes in (90, 91)])
    out = read(empty, RECORDS)
    assert out.error is None
    assert len({record["start_time_utc"] for record in out.records(RECORDS)}) == 2
    assert any("1 rows share their key with a different row" in line for line in caplog.messages)


def test_one_call_id_in_two_pbxs_is_two_calls(empty: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(90), callId="1", pbxId=pbx) for pbx in ("one", "two")])
    out = read(empty, RECORDS)
    assert sorted(out.keys(RECORDS, "pbx_id")) == [("one",), ("two",)]
    assert not any("share their key" in line for line in caplog.messages)


# A14: types that drift


@pytest.mark.parametrize("switch", ["leg_count_as_int", "null_arrays", "odd_values", "unknown_fields"])
def test_values_of_other_types_and_new_fields_lose_nothing(box: Sandbox, switch: str) -> None:
    setattr(box.eightx8_work.switches, switch, True)
    assert_nothing_is_lost(box)


@pytest.mark.parametrize("as_int", [False, True])
def test_the_number_of_legs_is_an_integer_either_way(box: Sandbox, as_int: bool) -> None:
    box.eightx8_work.switches.leg_count_as_int = as_int
    out = read(box, RECORDS)
    assert {type(record["call_leg_count"]) for record in out.records(RECORDS)} == {int}


def test_new_fields_are_kept(box: Sandbox) -> None:
    box.eightx8_work.switches.unknown_fields = True
    out = read(box, RECORDS)
    assert all("newText" in record["_rescued_data"] for record in out.records(RECORDS))
