"""What the overview shows who administers: figures that each lead to a list, and where to look first.

Every figure is counted over what the gate lets the reader see, so a regional administrator reads those of the region.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count as CountOf
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, Part, Person, PersonState, Team
from audits.models import Event
from audits.trail.selectors import Stretch, stretch
from cxaccess.lib.listing import Count
from cxaccess.lib.models import Risk, in_force
from permissions import gate
from permissions.models import Mode, Role, RoleGrant

DAYS = 14
RECENT = 8
COUNTABLE = 5000
MANY = 10
SATURDAY = 5
FILLS = {Risk.LOW: "2", Risk.MEDIUM: "1", Risk.HIGH: "warn", Risk.CRITICAL: "bad"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: of what, how many, compared with what, and the list behind it."""

    label: str
    value: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to look at: a sentence, how grave, the list behind it."""

    text: str
    note: str
    tone: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the strip and how many grants end on it."""

    day: date
    count: int
    tone: str
    weekend: bool
    url: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The part for who administers; parts that the reader may not see are empty."""

    figures: Sequence[Figure]
    concerns: Sequence[Concern]
    days: Sequence[Day]
    risks: Sequence[tuple[str, int, str]]
    recent: Stretch | None

    @property
    def is_empty(self) -> bool:
        """Return whether the reader administers nothing."""
        return not (self.figures or self.days or self.recent)

    @property
    def standing(self) -> int:
        """Return how many grants are in force."""
        return sum(number for _label, number, _fill in self.risks)

    @property
    def risky(self) -> int:
        """Return how many of them are of high or critical risk."""
        return sum(number for _label, number, _fill in self.risks[:2])


def desk(reader: Person, *, at: datetime) -> Desk:
    """Return the desk of `reader`."""
    people = _seen(reader, "person.view", Person.objects.all(), at)
    teams = _seen(reader, "team.view", Team.objects.filter(archived_at=None), at)
    grants = _seen(reader, "grant.view", RoleGrant.objects.filter(mode=Mode.ACTIVE), at)
    events = _seen(reader, "trail.view", Event.objects.all(), at)
    return Desk(
        figures=[*_of_people(people, at), *_of_teams(teams), *_of_grants(grants, at)],
        concerns=[*_risks(people, at), *_leaderless(teams, at), *_ownerless(reader, at), *_refused(events, at)],
        days=_days(grants, at) if grants is not None else [],
        risks=_by_risk(grants, at) if grants is not None else [],
        recent=stretch(events.exclude(tag__startswith="sign_in."), size=RECENT) if events is not None else None,
    )


def _seen(reader: Person, action: str, rows: QuerySet, at: datetime) -> QuerySet | None:
    return gate.visible(reader, action, rows, at=at) if gate.may_somewhere(reader, action, at=at) else None


def _of_people(people: QuerySet | None, at: datetime) -> list[Figure]:
    if people is None:
        return []
    active = people.filter(state=PersonState.ACTIVE)
    fresh = people.filter(created_at__gt=at - timedelta(days=30)).exclude(state=PersonState.LEFT)
    note = _("%(n)s added in the last 30 days") % {"n": Count.of(fresh)}
    return [Figure(_("Active people"), str(Count.of(active)), note, f"{reverse('people:list')}?state=active")]


def _of_teams(teams: QuerySet | None) -> list[Figure]:
    if teams is None:
        return []
    top = Count.of(teams.filter(parent=None))
    note = _("%(n)s of them at the top") % {"n": top}
    return [Figure(_("Teams"), str(Count.of(teams)), note, reverse("teams:list"))]


def _of_grants(grants: QuerySet | None, at: datetime) -> list[Figure]:
    if grants is None:
        return []
    current = grants.filter(in_force(at))
    ending = current.filter(until__isnull=False)
    soon = ending.filter(until__lte=at + timedelta(days=DAYS))
    url = reverse("grants:list")
    return [
        Figure(
            _("Grants in force"),
            str(Count.of(current)),
            _("%(n)s of them end by themselves") % {"n": Count.of(ending)},
            url,
        ),
        Figure(_("End within 14 days"), str(Count.of(soon)), _("Ask who still needs them"), f"{url}?view=soon"),
    ]


def _days(grants: QuerySet, at: datetime) -> list[Day]:
    """Return the next days in the reader's zone; a grant that ends at midnight ends on the day before."""
    today = timezone.localtime(at).date()
    near = grants.filter(in_force(at), until__lte=at + timedelta(days=DAYS + 1))
    moments = near.order_by().values_list("until", flat=True)[:COUNTABLE]
    found = Counter(timezone.localtime(moment - timedelta(microseconds=1)).date() for moment in moments)
    url = reverse("grants:list")
    span = [today + timedelta(days=step) for step in range(DAYS)]
    return [
        Day(day, found[day], _tone(found[day]), day.weekday() >= SATURDAY, f"{url}?view=soon&ends={day.isoformat()}")
        for day in span
    ]


def _by_risk(grants: QuerySet, at: datetime) -> list[tuple[str, int, str]]:
    """Return how many grants in force carry which risk, the highest first: (label, number, colour)."""
    counted = dict(grants.filter(in_force(at)).order_by().values_list("role__risk").annotate(n=CountOf("pk")))
    return [(str(level.label), counted.get(level, 0), FILLS[level]) for level in reversed(Risk)]


def _tone(count: int) -> str:
    if count >= MANY:
        return "hi"
    return "n" if count else "z"


def _risks(people: QuerySet | None, at: datetime) -> list[Concern]:
    if people is None:
        return []
    here = people.exclude(state=PersonState.LEFT)
    high = Count.of(here.filter(_holds_high(at)))
    unclaimed = Count.of(people.filter(state=PersonState.ACTIVE, claimed_at=None))
    away = Count.of(people.filter(_holds_high(at), state=PersonState.SUSPENDED))
    url = reverse("people:list")
    found = []
    if away.value:
        text = ngettext(
            "%(n)s suspended person holds a high-risk role", "%(n)s suspended people hold high-risk roles", away.value
        )
        note = _("It counts again the day they return")
        found.append(Concern(text % {"n": away}, note, "bad", "no", f"{url}?state=suspended&risk={Risk.HIGH.value}"))
    if high.value:
        text = ngettext("%(n)s person holds a high-risk role", "%(n)s people hold high-risk roles", high.value)
        note = _("By themselves or through a team")
        found.append(Concern(text % {"n": high}, note, "warn", "role", f"{url}?view=high-risk"))
    if unclaimed.value:
        text = ngettext("%(n)s unclaimed account", "%(n)s unclaimed accounts", unclaimed.value)
        note = _("Active, but nobody has signed in as them")
        found.append(Concern(text % {"n": unclaimed}, note, "", "person", f"{url}?view=unclaimed"))
    return found


def _holds_high(at: datetime) -> Q:
    high = RoleGrant.objects.filter(in_force(at), role__risk__gte=Risk.HIGH, mode=Mode.ACTIVE).values("principal")
    members = Membership.objects.filter(in_force(at), principal__in=high).values("person")
    return Q(principal__in=high) | Q(pk__in=members)


def _leaderless(teams: QuerySet | None, at: datetime) -> list[Concern]:
    if teams is None:
        return []
    leads = Membership.objects.filter(in_force(at), principal=OuterRef("principal"), part=Part.LEAD)
    count = Count.of(teams.filter(~Exists(leads)))
    if not count.value:
        return []
    text = ngettext("%(n)s team has no lead", "%(n)s teams have no lead", count.value) % {"n": count}
    return [
        Concern(text, _("Nobody answers for who is in it"), "warn", "team", f"{reverse('teams:list')}?view=no-lead")
    ]


def _ownerless(reader: Person, at: datetime) -> list[Concern]:
    roles = _seen(reader, "role.view", Role.objects.filter(retired_at=None, owner=None), at)
    count = Count.of(roles) if roles is not None else Count(0)
    if not count.value:
        return []
    text = ngettext("%(n)s role has no owner", "%(n)s roles have no owner", count.value) % {"n": count}
    return [Concern(text, _("Nobody answers for what it allows"), "warn", "role", reverse("roles:list"))]


def _refused(events: QuerySet | None, at: datetime) -> list[Concern]:
    if events is None:
        return []
    count = Count.of(events.filter(tag="access.refused", timestamp__gt=at - timedelta(days=7)))
    if not count.value:
        return []
    text = ngettext("%(n)s refusal in the last 7 days", "%(n)s refusals in the last 7 days", count.value) % {"n": count}
    since = (timezone.localtime(at) - timedelta(days=7)).date()
    url = f"{reverse('trail:list')}?refused=on&since={since.isoformat()}"
    return [Concern(text, _("Somebody asked for what they may not do"), "", "trail", url)]
