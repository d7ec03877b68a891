"""Reads of teams."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, Part, Person, PersonState, Team
from accounts.reads import below
from cxaccess.lib import statements
from cxaccess.lib.models import Source
from cxaccess.lib.tree import numbered
from permissions import facts
from permissions.birthrights import rules as birthrights
from permissions.models import Action, GroupObjectGrant, Mode, PersonObjectGrant, Resource, ResourceType, RoleGrant
from permissions.policies.doors import naming

NAMED_LEADS = 2
NAMED = 3  # so many are named where something is in use; the rest is a number


def editable(team: Team) -> dict[str, Any]:
    """Return the values that the edit form shows, by its field names."""
    return {
        "name": team.name,
        "purpose": team.purpose,
        "owner": team.owner,
        "region": team.resource.region,
        "department": team.resource.department,
    }


def users_of(team: Team, reader: Person, *, at: datetime) -> list[str]:
    """Return, in words for `reader`, whoever and whatever still depends on the team at `at`, or later."""
    members = Membership.objects.not_over(at).filter(principal=team.principal_id).order_by("person__name")
    children = Team.objects.filter(parent=team, archived_at=None).order_by("principal__label")
    held = RoleGrant.objects.not_over(at).filter(principal=team.principal_id).order_by("role__name")
    scoped = RoleGrant.objects.not_over(at).filter(scope__terms__dimension="team", scope__terms__ref_id=team.pk)
    owned = Resource.objects.filter(owner_team=team, archived_at=None).exclude(pk=team.resource_id).order_by("name")
    things = GroupObjectGrant.objects.not_over(at).filter(group__principal=team.principal_id)
    found = [
        said(list(members.values_list("person__name", flat=True)), "member"),
        said(list(children.values_list("principal__label", flat=True)), "team"),
        said(list(held.values_list("role__name", flat=True)), "role"),
        said(list(things.values_list("content_object__name", flat=True)), "thing"),
        said(_given_on(team, at), "on"),
        said(list(scoped.values_list("principal__label", flat=True)), "scope"),
        said(list(owned.values_list("name", flat=True)), "resource"),
        said(naming(reader, team.principal_id, team=team.pk, at=at), "policy"),
        said(birthrights.naming(reader, "team", team.pk, at=at), "birthright"),
    ]
    return [words for words in found if words]


def _given_on(team: Team, at: datetime) -> list[str]:
    """Return the names of whoever has something on exactly this team; that its owner has is no use of it."""
    people = PersonObjectGrant.objects.not_over(at).filter(content_object=team.resource_id).exclude(source=Source.OWNER)
    others = GroupObjectGrant.objects.not_over(at).filter(content_object=team.resource_id)
    return [*people.values_list("user__name", flat=True), *others.values_list("group__principal__label", flat=True)]


def said(names: list[str], kind: str) -> str:
    """Return "2 members (Ali Haddad, Maya Okafor)"."""
    if not names:
        return ""
    n = len(names)
    counted = {
        "member": ngettext("%(n)d member", "%(n)d members", n),
        "team": ngettext("%(n)d team under it", "%(n)d teams under it", n),
        "role": ngettext("%(n)d role given to it", "%(n)d roles given to it", n),
        "on": ngettext("%(n)d grant on it", "%(n)d grants on it", n),
        "scope": ngettext("%(n)d grant within it", "%(n)d grants within it", n),
        "resource": ngettext("%(n)d resource it owns", "%(n)d resources it owns", n),
        "thing": ngettext("%(n)d thing it may use", "%(n)d things it may use", n),
        "birthright": ngettext("%(n)d birthright rule that gives it", "%(n)d birthright rules that give it", n),
        "policy": ngettext("%(n)d policy that names it", "%(n)d policies that name it", n),
    }[kind] % {"n": n}
    shown = ", ".join(names[:NAMED])
    more = _(" and %(n)d more") % {"n": n - NAMED} if n > NAMED else ""
    return f"{counted} ({shown}{more})"


@dataclass(slots=True)
class Row:
    """One team in the list."""

    team: Team
    members: int
    leads: list[Person]
    roles: list[str]
    depth: int = 0

    @property
    def named_leads(self) -> list[Person]:
        """Return the leads that the list names; the others are a number."""
        return self.leads[:NAMED_LEADS]

    @property
    def more_leads(self) -> int:
        """Return how many leads it does not name."""
        return max(0, len(self.leads) - NAMED_LEADS)

    @property
    def other_roles(self) -> list[str]:
        """Return the roles after the first."""
        return self.roles[1:]

    @property
    def kind(self) -> tuple[Any, ...]:
        """Return what its row in the list depends on, but for the values that stand in it."""
        leads = (bool(self.leads), bool(self.more_leads))
        return (
            bool(self.team.archived_at),
            self.team.parent_id is None,
            *leads,
            bool(self.roles),
            bool(self.other_roles),
        )


def narrowed(
    rows: QuerySet[Team], q: str, view: str, region: int | None, department: int | None, reader: Person, at: datetime
) -> QuerySet[Team]:  # fmt: skip
    """Return those of `rows` that say all of `q`, lie at or below the places, and are in the saved `view`."""
    for word in q.split():
        inside = Membership.objects.in_force(at).filter(person__name__icontains=word).values("principal")
        rows = rows.filter(
            Q(principal__label__icontains=word) | Q(purpose__icontains=word) | Q(principal__in=inside)
        )  # fmt: skip
    if region:
        rows = rows.filter(resource__region__in=below("region", region, at=at))
    if department:
        rows = rows.filter(resource__department__in=below("department", department, at=at))
    if view == "archived":
        return rows.exclude(archived_at=None)
    rows = rows.filter(archived_at=None)
    if view == "mine":
        mine = Membership.objects.in_force(at).filter(person=reader).values("principal")
        rows = rows.filter(principal__in=mine)
    if view == "no-lead":
        leads = Membership.objects.in_force(at).filter(part=Part.LEAD, person__state=PersonState.ACTIVE)
        rows = rows.filter(~Exists(leads.filter(principal=OuterRef("principal"))))
    return rows


def described(teams: Collection[Team], at: datetime) -> list[Row]:
    """Return a row for each team, in four queries however many there are."""
    chain = facts.model(at).chain
    found = {team.principal_id: Row(team, 0, [], []) for team in teams}
    of = sorted(found)
    for principal, n in statements.rows("members of teams", _counted, at=at, of=of):
        found[principal].members = n
    for lead in statements.rows("leads of teams", _leads, at=at, of=of):
        found[lead.principal_id].leads.append(lead.person)
    above = {principal: set(chain(principal)) for principal in found}
    wanted = sorted(set().union(*above.values()))
    for principal, name in statements.rows("roles of teams", _roles, at=at, of=wanted):
        for reached, ways in above.items():
            if principal in ways and name not in found[reached].roles:
                found[reached].roles.append(name)
    return [found[team.principal_id] for team in teams]


def _counted(*, at: datetime, of: list[int]) -> QuerySet[Any, Any]:
    members = Membership.objects.in_force(at).filter(principal__in=of).order_by()
    return members.values_list("principal_id").annotate(n=Count("person", distinct=True))


def _leads(*, at: datetime, of: list[int]) -> QuerySet[Membership]:
    leads = Membership.objects.in_force(at).filter(principal__in=of, part=Part.LEAD)
    return leads.select_related("person").only("principal_id", "person__name").order_by("person__name")


def _roles(*, at: datetime, of: list[int]) -> QuerySet[Any, Any]:
    grants = RoleGrant.objects.in_force(at).filter(principal__in=of, mode=Mode.ACTIVE)
    return grants.order_by("-role__risk", "role__name").values_list("principal_id", "role__name")


def in_tree_order(teams: Collection[Team]) -> list[tuple[Team, int]]:
    """Return the teams with their depth, each under its parent, siblings by name; hidden parents count as none."""
    by_id = {team.pk: team for team in teams}
    parents = {pk: team.parent_id if team.parent_id in by_id else None for pk, team in by_id.items()}
    order = sorted(by_id, key=lambda pk: (by_id[pk].name.casefold(), pk))
    places = numbered(parents, order)
    return [(by_id[pk], places[pk][2]) for pk in sorted(places, key=lambda pk: places[pk][0])]


@dataclass(slots=True)
class Ability:
    """One permission that members have, and the (role, scope) ways it comes by."""

    action: Action
    ways: list[tuple[str, str]]


def abilities(holdings: Iterable[tuple[int, str, str]], at: datetime) -> list[tuple[ResourceType, list[Ability]]]:
    """Return what grants of (role id, role name, scope in words) allow, by type, as the catalogue orders it."""
    holding = facts.model(at).holding
    ways: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for role, name, scope in holdings:
        for key in holding.get(role, ()):
            if (name, scope) not in ways[key]:
                ways[key].append((name, scope))
    grouped: dict[ResourceType, list[Ability]] = defaultdict(list)
    for action in Action.objects.filter(key__in=ways).select_related("type"):
        grouped[action.type].append(Ability(action, ways[action.key]))
    return list(grouped.items())
