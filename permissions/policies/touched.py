"""What a version that is being recorded would have changed of real decisions, as its policy's pages show it.

Sums count everybody; who it was, and about what, is told only as far as the reader may know of these people's access
and of their use, and see these resources.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Max, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from cxaccess.lib.listing import Count, Listing, Page
from permissions import gate
from permissions.models import Difference, PolicyDay, PolicyState, PolicyTouch, Resource
from permissions.models.policy import CHANGED, SEEN
from permissions.policies.selectors import tellable
from permissions.usage import selectors as usage

PEOPLE = Listing({"name": ["name"]}, "name", size=25)
SHOWN_DAYS = 30  # days that the picture shows
LATEST = 5  # examples that are shown
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference: how often, and whom it would have met."""

    value: str
    label: str
    count: int
    people: Count


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of recording a version: since when, how many decisions, how many it would have changed, and how."""

    state: PolicyState
    at: datetime
    totals: Mapping[str, int]
    kinds: Sequence[Kind]
    people: Count

    @property
    def seen(self) -> int:
        """Return how many decisions it was asked about."""
        return self.totals.get(SEEN, 0)

    @property
    def changed(self) -> int:
        """Return how many decisions it would have changed."""
        return self.totals.get(CHANGED, 0)

    @property
    def is_empty(self) -> bool:
        """Return whether it would have changed nothing."""
        return not self.kinds

    @property
    def days(self) -> int:
        """Return how many days it has been recorded for, the begun one counted."""
        return max(1, -((self.state.starts_at - self.at) // DAY))

    @property
    def said(self) -> str:
        """Return the finding in one sentence: the refusals, which weigh most, or else all that would be different."""
        within = ngettext("In %(n)d day", "In %(n)d days", self.days) % {"n": self.days}
        told = {"within": within, "seen": f"{self.seen:,}"}
        refused = next((kind for kind in self.kinds if kind.value == Difference.BLOCK), None)
        if refused is not None:
            return _counted(refused.count, refused.people, told, ngettext(
                "%(within)s %(n)s decision of %(people)s would have been no.",
                "%(within)s %(n)s decisions of %(people)s would have been no.", refused.count,
            ))  # fmt: skip
        if self.changed:
            return _counted(self.changed, self.people, told, ngettext(
                "%(within)s %(n)s decision of %(people)s would have been different.",
                "%(within)s %(n)s decisions of %(people)s would have been different.", self.changed,
            ))  # fmt: skip
        left_out = next((kind for kind in self.kinds if kind.value == Difference.HIDE), None)
        if left_out is not None:
            return _counted(left_out.count, left_out.people, told, ngettext(
                "%(within)s %(n)s row of a list of %(people)s would not have been there.",
                "%(within)s %(n)s rows of lists of %(people)s would not have been there.", left_out.count,
            ))  # fmt: skip
        if self.seen:
            return ngettext(
                "%(within)s it was asked about %(seen)s decision and would have changed nothing.",
                "%(within)s it was asked about %(seen)s decisions and would have changed none.", self.seen,
            ) % told  # fmt: skip
        return _("%(within)s nobody asked for anything that it is about.") % told


@dataclass(slots=True)
class Line:
    """One kind of difference that somebody would have met, on which permissions."""

    label: str
    count: int = 0
    actions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Met:
    """What would have changed for one person, by kind, and when last."""

    last: datetime
    lines: dict[str, Line] = field(default_factory=dict)


@dataclass(frozen=True)
class Touched:
    """What the page of a recorded version shows beside its sum."""

    days: Sequence[tuple[date, int, int]]  # (day, decisions seen, decisions changed)
    actions: Sequence[tuple[str, int]]
    latest: Sequence[PolicyTouch]
    resources: Mapping[int, str]  # names of those that the reader sees
    kind: str
    page: Page
    said: Mapping[int, Met]
    unseen: Count

    @property
    def columns(self) -> list[tuple[str, int]]:
        """Return what the picture shows."""
        return [(date_format(day, "j M"), changed) for day, _seen, changed in self.days]

    @property
    def finding(self) -> str:
        """Return what the picture says."""
        most = max(self.days, key=lambda day: day[2])
        told = {"day": date_format(most[0], "j M"), "n": f"{most[2]:,}"}
        return _("Decisions that would have been different, by day; most on %(day)s: %(n)s") % told


def _counted(n: int, people: Count, told: Mapping[str, str], said: str) -> str:
    whom = ngettext("%(n)s person", "%(n)s people", people.value) % {"n": str(people)}
    return said % {**told, "n": f"{n:,}", "people": whom}


def summed(state: PolicyState, *, at: datetime) -> Summary:
    """Return what came of recording the version of `state`, in two queries."""
    rows = _days(state).order_by().values("kind").annotate(n=Sum("count"))
    totals = {row["kind"]: row["n"] for row in rows}
    found = [kind for kind in Difference if kind.value in totals]
    touches = _touches(state)
    people = Person.objects.all()
    lists = [people.filter(pk__in=touches.values("person"))]
    lists += [people.filter(pk__in=touches.filter(kind=kind).values("person")) for kind in found]
    everybody, *counts = Count.of_all(lists) if found else [Count(0)]
    kinds = [
        Kind(kind.value, str(kind.label), totals[kind.value], met) for kind, met in zip(found, counts, strict=True)
    ]
    return Summary(state, at, totals, kinds, everybody)


def touched(reader: Person, sum_of: Summary, params: Mapping[str, str], *, at: datetime) -> Touched:
    """Return whom it would have touched, as far as `reader` may be told; the number of queries does not grow."""
    state, touches = sum_of.state, _touches(sum_of.state)
    kind = params.get("kind", "")
    kind = kind if kind in {one.value for one in sum_of.kinds} else ""
    asked = touches.filter(kind=kind) if kind else touches
    people = Person.objects.filter(pk__in=asked.values("person"))
    seen = _tellable(reader, people, at)
    page = PEOPLE.page(seen, params)
    told = _tellable(reader, Person.objects.all(), at)
    latest = list(
        touches.filter(person__in=told).select_related("person", "action").order_by("-last_at", "-pk")[:LATEST]
    )
    unseen = Count.of(people.exclude(pk__in=seen.order_by().values("pk")))
    return Touched(
        days=_by_day(state, at),
        actions=list(
            _days(state).filter(kind=CHANGED).order_by().values_list("action__key").annotate(n=Sum("count"))
            .order_by("-n", "action__key")
        ),
        latest=latest,
        resources=_names(reader, {one.resource_id for one in latest if one.resource_id}, at),
        kind=kind,
        page=page,
        said=_said(asked, [person.pk for person in page.rows]),
        unseen=unseen,
    )  # fmt: skip


def _tellable(reader: Person, people: QuerySet[Person], at: datetime) -> QuerySet[Person]:
    """Return those of `people` of whom `reader` may be told what they met: that is their access, and what they used."""
    if not usage.may_see(reader, at=at):
        return people.none()
    return usage.whose(reader, tellable(reader, people, at=at), at=at)


def _days(state: PolicyState) -> QuerySet[PolicyDay]:
    return PolicyDay.objects.filter(version=state.version_id, day__gte=state.starts_at.date())


def _touches(state: PolicyState) -> QuerySet[PolicyTouch]:
    return PolicyTouch.objects.filter(version=state.version_id, day__gte=state.starts_at.date())


def _by_day(state: PolicyState, at: datetime) -> list[tuple[date, int, int]]:
    first = max(state.starts_at.date(), at.date() - (SHOWN_DAYS - 1) * DAY)
    found: dict[tuple[date, str], int] = {
        (day, kind): n
        for day, kind, n in _days(state).filter(kind__in=(SEEN, CHANGED), day__gte=first).order_by()
        .values_list("day", "kind").annotate(n=Sum("count"))
    }  # fmt: skip
    days = [first + number * DAY for number in range((at.date() - first).days + 1)]
    return [(day, found.get((day, SEEN), 0), found.get((day, CHANGED), 0)) for day in days]


def _names(reader: Person, ids: set[int], at: datetime) -> dict[int, str]:
    rows = gate.visible(reader, "resource.view", Resource.objects.filter(pk__in=ids), at=at, as_type="resource")
    return dict(rows.values_list("pk", "name")) if ids else {}


def _said(touches: QuerySet[PolicyTouch], people: Iterable[int]) -> dict[int, Met]:
    """Return {person: what would have changed for them}, the most frequent first."""
    found: dict[int, Met] = {}
    rows = touches.filter(person__in=list(people)).order_by().values_list("person", "kind", "action__key")
    rows = rows.annotate(n=Sum("count"), last=Max("last_at")).order_by("-n", "action__key")
    for person, kind, action, n, last in rows:
        met = found.setdefault(person, Met(last))
        met.last = max(met.last, last)
        line = met.lines.setdefault(kind, Line(str(Difference(kind).label)))
        line.count += n
        line.actions.append(action)
    return found
