"""What a few at Kestrel Home have on one thing alone: some need it every week, some have long forgotten it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from accounts.models import Person, PersonState, Principal
from audits.trail.tags import Tag
from cxaccess.demo.main_people import MAIN
from cxaccess.demo.plan import Hire
from cxaccess.demo.resources import SYSTEM
from cxaccess.demo.town import Town
from permissions.models import Action, Resource
from permissions.objects import rows

KEPT = frozenset(person.name for person in MAIN)


class OnOne(NamedTuple):
    """Somebody of a team, or the team itself, on the oldest thing of a type in a region; `used`: until how long ago."""

    team: str
    whole: bool
    action: str
    region: str
    days: int
    ends: int | None
    used: int | None
    reason: str


EXCEPTIONS = (
    OnOne("insights-amer", False, "dashboard.view", "emea", 150, None, 0, "Compares the launch with America"),
    OnOne("loyalty", False, "feedback.view", "dach", 100, 6, 0, "Listens along during the winter campaign"),
    OnOne("care-uki", False, "report.view", "global", 210, None, None, "For the audit in spring"),
    OnOne("field", False, "ticket.reply", "emea", 160, None, 100, "Answered for the recall desk"),
    OnOne("insights-dach", True, "feedback.view", "uki", 140, None, 0, "Tests the new topics on English comments"),
    OnOne("parts", True, "article.edit", "global", 200, None, None, "Was to rewrite what we say of warranty"),
)


class Habit(NamedTuple):
    """What some people do with one of these: from when until when, about once a week."""

    people: tuple[Person, ...]
    action: str
    thing: int
    since: datetime
    until: datetime


def given(town: Town) -> list[Habit]:
    """Write these grants by the hand of who administers, tell of each, and return who does what with them."""
    priya = town.named("Priya Raman").person
    habits = []
    for row in EXCEPTIONS:
        action = Action.objects.get(key=row.action)
        thing = _oldest(action.type_id, town.nodes[row.region].pk)
        people = list(_people(town, row))
        taker = town.teams[row.team].principal if row.whole else people[0].person.principal
        known = town.at - timedelta(days=400) if row.whole else people[0].known
        starts = max(town.clock.ago(row.days), thing.created_at + timedelta(days=1), known + timedelta(days=1))
        _write(town, taker, action, thing, starts, row, priya)
        if row.used is not None:
            until = town.at - timedelta(days=row.used)
            habits.append(Habit(tuple(one.person for one in people), row.action, thing.pk, starts, until))
    return habits


def _oldest(type_id: int, region: int) -> Resource:
    there = Resource.objects.filter(system=SYSTEM, type=type_id, region=region, archived_at=None)
    return there.select_related("type").order_by("created_at", "pk")[0]


def _people(town: Town, row: OnOne) -> Iterator[Hire]:
    """Yield one of the team, or two who use what the whole team has."""
    settled = town.at - timedelta(days=170)
    there = [
        one
        for one in town.staff
        if one.team == row.team and one.state == PersonState.ACTIVE and one.claimed and not one.lead
        and not one.moved and one.name not in KEPT and one.known < settled
    ]  # fmt: skip
    yield from there[-2:] if row.whole else there[-1:]


def _write(
    town: Town, taker: Principal, action: Action, thing: Resource, starts: datetime, row: OnOne, by: Person
) -> None:
    until = town.clock.ahead(row.ends) if row.ends is not None else None
    grant = rows.build(
        taker, action, thing, starts_at=starts, until=until, stated_until=until, given_at=starts, given_by=by,
        reason=row.reason,
    )  # fmt: skip
    grant.save(force_insert=True)
    told = rows.told(grant, principal=taker.pk, action=action.key)
    town.tell(
        Tag.OBJECT_GRANT_GIVEN, actor=by, at=starts, obj=thing, about=rows.person_of(grant), details=told
    )  # fmt: skip
