"""Reads the model of decisions from the tables: as it is (`at` None) or as it was at a moment."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, OuterRef, Subquery

from accounts.models import AttributeHistory, Node, ParentHistory, Person, Team
from permissions.engine.model import Model, Role
from permissions.engine.types import Scope
from permissions.models import Action, Implication, RoleAction, RoleInclude, RoleVersion, ScopeTerm
from permissions.models import Role as RoleRow

NOT_YET_KNOWN = "prehire"  # the state of somebody before their row existed


def model(at: datetime | None) -> Model:
    """Return the shared model. The catalogue is not dated: its present implications serve every moment."""
    teams = dict(Team.objects.values_list("id", "parent_id"))
    return Model(
        roles=_roles(at),
        implies=_implications(),
        parents={**_node_parents(at), "team": _as_of("team", teams, at)},
        team_principals=dict(Team.objects.values_list("id", "principal_id")),
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
    """Yield (role, id of its version in force)."""
    if at is None:
        return RoleRow.objects.exclude(current=None).values_list("id", "current_id")
    latest = RoleVersion.objects.filter(role=OuterRef("pk"), at__lte=at).order_by("-at", "-number").values("pk")[:1]
    rows = RoleRow.objects.annotate(then=Subquery(latest)).exclude(then=None)
    return rows.values_list("id", "then")


def _implications() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {key: set() for key in Action.objects.values_list("key", flat=True)}
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
    """Return `current` with what history says of `at` put in its place."""
    if at is None:
        return current
    rows = ParentHistory.objects.filter(kind=kind, since__lte=at).order_by("since", "id")
    return current | dict(rows.values_list("of_id", "parent_id"))


def person_state(person: Person, at: datetime) -> str:
    """Return the person's state at `at`; before their row existed they were not active."""
    if at < person.created_at:
        return NOT_YET_KNOWN
    return str(attribute("person", person.pk, "state", person.state, at))


def attribute(of: str, of_id: int, name: str, current: object, at: datetime) -> object:
    """Return an attribute's value at `at`; where history has no row, it never changed."""
    rows = AttributeHistory.objects.filter(of=of, of_id=of_id, name=name, since__lte=at)
    found = rows.order_by("-since", "-id").values_list("value", flat=True)[:1]
    return found[0] if found else current


def scopes(ids: Iterable[int]) -> dict[int, Scope]:
    """Return {id: scope with its terms}, in one query."""
    wanted = set(ids)
    terms: dict[int, list[tuple[str, int]]] = {pk: [] for pk in wanted}
    rows = ScopeTerm.objects.filter(scope_id__in=wanted).order_by("dimension")
    for scope, dimension, ref in rows.values_list(F("scope_id"), "dimension", "ref_id"):
        terms[scope].append((dimension, ref))
    return {pk: Scope(pk, tuple(found)) for pk, found in terms.items()}
