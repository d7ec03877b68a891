"""Which grants a use goes back to: those that allowed it at that moment. See docs/decisions/0061-use-of-a-grant.md."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Membership, Person
from cxaccess.lib.clock import Window
from permissions import facts, places
from permissions.engine import Model, Scope, Target
from permissions.history import COLLECTIVE, scopes
from permissions.models import Action, Mode, Resource, RoleGrant
from permissions.usage.rows import Use

CONSOLE = "console"  # the object kind of the resources that stand for a whole part of this console


@dataclass(frozen=True, slots=True)
class _Grant:
    """A grant as far as use is concerned."""

    id: int
    role: int
    scope: Scope
    window: Window


@dataclass
class _World:
    """The people of a set of uses with every grant that reaches them, and where the resources are."""

    model: Model
    actions: dict[int, str]
    grants: dict[int, list[tuple[_Grant, Window | None]]] = field(default_factory=dict)
    targets: dict[int, Target] = field(default_factory=dict)
    console: frozenset[int] = frozenset()

    def behind(self, use: Use) -> Iterable[int]:
        """Yield the ids of the grants that allowed `use`."""
        action = self.actions[use.action]
        roles = self.model.granting.get(action, frozenset())
        for grant, membership in self.grants.get(use.person, ()):
            if grant.role not in roles or not grant.window.covers(use.at):
                continue
            if membership is not None and not membership.covers(use.at):
                continue
            # What stands for a part of the console has no place: whoever opens it sees what their scope holds of it.
            if use.resource in self.console or self.model.covers(grant.scope, self.targets[use.resource]):
                yield grant.id


def grants_behind(uses: Sequence[Use], *, at: datetime) -> dict[tuple[int, int], datetime]:
    """Return {(grant, person): when that grant last let that person do any of `uses`}, in six queries.

    Windows are those of the moment of use; roles, trees and places are those of now.
    """
    world = _load(uses, at)
    found: dict[tuple[int, int], datetime] = {}
    for use in uses:
        for grant in world.behind(use):
            key = (grant, use.person)
            known = found.get(key)
            if known is None or known < use.at:
                found[key] = use.at
    return found


def _load(uses: Sequence[Use], at: datetime) -> _World:
    model = facts.model(at)
    people = {use.person for use in uses}
    rows = Resource.objects.filter(pk__in={use.resource for use in uses}).select_related("type")
    resources = list(rows)
    return _World(
        model,
        dict(Action.objects.filter(pk__in={use.action for use in uses}).values_list("pk", "key")),
        _grants(model, people, min((use.at for use in uses), default=at)),
        places.targets(resources, at),
        frozenset(row.pk for row in resources if row.object_kind == CONSOLE),
    )


def _grants(model: Model, people: set[int], since: datetime) -> dict[int, list[tuple[_Grant, Window | None]]]:
    """Return {person: (grant, window of the membership it comes by)}, without what was over before `since`."""
    own = dict(Person.objects.filter(pk__in=people).values_list("principal_id", "pk"))
    ways: dict[int, list[tuple[int, Window | None]]] = {
        principal: [(person, None)] for principal, person in own.items()
    }
    rows = Membership.objects.not_over(since).filter(person__in=people, principal__kind__in=COLLECTIVE)
    for person, principal, starts, until in rows.values_list("person_id", "principal_id", "starts_at", "until"):
        for reached in model.chain(principal):
            ways.setdefault(reached, []).append((person, Window(starts, until)))
    granted = RoleGrant.objects.not_over(since).filter(principal__in=ways, mode=Mode.ACTIVE)
    read = list(granted.values_list("pk", "principal_id", "role_id", "scope_id", "starts_at", "until"))
    known = scopes({row[3] for row in read})
    found: dict[int, list[tuple[_Grant, Window | None]]] = defaultdict(list)
    for pk, principal, role, scope, starts, until in read:
        grant = _Grant(pk, role, known[scope], Window(starts, until))
        for person, membership in ways[principal]:
            found[person].append((grant, membership))
    return found
