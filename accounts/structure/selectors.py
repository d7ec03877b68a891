"""Reads of the organisation's trees."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import ngettext

from accounts.models import Node, NodeKind, Person, PersonState
from permissions.models import Resource, RoleGrant


def users_of(node: Node, *, at: datetime) -> list[str]:
    """Return, in words, whoever and whatever still depends on the place at `at`, or later."""
    children = Node.objects.filter(parent=node, archived_at=None).count()
    people = 0
    if node.kind in (NodeKind.REGION, NodeKind.DEPARTMENT):
        people = Person.objects.filter(**{node.kind: node.pk}).exclude(state=PersonState.LEFT).count()
    things = Resource.objects.filter(Q(**{node.kind: node.pk}), archived_at=None)
    teams = things.filter(type__key="team").count()
    others = things.exclude(type__key="team").count()
    scoped = RoleGrant.objects.not_over(at).filter(
        scope__terms__dimension=node.kind, scope__terms__ref_id=node.pk
    )  # fmt: skip
    grants = scoped.count()
    counted = [
        (children, ngettext("%(n)d place under it", "%(n)d places under it", children)),
        (people, ngettext("%(n)d person", "%(n)d people", people)),
        (teams, ngettext("%(n)d team", "%(n)d teams", teams)),
        (others, ngettext("%(n)d resource", "%(n)d resources", others)),
        (grants, ngettext("%(n)d grant within it", "%(n)d grants within it", grants)),
    ]
    return [words % {"n": n} for n, words in counted if n]
