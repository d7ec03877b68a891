"""Which grants a use goes back to: those that allowed it at that moment. See docs/decisions/0061-use-of-a-grant.md."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from accounts.models import Membership, Person
from cxaccess.lib.clock import Window
from permissions import facts, places
from permissions.engine import Model, Scope, Target
from permissions.history import COLLECTIVE, scopes
from permissions.models import Action, GroupObjectGrant, Mode, PersonObjectGrant, Resource, RoleGrant
from permissions.usage.rows import Behind, Use

CONSOLE = "console"  # the object kind of the resources that stand for a whole part of this console


@dataclass(frozen=True, slots=True)
class _Grant:
    """A grant as far as use is concerned."""

    id: int
    role: int
    scope: Scope
    window: Window


@dataclass(frozen=True, slots=True)
class _On:
    """A grant on one resource as far as use is concerned; `shared`: of a team or group."""

    id: int
    shared: bool
    action: str
    window: Window


Ways = Mapping[int, list[tuple[int, Window | None]]]  # principal: (person, the membership by which it reaches them)
Found = dict[tuple[int, int], list[tuple[_On, Window | None]]]  # by person and resource


@dataclass
class _World:
    """The people of a set of uses with every grant that reaches them, and where the resources are."""

    model: Model
    actions: dict[int, str]
    grants: dict[int, list[tuple[_Grant, Window | None]]] = field(default_factory=dict)
    on: Found = field(default_factory=dict)
    targets: dict[int, Target] = field(default_factory=dict)
    console: frozenset[int] = frozenset()

    def behind(self, use: Use) -> Iterable[int]:
        """Yield the ids of the grants that allowed `use`."""
        action = self.actions[use.action]
        roles = self.model.granting.get(action, frozenset())
        for grant, membership in self.grants.get(use.person, ()):
            if grant.role not in roles or not _held(grant.window, membership, use.at):
                continue
            # What stands for a part of the console has no place: whoever opens it sees what their scope holds of it.
            if use.resource in self.console or self.model.covers(grant.scope, self.targets[use.resource]):
                yield grant.id

    def behind_on(self, use: Use) -> Iterable[_On]:
        """Yield the grants on the very resource that allowed `use`."""
        sources = self.model.implied_by.get(self.actions[use.action], frozenset())
        for grant, membership in self.on.get((use.person, use.resource), ()):
            if grant.action in sources and _held(grant.window, membership, use.at):
                yield grant


def _held(window: Window, membership: Window | None, at: datetime) -> bool:
    """Return whether a grant was in force, and reached the person, at the moment of use."""
    return window.covers(at) and (membership is None or membership.covers(at))


def grants_behind(uses: Sequence[Use], *, at: datetime) -> Behind:
    """Return the grants that let people do `uses`, and when each last did, in eight queries.

    Windows are those of the moment of use; roles, trees and places are those of now.
    """
    world = _load(uses, at)
    roles: dict[tuple[int, int], datetime] = {}
    own: dict[int, datetime] = {}
    shared: dict[tuple[int, int], datetime] = {}
    for use in uses:
        for grant in world.behind(use):
            _later(roles, (grant, use.person), use.at)
        for one in world.behind_on(use):
            if one.shared:
                _later(shared, (one.id, use.person), use.at)
            else:
                _later(own, one.id, use.at)
    return Behind(roles, own, shared)


def _later(found: dict[Any, datetime], key: Any, at: datetime) -> None:
    known = found.get(key)
    if known is None or known < at:
        found[key] = at


def _load(uses: Sequence[Use], at: datetime) -> _World:
    model = facts.model(at)
    people = {use.person for use in uses}
    rows = Resource.objects.filter(pk__in={use.resource for use in uses}).select_related("type")
    resources = list(rows)
    since = min((use.at for use in uses), default=at)
    ways = _ways(model, people, since)
    return _World(
        model,
        dict(Action.objects.filter(pk__in={use.action for use in uses}).values_list("pk", "key")),
        _grants(ways, since),
        _on(ways, {row.pk for row in resources}, since),
        places.targets(resources, at),
        frozenset(row.pk for row in resources if row.object_kind == CONSOLE),
    )


def _ways(model: Model, people: set[int], since: datetime) -> Ways:
    """Return the principals that reached `people`, without memberships that were over before `since`."""
    own = dict(Person.objects.filter(pk__in=people).values_list("principal_id", "pk"))
    ways: dict[int, list[tuple[int, Window | None]]] = {
        principal: [(person, None)] for principal, person in own.items()
    }
    rows = Membership.objects.not_over(since).filter(person__in=people, principal__kind__in=COLLECTIVE)
    for person, principal, starts, until in rows.values_list("person_id", "principal_id", "starts_at", "until"):
        for reached in model.chain(principal):
            ways.setdefault(reached, []).append((person, Window(starts, until)))
    return ways


def _grants(ways: Ways, since: datetime) -> dict[int, list[tuple[_Grant, Window | None]]]:
    """Return {person: (grant, window of the membership it comes by)}, without what was over before `since`."""
    granted = RoleGrant.objects.not_over(since).filter(principal__in=ways, mode=Mode.ACTIVE)
    read = list(granted.values_list("pk", "principal_id", "role_id", "scope_id", "starts_at", "until"))
    known = scopes({row[3] for row in read})
    found: dict[int, list[tuple[_Grant, Window | None]]] = defaultdict(list)
    for pk, principal, role, scope, starts, until in read:
        grant = _Grant(pk, role, known[scope], Window(starts, until))
        for person, membership in ways[principal]:
            found[person].append((grant, membership))
    return found


def _on(ways: Ways, resources: Collection[int], since: datetime) -> Found:
    """Return the grants on exactly one of `resources`, without what was over before `since`."""
    found: Found = defaultdict(list)
    for principal, resource, grant in _read_on(ways, resources, since):
        for person, membership in ways[principal]:
            found[person, resource].append((grant, membership))
    return found


def _read_on(ways: Ways, resources: Collection[int], since: datetime) -> Iterator[tuple[int, int, _On]]:
    """Yield (principal, resource, grant)."""
    mine = PersonObjectGrant.objects.filter(user__principal__in=ways).annotate(holder=F("user__principal"))
    shared = GroupObjectGrant.objects.filter(group__principal__in=ways).annotate(holder=F("group__principal"))
    named = ("holder", "content_object_id", "pk", "permission__catalogue_action__key", "starts_at", "until")
    for rows in (mine, shared):
        there = rows.not_over(since).filter(content_object__in=resources)
        for principal, resource, pk, action, starts, until in there.values_list(*named):
            yield principal, resource, _On(pk, rows is shared, action, Window(starts, until))
