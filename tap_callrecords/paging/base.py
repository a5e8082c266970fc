"""How the next page of a window is named. Paginators know neither Singer nor any vendor.

The SDK's paginators look into the response; ours are handed the decoded page, because decoding a body twice is
what an idiomatic tap spends a seventh of its time on. `advance` returns whether there is another page, whose
name is then `current`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from singer_sdk.exceptions import FatalAPIError, SingerSDKError

Name = TypeVar("Name")


class CursorRepeated(FatalAPIError):  # noqa: N818 - named for what it is
    """A vendor named a page of a window that has been read already."""

    def __init__(self) -> None:
        super().__init__(
            "The vendor returned the same cursor twice within one time window; following it would loop forever. The "
            "bookmark stays before this window; run again, and report it to the vendor if it persists."
        )


@dataclass(slots=True)
class Page:
    """One decoded answer.

    Attributes:
        records: our records, in the vendor's order.
        next: what the vendor says about the next page (cursor, token, URL), as it was sent; None without.
        announced: how many rows the vendor says the whole window has; None when it does not say, or says so on a
            page whose word does not count. The largest of a window's pages is what has to be received.
        query: what it belongs to: the window, or a part of it. Set by `CallRecordStream.pages`, as what follows.
        number: which page of its query it is, from 1; with 1, all of the query begins again.
    """

    records: list[Any]
    next: str | None = None
    announced: int | None = None
    query: Any = None
    number: int = 0


@dataclass(slots=True, kw_only=True)
class Refusal(Page):
    """In place of a page: the vendor refused to give it, which can mean that it lies beyond the last one.

    Attributes:
        error: what the refusal is where it means something else.
    """

    records: list[Any] = field(default_factory=list)
    error: SingerSDKError


class Paginator(ABC, Generic[Name]):
    """Names the pages of one window, the first one to begin with."""

    current: Name

    @abstractmethod
    def advance(self, page: Page) -> bool:
        """Take in the page that `current` named; whether there is another one, then named by `current`.

        Raises:
            FatalAPIError: the pages would never end, or records would be lost.
        """
