"""Voiso: neither the zone of the time filters nor the time that they look at is known, and nothing is lost (VO 9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from sandbox import Sandbox
from sandbox.table import Row
from sandbox.voiso.rows import written
from tap_callrecords import instants
from tap_callrecords.sources.voiso.streams import halves
from tap_callrecords.windows.plan import TimeWindow, ceil_second, floor_second
from tests.sources.voiso import STREAM, ago, all_of, asked, box, fill, read, small_block, uuids

__all__ = ["box", "small_block"]
ZONES = (
    "user",
    "UTC",
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Pacific/Chatham",
)


def one(box: Sandbox, ended: datetime, uuid: str, **fields: Any) -> Row:
    row = box.voiso.new_interaction(ended, uuid=uuid, **fields)
    box.voiso.add_interactions(row)
    return row


@pytest.mark.parametrize("filter_time", ["start", "end"])
@pytest.mark.parametrize("filter_zone", ZONES)
def test_every_zone_of_the_filters_and_either_time_brings_all(box: Sandbox, filter_zone: str, filter_time: Any) -> None:
    fill(box, 200, start=ago(days=5), hours=5 * 24 - 1, duration="00:42:00")
    box.voiso.switches.filter_zone = filter_zone
    box.voiso.switches.filter_time = filter_time
    assert uuids(read(box, start=ago(days=5, hours=1))) == all_of(box)


def changes_of_clocks(zone: str) -> list[datetime]:
    """The instants of the last two changes, on the hour."""
    hours = [ago().replace(minute=0, second=0) - timedelta(days=3, hours=back) for back in range(370 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hour for hour, offset, before in zip(hours, offsets, offsets[1:], strict=False) if offset != before]


@pytest.mark.parametrize("which", [0, 1])
def test_a_change_of_clocks_loses_nothing_and_repeats_nothing(small_block: Sandbox, which: int) -> None:
    change = changes_of_clocks("America/New_York")[which]
    fill(small_block, 260, start=change - timedelta(hours=30), hours=60)
    switches = small_block.voiso.switches
    switches.user_zone, switches.token_on = "America/New_York", "never"
    day = timedelta(hours=31)
    out = read(small_block, start=change - day, end_date=(change + day).isoformat())
    assert uuids(out) == all_of(small_block)
    assert {record["timestamp"][-6:] for record in out.records(STREAM)} == {"-05:00", "-04:00"}
    first = min(record["timestamp_utc"] for record in out.records(STREAM))
    assert first == instants.to_text(change - timedelta(hours=30))


NIGHTS = (datetime(2026, 3, 8, 2, tzinfo=UTC), datetime(2025, 11, 2, 1, tzinfo=UTC))


@given(
    st.sampled_from(NIGHTS),
    st.timedeltas(timedelta(hours=-6), timedelta(hours=6)),
    st.timedeltas(timedelta(minutes=1), timedelta(hours=12)),
    st.sampled_from([0, 1]),
)
@example(NIGHTS[0], timedelta(0), timedelta(hours=2), 0)
@example(NIGHTS[0], timedelta(minutes=30), timedelta(hours=1), 0)
def test_halves_leave_no_gap_when_clocks_change(
    night: datetime, offset: timedelta, length: timedelta, fold: int
) -> None:
    def instant(local: datetime) -> datetime:
        return local.replace(tzinfo=ZoneInfo("America/New_York"), fold=fold).astimezone(UTC)

    pieces = [TimeWindow(0, night, night, night + offset, night + offset + length)]
    for _ in range(6):
        pieces = [half for piece in pieces for half in (halves(piece) if length > timedelta(hours=1) else [piece])]
        for one_piece, following in pairwise(pieces):
            assert following.query_start < one_piece.query_end
            assert instant(floor_second(following.query_start)) < instant(ceil_second(one_piece.query_end))


@given(st.integers(0, 10**9), st.integers(1, 2 * 10**8))
@example(58_000_000, 4_000_000)
@example(58_300_000, 3_400_000)
def test_halves_become_shorter_until_they_can_not(offset: int, microseconds: int) -> None:
    start = NIGHTS[0] + timedelta(microseconds=offset)
    window = TimeWindow(7, start, start, start, start + timedelta(microseconds=microseconds))
    length = ceil_second(window.query_end) - floor_second(window.query_start)
    if length <= timedelta(seconds=3):
        with pytest.raises(FatalAPIError, match="more records at"):
            halves(window)
        return
    first, second = halves(window)
    assert max(first.query_end - first.query_start, second.query_end - second.query_start) < length
    assert first.query_start <= window.query_start
    assert second.query_end >= window.query_end
    assert first.query_end - second.query_start == timedelta(seconds=1)
    assert first.index == second.index == 7


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
def test_no_reading_of_the_bounds_loses_a_record_between_windows(box: Sandbox, bounds: Any) -> None:
    start = ago(days=4)
    edges = [start + timedelta(days=day, milliseconds=ms) for day in range(4) for ms in (-999, -1, 0, 1, 999)]
    for number, edge in enumerate(edges[3:]):
        one(box, edge, f"row-{number:05}")
    box.voiso.switches.bounds = bounds
    assert uuids(read(box, start=start)) == all_of(box)


def test_only_one_pair_of_filters_is_sent_in_whole_seconds_without_an_offset(box: Sandbox) -> None:
    read(box, start=datetime.fromisoformat("2026-01-31T00:00:00.700+00:00"), end_date="2026-02-01T00:00:00.300Z")
    first = asked(box)[0].query
    assert (first["start_datetime"], first["end_datetime"]) == ("2026-01-30T09:59:59", "2026-02-01T14:00:02")
    sent = {name for each in asked(box) for name in each.query}
    assert sent == {"key", "start_datetime", "end_datetime", "page", "per_page"}


def test_rows_outside_the_asked_range_are_written_and_do_not_move_the_bookmark(box: Sandbox) -> None:
    end = ago(hours=30)
    for hours in (-20, -3, 3, 9):
        one(box, end + timedelta(hours=hours), f"row {hours}")
    out = read(box, start=end - timedelta(hours=12), end_date=end.isoformat())
    assert {"row -3", "row 3", "row 9"} <= set(uuids(out))
    assert out.bookmarks(STREAM)[-1] == instants.to_text(end)


@pytest.mark.parametrize("filter_time", ["start", "end"])
def test_an_interaction_that_ends_after_a_run_comes_with_the_next_one(box: Sandbox, filter_time: Any) -> None:
    box.voiso.switches.filter_time = filter_time
    fill(box, 5)
    first = read(box)
    one(box, ago(minutes=1), "late", duration="03:00:00")
    second = read(box, state=first.bookmark)
    assert "late" in uuids(second)


def test_an_interaction_that_is_listed_late_comes_with_the_next_run(box: Sandbox) -> None:
    late = box.voiso.new_interaction(ago(hours=2), uuid="late")
    box.voiso.add_interactions(late, after_requests=1)
    first = read(box)
    assert uuids(first) == []
    assert uuids(read(box, state=first.bookmark)) == ["late"]


@pytest.mark.parametrize("filter_time", ["start", "end"])
def test_a_conversation_longer_than_the_look_back_comes_again_when_it_ends(box: Sandbox, filter_time: Any) -> None:
    box.voiso.switches.filter_time = filter_time
    waiting = one(box, ago(hours=80), "chat", type="telegram", disposition="waiting", duration="00:00:00")
    first = read(box, start=ago(days=5))
    archived = {**waiting, "disposition": "archived", "duration": "79:00:00"}
    box.voiso.cdr.replace([{**archived, "timestamp": written(int(ago(hours=1).timestamp() * 1000))}])
    # Where the filter looks at the start, the look-back has to reach as far as conversations last.
    more = {"lookback_hours": 96} if filter_time == "start" else {}
    second = read(box, start=ago(days=5), state=first.bookmark, **more)
    assert [record["disposition"] for record in (*first.records(STREAM), *second.records(STREAM))] == [
        "waiting",
        "archived",
    ]


def test_a_time_in_the_future_does_not_move_the_bookmark(box: Sandbox) -> None:
    one(box, ago(hours=-6), "future", disposition="active", type="chat")
    one(box, ago(hours=3), "past")
    out = read(box, settle_minutes=30)
    assert uuids(out) == ["future", "past"]
    assert all(bookmark <= instants.to_text(ago(minutes=30)) for bookmark in out.bookmarks(STREAM))


def test_the_bookmark_passes_one_window_after_the_other_and_empty_ones_too(box: Sandbox) -> None:
    start = ago(days=3, hours=12)
    out = read(box, start=start)
    expected = [instants.to_text(start + timedelta(days=day)) for day in (1, 2, 3)]
    assert out.bookmarks(STREAM)[:3] == expected
    assert len(out.bookmarks(STREAM)) == 4


def test_windows_are_not_shorter_than_a_day(box: Sandbox) -> None:
    read(box, start=ago(days=3), window_hours=1)
    assert len({each.query["start_datetime"] for each in asked(box)}) == 3


@pytest.mark.parametrize("window_hours", [24, 26, 48, 168])
def test_rows_met_in_several_windows_are_written_once_whatever_the_length(box: Sandbox, window_hours: int) -> None:
    fill(box, 300, start=ago(days=12), hours=12 * 24 - 1)
    assert uuids(read(box, start=ago(days=12), window_hours=window_hours)) == all_of(box)


def test_only_the_open_windows_rows_are_remembered(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from tap_callrecords.rows.repeats import SeenRows

    most = 0

    class Watched(SeenRows):
        @override
        def forget_before(self, window: int) -> None:
            nonlocal most
            most = max(most, len(self._windows))
            super().forget_before(window)

    monkeypatch.setattr("tap_callrecords.sources.voiso.streams.SeenRows", Watched)
    fill(box, 100, start=ago(days=12), hours=12 * 24 - 1)
    assert uuids(read(box, start=ago(days=12))) == all_of(box)
    assert most == 4
