"""The first page: what needs this reader, how things stand where they may look, what happened last."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count as CountOf
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import Person, PersonState, Team
from accounts.people.selectors import roles_of
from accounts.teams.selectors import narrowed as teams_narrowed
from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib.listing import Count
from cxaccess.lib.models import Risk
from permissions import gate
from permissions.grants import selectors as grants
from permissions.models import Role, RoleGrant

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DAYS, LATEST = 14, 6
# What happens all day long; on this page it would hide what changed.
PASSING = [Tag.SIGN_IN, Tag.SIGN_IN_FAILED, Tag.SIGN_OUT, Tag.SESSION_ENDED, Tag.STEP_UP, Tag.ACCESS_CHECKED]
FILLS = {Risk.LOW: "2", Risk.MEDIUM: "1", Risk.HIGH: "warn", Risk.CRITICAL: "bad"}
MANY = 10  # a day on which this many grants end is worth a second look


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs the reader: how many, what of it, and where to go."""

    text: str
    note: str
    icon: str
    tone: str
    url: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the strip and how many grants end on it."""

    day: date
    ends: int

    @property
    def weekend(self) -> bool:
        """Return whether it is a Saturday or a Sunday."""
        return self.day.weekday() > 4

    @property
    def many(self) -> bool:
        """Return whether unusually much ends."""
        return self.ends >= MANY


def greeting(at: datetime) -> str:
    """Return the greeting of the hour where the reader is."""
    hour = timezone.localtime(at).hour
    if hour < 12:
        return _("Good morning, %(name)s")
    return _("Good afternoon, %(name)s") if hour < 18 else _("Good evening, %(name)s")


def tasks(reader: Person, soon: QuerySet[RoleGrant], *, at: datetime) -> list[Task]:
    """Return what needs the reader, most pressing first; nothing they could not open."""
    found = [_ending(soon), _without_owner(reader, at), _without_lead(reader, at), _unclaimed(reader, at)]
    return [task for task in found if task]


def _ending(soon: QuerySet[RoleGrant]) -> Task | None:
    number = soon.count()
    if not number:
        return None
    risky = soon.filter(role__risk__gte=Risk.HIGH).count()
    text = ngettext("%(n)d grant ends within 14 days", "%(n)d grants end within 14 days", number)
    note = ngettext("%(n)d of them is high risk", "%(n)d of them are high risk", risky) % {"n": risky}
    note = note if risky else _("None of them is high risk")
    return Task(text % {"n": number}, note, "grant", "warn", reverse("grants:list") + "?view=soon")


def _without_owner(reader: Person, at: datetime) -> Task | None:
    seen = gate.visible(reader, "role.view", Role.objects.filter(retired_at=None, owner=None), at=at)
    number = seen.count()
    text = ngettext("%(n)d role has no owner", "%(n)d roles have no owner", number) % {"n": number}
    return Task(text, _("Nobody answers for them"), "role", "bad", reverse("roles:list")) if number else None


def _without_lead(reader: Person, at: datetime) -> Task | None:
    seen = gate.visible(reader, "team.view", Team.objects.all(), at=at)
    number = teams_narrowed(seen, "", "no-lead", None, None, reader, at).count()
    text = ngettext("%(n)d team has no lead", "%(n)d teams have no lead", number) % {"n": number}
    url = reverse("teams:list") + "?view=no-lead"
    return Task(text, _("Nobody looks after who is in it"), "team", "accent", url) if number else None


def _unclaimed(reader: Person, at: datetime) -> Task | None:
    rows = Person.objects.filter(state=PersonState.ACTIVE, claimed_at=None)
    number = gate.visible(reader, "person.view", rows, at=at).count()
    text = ngettext("%(n)d person has no way to sign in", "%(n)d people have no way to sign in", number)
    note, url = _("Imported, and waiting to be claimed"), reverse("people:list") + "?view=unclaimed"
    return Task(text % {"n": number}, note, "people", "", url) if number else None


def ends(soon: QuerySet[RoleGrant], *, at: datetime) -> list[Day]:
    """Return the next fourteen days of the reader's zone with how many of `soon` end on each."""
    today = timezone.localdate(at)
    # A grant "until the 5th" ends at the first instant of the 6th; it belongs to the day people call its last.
    last_moments = (until - timedelta(seconds=1) for until in soon.values_list("until", flat=True) if until)
    per_day = Counter(timezone.localdate(moment) for moment in last_moments)
    return [Day(day, per_day[day]) for day in (today + timedelta(days=step) for step in range(DAYS))]


def risks(now: QuerySet[RoleGrant]) -> list[tuple["StrOrPromise", int, str]]:
    """Return how many of the grants in force carry which risk: (label, number, colour), the highest first."""
    counted = dict(now.order_by().values_list("role__risk").annotate(n=CountOf("pk")))
    return [(level.label, counted.get(level, 0), FILLS[level]) for level in reversed(Risk)]


def figures(reader: Person, now: QuerySet[RoleGrant], *, at: datetime) -> dict[str, Any]:
    """Return the key figures of what the reader may see."""
    people = gate.visible(reader, "person.view", Person.objects.filter(state=PersonState.ACTIVE), at=at)
    return {
        "people": people.count(),
        "claimed": people.exclude(claimed_at=None).count(),
        "grants": now.count(),
        "temporary": now.exclude(until=None).count(),
        "risky": now.filter(role__risk__gte=Risk.HIGH).count(),
    }


def latest(reader: Person, *, at: datetime) -> dict[str, Any]:
    """Return the last changes and how many there were within a week, for whoever may read the trail."""
    seen = gate.visible(reader, "trail.view", Event.objects.all(), at=at)
    week = seen.filter(timestamp__gte=at - timedelta(days=7))
    changes = seen.exclude(tag__in=PASSING).order_by("-pk")[:LATEST]
    return {"stories": describe(changes), "events": Count.of(week)}


def gathered(reader: Person, *, at: datetime) -> dict[str, Any]:
    """Return what the page shows; parts that the reader may not see are missing."""
    shown: dict[str, Any] = {"mine": roles_of([reader], at)[reader.pk]}
    if gate.may_somewhere(reader, "grant.view", at=at):
        seen = gate.visible(reader, "grant.view", RoleGrant.objects.all(), at=at)
        now, soon = (grants.of_view(seen, view, at=at) for view in ("", "soon"))
        shown |= {"tasks": tasks(reader, soon, at=at), "days": ends(soon, at=at), "risks": risks(now)}
        shown |= {"figures": figures(reader, now, at=at)}
    if gate.may_somewhere(reader, "trail.view", at=at):
        shown |= latest(reader, at=at)
    return shown


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show the overview."""
    reader, at = request.user, request.at  # type: ignore[attr-defined]
    hello = greeting(at) % {"name": str(reader).split()[0]}
    return render(request, "overview.html", {"greeting": hello, **gathered(reader, at=at)})  # type: ignore[arg-type]
