"""What the answers of Voiso have in common: a good status, and yet perhaps a word about the key (VO 10)."""

from __future__ import annotations

from typing import Any

import requests
from typing_extensions import override

from tap_callrecords.errors import AccessRefused, BrokenBody
from tap_callrecords.rows import conversions
from tap_callrecords.rows.builder import Record
from tap_callrecords.sources.voiso.api import KEY_REFUSED, VoisoApi, speaks_of_wrong_key
from tap_callrecords.stream import CallRecordStream


class VoisoStream(CallRecordStream[VoisoApi]):
    """What interactions and lists share."""

    api_type = VoisoApi

    def body(self, response: requests.Response) -> bytes:
        """The JSON object that `envelope` describes.

        Raises:
            BrokenBody: there is none.
        """
        return response.content

    def nothing(self, body: bytes) -> Any | None:  # noqa: ARG002 - for streams
        """The envelope of a body without rows that says that there are none; None for any other."""
        return None

    @override
    def read_body(self, response: requests.Response) -> tuple[Any, list[Record]]:
        try:
            return self.builder.read(self.body(response))
        except BrokenBody:
            if speaks_of_wrong_key(response):
                raise AccessRefused(KEY_REFUSED) from None
            if (empty := self.nothing(response.content)) is not None:
                return empty, []
            raise


def count_of(value: Any) -> int | None:
    """A count that came as a number or as text; None where it says no number."""
    try:
        return conversions.integer(value)
    except conversions.Misfit:
        return None
