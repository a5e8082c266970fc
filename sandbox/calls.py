"""A seeded, vendor-neutral stream of plausible business calls.

Calls are generated day by day from ``(seed, day)`` alone, so any two ranges agree on the days they share and a
later run only gains calls. Every vendor renders its own rows from these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from sandbox.directory import Office, Party, Site, customer, offices

DAY_LOAD = (1.0, 1.05, 1.0, 1.0, 0.95, 0.4, 0.25)
HOUR_LOAD = (1, 1, 1, 1, 1, 1, 3, 12, 40, 70, 80, 75, 55, 70, 80, 75, 60, 35, 12, 6, 4, 2, 1, 1)
MAX_TALK_MS = 3 * 3600 * 1000
CALLS_AGAIN, CALLED_BACK = 0.08, 0.8
"""Shares of the calls that come in and go out which are with a caller whom nobody has talked with, if one waits."""


def instant(ms: int) -> datetime:
    """Epoch milliseconds as an aware UTC datetime."""
    return datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)


def clock_text(ms: int) -> str:
    """Milliseconds as ``HH:MM:SS``, truncated."""
    return _clock(ms // 1000)


@cache
def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


@dataclass(slots=True)
class Leg:
    """One party rung, or one service entered, within a call. Times are epoch ms.

    ``outcome``: answered (a person spoke), missed (rang out or was answered elsewhere), abandoned (the caller left),
    busy, passed (a service handed the call on), voicemail. ``via`` is the queue or ring group that rang this party.
    ``talk_ms`` includes ``hold_ms``. ``connected_ms`` is set for services too.
    """

    number: int
    party: Party
    started_ms: int
    connected_ms: int | None
    ended_ms: int
    outcome: str
    via: Party | None = None
    hold_ms: int = 0
    transferred: bool = False

    @property
    def service(self) -> str:
        """The kind of the party: person, outside, queue, auto_attendant or voicemail."""
        return self.party.kind

    @property
    def ring_ms(self) -> int:
        """Milliseconds from start to connection, or to the end where it never connected."""
        return (self.ended_ms if self.connected_ms is None else self.connected_ms) - self.started_ms

    @property
    def talk_ms(self) -> int:
        """Milliseconds of conversation, hold included; 0 unless a person answered."""
        return self.ended_ms - self.connected_ms if self.outcome == "answered" and self.connected_ms else 0

    @property
    def wait_ms(self) -> int:
        """Milliseconds spent waiting in this leg's queue."""
        return self.ended_ms - self.connected_ms if self.service == "queue" and self.connected_ms else 0


@dataclass(slots=True)
class Call:
    """One call from off-hook to hang-up; its sums are those of its legs.

    ``direction``: incoming, outgoing, internal. ``outcome``: answered, voicemail, missed, abandoned, busy.
    ``id`` is a unique number, increasing with start within a day; ``uid`` 64 random bits. ``ring_ms`` is the first
    leg's. ``hung_up_by``: caller or callee. ``wrap_up_ms`` is the agent's after-call work (queue calls).
    """

    id: int
    uid: int
    office: Office
    direction: str
    caller: Party
    callee: Party
    dialled: str
    started_ms: int
    ended_ms: int
    outcome: str
    legs: list[Leg]
    queue: Party | None = None
    ring_group: Party | None = None
    attendant: Party | None = None
    transferred_to: Party | None = None
    hung_up_by: str = "caller"
    wrap_up_ms: int = 0

    @property
    def site(self) -> Site:
        """Where the call belongs."""
        return self.office.site

    @property
    def answered_ms(self) -> int | None:
        """When a person first answered, or ``None``."""
        return min((leg.connected_ms or 0 for leg in self.legs if leg.outcome == "answered"), default=None)

    @property
    def agents(self) -> list[Party]:
        """The company's people who spoke, in order."""
        return [leg.party for leg in self.legs if leg.outcome == "answered" and leg.party.kind == "person"]

    @property
    def wait_ms(self) -> int:
        """Milliseconds waited in queues."""
        return sum(leg.wait_ms for leg in self.legs)

    @property
    def ring_ms(self) -> int:
        """Milliseconds the first leg rang."""
        return self.legs[0].ring_ms

    @property
    def talk_ms(self) -> int:
        """Milliseconds of conversation, hold included."""
        return sum(leg.talk_ms for leg in self.legs)

    @property
    def hold_ms(self) -> int:
        """Milliseconds on hold."""
        return sum(leg.hold_ms for leg in self.legs)

    @property
    def started(self) -> datetime:
        """Start as a datetime."""
        return instant(self.started_ms)

    @property
    def answered(self) -> datetime | None:
        """First answer as a datetime, or ``None``."""
        return None if self.answered_ms is None else instant(self.answered_ms)

    @property
    def ended(self) -> datetime:
        """End as a datetime."""
        return instant(self.ended_ms)


class _Script:
    """Plays one call leg by leg; ``at`` is the running time.

    ``unreached`` are the day's callers whom nobody has talked with yet, with the end of their call, oldest first.
    """

    def __init__(self, rng: Random, started_ms: int, unreached: list[tuple[int, Party]]) -> None:
        self.rng = rng
        self.unreached = unreached
        self.at = started_ms + self.between(3, 9)
        self.legs: list[Leg] = []

    def between(self, low: int, high: int) -> int:
        return low + int(self.rng.random() * (high - low))

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def outsider(self, draw: float, country: str, unreached: float) -> Party:
        """Someone outside, by a draw: in this share of calls who has waited longest for somebody to talk with."""
        if draw >= unreached:
            return customer(country, (draw - unreached) / (1 - unreached))
        if self.unreached and self.unreached[0][0] <= self.at:
            return self.unreached.pop(0)[1]
        return customer(country, draw / unreached)

    def leg(self, party: Party, rings_ms: int, lasts_ms: int | None, outcome: str, via: Party | None = None) -> Leg:
        connected = None if lasts_ms is None else self.at + rings_ms
        ended = self.at + rings_ms + (lasts_ms or 0)
        leg = Leg(len(self.legs) + 1, party, self.at, connected, ended, outcome, via)
        self.legs.append(leg)
        return leg

    def talk(self, party: Party, via: Party | None = None) -> Leg:
        talk = min(int(self.rng.lognormvariate(11.7, 1.0)) + 2000, MAX_TALK_MS)
        leg = self.leg(party, self.between(1500, 16_000), talk, "answered", via)
        if self.chance(0.2):
            leg.hold_ms = int(talk * self.rng.random() * 0.4)
        self.at = leg.ended_ms
        return leg

    def ring_out(self, party: Party, via: Party | None = None, outcome: str = "missed") -> Leg:
        limit = (2000, 15_000) if outcome == "abandoned" else (15_000, 25_000)
        leg = self.leg(party, self.between(*limit), None, outcome, via)
        self.at = leg.ended_ms
        return leg

    def to_voicemail(self, office: Office) -> str:
        self.at = self.leg(office.voicemail, self.between(20, 200), self.between(3000, 70_000), "voicemail").ended_ms
        return "voicemail"

    def to_person(self, person: Party, office: Office) -> tuple[str, Party | None]:
        """Ring one person: (outcome, who the call was transferred to)."""
        draw = self.rng.random()
        if draw < 0.68:
            first = self.talk(person)
            if self.chance(0.09):
                first.transferred = True
                second = self.rng.choice(office.people)
                self.talk(second)
                return "answered", second
            return "answered", None
        if draw < 0.88:
            self.ring_out(person)
            return self.to_voicemail(office), None
        if draw < 0.96:
            self.ring_out(person, outcome="abandoned")
            return "abandoned", None
        self.ring_out(person)
        return "missed", None

    def to_ring_group(self, group: Party, office: Office) -> str:
        """Every member rings at once; one picks up, or none and the caller reaches voicemail."""
        if self.chance(0.75):
            winner = self.rng.choice(group.members)
            began = self.at
            answered = self.talk(winner, group)
            for member in group.members:
                if member is not winner:
                    self.at = began
                    self.leg(member, answered.ring_ms, None, "missed", group)
            self.at = answered.ended_ms
            return "answered"
        rings = self.between(15_000, 25_000)
        for member in group.members:
            self.leg(member, rings, None, "missed", group)
        self.at += rings
        return self.to_voicemail(office)

    def to_queue(self, queue: Party) -> str:
        """Wait; agents are offered the call one after the other; answer or, after a longer wait, give up."""
        entered = self.leg(queue, self.between(90, 260), 0, "passed")
        patience = min(int(self.rng.lognormvariate(9.6, 1.2)), 40 * 60_000)
        if self.chance(0.14):
            self.at = entered.ended_ms = entered.ended_ms + patience
            entered.outcome = "abandoned"
            return "abandoned"
        self.at = entered.ended_ms + patience // 8
        offered = self.rng.sample(queue.members, 3)
        for agent in offered[: 2 if self.chance(0.05) else int(self.chance(0.2))]:
            self.ring_out(agent, queue)
        answered = self.talk(offered[2], queue)
        entered.ended_ms = answered.connected_ms or answered.started_ms
        return "answered"


def _incoming(script: _Script, office: Office, call: Call) -> None:
    draw, country = script.rng.random(), office.site.country if script.chance(0.8) else "US"
    call.caller = script.outsider(draw, country, CALLS_AGAIN)
    draw = script.rng.random()
    if draw < 0.45:
        call.callee = script.rng.choice(office.people)
        call.outcome, call.transferred_to = script.to_person(call.callee, office)
    elif draw < 0.83:
        call.callee = call.queue = script.rng.choice(office.queues)
        if script.chance(0.4):
            call.attendant = office.attendant
            menu = script.leg(office.attendant, script.between(50, 150), script.between(4000, 20_000), "passed")
            script.at = menu.ended_ms
        call.outcome = script.to_queue(call.queue)
        call.wrap_up_ms = script.between(0, 90_000) if call.outcome == "answered" else 0
    else:
        call.callee = call.ring_group = script.rng.choice(office.ring_groups)
        call.outcome = script.to_ring_group(call.ring_group, office)
    call.dialled = office.attendant.number if call.attendant else call.callee.number


def _outgoing(script: _Script, office: Office, call: Call) -> None:
    call.caller = script.rng.choice(office.people)
    number = script.outsider(script.rng.random(), office.site.country, CALLED_BACK).number
    call.callee = Party(number.lstrip("+"), number, kind="outside")
    call.dialled = number
    draw = script.rng.random()
    if draw < 0.72:
        script.talk(call.callee)
        call.outcome = "answered"
    elif draw < 0.92:
        script.ring_out(call.callee)
        call.outcome = "missed"
    else:
        script.at = script.leg(call.callee, script.between(300, 2500), None, "busy").ended_ms
        call.outcome = "busy"


def _internal(script: _Script, office: Office, call: Call) -> None:
    call.caller, call.callee = script.rng.sample(office.people, 2)
    call.dialled = call.callee.extension
    call.outcome, call.transferred_to = script.to_person(call.callee, office)


def generate_day(seed: int, day: date, per_day: int) -> list[Call]:
    """The calls that start on one local day of the sites, by start; a weekday has about ``per_day`` of them."""
    rng = Random(f"calls/{seed}/{day.isoformat()}")
    places = offices(seed)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    midnights = []
    for office in places:
        offset = noon.astimezone(ZoneInfo(office.site.zone)).utcoffset() or timedelta()
        midnights.append(int((noon - timedelta(hours=12) - offset).timestamp() * 1000))
    count = round(per_day * DAY_LOAD[day.weekday()] * rng.uniform(0.95, 1.05))
    starts = sorted(
        (midnights[place] + hour * 3_600_000 + int(rng.random() * 3_600_000), place)
        for hour, place in zip(
            rng.choices(range(24), HOUR_LOAD, k=count),
            rng.choices(range(len(places)), (6, 4), k=count),
            strict=True,
        )
    )
    calls = []
    unreached: list[list[tuple[int, Party]]] = [[] for _ in places]
    for number, (started, place) in enumerate(starts):
        office = places[place]
        script = _Script(rng, started, unreached[place])
        blank = office.people[0]
        call = Call(
            id=1_600_000_000_000 + day.toordinal() % 100_000 * 10_000_000 + number,
            uid=rng.getrandbits(64),
            office=office,
            direction="incoming",
            caller=blank,
            callee=blank,
            dialled="",
            started_ms=started,
            ended_ms=started,
            outcome="",
            legs=script.legs,
        )
        draw = rng.random()
        if draw < 0.66:
            _incoming(script, office, call)
        elif draw < 0.88:
            call.direction = "outgoing"
            _outgoing(script, office, call)
        else:
            call.direction = "internal"
            _internal(script, office, call)
        call.ended_ms = max(leg.ended_ms for leg in script.legs) + int(rng.random() * 2)
        if call.direction != "internal" and call.outcome not in ("answered", "voicemail"):
            unreached[place].append((call.ended_ms, call.caller if call.direction == "incoming" else call.callee))
        call.hung_up_by = "callee" if call.outcome == "answered" and rng.random() < 0.45 else "caller"
        calls.append(call)
    return calls


def generate_calls(seed: int, start: datetime, end: datetime, per_day: int) -> Iterator[Call]:
    """Calls that start within ``[start, end)``, oldest day first; the same for every range that shares a day."""
    low, high = int(start.timestamp() * 1000), int(end.timestamp() * 1000)
    day = start.astimezone(UTC).date() - timedelta(days=1)
    while day <= end.astimezone(UTC).date() + timedelta(days=1):
        yield from (call for call in generate_day(seed, day, per_day) if low <= call.started_ms < high)
        day += timedelta(days=1)


class CallFeed:
    """Hands out calls as they end: everything up to now at first, then what has ended since."""

    def __init__(self, seed: int, first_day: date, per_day: int) -> None:
        self._seed = seed
        self._next_day = first_day
        self._per_day = per_day
        self._waiting: list[Call] = []

    def take(self, now_ms: int) -> Iterator[Call]:
        """Calls that ended at or before ``now_ms`` and were not handed out yet, by end within a day."""
        while self._next_day <= instant(now_ms).date() + timedelta(days=1):
            self._waiting += generate_day(self._seed, self._next_day, self._per_day)
            self._waiting.sort(key=lambda call: -call.ended_ms)
            self._next_day += timedelta(days=1)
            yield from self._ended(now_ms)
        yield from self._ended(now_ms)

    def _ended(self, now_ms: int) -> Iterator[Call]:
        while self._waiting and self._waiting[-1].ended_ms <= now_ms:
            yield self._waiting.pop()
