"""The one door. Whoever wants to know what somebody may see or do asks here, and nowhere else.

`decide` explains, `may` answers, `visible` filters lists, `who_can` turns the question round;
`permissions.guards` refuses. All take `at`: an aware moment, now or in the past.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Person, PersonState
from permissions import facts, history, places, sql
from permissions.engine import Decision, Grant, Model, ObjectGrant, Target, allows, fits, principals_reached
from permissions.engine import decide as decide_with
from permissions.engine.combine import Context
from permissions.engine.decide import NOTHING_KNOWN
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, RoleGrant

M = TypeVar("M", bound=models.Model)
Asked = models.Model | Target | None
LISTED = 1000  # ids that stand in a statement; more are a query of their own
ANYWHERE = 0  # no resource's id: where every object grant counts as being, when it is asked whether there is any


def decide(
    person: Person, action: str, asked: Asked = None, *, at: datetime, context: Context = NOTHING_KNOWN
) -> Decision:
    """Return the decision on `action` with every path. `asked` None: the type as a whole, held everywhere."""
    found = facts.snapshot(person.pk, at)
    return decide_with(found.model, found.subject, action, _target(action, asked, at), at, context)


def explain(
    person: Person, action: str, asked: Asked = None, *, at: datetime, context: Context = NOTHING_KNOWN
) -> Decision:
    """Return the same decision, read anew with what is over: its near misses say "ended three days ago", too."""
    found = facts.whole(person.pk, at)
    return decide_with(found.model, found.subject, action, _target(action, asked, at), at, context)


def explain_somewhere(person: Person, action: str, *, at: datetime) -> Decision:
    """Return whether `person` may do `action` anywhere at all, with every path, whatever its scope reaches."""
    found = facts.whole(person.pk, at)
    unlimited = tuple(replace(grant, scope=replace(grant.scope, terms=())) for grant in found.subject.grants)
    anywhere = tuple(grant for grants in found.subject.objects.values() for grant in grants)
    subject = replace(found.subject, grants=unlimited, objects={ANYWHERE: anywhere})
    return decide_with(found.model, subject, action, Target(action.partition(".")[0], resource=ANYWHERE), at)


def may(person: Person, action: str, asked: Asked = None, *, at: datetime, context: Context = NOTHING_KNOWN) -> bool:
    """Return whether `person` may do `action` to `asked` at `at`."""
    found = facts.snapshot(person.pk, at)
    within, on = found.scopes(action, at), found.objects(action, at)
    return allows(found.model, found.subject, action, _target(action, asked, at), at, context, within=within, on=on)


def may_somewhere(person: Person, action: str, *, at: datetime) -> bool:
    """Return whether `person` holds `action` within any scope or on any one thing: for menus and the doors of lists."""
    found = facts.snapshot(person.pk, at)
    return bool(found.scopes(action, at) or found.objects(action, at))


def held(person: Person, *, at: datetime) -> frozenset[str]:
    """Return every action that `person` holds somewhere at `at`."""
    found = facts.snapshot(person.pk, at)
    actions = {action for grant in found.subject.grants for action in found.model.holding.get(grant.role, ())}
    given = {grant.action for grants in found.subject.objects.values() for grant in grants}
    actions |= {action for action, sources in found.model.implied_by.items() if not given.isdisjoint(sources)}
    return frozenset(action for action in actions if found.scopes(action, at) or found.objects(action, at))


def visible(
    person: Person, action: str, rows: models.QuerySet[M], *, at: datetime, as_type: str | None = None
) -> models.QuerySet[M]:
    """Return those of `rows` on which `person` may do `action`: one condition, no further statement for now.

    For a past moment the rows are decided one by one, because places have changed since; so they are where policies
    have a say. `as_type` asks about them under another type, as `places.target` does.
    """
    found = facts.snapshot(person.pk, at)
    if facts.is_past(at) or found.model.policies:
        targets = places.targets(list(rows), at, as_type=as_type)
        ids = [pk for pk, target in targets.items() if allows(found.model, found.subject, action, target, at)]
        return rows.model._default_manager.filter(pk__in=ids)
    scopes, objects = found.scopes(action, at), _objects(found, action, at)
    return rows.filter(sql.reach(found.model, scopes, objects, action, rows.model, at, as_type))


def allowed(
    person: Person, action: str, rows: Collection[M], *, at: datetime, as_type: str | None = None
) -> set[int]:  # fmt: skip
    """Return the ids of those `rows`, all of one model, on which `person` may do `action`: for the menus of a list.

    Whoever may do it everywhere is asked about no row. `as_type` is that of `visible`.
    """
    if not rows:
        return set()
    model, found = type(next(iter(rows))), facts.snapshot(person.pk, at)
    settled = not (facts.is_past(at) or found.model.policies)
    of_type = (as_type or places.type_of(model)) == action.partition(".")[0]
    if settled and of_type and any(scope.everywhere for scope in found.scopes(action, at)):
        return {row.pk for row in rows}
    here = model._default_manager.filter(pk__in=[row.pk for row in rows])
    return set(visible(person, action, here, at=at, as_type=as_type).values_list("pk", flat=True))


def _objects(found: facts.Snapshot, action: str, at: datetime) -> tuple[sql.Ids, ...]:
    """Return the resources that the person holds `action` on: listed, or as queries where they are too many to list."""
    held = found.objects(action, at)
    if len(held) <= LISTED:
        return (held,) if held else ()
    given = Q(permission__catalogue_action__key__in=found.model.implied_by[action])
    mine = PersonObjectGrant.objects.in_force(at).filter(given, user=found.subject.person)
    reached = principals_reached(found.model, found.subject, at)
    shared = GroupObjectGrant.objects.in_force(at).filter(given, group__principal__in=reached)
    return mine.values("content_object"), shared.values("content_object")


def who_can(action: str, asked: Asked = None, *, at: datetime, without: str = "") -> models.QuerySet[Person]:
    """Return the people who may do `action` to `asked` at `at`, in no order.

    `without` is the key of an object grant that is thought away: who still may, once it is ended?
    """
    model = facts.model(at)
    target = _target(action, asked, at)
    if not fits(model, action, target):
        return Person.objects.none()
    if model.policies:
        everybody = Person.objects.filter(state=PersonState.ACTIVE) if not facts.is_past(at) else Person.objects.all()
        return Person.objects.filter(pk__in=[one.pk for one in everybody if may(one, action, target, at=at)])
    return people_of(model, _principals_with(model, action, target, at, without), at)


def who_can_somewhere(action: str, *, at: datetime) -> models.QuerySet[Person]:
    """Return the people for whom `may_somewhere` is a yes, in no order."""
    model = facts.model(at)
    principals = set(_giving(model, action, at).values_list("principal_id", flat=True))
    return people_of(model, principals | _principals_on(model, action, None, at), at)


def _principals_on(model: Model, action: str, resource: int | None, at: datetime, without: str = "") -> set[int]:
    """Return the principals with an object grant in force that gives `action` on `resource`; None: on anything."""
    given = Q(permission__catalogue_action__key__in=model.implied_by.get(action, ()))
    if resource is not None:
        given &= Q(content_object=resource)
    mine, shared = (
        PersonObjectGrant.objects.in_force(at).filter(given),
        GroupObjectGrant.objects.in_force(at).filter(given),
    )
    mine = mine.exclude(pk=int(without[1:])) if without.startswith("p") else mine
    shared = shared.exclude(pk=int(without[1:])) if without.startswith("c") else shared
    people = mine.values_list("user__principal_id", flat=True).distinct()
    return {*people, *shared.values_list("group__principal", flat=True).distinct()}


def _giving(model: Model, action: str, at: datetime) -> models.QuerySet[RoleGrant]:
    """Return the grants in force that give `action`."""
    roles = model.granting.get(action, frozenset())
    rows: models.QuerySet[RoleGrant] = RoleGrant.objects.in_force(at).filter(role__in=roles, mode=Mode.ACTIVE)
    return rows


def _principals_with(model: Model, action: str, target: Target, at: datetime, without: str) -> set[int]:
    """Return the principals with a grant in force that gives `action` on `target`, by a role or on itself."""
    read = list(_giving(model, action, at).values_list("principal_id", "scope_id"))
    scopes = history.scopes({scope for _, scope in read})
    covered = {pk for pk, scope in scopes.items() if model.covers(scope, target)}
    by_role = {principal for principal, scope in read if scope in covered}
    if target.resource is None:
        return by_role
    return by_role | _principals_on(model, action, target.resource, at, without)


def people_of(model: Model, principals: Iterable[int], at: datetime) -> models.QuerySet[Person]:
    """Return the active people whom a grant to any of `principals` reaches at `at`."""
    given = set(principals)
    inside = {"principal__in": model.reaching(given), "principal__kind__in": history.COLLECTIVE}
    members = Membership.objects.in_force(at).filter(**inside)
    found = Person.objects.filter(Q(principal__in=given) | Q(pk__in=members.values("person")))
    if facts.is_past(at):
        states = history.people_states(found, at)
        return Person.objects.filter(pk__in=[pk for pk, state in states.items() if state == PersonState.ACTIVE])
    return found.filter(state=PersonState.ACTIVE)


def _target(action: str, asked: Asked, at: datetime) -> Target:
    if asked is None:
        return Target(action.partition(".")[0])
    return asked if isinstance(asked, Target) else places.target(asked, at)


def explainable(decision: Decision) -> dict[str, Any]:
    """Return the decision as the trail keeps it: ids and codes, no names."""
    return {
        "allowed": decision.allowed,
        "reason": decision.reason.value,
        "action": decision.action,
        "target": [decision.target.type, decision.target.id],
        "grants": sorted({path.grant.id for path in decision.paths if isinstance(path.grant, Grant)}),
        "object_grants": sorted({path.grant.key for path in decision.paths if isinstance(path.grant, ObjectGrant)}),
    }
