"""Reads of people: the list with its filters, what a row shows, what a person's page shows."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from accounts.attributes.schema import DIMENSIONS
from accounts.models import Authenticator, Membership, Node, Person, PersonDimension, PersonState
from accounts.reads import below
from cxaccess.lib import statements
from cxaccess.lib.models import Risk, in_force
from permissions import facts, gate
from permissions.history import COLLECTIVE
from permissions.models import Mode, RoleGrant

SOON = timedelta(days=30)
NEW = timedelta(days=30)
NO_FACTOR = "no-factor"
AWAY = (PersonState.LEAVE, PersonState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a list of people is narrowed by; ids of rows, empty for no matter. `risk` is that much or more."""

    q: str = ""
    state: str = ""
    department: int | None = None
    region: int | None = None
    team: int | None = None
    role: int | None = None
    risk: int | None = None
    sign_in: str = ""
    view: str = ""
    answers: int | None = None


def with_risk(rows: QuerySet[Person], at: datetime) -> QuerySet[Person]:
    """Return `rows` with the highest risk each holds as `top_risk`, 0 for none: for sorting by it."""
    held = Case(
        *(When(_reached(_grants(at).filter(role__risk=level), at), then=Value(level)) for level in reversed(Risk)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return rows.annotate(top_risk=held)


def narrowed(rows: QuerySet[Person], criteria: Criteria, reader: Person, at: datetime) -> QuerySet[Person]:
    """Return those of `rows` that meet all `criteria`."""
    for word in criteria.q.split():
        rows = rows.filter(_says(word, at))
    if criteria.state:
        rows = rows.filter(state=criteria.state)
    if criteria.department:
        rows = rows.filter(department__in=below("department", criteria.department, at=at))
    if criteria.region:
        rows = rows.filter(region__in=below("region", criteria.region, at=at))
    if criteria.team:
        rows = rows.filter(pk__in=members(below("team", criteria.team, at=at), at))
    if criteria.role:
        rows = rows.filter(_reached(_grants(at).filter(role=criteria.role), at))
    if criteria.risk:
        rows = rows.filter(_reached(_grants(at).filter(role__risk__gte=criteria.risk), at))
    if criteria.sign_in == NO_FACTOR:
        rows = rows.filter(_without_factor(reader, at))
    elif criteria.sign_in:
        rows = rows.filter(claimed_at__isnull=criteria.sign_in == "unclaimed")
    return rows.filter(_of_view(criteria.view, reader, at), _answering(criteria.answers, at))


def may_see_factors(reader: Person, at: datetime) -> bool:
    """Return whether `reader` may know who has no second factor: whoever may see how the console is set."""
    return gate.may_somewhere(reader, "settings.view", at=at)


def _without_factor(reader: Person, at: datetime) -> Q:
    """Return the condition on people who sign in with a password alone; of nobody for who may not know."""
    if not may_see_factors(reader, at):
        return Q(pk__in=[])
    have = Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True)
    return Q(~Exists(have), claimed_at__isnull=False, state=PersonState.ACTIVE)


def _answering(place: int | None, at: datetime) -> Q:
    """Return the condition on people who answer for `place` or something below it; none for no place."""
    if not place:
        return Q()
    top = Node.objects.filter(pk=place)
    inside = Node.objects.filter(kind=top.values("kind"), lft__gte=top.values("lft"), lft__lte=top.values("rgt"))
    return Q(pk__in=PersonDimension.objects.in_force(at).filter(node__in=inside.values("pk")).values("person"))


def members(teams: Iterable[int], at: datetime) -> QuerySet[Any]:
    """Return the ids of the people who are in one of `teams` at `at`, as a subquery."""
    return Membership.objects.in_force(at).filter(principal__team__in=teams).values("person")


def _says(word: str, at: datetime) -> Q:
    of_teams = Membership.objects.in_force(at).filter(principal__label__icontains=word).values("person")
    return (
        Q(name__icontains=word) | Q(email__icontains=word) | Q(title__icontains=word) | Q(pk__in=of_teams)
    )  # fmt: skip


def _of_view(view: str, reader: Person, at: datetime) -> Q:
    """Return the condition of a saved view; an unknown one is everyone."""
    here = ~Q(state=PersonState.LEFT)
    if view == "my-team":
        mine = Membership.objects.in_force(at).filter(person=reader).values("principal")
        return here & Q(pk__in=Membership.objects.in_force(at).filter(principal__in=mine).values("person"))
    if view == "my-region" and reader.region_id:
        return here & Q(region__in=below("region", reader.region_id, at=at))
    if view == "high-risk":
        return here & _reached(_grants(at).filter(role__risk__gte=Risk.HIGH), at)
    if view == "unclaimed":
        return here & Q(claimed_at__isnull=True)
    if view == "away":
        return Q(state__in=AWAY)
    if view == "soon":
        return here & _soon(at.date())
    if view == "new":
        return here & Q(created_at__gt=at - NEW)
    return Q()


def _soon(today: date) -> Q:
    days = (today, today + SOON)
    return Q(employed_from__range=days) | Q(employed_until__range=days)


def _grants(at: datetime) -> QuerySet[RoleGrant]:
    found: QuerySet[RoleGrant] = RoleGrant.objects.in_force(at).filter(mode=Mode.ACTIVE)
    return found


def _reached(grants: QuerySet[RoleGrant], at: datetime) -> Q:
    """Return the condition on people whom one of `grants` reaches, whatever their state."""
    held = grants.values("principal")
    collective = set(grants.filter(principal__kind__in=COLLECTIVE).values_list("principal", flat=True))
    reached = facts.model(at).reaching(collective)
    inside = Membership.objects.in_force(at).filter(principal__in=reached).values("person")
    return Q(principal__in=held) | Q(pk__in=inside)


@dataclass(slots=True)
class Held:
    """The roles of one person now, whichever way they come, riskiest first."""

    roles: list[str] = field(default_factory=list)
    risk: int | None = None

    @property
    def first(self) -> str:
        """Return the riskiest role's name."""
        return self.roles[0] if self.roles else ""

    @property
    def rest(self) -> list[str]:
        """Return the other names."""
        return self.roles[1:]


def roles_of(people: Collection[Person], at: datetime) -> dict[int, Held]:
    """Return {person id: their roles}, in two queries however many people."""
    ways: dict[int, set[int]] = defaultdict(set)
    chain = facts.model(at).chain
    for person in people:
        ways[person.principal_id].add(person.pk)
    found: dict[int, Held] = {person.pk: Held() for person in people}
    for member, principal in statements.rows("memberships of people", _joined, at=at, people=list(found)):
        for above in chain(principal):
            ways[above].add(member)
    for principal, name, level in statements.rows("roles of people", _held, at=at, by=list(ways)):
        for member in ways[principal]:
            held = found[member]
            if name not in held.roles:
                held.roles.append(name)
            held.risk = max(held.risk or 0, level)
    return found


def _joined(*, at: datetime, people: list[int]) -> QuerySet[Any, Any]:
    return Membership.objects.filter(in_force(at), person__in=people).values_list("person_id", "principal_id")


def _held(*, at: datetime, by: list[int]) -> QuerySet[Any, Any]:
    grants = _grants(at).filter(principal__in=by).order_by("-role__risk", "role__name")
    return grants.values_list("principal_id", "role__name", "role__risk")


def teams_of(people: Collection[Person], at: datetime) -> dict[int, list[str]]:
    """Return {person id: the names of their teams}, in one query."""
    found: dict[int, list[str]] = {person.pk: [] for person in people}
    rows = Membership.objects.filter(in_force(at), person__in=list(found)).order_by("principal__label")
    for member, name in rows.values_list("person_id", "principal__label"):
        found[member].append(name)
    return found


def ranges_of(people: Collection[Person], at: datetime) -> dict[int, dict[str, list[str]]]:
    """Return {person id: {kind: names of the places they answer for}}, in one query; every kind of DIMENSIONS."""
    found: dict[int, dict[str, list[str]]] = {person.pk: {kind: [] for kind in DIMENSIONS} for person in people}
    rows = PersonDimension.objects.in_force(at).filter(person__in=list(found)).order_by("node__name")
    for person, kind, name in rows.values_list("person_id", "node__kind", "node__name"):
        found[person][kind].append(name)
    return found
