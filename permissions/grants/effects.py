"""Who gains and who loses what when the model or the grants change: exact, person by person, from sets.

People, not grants: somebody who keeps a permission another way loses nothing. Scopes count: whoever held it in DACH
and now holds it everywhere gains it. A union of scopes that happens to cover another is not recognised, so a
gain may be reported that is none, never the other way round.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.models import Membership, Person
from permissions import history, places, reaching
from permissions.engine import Model, Scope
from permissions.models import Mode, RoleGrant

Gains = dict[int, frozenset[str]]
Stays = Callable[["Held", str], bool]


class Held(NamedTuple):
    """A grant in force, as far as it matters here."""

    id: int
    principal: int
    role: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class ActionEffect:
    """What happens to one permission: ids of people, and for those who keep it otherwise the roles they keep it by."""

    action: str
    gain: frozenset[int] = frozenset()
    lose: frozenset[int] = frozenset()
    keep: frozenset[int] = frozenset()
    through: tuple[int, ...] = ()


def of_models(before: Model, after: Model, actions: Collection[str], *, at: datetime) -> list[ActionEffect]:
    """Return what people gain and lose of `actions` when the roles of `before` become those of `after`."""
    roles = {role for action in actions for role in before.granting[action] ^ after.granting[action]}
    principals = _principals(Q(role__in=roles), at)
    world = _load(before, after, actions, principals, at)
    return world.compare(lambda grant, action: grant.role in after.granting[action])


def of_ending(model: Model, grants: Collection[RoleGrant], *, at: datetime) -> list[ActionEffect]:
    """Return what people lose of the grants' roles when all of these end now."""
    ending = {grant.pk for grant in grants}
    none: frozenset[str] = frozenset()
    actions = none.union(*(model.holding.get(grant.role_id, none) for grant in grants))
    world = _load(model, model, actions, {grant.principal_id for grant in grants}, at)
    return world.compare(lambda held, action: held.id not in ending and held.role in model.granting[action])


def of_giving(model: Model, principals: Collection[int], role: int, scope: Scope, *, at: datetime) -> Gains:
    """Return {person: the permissions they gain} when each of `principals` is given `role` within `scope` now."""
    world = _load(model, model, model.holding.get(role, frozenset()), set(principals), at)
    return world.gains(Held(0, 0, role, scope))


def _principals(condition: Q, at: datetime) -> set[int]:
    rows = RoleGrant.objects.in_force(at).filter(condition, mode=Mode.ACTIVE)
    return set(rows.values_list("principal_id", flat=True))


@dataclass(frozen=True)
class _World:
    """The people concerned with every grant that reaches them."""

    before: Model
    actions: tuple[str, ...]
    grants: Mapping[int, list[Held]]

    def compare(self, stays: Stays) -> list[ActionEffect]:
        """Return the effect on each action that anybody notices; `stays(grant, action)` says what is left."""
        found = (self._one(action, stays) for action in self.actions)
        return [effect for effect in found if effect.gain or effect.lose or effect.keep]

    def _one(self, action: str, stays: Stays) -> ActionEffect:
        gain, lose, keep = set(), set(), set()
        through: Counter[int] = Counter()
        gave = self.before.granting[action]
        for person, grants in self.grants.items():
            before = [grant for grant in grants if grant.role in gave]
            after = [grant for grant in grants if stays(grant, action)]
            if before == after:
                continue
            if not self._within(after, before):
                gain.add(person)
            if not self._within(before, after):
                lose.add(person)
            elif set(before) - set(after):
                keep.add(person)
                through.update({grant.role for grant in after})
        roles = tuple(role for role, _count in through.most_common())
        return ActionEffect(action, frozenset(gain), frozenset(lose), frozenset(keep), roles)

    def gains(self, gift: Held) -> Gains:
        """Return {person: the permissions that `gift` adds to what they hold}; most people hold in the same places."""
        known: dict[frozenset[Scope], bool] = {}
        found: dict[int, set[str]] = {person: set() for person in self.grants}
        for action in self.actions:
            gave = self.before.granting[action]
            for person, grants in self.grants.items():
                held = frozenset(grant.scope for grant in grants if grant.role in gave)
                if held not in known:
                    known[held] = gift.scope in held or self._covered(gift.scope, held)
                if not known[held]:
                    found[person].add(action)
        return {person: frozenset(actions) for person, actions in found.items()}

    def _within(self, inner: Iterable[Held], outer: Collection[Held]) -> bool:
        """Return whether each scope of `inner` lies within one of `outer`."""
        scopes = {grant.scope for grant in outer}
        return all(grant.scope in scopes or self._covered(grant.scope, scopes) for grant in inner)

    def _covered(self, scope: Scope, scopes: Iterable[Scope]) -> bool:
        there = places.of_scope("", scope)
        return any(self.before.covers(wide, there) for wide in scopes)


def _load(before: Model, after: Model, actions: Collection[str], principals: set[int], at: datetime) -> _World:
    """Read, in four statements, the people whom `principals` reach and all that gives them any of `actions`."""
    people = reaching.people_of(before, principals, at)
    own = dict(people.values_list("pk", "principal_id"))
    reached: dict[int, set[int]] = {pk: {principal} for pk, principal in own.items()}
    memberships = Membership.objects.in_force(at).filter(person__in=people).values_list("person_id", "principal_id")
    for person, principal in memberships:
        reached.setdefault(person, set()).update(before.chain(principal))
    teams = set().union(*reached.values()) - set(own.values())
    roles = {role for action in actions for role in before.granting[action] | after.granting[action]}
    rows = RoleGrant.objects.in_force(at).filter(
        Q(principal__in=teams) | Q(principal__person__in=people), role__in=roles, mode=Mode.ACTIVE
    )
    by_principal: dict[int, list[Held]] = defaultdict(list)
    read = list(rows.order_by("pk").values_list("pk", "principal_id", "role_id", "scope_id").distinct())
    scopes = history.scopes({scope for *_rest, scope in read})
    for pk, principal, role, scope in read:
        by_principal[principal].append(Held(pk, principal, role, scopes[scope]))
    grants = {
        person: [grant for principal in sorted(ways) for grant in by_principal.get(principal, ())]
        for person, ways in reached.items()
    }
    return _World(before, tuple(sorted(actions)), grants)


def people_of(effects: Iterable[ActionEffect]) -> dict[int, Person]:
    """Return {id: person} for everybody whom `effects` name."""
    ids = set().union(*(effect.gain | effect.lose | effect.keep for effect in effects), set())
    return Person.objects.only("pk", "name").in_bulk(ids)
