"""The streams, their keys and bookmarks, and those that are left out by default, as the schema files declare them."""

from __future__ import annotations

from tap_callrecords.rows.schemas import declared, names

KEYS = {name: tuple(declared(name).key) for name in names()}
REPLICATION_KEYS = {name: bookmark for name in names() if (bookmark := declared(name).bookmark)}
DESELECTED = {name for name in names() if declared(name).optional}
