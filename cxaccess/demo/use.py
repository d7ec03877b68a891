"""What the people of Kestrel Home really did in the last 120 days, with three stories among it.

A dormant analyst, who holds what the team holds and opened none of it; a bulk reader, who went through a market's
customers in one night; a mover, who still answers the queue of the region they left.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from accounts.models import Person, PersonState
from audits.trail.record import System
from audits.trail.tags import Tag
from cxaccess.demo.company import TEAMS, TeamRow
from cxaccess.demo.exceptions import Habit
from cxaccess.demo.plan import PARENT, Hire
from cxaccess.demo.resources import SYSTEM
from cxaccess.demo.town import Town
from permissions.models import Action, Resource, ResourceType, RoleGrant, UsageBatch
from permissions.usage.rows import Use
from permissions.usage.services import Sum, add_uses, stand_in

DAYS, WEEK = 120, 7
FEED = System("usage-import")
CHUNK = 5_000
# What holders of a team's role do on a working day: permission, how likely, how often at most.
HABITS: dict[str, tuple[tuple[str, float, int], ...]] = {
    "support-agent": (("ticket.reply", 0.55, 34), ("profile.view", 0.35, 12), ("article.view", 0.12, 4)),
    "analyst": (("feedback.view", 0.5, 20), ("report.edit", 0.18, 3), ("dashboard.view", 0.3, 5)),
    "feedback-reader": (("feedback.view", 0.3, 8), ("dashboard.view", 0.35, 5)),
    "survey-manager": (("survey.edit", 0.3, 6), ("survey.view", 0.3, 9), ("segment.view", 0.15, 3)),
    "platform-super-user": (("setting.view", 0.25, 4), ("integration.manage", 0.1, 2)),
}
# What who administers opens in this console: permissions, how likely on a working day.
CONSOLE = (
    ("Priya Raman", ("person.view", "grant.view", "role.view", "trail.view"), 0.8),
    ("Rosa Lind", ("person.view", "team.view", "grant.view"), 0.5),
    ("Otto Lang", ("trail.view", "grant.view", "role.view"), 0.6),
    ("Jonas Weber", ("team.view", "person.view"), 0.2),
)
WEEKLY = 0.2
BULK, BULK_DAYS_AGO, BULK_HOUR = 2_318, 23, 2


@dataclass(frozen=True)
class Story:
    """Who plays which part."""

    dormant: str
    bulk: str
    mover: str


class Diary:
    """Writes down who did what, drawing on chances of its own, so that the rest of the story stays as it was."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.rng = Random(f"use {seed}")  # noqa: S311 - a story, no secret
        self.actions = dict(Action.objects.values_list("key", "pk"))
        self.things: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.uses: list[Use] = []
        codes = {node.pk: code for code, node in town.nodes.items()}
        for pk, type_, region in (
            Resource.objects.filter(system=SYSTEM).order_by("pk").values_list("pk", "type__key", "region")
        ):
            for code in _up(codes[region]):
                self.things[type_, code].append(pk)

    def days(self, since: datetime, until: datetime) -> Iterator[date]:
        """Yield the working days of the last DAYS days within a time, today left out."""
        for step in range(DAYS, 0, -1):
            day = (self.town.at - timedelta(days=step)).date()
            if day.weekday() < 5 and since.date() < day < until.date():
                yield day

    def did(self, person: Person, action: str, thing: int, day: date, times: int, hour: int | None = None) -> None:
        """Write down one line."""
        at = datetime(
            day.year, day.month, day.day, self.rng.randint(7, 17) if hour is None else hour, self.rng.randrange(60),
            self.rng.randrange(60), tzinfo=self.town.at.tzinfo,
        )  # fmt: skip
        self.uses.append(Use(person.pk, self.actions[action], thing, at, times))


def _up(region: str) -> Iterator[str]:
    """Yield the region and everything above it."""
    while region:
        yield region
        region = PARENT[region]


def happened(town: Town, seed: int, habits: Iterable[Habit]) -> Story:
    """Write what everybody did, as the connected platform and this console would have counted it."""
    diary = Diary(town, seed)
    people = [one for one in town.staff if one.team and one.claimed and one.state != PersonState.PREHIRE]
    dormant = next(one for one in people if one.team == "insights-emea" and one.state == "active" and not one.lead)
    for one in people:
        if one is not dormant:
            _work(diary, one)
    bulk, mover = _bulk_reader(diary, people), _mover(diary, people)
    _console(diary)
    _exceptions(diary, habits)
    _batches(town, diary)
    for start in range(0, len(diary.uses), CHUNK):
        add_uses(diary.uses[start : start + CHUNK], at=town.at)
    return Story(dormant.name, bulk.name, mover.name)


def _work(diary: Diary, one: Hire) -> None:
    """Write down somebody's ordinary days, in the team they were in on each."""
    rows = {row.code: row for row in TEAMS}
    gone = one.gone or diary.town.at + timedelta(days=1)
    if one.moved and one.moved_from:
        _in_team(diary, one, rows[one.moved_from[2]], one.since, one.moved)
        _in_team(diary, one, rows[one.team], one.moved, gone)
    else:
        _in_team(diary, one, rows[one.team], one.since, gone)


def _in_team(diary: Diary, one: Hire, team: TeamRow, since: datetime, until: datetime) -> None:
    rng = diary.rng
    diligence = rng.uniform(0.25, 0.9)
    habits = []
    for action, chance, most in (habit for role in team.holds for habit in HABITS.get(role, ())):
        there = diary.things.get((action.partition(".")[0], team.region), [])
        if there:
            habits.append((action, chance * diligence, most, rng.sample(there, min(len(there), 2))))
    for day in diary.days(since, until):
        for action, chance, most, favourites in habits:
            if rng.random() < chance:
                diary.did(one.person, action, rng.choice(favourites), day, rng.randint(1, most))


def _bulk_reader(diary: Diary, people: list[Hire]) -> Hire:
    """Let somebody go through the customers of their market in one night."""
    one = next(one for one in people if one.team == "care-uki" and one.state == "active" and not one.lead)
    night = (diary.town.at - timedelta(days=BULK_DAYS_AGO)).date()
    (customers,) = diary.things["profile", "uki"]
    diary.did(one.person, "profile.view", customers, night, BULK, hour=BULK_HOUR)
    return one


def _mover(diary: Diary, people: list[Hire]) -> Hire:
    """Let somebody go on answering the queue of the region they left, with a role that nobody took back."""
    kept = RoleGrant.objects.in_force(diary.town.at).filter(role=diary.town.roles["support-agent"], until=None)
    holders = dict(kept.filter(principal__kind="person").values_list("principal_id", "scope__terms__ref_id"))
    codes = {node.pk: code for code, node in diary.town.nodes.items()}
    one = next(one for one in people if one.moved and one.state == "active" and one.person.principal_id in holders)
    old = codes[holders[one.person.principal_id]]
    queue = diary.things["ticket", old][0]
    assert one.moved is not None
    for day in diary.days(one.moved, diary.town.at):
        if day.weekday() in (1, 3):
            diary.did(one.person, "ticket.reply", queue, day, diary.rng.randint(3, 11))
    return one


def _console(diary: Diary) -> None:
    """Let who administers open this console's own pages."""
    types = {type_.key: type_ for type_ in ResourceType.objects.all()}
    for name, actions, chance in CONSOLE:
        one = diary.town.named(name)
        for day in diary.days(one.known, diary.town.at):
            for action in actions:
                if diary.rng.random() < chance:
                    thing = stand_in(types[action.partition(".")[0]], one.known)
                    diary.did(one.person, action, thing, day, diary.rng.randint(1, 25))


def _exceptions(diary: Diary, habits: Iterable[Habit]) -> None:
    """Let those who need what they have on one thing alone use it about once a week."""
    for habit in habits:
        for day in diary.days(habit.since, habit.until):
            for person in habit.people:
                if diary.rng.random() < WEEKLY:
                    diary.did(person, habit.action, habit.thing, day, diary.rng.randint(1, 6))


def _batches(town: Town, diary: Diary) -> None:
    """Write the batches by which the platform's part came, one a week, and tell of each."""
    own = set(Resource.objects.filter(system=SYSTEM).values_list("pk", flat=True))
    weeks: dict[int, Sum] = defaultdict(Sum)
    for use in diary.uses:
        if use.resource in own:
            weeks[(town.at.date() - use.at.date()).days // WEEK].add([use])
    for week, said in sorted(weeks.items(), reverse=True):
        taken = min(town.at, town.at - timedelta(days=week * WEEK, minutes=20))
        key = f"week of {taken - timedelta(days=WEEK):%Y-%m-%d}"
        stated = {"system": SYSTEM, "key": key, "rows": said.rows, "uses": said.uses}
        batch = UsageBatch.objects.create(**stated, digest=said.digest, taken_at=taken)
        town.tell(Tag.USAGE_TAKEN_IN, actor=FEED, at=taken, obj=batch, details=stated)
