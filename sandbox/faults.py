"""Failures on demand, for any path of any vendor: which, where and when. How they look on the wire is in ``wire``.

Replaced answers (``status``, ``html``, ``empty``, ``redirect``) never reach the vendor; all others do, so a reset
on a token refresh loses an answer whose effect has happened.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    pass

Kind = Literal[
    "status",  # `status` with `body`, `retry_after`, `headers`
    "reset",  # connection reset before a byte of the answer
    "reset_mid_body",  # reset after `fraction` of the body
    "reset_after_body",  # a complete answer, then a reset of the kept-alive connection
    "close",  # connection closed properly before a byte of the answer
    "truncated_json",  # 200 with `fraction` of the JSON and a Content-Length that agrees
    "truncated_length",  # `fraction` of the body, less than Content-Length says, then a close
    "empty",  # 200 without a body
    "html",  # 200 with a web page
    "content_type",  # the right body under `content_type`
    "slow",  # `delay_seconds` before the answer
    "slow_headers",  # the head of the answer in pieces of `piece` bytes, `delay_seconds` apart
    "slow_body",  # the body in pieces of `piece` bytes, `delay_seconds` apart
    "nan",  # 200 whose first number is NaN
    "redirect",  # `status` (default 302) to `location`
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass
class Fault:
    """One failure and when it strikes.

    Attributes:
        kind: What goes wrong; see ``Kind``.
        match: Only paths (with query) that contain this text.
        method: Only this HTTP method.
        after: Lets this many matching requests through first.
        times: Strikes this often, then is spent; ``None`` for ever.
        status: Code of ``status`` and ``redirect``.
        retry_after: ``Retry-After`` in seconds or any text.
        retry_as_date: Turn ``retry_after`` seconds into an HTTP date from the sandbox's now.
        body: Body of ``status``: text, bytes, or anything that becomes JSON.
        headers: More headers of ``status`` and ``redirect``.
        content_type: For ``content_type`` and ``status``.
        location: Target of ``redirect``.
        delay_seconds: Of ``slow`` (whole), ``slow_headers`` and ``slow_body`` (per piece).
        piece: Bytes per piece of ``slow_headers`` and ``slow_body``.
        fraction: Share of the body sent by the cutting kinds.
        seen: Matching requests so far.
        struck: Strikes so far.
    """

    kind: Kind
    match: str = ""
    method: str | None = None
    after: int = 0
    times: int | None = 1
    status: int = 500
    retry_after: str | float | None = None
    retry_as_date: bool = False
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/plain"
    location: str = ""
    delay_seconds: float = 0.05
    piece: int = 1
    fraction: float = 0.5
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        """Refuse unknown kinds.

        Raises:
            ValueError: If the kind is unknown.
        """
        if self.kind not in KINDS:
            raise ValueError(f"no fault of the kind {self.kind!r}; there are {', '.join(KINDS)}")

    def due(self, method: str, target: str) -> bool:
        """Count a request; say whether the fault is to strike it."""
        if self.match not in target or (self.method or method) != method:
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.struck < self.times)


@dataclass
class RandomFaults:
    """A seeded schedule: every matching request suffers one of the faults with its probability.

    ``times`` bounds the strikes in all; ``in_a_row`` bounds consecutive strikes, so that a client that tries more
    often than that must get through.
    """

    faults: list[tuple[Fault, float]]
    seed: int = 0
    match: str = ""
    times: int | None = None
    in_a_row: int = 3
    struck: int = 0

    def __post_init__(self) -> None:
        """Prepare the dice."""
        self._rng = Random(self.seed)
        self._row = 0

    def pick(self, target: str) -> Fault | None:
        """The fault that strikes this request, if any."""
        if self.match not in target or (self.times is not None and self.struck >= self.times):
            return None
        draw = self._rng.random()
        for fault, probability in self.faults:
            if draw < probability and self._row < self.in_a_row:
                self._row += 1
                self.struck += 1
                fault.struck += 1
                return fault
            draw -= probability
        self._row = 0
        return None


class Faults:
    """The faults in force, in the order they were added; the first that strikes is applied."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.schedule: RandomFaults | None = None
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Plan faults."""
        with self._lock:
            self.planned += faults

    def clear(self) -> None:
        """Forget all faults and the schedule."""
        with self._lock:
            self.planned.clear()
            self.schedule = None

    def pick(self, method: str, target: str) -> Fault | None:
        """Count a request against every planned fault; the one to apply, if any."""
        with self._lock:
            due = [fault for fault in self.planned if fault.due(method, target)]
            if due:
                due[0].struck += 1
                return due[0]
            return self.schedule.pick(target) if self.schedule else None
