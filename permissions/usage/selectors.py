"""Reading use: when last, by how many of those who could, and the line of days. A fixed number of questions each."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import Membership, Person, here
from permissions import facts, gate
from permissions.history import COLLECTIVE
from permissions.models import (
    Action,
    Mode,
    Resource,
    RoleGrant,
    UsageAction,
    UsageActionDay,
    UsageDay,
    UsageGrant,
    UsageGroupGrant,
    UsageLast,
)

VIEW = "usage.view"
DAYS = 90
UNUSED_AFTER = timedelta(days=DAYS)
TOP = 10


@lru_cache(maxsize=512)
def _said(day: date, language: str | None) -> str:  # the language in force, for which it is kept
    """Return a day in a word; every picture shows the same ninety."""
    return date_format(day, "j M")


@lru_cache(maxsize=512)
def _span(first: date, last: date, language: str | None) -> str:
    """Return a stretch of days in words."""
    return _("%(first)s to %(last)s") % {"first": date_format(first, "j M"), "last": date_format(last, "j M Y")}


def may_see(reader: Person, *, at: datetime) -> bool:
    """Return whether `reader` may see anybody's use at all."""
    return gate.shows_somewhere(reader, VIEW, at=at)


def seen(reader: Person, rows: Collection[models.Model], *, at: datetime) -> frozenset[int]:
    """Return the ids of those `rows` (people, teams, grants) whose use `reader` may see; one's own always."""
    if not rows or not may_see(reader, at=at):
        return frozenset()
    return frozenset(gate.allowed(reader, VIEW, rows, at=at, as_type="usage"))


def may_see_of(reader: Person, row: models.Model, *, at: datetime) -> bool:
    """Return whether `reader` may see the use of one person, team, grant or resource; their own always."""
    return row == reader or bool(seen(reader, [row], at=at))


def sees_all(reader: Person, *, at: datetime) -> bool:
    """Return whether `reader` may see everybody's use, wherever they are."""
    return gate.shows(reader, VIEW, at=at)


def whose(reader: Person, people: QuerySet[Person], *, at: datetime) -> QuerySet[Person]:
    """Return those of `people` whose use `reader` may see: what has no place, such as a role, is counted among them."""
    return gate.visible(reader, VIEW, people, at=at, as_type="usage")


def of_seen(reader: Person, uses: QuerySet[Any], *, at: datetime) -> QuerySet[Any]:
    """Return those of `uses`, rows with a person, that are of people whose use `reader` may see."""
    if sees_all(reader, at=at):
        return uses
    return uses.filter(person__in=whose(reader, Person.objects.all(), at=at).values("pk"))


def since() -> date | None:
    """Return the first day that anything was counted on; None where nothing ever was."""
    first: date | None = UsageActionDay.objects.aggregate(first=Min("day"))["first"]
    return first


def is_telling(at: datetime) -> bool:
    """Return whether use has been counted long enough for "unused" to mean something."""
    first = since()
    return first is not None and first <= (at - UNUSED_AFTER).date()


# Grants


def unused(rows: QuerySet[RoleGrant], *, at: datetime) -> QuerySet[RoleGrant]:
    """Return those of `rows` that are in force for longer than UNUSED_AFTER and that nobody used since."""
    cut = at - UNUSED_AFTER
    idle = Q(last_used_at=None) | Q(last_used_at__lt=cut)
    return rows.filter(idle, starts_at__lte=cut, mode=Mode.ACTIVE).filter(Q(until=None) | Q(until__gt=at))


class ByPerson(NamedTuple):
    """{grant: when somebody last used it}: of grants of roles, and of what teams and groups have on one resource."""

    roles: dict[int, datetime]
    shared: dict[int, datetime]


def by_person(person: Person | int, grants: Iterable[int], shared: Iterable[int] = ()) -> ByPerson:
    """Return when `person` last used each of the grants of roles, and of those of collectives on one resource.

    Written in SQL: Django takes longer to put a union together than a database to answer it.
    """
    found, statements, values = ByPerson({}, {}), [], []
    pk = person.pk if isinstance(person, Person) else person
    for place, (model, ids) in enumerate(((UsageGrant, list(grants)), (UsageGroupGrant, list(shared)))):
        if ids:
            among = ", ".join(["%s"] * len(ids))
            where = f"FROM {model._meta.db_table} WHERE person_id = %s AND grant_id IN ({among})"
            statements.append(f"SELECT {place}, grant_id, last_at {where}")
            values += [pk, *ids]
    if statements:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), values)
            for place, grant, last_at in cursor.fetchall():
                found[place][grant] = _aware(last_at)
    return found


def _aware(moment: datetime) -> datetime:
    """Return a moment as it came from the database; SQLite does not say that it is of UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Used:
    """How a set of holders used something: how many of them within UNUSED_AFTER, of how many, when last."""

    users: int
    holders: int
    last_at: datetime | None

    def __str__(self) -> str:
        """Return it in words: "used by 3 of 41 holders"."""
        if not self.holders:
            return str(_("nobody holds it"))
        text = ngettext("used by %(n)s of %(of)s holder", "used by %(n)s of %(of)s holders", self.holders)
        return text % {"n": f"{self.users:,}", "of": f"{self.holders:,}"}


def of_holders(grants: QuerySet[RoleGrant], *, at: datetime, reader: Person | None = None) -> Used:
    """Return how the people whom `grants` reach used what those grants let them do, in four queries.

    With a `reader`: of those whose use they may see. Who used and who holds are met here and not in the database: with
    an index on both, it would try each with each.
    """
    people, uses = reached_by(grants, at=at), UsageGrant.objects.filter(grant__in=grants.values("pk"))
    if reader is not None and not sees_all(reader, at=at):
        people, uses = whose(reader, people, at=at), of_seen(reader, uses, at=at)
    holders = set(people.values_list("pk", flat=True))
    users = uses.filter(last_at__gte=at - UNUSED_AFTER).order_by().values_list("person_id", flat=True)
    return Used(len(holders.intersection(users)), len(holders), uses.aggregate(last=Max("last_at"))["last"])


def of_each(reader: Person, grants: Collection[RoleGrant], *, at: datetime) -> dict[int, int]:
    """Return {grant: how many people used it within UNUSED_AFTER}, for the grants of a page.

    Counted are the people whose use `reader` may see.
    """
    rows = UsageGrant.objects.filter(grant__in=[grant.pk for grant in grants], last_at__gte=at - UNUSED_AFTER)
    rows = of_seen(reader, rows, at=at)
    return dict(rows.values("grant").annotate(n=Count("person")).values_list("grant", "n"))


def users_of(grant: RoleGrant, *, at: datetime) -> QuerySet[UsageGrant]:
    """Return who used a grant, the latest first."""
    return UsageGrant.objects.filter(grant=grant, last_at__lte=at).select_related("person").order_by("-last_at", "pk")


def reached_by(grants: QuerySet[RoleGrant], *, at: datetime) -> QuerySet[Person]:
    """Return the active people whom `grants` reach, one by one or through teams and groups; as one query."""
    model = facts.model(at)
    collective = set(
        grants.filter(principal__kind__in=COLLECTIVE).values_list("principal_id", flat=True).order_by().distinct()
    )
    inside = collective - model.teams_of_principals.keys()
    inside |= {team for team in model.teams_of_principals if not collective.isdisjoint(model.chain(team))}
    members = Membership.objects.in_force(at).filter(principal__in=inside)
    own = Q(principal__in=grants.values("principal"))
    return Person.objects.filter(own | Q(pk__in=members.values("person")), here(at))


# Roles and permissions


def idle_roles(at: datetime) -> Q:
    """Return the condition on roles that are given for longer than UNUSED_AFTER and not used by anybody since."""
    cut = at - UNUSED_AFTER
    mine = RoleGrant.objects.in_force(at).filter(role=OuterRef("pk"), mode=Mode.ACTIVE)
    return Q(Exists(mine.filter(starts_at__lte=cut))) & ~Q(Exists(mine.filter(last_used_at__gte=cut)))


@dataclass(frozen=True, slots=True)
class ActionUse:
    """One permission of a role: how many of the role's holders used it lately, and when any of them last did."""

    action: Action
    users: int
    last_at: datetime | None


def of_actions(keys: Collection[str], people: QuerySet[Person], *, at: datetime) -> list[ActionUse]:
    """Return how `people` used each of the permissions, the least used and riskiest first, in four queries.

    Who used lately and who holds are met here, as in `of_holders`; only what none of them used is asked of the past.
    """
    actions = {action.pk: action for action in Action.objects.filter(key__in=keys).select_related("type")}
    holders = set(people.values_list("pk", flat=True))
    lately = UsageAction.objects.filter(action__in=actions, last_at__gte=at - UNUSED_AFTER)
    users: Counter[int] = Counter()
    last: dict[int, datetime] = {}
    for action, person, used in lately.values_list("action_id", "person_id", "last_at").iterator():
        if person in holders:
            users[action] += 1
            last[action] = max(used, last.get(action, used))
    idle = UsageAction.objects.filter(action__in=actions.keys() - users.keys(), person__in=people.values("pk"))
    last |= dict(idle.values("action").annotate(last=Max("last_at")).values_list("action", "last"))
    uses = [ActionUse(action, users[pk], last.get(pk)) for pk, action in actions.items()]
    return sorted(uses, key=lambda use: (use.users, -use.action.risk, use.action.key))


# People


def last_of_people(people: Iterable[int]) -> dict[int, datetime]:
    """Return {person: when they last did anything that is counted}."""
    rows = UsageAction.objects.filter(person__in=list(people)).values("person")
    return dict(rows.annotate(last=Max("last_at")).values_list("person", "last"))


# Lines of days


@dataclass(frozen=True, slots=True)
class Line:
    """DAYS days up to today with how often something was done on each; what it shows stands in `finding`."""

    days: tuple[tuple[date, int], ...]

    @property
    def total(self) -> int:
        """Return how often in all."""
        return sum(count for _day, count in self.days)

    @property
    def values(self) -> list[int]:
        """Return the counts of whole weeks, oldest first: what a small picture draws."""
        counts = [count for _day, count in self.days]
        first = len(counts) % 7
        return [sum(counts[start : start + 7]) for start in range(first, len(counts), 7)]

    @property
    def columns(self) -> list[tuple[str, int]]:
        """Return the days as a picture draws them."""
        language = get_language()
        return [(_said(day, language), count) for day, count in self.days]

    @property
    def weeks(self) -> list[tuple[str, int]]:
        """Return the weeks as a table shows them, the latest first: from when to when in words, how often."""
        first, language = len(self.days) % 7, get_language()
        parts = [self.days[start : start + 7] for start in range(first, len(self.days), 7)]
        return [
            (_span(part[0][0], part[-1][0], language), sum(count for _day, count in part)) for part in reversed(parts)
        ]

    @property
    def peak(self) -> tuple[date, int]:
        """Return the day on which it was done most."""
        return max(self.days, key=lambda pair: pair[1])

    @property
    def finding(self) -> str:
        """Return what the line shows, as a sentence."""
        if not self.total:
            return _("No use in the last %(days)d days") % {"days": len(self.days)}
        day, most = self.peak
        text = ngettext("%(n)s use in the last %(days)d days", "%(n)s uses in the last %(days)d days", self.total)
        said = text % {"n": f"{self.total:,}", "days": len(self.days)}
        told = {"said": said, "most": f"{most:,}", "day": date_format(day, "j M Y")}
        return _("%(said)s, most on %(day)s: %(most)s") % told


def line_of_person(person: Person, *, at: datetime) -> Line:
    """Return what somebody did, whatever it was."""
    return _line(UsageDay.objects.filter(person=person), at)


def line_of_resource(resource: Resource, *, at: datetime) -> Line:
    """Return what was done on a resource, by anybody."""
    return _line(UsageDay.objects.filter(resource=resource), at)


def line_of_action(action: Action, reader: Person, *, at: datetime) -> Line:
    """Return how often a permission was used, on anything, by those whose use `reader` may see."""
    if sees_all(reader, at=at):
        return _line(UsageActionDay.objects.filter(action=action), at)
    people = whose(reader, Person.objects.all(), at=at)
    return _line(UsageDay.objects.filter(action=action, person__in=people.values("pk")), at)


def _line(rows: QuerySet, at: datetime) -> Line:
    today = at.date()
    first = today - timedelta(days=DAYS - 1)
    summed = rows.filter(day__gte=first, day__lte=today).order_by().values("day").annotate(n=Sum("count"))
    counts: Mapping[date, int] = dict(summed.values_list("day", "n"))
    return Line(tuple((day, counts.get(day, 0)) for day in (first + timedelta(days=step) for step in range(DAYS))))


# Resources


@dataclass(frozen=True, slots=True)
class Share:
    """One of those who used a resource most, or one thing that was done there."""

    of: Person | Action
    count: int
    last_at: datetime


def top_people(resource: Resource, reader: Person, *, at: datetime) -> list[Share]:
    """Return who used a resource most within the days of a line, of those whom `reader` may see."""
    seen = gate.visible(reader, "person.view", Person.objects.all(), at=at)
    rows = (
        _lately(resource, at)
        .filter(person__in=seen.values("pk"))
        .values("person")
        .annotate(n=Sum("count"), last=Max("last_at"))
    )
    top = list(rows.order_by("-n", "person").values_list("person", "n", "last")[:TOP])
    people = Person.objects.in_bulk([pk for pk, _n, _last in top])
    return [Share(people[pk], count, last) for pk, count, last in top]


def by_action(resource: Resource, *, at: datetime) -> list[Share]:
    """Return what was done on a resource within the days of a line, the most frequent first."""
    rows = _lately(resource, at).values("action").annotate(n=Sum("count"), last=Max("last_at"))
    found = list(rows.order_by("-n", "action").values_list("action", "n", "last"))
    actions = Action.objects.in_bulk([pk for pk, _n, _last in found])
    return [Share(actions[pk], count, last) for pk, count, last in found]


def _lately(resource: Resource, at: datetime) -> QuerySet[UsageDay]:
    return UsageDay.objects.filter(resource=resource, day__gt=(at - UNUSED_AFTER).date()).order_by()


def idle_resources(at: datetime) -> Q:
    """Return the condition on resources that are here for longer than UNUSED_AFTER and that nobody used since."""
    lately = UsageLast.objects.filter(resource=OuterRef("pk"), last_at__gte=at - UNUSED_AFTER)
    return Q(created_at__lte=at - UNUSED_AFTER) & ~Q(Exists(lately))


def last_of_resource(resource: Resource) -> UsageLast | None:
    """Return the last thing that was done on a resource."""
    return UsageLast.objects.filter(resource=resource).select_related("action").order_by("-last_at").first()
