"""Voiso: the lists that explain the ids of interactions (VO 11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from typing_extensions import override

from tap_callrecords.errors import BrokenBody, Refused
from tap_callrecords.paging.base import Page, Refusal
from tap_callrecords.paging.links import next_link
from tap_callrecords.paging.lists import ListPage, ListPaginator
from tap_callrecords.rows import conversions
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.loose_json import decode_loosely
from tap_callrecords.sources.voiso.answers import VoisoStream, count_of
from tap_callrecords.sources.voiso.api import VoisoApi
from tap_callrecords.stream import Asked, FullTableStream
from tap_callrecords.stream.paged import NO_SUCH_PAGE, TRIES_OF_A_REFUSED_PAGE
from tap_callrecords.windows.plan import TimeWindow

Row = TypeVar("Row")

COUNTS = ("total", "total_count", "totalCount", "total_records", "count")
NEXT = ("next", "next_page", "nextPage", "next_url", "next_page_url")
NEXT_CURSOR = ("next_cursor", "nextCursor")
PAGES = ("total_pages", "totalPages", "pages", "page_count", "pageCount", "last_page", "lastPage")
COUNTING_HEADERS = ("X-Total-Count", "X-Total", "Total")
_object = msgspec.json.Decoder(dict[str, Any])
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
MORE = ("has_more", "hasMore", "has_next", "hasNext")


class ListEnvelope(msgspec.Struct, Generic[Row]):
    """A list, and what the object says in which it came; that is empty for a bare array.

    Attributes:
        is_null: it came as null.
    """

    rows: list[Row]
    about: dict[str, Any]
    is_null: bool = False


class VoisoList(VoisoStream, FullTableStream[VoisoApi]):
    """A list of the account (VO 11): a bare array, or an object with one; several are documented by name only.

    No list is documented to have pages. Where an answer speaks of a further one, or of more entries than came, it is
    asked for: by what it says, else by number.
    """

    envelope = ListEnvelope

    @override
    def request(self, window: TimeWindow, page: Mapping[str, str]) -> requests.Request:
        return requests.Request("GET", f"{self.api.url}{self.path}", params=dict(page))

    @override
    def new_paginator(self, window: TimeWindow) -> ListPaginator:
        return ListPaginator("Voiso", self.name, attrgetter(*self.primary_keys))

    @override
    def page(
        self, asked: Asked, envelope: ListEnvelope[Any], records: list[Record], response: requests.Response
    ) -> Page:
        said = [*_objects(envelope.about)]
        counts = [count_of(each.get(name)) for each in said for name in COUNTS]
        counts += [conversions.count_in_header(response.headers.get(name)) for name in COUNTING_HEADERS]
        pages = [count_of(each.get(name)) for each in said for name in PAGES]
        if envelope.is_null and not asked.is_further and {*counts} - {None} != {0}:
            raise BrokenBody("null")
        cursors = [each.get(name) for each in said for name in NEXT_CURSOR]
        following = [next_link(response.headers.get("Link")), *(each.get(name) for each in said for name in NEXT)]
        return ListPage(
            records,
            entries=max((count for count in counts if count is not None), default=None),
            pages=max((count for count in pages if count is not None), default=0),
            following=next((found for each in following if (found := self._named(each))), None)
            or next((found for each in cursors if (found := self._named(each, is_cursor=True))), None),
            more=any(following) or any(cursors) or any(_is_true(each.get(name)) for each in said for name in MORE),
        )

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        """A further page that stays refused may lie behind the last one: that is for the paginator to judge."""
        is_tried = asked.is_further and asked.tries == TRIES_OF_A_REFUSED_PAGE
        if is_tried and isinstance(error, Refused) and error.status in NO_SUCH_PAGE:
            return Refusal(error=error)
        raise error

    def _named(self, following: Any, *, is_cursor: bool = False) -> Mapping[str, str] | None:
        """The parameters of the page that an answer calls the next one.

        A link is not followed, only its parameters are taken: so the key goes nowhere else.
        """
        if isinstance(following, dict):
            following = following.get("href") or following.get("url")
        text = "" if following is None or isinstance(following, (bool, list, dict)) else str(following).strip()
        if not text:
            return None
        if is_cursor and "?" not in text:
            return {"cursor": text}
        if text.isdigit():
            return {"page": text}
        if "/" in text or "?" in text:
            query = parse_qs(urlsplit(text).query)
            return {name: values[-1] for name, values in query.items() if name != "key"} or None
        return {"cursor": text}

    @override
    def nothing(self, body: bytes) -> ListEnvelope[Any] | None:
        """A null that stands for an array: alone, or in an object that counts entries (VO 11)."""
        try:
            about = decode_loosely(body, _anything)
        except BrokenBody:
            return None
        members = about if isinstance(about, dict) else {}
        arrays = any(isinstance(each, list) for each in members.values())
        is_counted = any(count_of(each.get(name)) is not None for each in _objects(members) for name in COUNTS)
        is_null = about is None or (None in members.values() and is_counted and not arrays)
        return ListEnvelope([], members, is_null=True) if is_null else None

    @override
    def body(self, response: requests.Response) -> bytes:
        array, about = only_array(response.content)
        return b'{"rows":' + array + b',"about":' + about + b"}"


def _objects(members: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An object and all objects within it: what is said about a list may stand in `metadata`, `links` and the like."""
    yield members
    for each in members.values():
        if isinstance(each, dict):
            yield from _objects(each)


def _is_true(flag: Any) -> bool:
    try:
        return conversions.boolean(flag) is True
    except conversions.Misfit:
        return bool(flag == 1)


def only_array(body: bytes) -> tuple[bytes, bytes]:
    """The JSON array that a body is, or the only one that is a member of the object that it is; and the other members.

    Raises:
        BrokenBody: there is none, or more than one.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body.startswith(b"["):
        return body, b"{}"
    try:
        members = _members_of(body)
        arrays = [name for name, member in members.items() if bytes(member).startswith(b"[")]
        if len(arrays) == 1:
            array = bytes(members.pop(arrays[0]))
            return array, msgspec.json.encode(members)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenBody("no JSON object") from error
    raise BrokenBody(f"{len(arrays)} arrays")


def _members_of(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in decode_loosely(body, _object).items()}


def listed(name: str) -> type[VoisoList]:
    """The stream of a list, by its name in the path."""
    return type(f"Voiso_{name}", (VoisoList,), {"name": f"voiso_{name}", "path": f"/cdr/{name}"})


LISTS: Sequence[type[VoisoList]] = tuple(
    map(listed, ("agents", "deleted_agents", "queues", "teams", "wrapup_codes", "campaigns"))
)
