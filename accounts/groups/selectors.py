"""Reads of groups."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Group, Membership, Part, Person
from accounts.reads import below, sees_everybody
from accounts.teams.selectors import said
from permissions import gate
from permissions.birthrights import rules as birthrights
from permissions.models import GroupObjectGrant, Mode, RoleGrant
from permissions.policies.doors import naming


def editable(group: Group) -> dict[str, Any]:
    """Return the values that the edit form shows, by its field names."""
    return {
        "name": group.name,
        "purpose": group.purpose,
        "owner": group.owner,
        "region": group.resource.region,
        "department": group.resource.department,
    }


def users_of(group: Group, reader: Person, *, at: datetime) -> list[str]:
    """Return, in words for `reader`, whoever and whatever still depends on the group at `at`, or later.

    Whom a rule takes in does not count: nobody put them there.
    """
    members = Membership.objects.not_over(at).filter(principal=group.principal_id).order_by("person__name")
    held = RoleGrant.objects.not_over(at).filter(principal=group.principal_id).order_by("role__name")
    things = GroupObjectGrant.objects.filter(
        Q(until__isnull=True) | Q(until__gt=at), group__principal=group.principal_id
    )
    found = [
        said(list(members.values_list("person__name", flat=True)) if group.rule is None else [], "member"),
        said(list(held.values_list("role__name", flat=True)), "role"),
        said(list(things.values_list("content_object__name", flat=True)), "thing"),
        said(naming(reader, group.principal_id, at=at), "policy"),
        said(birthrights.naming(reader, "group", group.pk, at=at), "birthright"),
    ]
    return [words for words in found if words]


@dataclass(slots=True)
class Row:
    """One group in the list. `leads` and `roles` are names."""

    group: Group
    members: int = 0
    leads: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a list of groups is narrowed by."""

    q: str = ""
    view: str = ""
    region: int | None = None
    department: int | None = None


def narrowed(rows: QuerySet[Group], criteria: Criteria, reader: Person, at: datetime) -> QuerySet[Group]:
    """Return those of `rows` that meet all `criteria`; an unknown view keeps every group in use."""
    seen = gate.visible(reader, "person.view", Person.objects.all(), at=at)
    for word in criteria.q.split():
        inside = Membership.objects.in_force(at).filter(person__name__icontains=word, principal__kind="group")
        inside = inside.filter(person__in=seen.values("pk"))
        rows = rows.filter(
            Q(principal__label__icontains=word)
            | Q(purpose__icontains=word)
            | Q(principal__in=inside.values("principal"))
        )
    if criteria.region:
        rows = rows.filter(resource__region__in=below("region", criteria.region, at=at))
    if criteria.department:
        rows = rows.filter(resource__department__in=below("department", criteria.department, at=at))
    if criteria.view == "archived":
        return rows.exclude(archived_at=None)
    return rows.filter(_of_view(criteria.view, reader, at), archived_at=None)


def _of_view(view: str, reader: Person, at: datetime) -> Q:
    if view == "hand":
        return Q(rule__isnull=True)
    if view == "rule":
        return Q(rule__isnull=False)
    if view == "mine":
        mine = Membership.objects.in_force(at).filter(person=reader).values("principal")
        return Q(principal__in=mine)
    return Q(owner__isnull=True) if view == "no-owner" else Q()


def described(groups: Collection[Group], reader: Person, at: datetime) -> list[Row]:
    """Return a row for each group, in three queries however many there are and however big.

    Of a group by rule those members count whom `reader` may see.
    """
    found = {group.principal_id: Row(group) for group in groups}
    rows = Membership.objects.in_force(at).filter(principal__in=list(found))
    if not sees_everybody(reader, at=at):
        seen = gate.visible(reader, "person.view", Person.objects.all(), at=at)
        rows = rows.filter(Q(principal__group__rule__isnull=True) | Q(person__in=seen.values("pk")))
    for principal, count in rows.order_by().values_list("principal").annotate(n=Count("person", distinct=True)):
        found[principal].members = count
    leads = rows.filter(part=Part.LEAD).order_by("person__name")
    for principal, name in leads.values_list("principal_id", "person__name"):
        found[principal].leads.append(name)
    names: dict[int, list[str]] = defaultdict(list)
    grants = RoleGrant.objects.in_force(at).filter(principal__in=list(found), mode=Mode.ACTIVE)
    for principal, name in grants.order_by("-role__risk", "role__name").values_list("principal_id", "role__name"):
        if name not in names[principal]:
            names[principal].append(name)
    for principal, roles in names.items():
        found[principal].roles = roles
    return [found[group.principal_id] for group in groups]
