"""Who works at Kestrel Home: planned in memory from a seed, before a row is written."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from accounts.models import Person, PersonState
from cxaccess.demo.company import REGIONS, TEAMS, TeamRow
from cxaccess.demo.main_people import DOMAIN, MAIN
from cxaccess.demo.names import BRAVE, COUNTRIES

SETUP = 420  # days before today on which this console was set up
PARENT = {code: parent for code, _name, parent in REGIONS}
PLAIN = str.maketrans({"ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "ð": "d", "þ": "th", "Þ": "th", "ł": "l", "đ": "d"})


@dataclass
class Hire:
    """One person as planned; `row` once written. `country` is where they are, `region` what the record says."""

    name: str
    email: str
    title: str
    country: str
    region: str
    department: str
    team: str = ""
    lead: bool = False
    manager: "Hire | None" = None
    state: str = PersonState.ACTIVE
    claimed: bool = True
    since: datetime = field(default_factory=datetime.now)  # began to work here
    known: datetime = field(default_factory=datetime.now)  # began to exist in this console
    gone: datetime | None = None  # left, or was suspended
    moved: datetime | None = None
    moved_from: tuple[str, str, str] | None = None  # region, department, team before the move
    row: Person | None = None

    @property
    def zone(self) -> str:
        """Return the zone they live in."""
        return COUNTRIES[self.country].zone

    @property
    def person(self) -> Person:
        """Return the row, once written."""
        assert self.row is not None
        return self.row


class Clock:
    """Moments of the story, all before or after one `at`, at hours when people work."""

    def __init__(self, rng: Random, at: datetime) -> None:
        self.rng = rng
        self.at = at

    def ago(self, days: float) -> datetime:
        """Return a working hour about `days` days ago, never in the future."""
        day = self.at - timedelta(days=days)
        moment = day.replace(hour=self.rng.randint(7, 16), minute=self.rng.randrange(60), second=self.rng.randrange(60))
        return min(moment, self.at - timedelta(minutes=self.rng.randint(3, 50)))

    def ahead(self, days: int) -> datetime:
        """Return the end of the day `days` days from now, in UTC."""
        return (self.at + timedelta(days=days + 1)).replace(hour=0, minute=0, second=0, microsecond=0)


def mail(name: str, taken: set[str]) -> str:
    """Return a mail address for `name` that nobody has.

    >>> mail("Jürgen von der Heide", set())
    'jurgen.vonderheide@kestrelhome.example'
    """
    folded = unicodedata.normalize("NFKD", name.translate(PLAIN)).encode("ascii", "ignore").decode().lower()
    words = [re.sub(r"[^a-z-]", "", word) for word in folded.split()]
    base = f"{words[0]}.{''.join(words[1:])}" if len(words) > 1 else words[0]
    numbered = (f"{base}{number or ''}@{DOMAIN}" for number in range(200))
    found = next(address for address in numbered if address not in taken)
    taken.add(found)
    return found


def countries(region: str) -> list[str]:
    """Return the countries in a region, however deep, that people come from."""
    found = []
    for code in COUNTRIES:
        above: str | None = code
        while above:
            if above == region:
                found.append(code)
                break
            above = PARENT[above]
    return found


class Planner:
    """Draws up the staff; the same seed and moment give the same people."""

    def __init__(self, rng: Random, at: datetime) -> None:
        self.rng = rng
        self.clock = Clock(rng, at)
        self.at = at
        self.taken: set[str] = {person.email for person in MAIN}
        self.names: set[str] = {person.name for person in MAIN}
        self.brave = list(BRAVE)
        self.staff: list[Hire] = []
        self.leads: dict[str, Hire] = {}

    def named(self, country: str) -> str:
        """Return a name of that country which nobody bears yet."""
        where = COUNTRIES[country]
        for _ in range(400):
            name = f"{self.rng.choice(where.given)} {self.rng.choice(where.family)}"
            if name not in self.names:
                break
            family = f"{self.rng.choice(where.family)}-{self.rng.choice(where.family)}"
            name = f"{self.rng.choice(where.given)} {family}"
            if name not in self.names:
                break
        self.names.add(name)
        return name

    def hire(
        self, title: str, region: str, department: str, *, country: str = "", name: str = "", days: int = 0
    ) -> Hire:
        """Add somebody. `days` ago they began; None known: some time in the last twelve years."""
        home = country or self.rng.choice(countries(region))
        called = name or self.named(home)
        main = next((person for person in MAIN if person.name == called), None)
        began = self.clock.ago(days or int(self.rng.triangular(20, 4400, 500)))
        someone = Hire(
            name=called,
            email=main.email if main else mail(called, self.taken),
            title=title,
            country=home,
            region=home if region != "global" else "global",
            department=department,
            since=began,
            known=max(began, self.clock.ago(SETUP if called == MAIN[0].name else SETUP - 1)),
        )
        self.staff.append(someone)
        return someone


def staff(rng: Random, at: datetime) -> list[Hire]:
    """Return everybody, those with reports before those who report to them."""
    planner = Planner(rng, at)
    head = planner.hire("Chief customer officer", "global", "office", country="NO", name="Ingrid Aas", days=2900)
    for row in TEAMS:
        _team(planner, row, head)
    _outside_teams(planner, head)
    return planner.staff


LEADS = {
    "access": ("Priya Raman", "IN"), "care-emea": ("Rosa Lind", "SE"), "insights-dach": ("Jonas Weber", "DE"),
    "insights": ("Grace Mbeki", "GB"), "care-amer": ("Marisol Echeverría", "MX"), "care-apac": ("Kenji Watanabe", "JP"),
    "insights-emea": ("Wei-Ling Chen", "NL"), "care-mena": ("Omar Saleh", "AE"),
}  # fmt: skip
KNOWN = {
    "access": (
        ("Sofia Lindqvist", "SE"), ("Aleksandra Wiśniewska-Kowalczyk-Brandenburg", "DE"), ("Tomás Ferreira", "PT"),
    ),
    "insights-dach": (("Maya Okafor", "DE"), ("Noah Fischer", "AT")),
    "audit": (("Otto Lang", "CH"),),
    "care-mena": (("Ali Haddad", "AE"),),
}  # fmt: skip
TITLES = {"Maya Okafor": "Senior CX analyst", "Tomás Ferreira": "Identity engineer"}
VETERANS = frozenset(name for name, _country in LEADS.values()) | {"Aleksandra Wiśniewska-Kowalczyk-Brandenburg"}


def _team(planner: Planner, row: TeamRow, head: Hire) -> None:
    above = planner.leads.get(row.parent, head)
    if row.lead:
        name, country = LEADS.get(row.code, ("", ""))
        lead = planner.hire(
            row.lead, row.region, row.department, country=country, name=name, days=planner.rng.randint(SETUP + 60, 3600)
        )
        lead.team, lead.lead, lead.manager = row.code, True, above
        planner.leads[row.code] = lead
    boss = planner.leads.get(row.code, above)
    known = KNOWN.get(row.code, ())
    for index in range(row.size - bool(row.lead)):
        name, country = known[index] if index < len(known) else ("", "")
        days = planner.rng.randint(SETUP + 30, 2400) if name else 0
        someone = planner.hire(
            TITLES.get(name, _title(planner, row)), row.region, row.department, country=country, name=name, days=days
        )
        someone.team, someone.manager = row.code, boss
        _brave(planner, someone)


def _title(planner: Planner, row: TeamRow) -> str:
    return f"Senior {row.title[0].lower()}{row.title[1:]}" if planner.rng.random() < 0.2 else row.title


def _brave(planner: Planner, someone: Hire) -> None:
    if planner.brave and someone.name not in TITLES and planner.rng.random() < 0.06:
        someone.name, address = planner.brave.pop(0)
        someone.email = f"{address}@{DOMAIN}"


def _outside_teams(planner: Planner, head: Hire) -> None:
    """Technicians imported but not yet claimed, and who has just begun."""
    boss = planner.leads["field"]
    for _ in range(44):
        someone = planner.hire("Field technician", "emea", "field")
        someone.manager, someone.claimed = boss, False
    chiara = planner.hire("CX researcher", "emea", "analytics", country="IT", name="Chiara Bellini", days=3)
    chiara.manager = planner.leads["insights-emea"]
    for title, department in (("Executive assistant", "office"), ("Programme manager", "office")):
        planner.hire(title, "global", department).manager = head


def pick(rng: Random, people: list[Hire], number: int) -> Iterator[Hire]:
    """Yield `number` different people."""
    yield from rng.sample(people, min(number, len(people)))
