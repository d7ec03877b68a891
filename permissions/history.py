"""Reads the model of decisions from the tables: as it is (`at` None) or as it was at a moment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import AttributeHistory, Group, Node, ParentHistory, Person, PersonState, PrincipalKind, Team
from cxaccess.lib import clock
from permissions.engine.model import Model, Role
from permissions.engine.types import Scope
from permissions.models import Action, Implication, RoleAction, RoleInclude, RoleVersion, ScopeTerm
from permissions.models import Role as RoleRow
from permissions.models import Scope as ScopeRow

V = TypeVar("V")
PAST = timedelta(minutes=1)  # a moment further back than this is answered from history
COLLECTIVE = (PrincipalKind.TEAM, PrincipalKind.GROUP)  # the principals that people can be members of
NOT_YET_KNOWN = "prehire"  # the state of somebody before their row existed
NOT_RECORDED = "unrecorded"  # the state of somebody whose history begins only later; not active, so it opens nothing
NOWHERE = (("unknown", 0),)  # the terms of a scope whose rows do not say what its digest says


def is_past(at: datetime) -> bool:
    """Return whether `at` must be answered from history."""
    return at < clock.now() - PAST


def model(at: datetime | None) -> Model:
    """Return the shared model with its policies. The catalogue is not dated: its present implications always serve."""
    from permissions.policies.compiling import with_policies

    return with_policies(_without_policies(at), at)


def _without_policies(at: datetime | None) -> Model:
    teams = list(Team.objects.values_list("id", "parent_id", "principal_id", "archived_at"))
    groups = Group.objects.exclude(archived_at=None).values_list("principal_id", "archived_at")
    archived = [*((principal, moment) for _, _, principal, moment in teams), *groups]
    actions = list(Action.objects.values_list("key", "type__key", "type_id"))
    return Model(
        roles=_roles(at),
        implies=_implications(key for key, _type, _number in actions),
        types={key: number for _action, key, number in actions},
        parents={**_node_parents(at), "team": _as_of("team", {pk: parent for pk, parent, _, _ in teams}, at)},
        team_principals={pk: principal for pk, _, principal, _ in teams},
        closed=frozenset(
            principal for principal, moment in archived if moment is not None and (at is None or moment <= at)
        ),
    )


def _roles(at: datetime | None) -> dict[int, Role]:
    versions = dict(_versions(at))
    actions: dict[int, set[str]] = defaultdict(set)
    held = RoleAction.objects.filter(version__in=versions.values())
    for version, key in held.values_list("version_id", "action__key"):
        actions[version].add(key)
    includes: dict[int, list[int]] = defaultdict(list)
    included = RoleInclude.objects.filter(version__in=versions.values()).order_by("role_id")
    for version, role in included.values_list("version_id", "role_id"):
        includes[version].append(role)
    return {
        role: Role(role, frozenset(actions[version]), tuple(includes[version])) for role, version in versions.items()
    }


def _versions(at: datetime | None) -> Iterable[tuple[int, int]]:
    """Yield (role, id of its version in force). A retired role has none: whatever is left of it decides nothing."""
    if at is None:
        return RoleRow.objects.filter(retired_at=None).exclude(current=None).values_list("id", "current_id")
    latest = RoleVersion.objects.filter(role=OuterRef("pk"), at__lte=at).order_by("-at", "-number").values("pk")[:1]
    rows = RoleRow.objects.filter(Q(retired_at=None) | Q(retired_at__gt=at))
    return rows.annotate(then=Subquery(latest)).exclude(then=None).values_list("id", "then")


def _implications(actions: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {key: set() for key in actions}
    for action, implied in Implication.objects.values_list("action__key", "implies__key"):
        found[action].add(implied)
    return {action: frozenset(implied) for action, implied in found.items()}


def _node_parents(at: datetime | None) -> dict[str, dict[int, int | None]]:
    kinds: dict[str, dict[int, int | None]] = defaultdict(dict)
    rows = list(Node.objects.values_list("kind", "id", "parent_id"))
    then = _as_of("node", {pk: parent for _, pk, parent in rows}, at)
    for kind, pk, _ in rows:
        kinds[kind][pk] = then[pk]
    return dict(kinds)


def _as_of(kind: str, current: dict[int, int | None], at: datetime | None) -> dict[int, int | None]:
    """Return `current` with what history says of `at` put in its place. A history that begins later says: no parent."""
    if at is None:
        return current
    rows = ParentHistory.objects.filter(kind=kind).order_by("since", "id").values_list("of_id", "parent_id", "since")
    then: dict[int, int | None] = {}
    for of_id, parent, since in rows:
        then[of_id] = parent if since <= at else then.get(of_id)
    return {pk: then.get(pk, parent) for pk, parent in current.items()}


def person_state(person: Person, at: datetime) -> str:
    """Return the person's state at `at`; before their row existed they were not active."""
    return people_states([person], at)[person.pk]


def people_states(people: Iterable[Any], at: datetime) -> dict[int, str]:
    """Return {person id: state at `at`} of people, or of what `fact_rows` read of them, in at most one query."""
    rows = list(people)
    states = attributes("person", "state", {person.pk: person.state for person in rows}, at)
    return {person.pk: _state(person, states[person.pk], at) for person in rows}


def _state(person: Any, state: str | None, at: datetime) -> str:
    """Return a state as the clock makes it: before they were there, and from the moment they leave."""
    if at < person.created_at and is_past(at):
        return NOT_YET_KNOWN
    if person.leaves_at is not None and at >= person.leaves_at:
        return PersonState.LEFT.value
    return str(state or NOT_RECORDED)


def attributes(of: str, name: str, current: Mapping[int, V], at: datetime) -> dict[int, V | None]:
    """Return what `name` was at `at` for each id of `current`, in at most one query.

    Where history has no row, it never changed; where its rows all begin later, nobody knows: None.
    """
    if not is_past(at):
        return dict(current)
    rows = AttributeHistory.objects.filter(of=of, name=name, of_id__in=current).order_by("since", "id")
    then: dict[int, V | None] = {}
    for of_id, value, since in rows.values_list("of_id", "value", "since"):
        then[of_id] = value if since <= at else then.get(of_id)
    return {**current, **then}


def attribute(of: str, of_id: int, name: str, current: object, at: datetime) -> object:
    """Return one attribute's value at `at`; see `attributes`."""
    return attributes(of, name, {of_id: current}, at)[of_id]


def scopes(ids: Iterable[int]) -> dict[int, Scope]:
    """Return {id: scope with its terms}, in two queries. An id that no scope has is left out.

    A termless scope reaches everywhere, so terms are believed only where they are what the digest says: one that lost
    a term would reach further than anybody gave.
    """
    wanted = set(ids)
    terms: dict[int, dict[str, int]] = defaultdict(dict)
    for scope, dimension, ref in ScopeTerm.objects.filter(scope_id__in=wanted).values_list(
        F("scope_id"), "dimension", "ref_id"
    ):
        terms[scope][dimension] = ref
    digests = ScopeRow.objects.filter(pk__in=wanted).values_list("pk", "digest")
    return {
        pk: Scope(pk, tuple(sorted(terms[pk].items())) if digest == ScopeRow.digest_of(terms[pk]) else NOWHERE)
        for pk, digest in digests
    }
