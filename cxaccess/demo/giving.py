"""Who holds what at Kestrel Home: what teams have, what people were given besides, and the mess that grew."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Person, PersonState, Principal
from audits.trail.record import System
from audits.trail.tags import Tag
from cxaccess.demo.company import TEAMS
from cxaccess.demo.holdings import scope
from cxaccess.demo.main_people import MAIN
from cxaccess.demo.plan import SETUP, Hire
from cxaccess.demo.rows import giver_for
from cxaccess.demo.town import LOADER, Town
from cxaccess.lib.models import Source
from permissions.models import Role, RoleGrant

Places = dict[str, str]
ENDS = System("grant-end")
EVERYWHERE: Places = {}
TEMPORARY = (
    ("feedback-reader", "Reads along while a colleague is on parental leave"),
    ("feedback-reader", "Black Friday war room"),
    ("analyst", "Report for the regional board"),
    ("analyst", "Covers for the vacant analyst position"),
    ("survey-manager", "Runs the pilot of the delivery survey"),
    ("survey-manager", "Winter survey"),
    ("support-agent", "Helps with the returns after the holidays"),
    ("support-agent", "Second language in the evening shift"),
    ("knowledge-editor", "Rewrites the warranty articles"),
    ("knowledge-editor", "Translates the recall articles"),
    ("customer-data-steward", "Erasure requests while the steward is away"),
)
KEPT = frozenset(person.name for person in MAIN)  # hold what their story says, and nothing by chance
EXTRA, ENDING, COMING = 420, 19, 18


@dataclass
class Book:
    """The grants so far; the same role, place and holder never overlap."""

    town: Town
    rows: list[RoleGrant] = field(default_factory=list)

    def give(
        self,
        to: Hire | Principal,
        role: str,
        places: Places,
        starts: datetime,
        until: datetime | None,
        reason: str,
        *,
        region: str = "",
        ended: datetime | None = None,
    ) -> RoleGrant | None:
        """Enter a grant by whoever administers that region; `ended` is when it was ended early, by hand."""
        taker = to.person.principal if isinstance(to, Hire) else to
        what, where = self.town.roles[role], scope(self.town, **places)
        if self._overlaps(taker, what, where.pk, starts, until):
            return None
        giver = giver_for(self.town, to if isinstance(to, Hire) else None, places.get("region", region))
        row = RoleGrant(
            principal=taker, role=what, scope=where, starts_at=starts, until=ended or until, stated_until=until,
            given_by=giver, given_at=min(starts, self.town.clock.ago(1)), reason=reason, source=Source.MANUAL,
        )  # fmt: skip
        if ended:
            row.ended_by, row.end_reason = giver, "No longer needed"
        self.rows.append(row)
        return row

    def _overlaps(self, taker: Principal, role: Role, where: int, starts: datetime, until: datetime | None) -> bool:
        same = (row for row in self.rows if (row.principal_id, row.role_id, row.scope_id) == (taker.pk, role.pk, where))
        return any(
            (row.until is None or row.until > starts) and (until is None or row.starts_at < until) for row in same
        )


def grants(town: Town) -> None:
    """Write all grants and tell of each: given, ended by hand, or run out."""
    book = Book(town)
    _administrators(book)
    _teams(book)
    _extras(book)
    _mess(book)
    _deadlines(book)
    written(book)


def written(book: Book) -> None:
    """Write what was entered, and tell of it."""
    RoleGrant.objects.bulk_create(book.rows)
    for row in book.rows:
        _tell(book.town, row)


def _administrators(book: Book) -> None:
    town = book.town
    first = book.give(town.named("Priya Raman"), "administrator", EVERYWHERE, town.named("Priya Raman").known, None,
                      "First administrator of this console")  # fmt: skip
    assert first is not None
    first.source, first.starts_at, first.given_at = Source.SETUP, town.clock.ago(SETUP), town.clock.ago(SETUP)
    first.starts_at = first.given_at = max(first.starts_at, town.roles["administrator"].created_at)
    for name, reason in (
        ("Aleksandra Wiśniewska-Kowalczyk-Brandenburg", "Stands in for Priya"),
        ("Sofia Lindqvist", "Third administrator, for the night shift"),
    ):
        book.give(town.named(name), "administrator", EVERYWHERE, town.clock.ago(SETUP - 3), None, reason)
    for name, region in (("Rosa Lind", "emea"), ("Marisol Echeverría", "amer"), ("Kenji Watanabe", "apac")):
        book.give(town.named(name), "regional-administrator", {"region": region}, town.clock.ago(SETUP - 5), None,
                  "Answers for access in the region", region="global")  # fmt: skip


def _teams(book: Book) -> None:
    town = book.town
    for row in TEAMS:
        where = EVERYWHERE if row.region == "global" else {"region": row.region}
        for role in row.holds:
            began, reason = town.clock.ago(SETUP - 9), f"What {row.name} works with"
            book.give(town.teams[row.code].principal, role, where, began, None, reason)
        lead = town.lead(row.code)
        if lead is None or row.code in ("access", "audit"):
            continue
        led = {"team": row.code} if row.region == "global" else {"region": row.region, "department": row.department}
        began = max(lead.since, town.clock.ago(SETUP - 10))
        book.give(lead, "manager", led, began, None, f"Leads {row.name}", region=row.region)


def _workers(town: Town) -> list[Hire]:
    return [one for one in town.staff if one.team and one.state == PersonState.ACTIVE and one.name not in KEPT]


def _extras(book: Book) -> None:
    """Over the year people were given this and that, mostly for a while; most of it ran out by itself."""
    town, rng = book.town, book.town.rng
    people = [one for one in town.staff if one.team and one.state != PersonState.PREHIRE and one.name not in KEPT]
    for _ in range(EXTRA):
        one = rng.choice(people)
        role, reason = rng.choice(TEMPORARY)
        starts = max(town.clock.ago(rng.randint(4, 380)), one.known + timedelta(days=2))
        length = rng.choice((14, 30, 30, 60, 90, 90, 180, 365))
        until = (starts + timedelta(days=length)).replace(hour=0, minute=0, second=0, microsecond=0)
        last = one.gone if one.state == PersonState.LEFT else town.at
        if last is None or starts >= last - timedelta(days=1):
            continue
        early = starts + (min(until, last) - starts) * rng.uniform(0.3, 0.9) if rng.random() < 0.12 else None
        if one.state == PersonState.LEFT and until > last and early is None:
            early = last
        book.give(one, role, {"region": _near(town, one)}, starts, until, reason, ended=early)


def _near(town: Town, one: Hire) -> str:
    """Return the market that somebody is in, or its continent."""
    node = town.nodes[one.country]
    return (node.parent or node).code if town.rng.random() < 0.8 else one.country


def _mess(book: Book) -> None:
    """Rights that piled up: on movers, on somebody who helps everywhere, and on whoever was forgotten."""
    town, rng = book.town, book.town.rng
    for one in town.staff:
        if one.moved and one.moved_from:
            old = town.nodes[one.moved_from[0]]
            for role, reason in rng.sample(TEMPORARY, 4):
                began = max(one.known, one.moved - timedelta(days=rng.randint(20, 150)))
                book.give(one, role, {"region": (old.parent or old).code}, began, None, reason)
    noah = town.named("Noah Fischer")
    for index, code in enumerate(
        ("dach", "iberia", "nordics", "uki", "frabene", "mena", "na", "latam", "jpkr", "anz", "sasia", "emea")
    ):
        role, reason = TEMPORARY[index % 6]
        book.give(noah, role, {"region": code}, town.clock.ago(300 - 20 * index), None, reason)


def _deadlines(book: Book) -> None:
    """Something always ends this week, and something is about to begin."""
    town, rng = book.town, book.town.rng
    people = _workers(town)
    maya, ends = town.named("Maya Okafor"), town.clock.ahead(2)
    given = book.give(
        maya, "knowledge-editor", {"region": "dach"}, town.clock.ago(26), ends, "Recall of the TurboDry 3000"
    )
    assert given is not None
    for index, (one, (role, reason)) in enumerate(_pairs(town, people, ENDING * 2)):
        until = town.clock.ahead(index % 6) if index < ENDING else town.clock.ahead(7 + index % 7)
        book.give(one, role, {"region": _near(town, one)}, town.clock.ago(rng.randint(12, 50)), until, reason)
    for one, (role, reason) in _pairs(town, people, COMING):
        starts = town.clock.ahead(rng.randint(1, 20))
        book.give(one, role, {"region": _near(town, one)}, starts, starts + timedelta(days=30), reason)


def _pairs(town: Town, people: list[Hire], number: int) -> Iterator[tuple[Hire, tuple[str, str]]]:
    settled = [one for one in people if one.known < town.at - timedelta(days=60)]
    for one in town.rng.sample(settled, number):
        yield one, town.rng.choice(TEMPORARY)


def _tell(town: Town, row: RoleGrant) -> None:
    about = _person(town, row.principal_id)
    kept = {
        "principal": row.principal_id, "role": row.role_id, "scope": row.scope_id,
        "from": row.starts_at.isoformat(), "source": row.source,
    }  # fmt: skip
    stated = row.stated_until.isoformat() if row.stated_until else None
    actor = row.given_by or LOADER
    town.tell(Tag.GRANT_GIVEN, actor=actor, at=row.given_at, obj=row, about=about, details={**kept, "until": stated})
    if row.until is None:
        return
    told = {**kept, "until": row.until.isoformat()}
    if row.ended_by is not None:
        why = told | {"why": row.end_reason}
        town.tell(Tag.GRANT_ENDED, actor=row.ended_by, at=row.until, obj=row, about=about, details=why)
    else:
        once = f"{Tag.GRANT_EXPIRED}:{row.pk}"
        town.tell(Tag.GRANT_EXPIRED, actor=ENDS, at=row.until, obj=row, about=about, details=told, once=once)


def _person(town: Town, principal_id: int) -> Person | None:
    return next((one.person for one in town.staff if one.person.principal_id == principal_id), None)
