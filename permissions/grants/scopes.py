"""Scopes as rows: the same conjunction of terms is always the same row, found by its digest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Node, Team
from cxaccess.lib import statements
from cxaccess.lib.errors import Refused
from permissions.models import Scope, ScopeTerm
from permissions.places import NODE_DIMENSIONS

TEAM = "team"
DIMENSIONS = (*NODE_DIMENSIONS, TEAM)


@transaction.atomic
def intern(terms: Mapping[str, int]) -> Scope:
    """Return the scope that is exactly `terms` ({dimension: node or team id}); no terms is everywhere.

    A scope and its terms are written together or not at all: one without terms would reach everywhere.
    Raises Refused for a dimension nobody knows and for a place that does not exist or is archived.
    """
    for dimension, ref in terms.items():
        _require_place(dimension, ref)
    made, new = Scope.objects.get_or_create(digest=Scope.digest_of(terms))
    if new:
        ScopeTerm.objects.bulk_create(
            ScopeTerm(scope=made, dimension=dimension, ref_id=ref) for dimension, ref in sorted(terms.items())
        )
    return made


def terms_of(scope: Scope) -> dict[str, int]:
    """Return {dimension: node or team id}, the inverse of `intern`."""
    return dict(scope.terms.order_by("dimension").values_list("dimension", "ref_id"))


def _require_place(dimension: str, ref: int) -> None:
    if dimension not in DIMENSIONS:
        raise Refused(_("A scope cannot be limited by “%(name)s”.") % {"name": dimension}, field="scope")
    rows = Team.objects.filter(pk=ref) if dimension == TEAM else Node.objects.filter(pk=ref, kind=dimension)
    if not rows.filter(archived_at=None).exists():
        raise Refused(_("That place does not exist or is archived. Choose another one."), field=dimension)


def words(terms: Mapping[str, int]) -> str:
    """Return terms in words, whether or not a scope of them exists yet."""
    nodes = Node.objects.filter(pk__in=[ref for name, ref in terms.items() if name != TEAM])
    teams = Team.objects.filter(pk=terms.get(TEAM))
    found = dict(teams.values_list("pk", "principal__label"))
    return _words(terms, dict(nodes.values_list("pk", "name")), found)


def label(scope: Scope) -> str:
    """Return the scope in words: “Everywhere”, “DACH and Customer Care”."""
    return labels([scope.pk])[scope.pk]


def labels(ids: Iterable[int]) -> dict[int, str]:
    """Return {scope id: the scope in words}, in at most three queries."""
    terms: dict[int, dict[str, int]] = {pk: {} for pk in ids}
    rows = statements.rows("terms", _terms, scopes=sorted(terms))
    refs: dict[str, set[int]] = defaultdict(set)
    for scope, dimension, ref in rows:
        terms[scope][dimension] = ref
        refs[TEAM if dimension == TEAM else "node"].add(ref)
    nodes = dict(statements.rows("nodes", _nodes, ids=sorted(refs["node"])) if refs["node"] else ())
    teams = dict(statements.rows("teams", _teams, ids=sorted(refs[TEAM])) if refs[TEAM] else ())
    return {pk: _words(found, nodes, teams) for pk, found in terms.items()}


def _terms(*, scopes: list[int]) -> QuerySet[Any, Any]:
    return ScopeTerm.objects.filter(scope__in=scopes).values_list("scope_id", "dimension", "ref_id")


def _nodes(*, ids: list[int]) -> QuerySet[Any, Any]:
    return Node.objects.filter(pk__in=ids).values_list("pk", "name")


def _teams(*, ids: list[int]) -> QuerySet[Any, Any]:
    return Team.objects.filter(pk__in=ids).values_list("pk", "principal__label")


def _words(terms: Mapping[str, int], nodes: Mapping[int, str], teams: Mapping[int, str]) -> str:
    names = [(teams if name == TEAM else nodes).get(terms[name], "?") for name in DIMENSIONS if name in terms]
    return str(_(" and ")).join(names) if names else str(_("Everywhere"))
