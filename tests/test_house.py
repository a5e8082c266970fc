"""The picture of the house is true: its arrows are the imports, and they lead in one direction."""

from __future__ import annotations

import re

from generators import house
from tests.support.tap import ROOT

PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
ARROWS = {tuple(arrow) for arrow in re.findall(r"^  (\w+) --> (\w+)$", PAGE, re.MULTILINE)}
ROOMS = set(re.findall(r"^  (\w+)[(\[]", PAGE, re.MULTILINE))
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


def test_there_is_no_circle_of_imports() -> None:
    imported = house.imports()
    assert not [room for room in imported if room in house.reachable(imported, room)]


def test_what_no_vendor_is_in_imports_no_source_and_no_stream() -> None:
    imported = house.imports()
    for room in NO_VENDOR:
        assert not house.reachable(imported, room) & {"sources", "stream", "tap"}, room
