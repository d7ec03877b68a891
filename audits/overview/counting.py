"""What the overview counts, each through the very function that narrows the list behind it, all in one statement.

So a figure and its list cannot disagree, and the page costs the same however much there is: counts stop at a cap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.integrations import listing as integrations
from accounts.integrations import selectors as connected
from accounts.models import Membership, Person, PersonState, Team
from accounts.people import selectors as people
from accounts.people.selectors import Criteria
from accounts.teams import selectors as teams
from audits.models import Event
from audits.trail.filters import filtered
from cxaccess.jobs.models import ImportBatch, ImportState
from cxaccess.lib import statements
from cxaccess.lib.clock import end_of_day, start_of_day
from cxaccess.lib.listing import Count, counting
from cxaccess.lib.models import Risk
from permissions import facts, gate
from permissions.grants import selectors as grants
from permissions.history import COLLECTIVE
from permissions.models import Mode, Resource, Role, RoleGrant, UsageActionDay
from permissions.objects import selectors as objects
from permissions.objects.rows import COLLECTIVES, PEOPLE
from permissions.resources import listing as resources
from permissions.roles import selectors as roles
from permissions.usage import selectors as usage

DAYS = 14
WEEK = timedelta(days=7)
UNUSED_ON = {PEOPLE: "unused of people", COLLECTIVES: "unused of teams"}  # grants on one resource, by their table
Rows = dict[str, QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts by name; a name that the reader may not see counted is missing."""

    counts: Mapping[str, Count]

    def __contains__(self, name: str) -> bool:
        return name in self.counts

    def __getitem__(self, name: str) -> Count:
        return self.counts[name]

    def some(self, name: str) -> Count | None:
        """Return a count that is not nothing."""
        found = self.counts.get(name)
        return found if found is not None and found.value else None


def count(rows: Rows) -> Counted:
    """Count everything."""
    found = Count.of_all(list(rows.values()))
    return Counted(dict(zip(rows, found, strict=True)))


def week_ago(at: datetime) -> date:
    """Return the day, in the reader's zone, from which refusals are counted."""
    return (timezone.localtime(at) - WEEK).date()


def days(at: datetime) -> list[date]:
    """Return the days of the strip, in the reader's zone."""
    today = timezone.localtime(at).date()
    return [today + timedelta(days=step) for step in range(DAYS)]


def of_desk(reader: Person, *, at: datetime) -> Rows:
    """Return what is counted for who administers, as far as `reader` may see it."""
    return {
        **_of_people(reader, at),
        **_of_teams(reader, at),
        **_of_grants(reader, at),
        **_of_roles(reader, at),
        **_of_resources(reader, at),
        **_of_integrations(reader, at),
        **_of_events(reader, at),
    }


def _seen(reader: Person, action: str, rows: QuerySet[Any], at: datetime) -> QuerySet[Any] | None:
    return gate.visible(reader, action, rows, at=at) if gate.may_somewhere(reader, action, at=at) else None


def _of_people(reader: Person, at: datetime) -> Rows:
    seen = _seen(reader, "person.view", Person.objects.all(), at)
    if seen is None:
        return {}
    asked = {f"state:{state}": Criteria(state=state) for state in PersonState.values}
    asked |= {"new": Criteria(view="new"), "unclaimed": Criteria(view="unclaimed")}
    if people.may_see_factors(reader, at):
        asked["claimed"] = Criteria(state=PersonState.ACTIVE, sign_in="claimed")
        asked["factorless"] = Criteria(sign_in=people.NO_FACTOR)
    found = {name: people.narrowed(seen, wanted, reader, at) for name, wanted in asked.items()}
    risky = _holds_high_risk(at)
    found["away"] = found[f"state:{PersonState.SUSPENDED}"].filter(risky)
    if "factorless" in found:
        found["risky"] = found["factorless"].filter(risky)
    return found


def _holds_high_risk(at: datetime) -> Q:
    """Return the condition that the list of people has for high risk, asked of each person.

    The list asks for all whom such a grant reaches first, which takes long where most hold one; here few are asked.
    """
    held = RoleGrant.objects.in_force(at).filter(mode=Mode.ACTIVE, role__risk__gte=Risk.HIGH)
    of_collectives = set(
        held.filter(principal__kind__in=COLLECTIVE).order_by().values_list("principal_id", flat=True).distinct()
    )
    model = facts.model(at)
    reached = of_collectives - model.teams_of_principals.keys()
    reached |= {team for team in model.teams_of_principals if not of_collectives.isdisjoint(model.chain(team))}
    inside = Membership.objects.in_force(at).filter(person=OuterRef("pk"), principal__in=reached)
    return Q(Exists(held.filter(principal=OuterRef("principal")))) | Q(Exists(inside))


def _of_teams(reader: Person, at: datetime) -> Rows:
    seen = _seen(reader, "team.view", Team.objects.all(), at)
    return {} if seen is None else {"leaderless": teams.narrowed(seen, "", "no-lead", None, None, reader, at)}


def _of_grants(reader: Person, at: datetime) -> Rows:
    seen = _seen(reader, "grant.view", RoleGrant.objects.all(), at)
    if seen is None:
        return {}
    current, soon = (grants.of_view(reader, seen, view, at=at) for view in ("", "soon"))
    found = {"grants": current, "soon": soon}
    found |= {f"risk:{level}": grants.narrowed(current, at=at, risk=level) for level in Risk.values}
    return found | _unused(reader, seen, at)


def ends(reader: Person, *, at: datetime) -> dict[date, int]:
    """Return how many grants end on each of the days that grants end on soon, as the list of one day has them."""
    seen = _seen(reader, "grant.view", RoleGrant.objects.all(), at)
    if seen is None:
        return {}
    zone = timezone.get_current_timezone_name()
    soon = grants.of_view(reader, seen, "soon", at=at)
    on = {
        f"on_{number}": CountOf("pk", filter=Q(until__gt=start_of_day(day, zone), until__lte=end_of_day(day, zone)))
        for number, day in enumerate(days(at))
    }
    return dict(zip(days(at), soon.order_by().aggregate(**on).values(), strict=True))


def _unused(reader: Person, seen: QuerySet[Any], at: datetime) -> Rows:
    """Return the grants that nobody uses; nothing before use was counted for long enough to say so."""
    if not usage.may_see(reader, at=at):
        return {}
    found: Rows = {"counted": _used_until(_start_of_use(at)), "unused": grants.of_view(reader, seen, "unused", at=at)}
    for of, name in UNUSED_ON.items():
        found[name] = objects.of_view(reader, objects.visible(reader, of, at=at), "unused", at=at)
    return found


def _start_of_use(at: datetime) -> date:
    """Return the day from which use must have been counted: later, nothing can be called unused."""
    return (at - usage.UNUSED_AFTER).date()


def _used_until(day: date) -> QuerySet[UsageActionDay]:
    return UsageActionDay.objects.filter(day__lte=day)


def _of_roles(reader: Person, at: datetime) -> Rows:
    seen = _seen(reader, "role.view", Role.objects.all(), at)
    if seen is None:
        return {}
    none = {"q": "", "risk": "", "at": at}
    found = {"ownerless": roles.narrowed(seen, view="", owner=roles.NOBODY, see_use=False, **none)}
    if usage.sees_all(reader, at=at):
        found["idle"] = roles.narrowed(seen, view="idle", owner="", see_use=True, **none)
    return found


def _of_resources(reader: Person, at: datetime) -> Rows:
    seen = _seen_resources(reader, at)
    if seen is None:
        return {}
    return {"nobodys": resources.narrowed(seen, resources.Criteria(owner="nobody"), reader.pk, at=at)}


def _seen_resources(reader: Person, at: datetime) -> QuerySet[Resource] | None:
    if not gate.may_somewhere(reader, "resource.view", at=at):
        return None
    return gate.visible(reader, "resource.view", Resource.objects.all(), at=at, as_type="resource")


def _of_integrations(reader: Person, at: datetime) -> Rows:
    if not gate.may_somewhere(reader, connected.VIEW, at=at):
        return {}
    seen = connected.visible(reader, at=at)
    views = (integrations.ENDING, integrations.UNOWNED, integrations.UNUSED)
    return {f"integrations:{view}": integrations.narrowed(seen, view=view, at=at) for view in views}


def _of_events(reader: Person, at: datetime) -> Rows:
    seen = _seen(reader, "trail.view", Event.objects.all(), at)
    return {} if seen is None else {"refused": filtered(seen, {"refused": True, "since": week_ago(at)})}


@dataclass(frozen=True, slots=True)
class Sight:
    """What the statement of one's own counts depends on: what a reader may do at all, and how many teams they lead."""

    imports: bool
    resources: bool
    grants: bool
    use: bool
    led: int

    @property
    def names(self) -> list[str]:
        """Return what is counted, in the order of the statement; of teams by their number."""
        found = ["owned roles", "owned resources", *(["imports"] if self.imports else []), "tokens run out"]
        found += [*(["unused resources"] if self.resources else []), *(["counted"] if self.use else [])]
        views = ["soon", "unused"] if self.use else ["soon"]
        return found + [f"{view}:{team}" for team in range(self.led) for view in views if self.grants]


def of_own(reader: Person, led: Sequence[Team], *, at: datetime) -> Counted:
    """Count what `reader` leads, owns and has begun; what ends soon in the first team they lead is "soon:0"."""
    may = partial(gate.may_somewhere, reader, at=at)
    sight = Sight(
        may("import.run"), may("resource.view"), bool(led) and may("grant.view"), usage.may_see(reader, at=at), len(led)
    )
    values: dict[str, Any] = {"owner": reader.pk, "at": at, "day": _start_of_use(at)}
    values |= {f"team_{number}": team.principal_id for number, team in enumerate(led)}
    put_together = partial(_own, reader, at, sight)
    if all(gate.sees_all(reader, action, at=at) for action in ("resource.view", "grant.view", usage.VIEW)):
        sql, params = statements.kept(("own", sight), put_together, **values)
    else:
        sql, params = put_together(**values)
    return Counted(dict(zip(sight.names, Count.asked(sql, params), strict=True)))


def _own(
    reader: Person, now: datetime, sight: Sight, *, owner: int, at: datetime, day: date, **led: int
) -> tuple[str, list[Any]]:  # fmt: skip
    """Return the statement of one's own counts. What `reader` sees is asked as of `now`."""
    mine: Rows = {
        "owned roles": Role.objects.filter(owner=owner, retired_at=None),
        "owned resources": Resource.objects.filter(owner=owner, object_kind=None, archived_at=None),
        "imports": ImportBatch.objects.filter(actor=owner, state=ImportState.CHECKED),
        "tokens run out": integrations.narrowed(connected.ROWS, view=integrations.ENDING, owner=owner, at=at),
        "counted": _used_until(day),
    }
    seen = _seen_resources(reader, now)
    if seen is not None:
        wanted = resources.Criteria(owner="me", use="none")
        mine["unused resources"] = resources.narrowed(seen, wanted, owner, at=at)
    grants_seen = _seen(reader, "grant.view", RoleGrant.objects.all(), now) if led else None
    if grants_seen is not None:
        uses_seen = gate.visible(reader, usage.VIEW, grants_seen, at=now, as_type="usage") if sight.use else None
        for number, principal in enumerate(led.values()):
            mine |= _of_led(grants_seen, uses_seen, Team(principal_id=principal), number, at)
    return counting([mine[name] for name in sight.names])


def _of_led(
    seen: QuerySet[RoleGrant], uses: QuerySet[RoleGrant] | None, team: Team, number: int, at: datetime
) -> Rows:  # fmt: skip
    found = {f"soon:{number}": grants.narrowed(grants.of_window(seen, "soon", at=at), at=at, team=team)}
    if uses is not None:
        found[f"unused:{number}"] = grants.narrowed(usage.unused(uses, at=at), at=at, team=team)
    return found
