"""A stream as the suites that run over all streams see it: what it is, and what the sandbox calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from typing_extensions import override

if TYPE_CHECKING:
    from sandbox.logged import LoggedRequest

Asked: TypeAlias = tuple[float, float]
Values: TypeAlias = Mapping[str, Any]
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Switched(Protocol):
    """A vendor, as far as its switches go."""

    switches: Any

    def set_switches(self, values: dict[str, Any]) -> None:
        """Set switches by name."""


class Box(Protocol[V_co]):
    """A sandbox, as far as a stream has to know it."""

    @property
    def vendors(self) -> Mapping[str, V_co]:
        """The vendors, by name."""


def utc(text: str, form: str) -> float:
    """Epoch seconds of a time in UTC, written in a form of `strptime`."""
    return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Subject:
    """A stream and the sandbox's side of it.

    Attributes:
        stream: its name.
        vendor: the sandbox's name for the vendor.
        table: the vendor's table.
        path: what the path of each data request contains.
        keys: key property -> the row's field.
        changing: a text field of a row that may change later, and its column.
        asked: from when to when (epoch seconds) a data request asks; None for a full table, and for a request that
            says nothing about it.
        incremental: whether it is read in time windows.
        instant: the name of the instant by which the vendor selects, as it is switched.
        reach: how far back the vendor serves at least.
        lookback: how much before the bookmark is read again, where that is not a setting.
        more_lookback: how much more than the setting says.
        again: whether what the look-back finds as it was is delivered again; else only what is new.
        widened: how much more than its window a query may ask for, at either end.
        further: what is in the URL of a page after others; "" where nothing tells it from the first.
        small_pages: settings for pages of six or so rows.
        switches: switches that are on in all tests.
        login: what the path of a token request contains; "" where there are no tokens.
        worn_tokens: switches that make a token serve one request only.
        repeating: switches that repeat rows at the edges of pages.
        shorter_pages: switches for fewer rows on a page than asked for.
        longer_pages: what in a request asks for small pages, and what asks for larger ones.
        withholding: switches that announce a row of each window which is never sent.
        around: what in a request asks for rows, and a good answer with `%s` for five rows that it counts.
        tricks: the vendor's ambiguities: switch -> what it may be without a record being lost.
    """

    stream: str
    vendor: str
    table: str
    path: str
    keys: Mapping[str, str]
    changing: tuple[str, str]
    asked: Callable[[LoggedRequest], Asked | None] = lambda _: None
    incremental: bool = True
    instant: Callable[[Any], str] = lambda _: ""
    reach: timedelta = timedelta(days=730)
    lookback: timedelta | None = None
    more_lookback: timedelta = timedelta(0)
    again: bool = True
    widened: timedelta = timedelta(seconds=2)
    further: str = ""
    small_pages: Values = field(default_factory=dict)
    switches: Values = field(default_factory=dict)
    login: str = ""
    worn_tokens: Values = field(default_factory=dict)
    repeating: Values = field(default_factory=dict)
    shorter_pages: Values = field(default_factory=dict)
    longer_pages: tuple[bytes, bytes] | None = None
    withholding: Values = field(default_factory=dict)
    around: tuple[str, str] | None = None
    tricks: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @override
    def __str__(self) -> str:
        return self.stream

    def of(self, box: Box[V]) -> V:
        """The stream's vendor in this sandbox."""
        return box.vendors[self.vendor]

    def switch(self, box: Box[Switched], values: Values) -> None:
        """Set switches of the vendor."""
        self.of(box).set_switches(dict(values))

    def reset(self, box: Box[Switched]) -> None:
        """Set all switches of the vendor to what they are in all tests."""
        vendor = self.of(box)
        vendor.switches = type(vendor.switches)()
        self.switch(box, self.switches)

    @property
    def rereads(self) -> bool:
        """Whether all that is late or changes is read again, as far as the setting `lookback_hours` says."""
        return self.incremental and self.lookback is None and self.again
