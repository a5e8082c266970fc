"""Links to the next page, as vendors put them together and proxies change them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from urllib.parse import quote, urljoin, urlsplit

from singer_sdk.exceptions import FatalAPIError
from typing_extensions import override

from tap_callrecords.paging.base import CursorRepeated, Page, Paginator

_REL_NEXT = re.compile(
    r"""(?:^|;)\s*rel\s*=\s*(?:"[^"]*(?<![\w-])next(?![\w-])[^"]*"|'?next(?![\w-]))""", re.IGNORECASE
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCHEME_AGAIN = re.compile(r"^(?:https?\s*(?:,|://)\s*)+(?=https?://)", re.IGNORECASE)
_AND = re.compile(r"&amp;|\\u0026", re.IGNORECASE)
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def next_link(header: str | None) -> str | None:
    """The URL of relation `next` in a `Link` header, as it was sent; None without one.

    Takes RFC 8288 and also what its examples get wrong in the wild: doubled opening brackets, a closing bracket
    after the relation, commas in the URL (WX 6).
    """
    for segment in (header or "").split("<"):
        url, _, parameters = segment.partition(">")
        if _REL_NEXT.search(parameters):
            return url.strip()
        url, _, parameters = url.rpartition(";")
        if _REL_NEXT.search(parameters):
            return url.strip()
    return None


def corrected_link(link: str, here: str) -> str:
    """A link as its vendor means it, where proxies and frameworks have changed it (WX 8).

    It may be in raw UTF-8 (which HTTP libraries hand over as Latin-1) or hold blanks, be escaped for JSON or HTML, have
    its scheme twice, be relative, or name the port, or the scheme, that a proxy listens on. All else stays as it is.

    Args:
        link: as it was received.
        here: URL of the page that it stands on.
    """
    with contextlib.suppress(ValueError):  # it was Latin-1, or is text already
        link = link.encode("latin-1").decode()
    link = _AND.sub("&", link.replace("\\/", "/"))
    link = quote(_SCHEME_AGAIN.sub("", link), safe=_PRINTABLE)
    try:
        own = urlsplit(here)
        if not _SCHEME.match(link):
            link = urljoin(here, link)
        to = urlsplit(link)
        usual_ports = {None, own.port, 443} if own.scheme == "https" else {None, own.port}
        same = to.scheme == own.scheme and to.port in usual_ports
        in_clear = (to.scheme, own.scheme) == ("http", "https") and to.port in usual_ports | {80}
    except ValueError:
        return link
    if to.hostname == own.hostname and to.username is None and (same or in_clear):
        return f"{own.scheme}://{own.netloc}{link.partition('://')[2][len(to.netloc) :]}"
    return link


class LinkPaginator(Paginator[tuple[int, str | None]]):
    """URLs that the vendor puts together, followed as they are (WX 6); (pass, None) names the first page of a pass.

    A window has several passes where one query cannot hold all that is asked for. A pass has ended when there is no
    further URL, and never on a short or an empty page.
    """

    def __init__(self, may_follow: Callable[[str], bool], *, passes: int = 1) -> None:
        """Args: may_follow: whether credentials may go to a URL; passes: queries per window."""
        self.current: tuple[int, str | None] = (0, None)
        self._may_follow = may_follow
        self._passes = passes
        self._seen: set[str] = set()

    @override
    def advance(self, page: Page) -> bool:
        number, _ = self.current
        if page.next is None:
            self.current = (number + 1, None)
            self._seen.clear()
            return number + 1 < self._passes
        if not self._may_follow(page.next):
            raise FatalAPIError(
                f"The vendor's link to the next page leads to {_host(page.next)}, where credentials must not go. The "
                "bookmark stays before this window."
            )
        if page.next in self._seen:
            raise CursorRepeated
        self._seen.add(page.next)
        self.current = (number, page.next)
        return True


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"
