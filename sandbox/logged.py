"""What the sandbox has been asked, for tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class LoggedRequest:
    """A request as it came, and what was made of it.

    ``query`` holds the last value of each name; ``time`` is epoch seconds by the sandbox's clock, ``seconds`` how
    long the answer took; ``status`` is 0 where no answer was sent; ``fault`` the kind of fault applied.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    time: float
    body: bytes = b""
    status: int = 0
    seconds: float = 0.0
    fault: str | None = None
