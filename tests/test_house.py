"""The picture of the house is true: its arrows are the imports, and they lead in one direction."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any, NamedTuple

import pytest

from generators import house
from sandbox import Sandbox
from tests.support.tap import ROOT, sync

PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
ARROWS = {tuple(arrow) for arrow in re.findall(r"^  (\w+) --> (\w+)$", PAGE, re.MULTILINE)}
ROOMS = set(re.findall(r"^  (\w+)[(\[]", PAGE, re.MULTILINE))
MODULES: Mapping[str, frozenset[str]] = {name: frozenset(house.imported_by(path)) for name, path in house.modules()}
NO_VENDOR = ("http", "paging", "rows", "windows", "output")


def test_every_room_is_in_the_picture() -> None:
    there = {each.stem for each in house.PACKAGE.iterdir() if each.suffix == ".py" or (each / "__init__.py").is_file()}
    assert there - {"__init__", "__main__"} == ROOMS


def test_who_follows_the_arrows_gets_to_what_a_room_imports_and_to_nothing_else() -> None:
    pictured = {room: frozenset(end for start, end in ARROWS if start == room) for room in ROOMS}
    imported = house.imports()
    assert {room: house.reachable(pictured, room) for room in ROOMS} == {
        room: house.reachable(imported, room) for room in ROOMS
    }
    assert not [arrow for arrow in ARROWS if arrow[1] not in imported[arrow[0]]]


@pytest.mark.parametrize("imported", [house.imports(), MODULES], ids=["rooms", "modules"])
def test_there_is_no_circle_of_imports(imported: Mapping[str, frozenset[str]]) -> None:
    assert not [each for each in imported if each in house.reachable(imported, each)]


def test_what_no_vendor_is_in_imports_no_source_and_no_stream_and_none_of_its_kind() -> None:
    imported = house.imports()
    for room in NO_VENDOR:
        assert not house.reachable(imported, room) & {"sources", "stream", "tap", *NO_VENDOR}, room


# The way of a page


class Move(NamedTuple):
    """A call, or the resumption of a generator, that leads from one module of the tap into another one."""

    caller: str
    called: str
    function: str
    on_itself: bool
    """Whether an object calls its own method, which a class in another module defines."""

    @property
    def is_up(self) -> bool:
        """Whether it leads to who knows the caller: the module called, or its room, imports that of the caller."""
        caller, called = house.room_of(self.caller), house.room_of(self.called)
        return self.caller in house.reachable(MODULES, self.called) or caller in house.reachable(ROOM_IMPORTS, called)


NAMES = {str(path): name for name, path in house.modules()}
ROOM_IMPORTS = house.imports()


def _caller_in_the_tap(frame: FrameType) -> FrameType | None:
    """Who has called, be it through a library."""
    caller = frame.f_back
    while caller is not None and caller.f_code.co_filename not in NAMES:
        caller = caller.f_back
    return caller


@contextmanager
def _moves() -> Iterator[list[Move]]:
    """What this thread calls while it is open, without logs, whose handlers other tests may have changed.

    The thread in which a request waits does not leave `http/session.py`.
    """
    moves: list[Move] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_code.co_filename not in NAMES:
            return
        caller = _caller_in_the_tap(frame)
        if caller is not None and caller.f_code.co_filename != frame.f_code.co_filename:
            this = frame.f_locals.get("self")
            on_itself = this is not None and this is caller.f_locals.get("self")
            ends = NAMES[caller.f_code.co_filename], NAMES[frame.f_code.co_filename]
            moves.append(Move(*ends, frame.f_code.co_name, on_itself))

    disabled = logging.root.manager.disable
    logging.disable()
    sys.setprofile(note)
    try:
        yield moves
    finally:
        sys.setprofile(None)
        logging.disable(disabled)


@pytest.fixture(scope="module")
def moves_of_a_page() -> Sequence[Move]:
    """From one page's lines to the next one's, of call legs in pages of one row; a conversion counts once, not for
    each column that it is for."""
    with Sandbox(empty=True) as box:
        vendor, now = box.eightx8_work, datetime.now(UTC)
        began = [int((now - timedelta(hours=1, seconds=number)).timestamp() * 1000) for number in range(9)]
        vendor.add_legs([vendor.new_leg(callId=str(at), startTimeUTC=at, disconnectedTimeUTC=at) for at in began])
        start = (now - timedelta(hours=12)).isoformat()
        with _moves() as moves:
            out = sync(
                {**vendor.config, "start_date": start, "eightx8_work_page_size": 1}, streams=["eightx8_call_legs"]
            )
    assert len(out.records("eightx8_call_legs")) == len(began)
    written = [index for index, each in enumerate(moves) if each.function == "write_page"]
    page = moves[written[4] : written[5]]
    conversions = [each for each in page if "tap_callrecords.rows.conversions" in (each.caller, each.called)]
    return [each for index, each in enumerate(page) if each not in conversions or each not in page[:index]]


def test_a_page_moves_between_files_at_most_twenty_times(moves_of_a_page: Sequence[Move]) -> None:
    assert 10 < len(moves_of_a_page) <= 20, moves_of_a_page


def test_a_page_goes_down_through_the_house_but_for_two_things_that_a_stream_asks_itself(
    moves_of_a_page: Sequence[Move],
) -> None:
    up = [each for each in moves_of_a_page if each.is_up]
    assert all(each.on_itself for each in up), up
    assert [(each.caller, each.function) for each in up] == [
        ("tap_callrecords.stream.paged", "request"),
        ("tap_callrecords.stream.paged", "page"),
    ]
