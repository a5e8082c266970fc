"""The made-up company whose calls are simulated: sites, people, queues, ring groups, callers.

All numbers are reserved for fiction: +1 xxx 555 01xx, and the thousands that Ofcom keeps free for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

FIRST_NAMES = (
    "Amelia", "Zoë", "José", "Łukasz", "Søren", "Chloé", "Noah", "Oluwaseun", "Priya", "Aarav", "Siobhán",
    "Mehmet", "Anna", "Jürgen", "Françoise", "Mia", "Liam", "Grace", "Kenji", "Björk",
)  # fmt: skip
LAST_NAMES = (
    "O'Brien", "Müller", "Álvarez", "Nowak", "Ørsted", "Dupré", "Smith", "Adeyemi", "Natarajan", "Patel",
    "Ní Dhomhnaill", "Şahin", "Karenina", "Weiß", "D'Arcy-Jones", "Garcia", "Brown", "Taylor", "Tanaka", "Čapek",
)  # fmt: skip
CALLER_NAMES = (
    "MARK SMITH", "WIRELESS CALLER", "", "", "", "Contoso, Ltd.", "李娜", "Анна Петрова", "محمد علي",
    'The "Blue" Café', "JONES P", "Ünal & Söhne GmbH", "ANONYMOUS", "Zoë 📞",
    *(f"{first} {last}" for first, last in zip(FIRST_NAMES, reversed(LAST_NAMES), strict=True)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """One office: ``code`` is a short lower-case name, ``zone`` an IANA name, ``country`` ``GB`` or ``US``."""

    name: str
    code: str
    zone: str
    country: str
    main_number: str


@dataclass(frozen=True, slots=True)
class Party:
    """Who or what takes part in a call.

    ``number`` is E.164; ``extension`` is empty for outsiders; ``kind`` is one of person, outside, queue,
    ring_group, auto_attendant, voicemail; ``members`` are the people behind a queue or ring group.
    """

    name: str
    number: str
    extension: str = ""
    department: str = ""
    kind: str = "person"
    members: tuple[Party, ...] = ()

    @property
    def email(self) -> str:
        """A made-up address, stable for the person."""
        return f"user{self.extension}@example.com"


@dataclass(frozen=True, slots=True)
class Office:
    """A site with everyone and everything that has an extension there."""

    site: Site
    people: tuple[Party, ...]
    queues: tuple[Party, ...]
    ring_groups: tuple[Party, ...]
    attendant: Party
    voicemail: Party


SITES = (
    Site("London", "lon", "Europe/London", "GB", "+442079460000"),
    Site("New York", "nyc", "America/New_York", "US", "+12125550100"),
)
DEPARTMENTS = ("Sales", "Support", "Finance", "Opérations")


OWN_NUMBERS = 100
"""The first so many numbers of a country are the company's."""
GB_THOUSANDS = (
    "2079460", "1134960", "1144960", "1154960", "1164960", "1174960", "1184960", "1214960", "1314960", "1414960",
    "1514960", "1614960", "1914980", "1632960", "7700900",
)  # fmt: skip
US_AREAS = (
    212, 202, 312, 415, 617, 305, 206, 713, 404, 503, 213, 214, 215, 216, 217, 301, 302, 303, 304, 307, 308, 309, 310,
    313, 314, 315, 316, 317, 318, 319, 401, 402, 405, 406, 407, 408, 409, 410, 412, 413, 414, 417, 419, 501, 502, 504,
    505, 507, 508, 509, 510, 512, 513, 515, 516, 518, 601, 602, 603, 605, 606, 607, 608, 609, 612, 614, 615, 616, 618,
    619, 701, 702, 703, 704, 706, 707, 708, 712, 714, 715, 716, 717, 718, 719, 801, 802, 803, 804, 805, 806, 808, 812,
    813, 814, 815, 816, 817, 818, 901, 903, 904, 906, 907, 908, 909, 912, 913, 914, 915, 916, 917, 918, 919,
)  # fmt: skip
CUSTOMERS = 11_000


def number_in(country: str, index: int) -> str:
    """The ``index``-th fictional number of a country (``GB`` or ``US``)."""
    if country == "GB":
        return f"+44{GB_THOUSANDS[index // 1000]}{index % 1000:03d}"
    return f"+1{US_AREAS[index // 100]}55501{index % 100:02d}"


def customer(country: str, draw: float) -> Party:
    """Someone outside, by a draw from 0 to 1: few call often, most of them once in many weeks."""
    index = OWN_NUMBERS + int(CUSTOMERS * draw * draw)
    number = number_in(country, index)
    return Party(CALLER_NAMES[index % len(CALLER_NAMES)] or number.lstrip("+"), number, kind="outside")


@lru_cache(maxsize=8)
def offices(seed: int) -> tuple[Office, ...]:
    """The company, the same for the same seed."""
    rng = Random(f"company/{seed}")
    found = []
    for place, site in enumerate(SITES):
        base = 1000 * (place + 1)
        names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
        rng.shuffle(names)
        people = tuple(
            Party(
                names[index],
                number_in(site.country, index + 1),
                str(base + index + 1),
                DEPARTMENTS[index % len(DEPARTMENTS)],
            )
            for index in range(24)
        )

        def group(kind: str, name: str, offset: int, size: int, site: Site = site, base: int = base) -> Party:
            members = tuple(rng.sample(people, size))  # noqa: B023 - called within this turn of the loop only
            name = name if site is SITES[0] else f"{name} {site.name}"
            number = number_in(site.country, 50 + offset)
            return Party(name, number, str(base + 500 + offset), members[0].department, kind, members)

        found.append(
            Office(
                site,
                people,
                queues=(group("queue", "Sales Queue", 1, 6), group("queue", "Soporte · Nivel 1", 2, 8)),
                ring_groups=(
                    group("ring_group", "Front Desk", 11, 3),
                    group("ring_group", "Accounts", 12, 4),
                ),
                attendant=Party("Main Menu", site.main_number, str(base + 900), kind="auto_attendant"),
                voicemail=Party("Voicemail", site.main_number, str(base + 999), kind="voicemail"),
            )
        )
    return tuple(found)
