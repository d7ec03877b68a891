"""What the form that gives a role offers: only what its reader may give, as far as that can be said beforehand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Group, Node, Person, PersonState, Principal, Team
from permissions import facts, gate, giving
from permissions.engine import Scope, scopes_for
from permissions.grants.scopes import DIMENSIONS, TEAM
from permissions.models import Role

INDENT = "\u2003"


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one dimension that may limit a grant; `required` where the giver's own scope is limited by it."""

    dimension: str
    options: tuple[tuple[int, str], ...]
    required: bool


def giving_scopes(actor: Person, *, at: datetime) -> frozenset[Scope]:
    """Return the scopes within which `actor` may give roles at all."""
    found = facts.snapshot(actor.pk, at)
    return scopes_for(found.model, found.subject, giving.GIVE, at)


def places(actor: Person, *, at: datetime) -> list[Places]:
    """Return the choices of every dimension that has any place."""
    held = giving_scopes(actor, at=at)
    found = (_of_dimension(actor, dimension, held, at) for dimension in DIMENSIONS)
    return [choice for choice in found if choice.options]


def _of_dimension(actor: Person, dimension: str, held: Iterable[Scope], at: datetime) -> Places:
    limits = [dict(scope.terms).get(dimension) for scope in held]
    required = bool(limits) and None not in limits
    model = facts.model(at)
    allowed = set().union(*(model.below(dimension, ref) for ref in limits if ref is not None), set())
    rows = _teams(actor, at) if dimension == TEAM else _nodes(dimension)
    options = tuple((pk, label) for pk, label in rows if not required or pk in allowed)
    return Places(dimension, options, required)


def _nodes(kind: str) -> list[tuple[int, str]]:
    rows = Node.objects.filter(kind=kind, archived_at=None).order_by("lft", "pk")
    return [(pk, INDENT * depth + name) for pk, depth, name in rows.values_list("pk", "depth", "name")]


def _teams(actor: Person, at: datetime) -> list[tuple[int, str]]:
    rows = gate.visible(actor, "team.view", Team.objects.filter(archived_at=None), at=at)
    return list(rows.order_by("principal__label").values_list("pk", "principal__label"))


def roles(actor: Person, *, at: datetime) -> QuerySet[Role]:
    """Return the roles that `actor` may give somewhere: whoever gives chooses among all, within their own scope.

    Roles that themselves allow giving are left out for somebody who may not pass that on anywhere.
    """
    rows = Role.objects.filter(retired_at=None).exclude(current=None).order_by("name")
    if gate.may_somewhere(actor, giving.GIVE_ONWARD, at=at):
        return rows
    holding = facts.model(at).holding
    givers = [role for role, held in holding.items() if held & {giving.GIVE, giving.GIVE_ONWARD}]
    return rows.exclude(pk__in=givers)


def takers(actor: Person, *, at: datetime) -> QuerySet[Principal]:
    """Return the people (who have not left), teams and groups that `actor` may see."""
    people = gate.visible(actor, "person.view", Person.objects.exclude(state=PersonState.LEFT), at=at)
    teams = gate.visible(actor, "team.view", Team.objects.filter(archived_at=None), at=at)
    groups = gate.visible(actor, "group.view", Group.objects.filter(archived_at=None), at=at)
    found = Q(pk__in=people.values("principal"))
    for rows in (teams, groups):
        found |= Q(pk__in=rows.values("principal"))
    return Principal.objects.filter(found).select_related("person__region", "person__department", "team", "group")


def all_of(dimension: str) -> str:
    """Return what no choice in a dimension means, in words."""
    words = {
        "region": _("All regions"),
        "department": _("All departments"),
        "product_line": _("All product lines"),
        "segment": _("All segments"),
        "team": _("All teams"),
    }
    return words[dimension]


def label_of(dimension: str) -> str:
    """Return the name of a dimension as a form shows it."""
    words = {
        "region": _("Region"),
        "department": _("Department"),
        "product_line": _("Product line"),
        "segment": _("Segment"),
        "team": _("Team's own things"),
    }
    return words[dimension]
