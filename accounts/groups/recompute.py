"""Opening and closing the memberships of groups by rule: in sets, with their events, in the caller's transaction.

A rule may read what ends by itself (a territory until Friday, a first day). The membership then ends at the first
moment at which that could matter, and is prolonged before, as long as the rule still holds at that moment. So with
every job stopped nobody stays in by what is over; somebody may at worst have to be taken in again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateTimeField, F, Max, Min, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least, NullIf

from accounts.attributes.columns import of_people
from accounts.groups import rules
from accounts.groups.rules import Rule, Standing
from accounts.models import Group, Membership, Part, Person
from audits.trail.record import System
from audits.trail.record_rows import record_rows
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.clock import start_of_day
from cxaccess.lib.conditions.columns import Relation
from cxaccess.lib.models import Source
from cxaccess.lib.sets import insert_select

RULE = System("group-rule")
AHEAD = timedelta(minutes=15)  # so long before its end a membership is prolonged
FAR = datetime(9000, 1, 1, tzinfo=UTC)
MOST_ENDS = 200  # different ends that one run prolongs; the next one takes the rest


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many came into a group and how many went."""

    group: Group
    joined: int = 0
    left: int = 0


def recompute(found: Iterable[Standing], *, at: datetime, people: QuerySet[Person] | None = None) -> list[Outcome]:
    """Bring the memberships of groups by rule to what their rules say at `at`; of `people` alone, if given.

    Authority is the caller's. The transaction must be open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Memberships follow a rule in the transaction of what it reads.")
    return [_one(each, at, people) for each in found]


def _one(each: Standing, at: datetime, people: QuerySet[Person] | None) -> Outcome:
    Group.objects.select_for_update().get(pk=each.group.pk)
    taken = Person.objects.none() if each.rule is None else each.rule.takes_in(at, rules.zone(), people)
    rows = Membership.objects.filter(principal=each.group.principal_id).not_over(at)
    rows = rows if people is None else rows.filter(person__in=people.values("pk"))
    details = {"group": each.group.pk, "part": Part.MEMBER.value, "rule": True}
    left = _close(rows, taken, details, at)
    joined = _open(each, taken.exclude(pk__in=rows.values("person")), details, at)
    if each.rule is not None and each.rule.moves:
        Bounds(each.rule).bound(rows, at)
    return Outcome(each.group, joined, left)


def _close(rows: QuerySet[Membership], taken: QuerySet[Person], details: dict[str, Any], at: datetime) -> int:
    """End the memberships of those whom the rule no longer takes in."""
    gone = rows.exclude(person__in=taken.values("pk"))
    left = record_rows(Tag.MEMBERSHIP_ENDED, actor=RULE, at=at, rows=gone, about="person_id", details=details)
    if not left:
        return 0
    stamps.bump_those(gone.values("person__principal"))
    gone.update(until=at, end_reason="")
    return left


def _open(each: Standing, taken: QuerySet[Person], details: dict[str, Any], at: datetime) -> int:
    """Open memberships for `taken`: those whom the rule newly takes in."""
    before = Membership.objects.aggregate(last=Max("pk"))["last"] or 0
    values = {
        "person": F("pk"), "principal": each.group.principal_id, "part": Part.MEMBER.value, "starts_at": at,
        "until": None, "stated_from": None, "stated_until": None, "source": Source.RULE.value,
        "source_ref": str(each.group.pk), "reason": "", "given_by": None, "ended_by": None, "end_reason": "",
    }  # fmt: skip
    joined = insert_select(Membership, taken, values)
    if joined:
        made = Membership.objects.filter(pk__gt=before, principal=each.group.principal_id, starts_at=at)
        record_rows(Tag.MEMBERSHIP_GIVEN, actor=RULE, at=at, rows=made, about="person_id", details=details)
        stamps.bump_those(made.values("person__principal"))
    return joined


@dataclass(frozen=True, slots=True)
class Bounds:
    """How the rows of `model` that a rule opens end: `person` is the path from a row to the person it is about."""

    rule: Rule
    model: type[Model] = Membership
    person: str = "person"

    def bound(self, rows: QuerySet[Any], at: datetime) -> int:
        """Let `rows`, whom the rule takes in at `at`, end at the first moment at which that could change."""
        ending = rows.annotate(bound=self.boundary(at))
        late = ending.filter(Q(until__isnull=True, bound__isnull=False) | Q(until__isnull=False, bound__isnull=True))
        moved = late | ending.exclude(until=F("bound")).filter(until__isnull=False, bound__isnull=False)
        ids = list(moved.values_list("pk", flat=True))
        for start in range(0, len(ids), stamps.CHUNK):
            some = self.model._default_manager.filter(pk__in=ids[start : start + stamps.CHUNK])
            some.update(until=self._own_boundary(at))
            stamps.bump_those(some.values(f"{self.person}__principal"))
        return len(ids)

    def _own_boundary(self, at: datetime) -> Any:
        """Return the boundary of the row that is updated: an UPDATE takes no way through another table."""
        if "__" not in self.person:
            return self.boundary(at)
        same = self.model._default_manager.filter(pk=OuterRef("pk")).order_by()
        return Subquery(same.annotate(bound=self.boundary(at)).values("bound")[:1])

    def boundary(self, at: datetime) -> Any:
        """Return, of a row, the first moment after `at` at which facts change by time alone, or NULL."""
        moments: list[Any] = [Value(FAR, DateTimeField()), Value(FAR, DateTimeField())]
        places = of_people(self.rule.known, at)
        for key in sorted(self.rule.windowed):
            place = places[key]
            if isinstance(place, Relation) and place.every is not None:
                firsts = (self._first(place, at, edge) for edge in ("starts_at", "until"))
                moments += [Coalesce(first, Value(FAR, DateTimeField())) for first in firsts]
        if self.rule.dated:
            moments.append(Value(tomorrow(at, rules.zone()), DateTimeField()))
        return NullIf(Least(*moments), Value(FAR, DateTimeField()))

    def _first(self, place: Relation, at: datetime, edge: str) -> Subquery:
        """Return the first `edge` after `at` of the person's rows, in force or planned."""
        every = place.every or place.rows
        rows = every().filter(**{place.owner: OuterRef(self.person), f"{edge}__gt": at})
        return Subquery(rows.order_by().values(place.owner).annotate(first=Min(edge)).values("first")[:1])


def tomorrow(at: datetime, zone: str) -> datetime:
    """Return when the next day begins in `zone`."""
    return start_of_day(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), zone)


def prolong(each: Standing, *, at: datetime) -> int:
    """Prolong the memberships that end soon and whose rule still holds when they do; return how many."""
    rule = each.rule
    if rule is None or not rule.moves:
        return 0
    rows = Membership.objects.filter(principal=each.group.principal_id, source=Source.RULE, starts_at__lte=at)
    return prolonged(rows, Bounds(rule), lambda end: Q(person__in=rule.takes_in(end, rules.zone()).values("pk")), at)


def prolonged(rows: QuerySet[Any], bounds: Bounds, going_on: Callable[[datetime], Q], at: datetime) -> int:
    """Prolong those of `rows` that end soon and are `going_on` when they do; return how many."""
    soon = rows.filter(until__gt=at, until__lte=at + AHEAD)
    ends = soon.order_by("until").values_list("until", flat=True).distinct()[:MOST_ENDS]
    return sum(bounds.bound(rows.filter(going_on(end), until=end), end) for end in list(ends))
