"""The one door. Whoever wants to know what somebody may see or do asks here, and nowhere else.

`decide` explains, `may` answers, `visible` filters lists, `who_can` turns the question round;
`permissions.guards` refuses. All take `at`: an aware moment, now or in the past. `context` is what is known of the
moment of asking; left out, it is that of whoever is at work, and nothing for anybody else.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.db import models

from accounts.models import Person
from cxaccess.lib.conditions.columns import NotCompilable
from permissions import asking, facts, lists, places, ruling, sql
from permissions.engine import Decision, Grant, ObjectGrant, Reason, Target, fits
from permissions.engine import decide as decide_with
from permissions.engine.combine import Context
from permissions.engine.decide import NOTHING_KNOWN
from permissions.engine.policies import Demand
from permissions.engine.questions import Question
from permissions.policies.schema import is_of_thing
from permissions.reaching import people_of, principals_anywhere, principals_with
from permissions.ruling import Door

M = TypeVar("M", bound=models.Model)
Asked = models.Model | Target | None
ANYWHERE = 0  # no resource's id: where every object grant counts as being, when it is asked whether there is any


def decide(
    person: Person, action: str, asked: Asked = None, *, at: datetime, context: Context | None = None
) -> Decision:
    """Return the decision on `action` with every path. `asked` None: the type as a whole, held everywhere."""
    found = facts.snapshot(person.pk, at)
    return found.decide(action, _target(action, asked, at), at, _moment(person, action, found, context))


def explain(
    person: Person, action: str, asked: Asked = None, *, at: datetime, context: Context | None = None
) -> Decision:
    """Return the same decision, read anew with what is over: its near misses say "ended three days ago", too."""
    found, target = facts.whole(person.pk, at), _target(action, asked, at)
    return decide_with(found.model, found.subject, action, target, at, _moment(person, action, found, context))


def _moment(person: Person, action: str, found: facts.Snapshot, context: Context | None) -> Context:
    """Return what is known of the moment of asking; nothing where no policy could ask."""
    if context is not None:
        return context
    model = found.model
    read = (model.policies and action in model.judging) or (model.recording and action in model.watching)
    return asking.context_of(person, action) if read else NOTHING_KNOWN


def explain_somewhere(person: Person, action: str, *, at: datetime) -> Decision:
    """Return whether `person` may do `action` anywhere at all, with every path, whatever its scope reaches.

    Of the policies only those rule it out, or open it, that do so whatever the thing is.
    """
    found = facts.whole(person.pk, at)
    unlimited = tuple(replace(grant, scope=replace(grant.scope, terms=())) for grant in found.subject.grants)
    anywhere = tuple(grant for grants in found.subject.objects.values() for grant in grants)
    subject = replace(found.subject, grants=unlimited, objects={ANYWHERE: anywhere})
    target = Target(action.partition(".")[0], resource=ANYWHERE)
    if action not in found.model.judging:
        return decide_with(found.model, subject, action, target, at)
    granted = decide_with(replace(found.model, policies=(), recording=()), subject, action, target, at)
    question = Question(found.model, subject, action, target, asking.context_of(person, action), at)
    allowed = ruling.somewhere(question, granted=granted.allowed)
    if allowed == granted.allowed or granted.reason in (Reason.UNKNOWN_ACTION, Reason.NOT_ACTIVE):
        return granted
    return replace(granted, allowed=allowed, reason=Reason.GRANTED if allowed else Reason.BLOCKED)


def may(person: Person, action: str, asked: Asked = None, *, at: datetime, context: Context | None = None) -> bool:
    """Return whether `person` may do `action` to `asked` at `at`."""
    found = facts.snapshot(person.pk, at)
    moment = _moment(person, action, found, context).known
    return found.standing(action, at).allows(_target(action, asked, at), moment, at)


def may_each(
    person: Person, action: str, asked: Iterable[Target], *, at: datetime, context: Context | None = None
) -> list[bool]:
    """Return the answers about many things at once, in their order."""
    found = facts.snapshot(person.pk, at)
    known, standing = _moment(person, action, found, context).known, found.standing(action, at)
    return [standing.allows(each, known, at) for each in asked]


def owed(person: Person, action: str, asked: Asked = None, *, at: datetime) -> tuple[object, ...]:
    """Return what whoever acts on a yes must meet still; nothing where no policy is about it."""
    ruled = action in facts.snapshot(person.pk, at).model.judging
    return decide(person, action, asked, at=at).obligations if ruled else ()


def may_somewhere(person: Person, action: str, *, at: datetime, context: Context | None = None) -> bool:
    """Return whether `person` holds `action` within any scope or on any one thing: for menus and the doors of lists.

    A policy that reads the thing rules nothing out here: the list behind the door may turn out to be empty.
    """
    found = facts.snapshot(person.pk, at)
    granted = bool(found.scopes(action, at) or found.objects(action, at))
    if not found.model.policies or action not in found.model.judging:
        return granted
    return ruling.somewhere(_question(person, action, found, at, context), granted=granted)


def shows(person: Person, action: str, asked: Asked = None, *, at: datetime) -> bool:
    """Return whether a part of a page may show it: a yes with nothing to be met first. What waits is left out there."""
    return settled(person, action, asked, at=at)[0]


def settled(person: Person, action: str, asked: Asked = None, *, at: datetime) -> tuple[bool, Decision | None]:
    """Return whether it is a yes with nothing to be met first, and the decision where a policy is about it."""
    found = facts.snapshot(person.pk, at)
    model, target = found.model, _target(action, asked, at)
    if action not in model.judging and action not in model.watching:
        return found.standing(action, at).allows(target, NOTHING_KNOWN.known, at), None
    decision = found.decide(action, target, at, _moment(person, action, found, None))
    return decision.allowed and not any(isinstance(duty, Demand) for duty in decision.obligations), decision


def watched(
    person: Person, action: str, rows: Sequence[models.Model], *, at: datetime, as_type: str | None = None
) -> Iterator[Decision]:
    """Yield the decision on each of `rows`, all of one model, where a policy is recorded that is about `action`."""
    found = facts.snapshot(person.pk, at)
    if action in found.model.watching:
        moment, targets = _moment(person, action, found, None), places.targets(rows, at, as_type=as_type)
        yield from (found.decide(action, each, at, moment) for each in targets.values())


def hidden(
    person: Person,
    action: str,
    rows: Collection[M],
    *,
    at: datetime,
    as_type: str | None = None,
    context: Context | None = None,
) -> Iterator[tuple[int, set[int] | Exception]]:
    """Yield, for each recorded version about `action`, which of `rows`, just listed, it would leave out.

    One query for each of them, or what went wrong.
    """
    found = facts.snapshot(person.pk, at)
    if not rows or action not in found.model.watching:
        return
    governed, ids = type(next(iter(rows))), {row.pk for row in rows}
    granted, here = lists.reach(found, action, governed, at, as_type), governed._default_manager.filter(pk__in=ids)
    kept = sql.kept(found.model, found.subject, action, governed, at, as_type)
    asked = _question(person, action, found, at, context)
    for policy in found.model.watching[action]:
        try:
            left = here.filter(kept & ruling.listed(asked, granted, governed, ruling.tried(asked, policy)))
            yield policy.version, ids - set(left.values_list("pk", flat=True))
        except Exception as fault:  # noqa: BLE001 - whatever it is, a policy that is only watched must not decide
            yield policy.version, fault


def door(person: Person, action: str, *, at: datetime) -> Door:
    """Return what `may_somewhere` and `demanded` say, with what recorded policies would say, from one look."""
    found = facts.snapshot(person.pk, at)
    granted = bool(found.scopes(action, at) or found.objects(action, at))
    if action not in found.model.judging and action not in found.model.watching:
        return Door(granted)
    return ruling.door(_question(person, action, found, at, None), granted=granted)


def shows_somewhere(person: Person, action: str, *, at: datetime) -> bool:
    """Return the same of a part that lists such things."""
    return may_somewhere(person, action, at=at) and not demanded(person, action, at=at)


def _question(person: Person, action: str, found: facts.Snapshot, at: datetime, context: Context | None) -> Question:
    """Return the question before it is known of which thing it is asked."""
    moment = _moment(person, action, found, context)
    return Question(found.model, found.subject, action, Target(action.partition(".")[0]), moment, at)


def demanded(person: Person, action: str, *, at: datetime) -> tuple[Demand, ...]:
    """Return what policies want first of whoever is about to open a list by `action`, or to take it out."""
    found = facts.snapshot(person.pk, at)
    if not found.model.policies or action not in found.model.judging:
        return ()
    return ruling.demanded(_question(person, action, found, at, None))


def held(person: Person, *, at: datetime) -> frozenset[str]:
    """Return every action that `person` holds somewhere at `at`."""
    found = facts.snapshot(person.pk, at)
    actions = {action for grant in found.subject.grants for action in found.model.holding.get(grant.role, ())}
    given = {grant.action for grants in found.subject.objects.values() for grant in grants}
    actions |= {action for action, sources in found.model.implied_by.items() if not given.isdisjoint(sources)}
    granted = frozenset(action for action in actions if found.scopes(action, at) or found.objects(action, at))
    if not found.model.policies:
        return granted
    ruled = {
        action: ruling.somewhere(_question(person, action, found, at, None), granted=action in granted)
        for action in found.model.judging
    }
    return frozenset(action for action in granted | ruled.keys() if ruled.get(action, True))


def visible(
    person: Person,
    action: str,
    rows: models.QuerySet[M],
    *,
    at: datetime,
    as_type: str | None = None,
    context: Context | None = None,
) -> models.QuerySet[M]:
    """Return those of `rows` on which `person` may do `action`: one condition, no further statement for now.

    For a past moment the rows are decided one by one, because places have changed since. `as_type` asks about them
    under another type, as `places.target` does.
    """
    found = facts.snapshot(person.pk, at)
    if facts.is_past(at):
        return _one_by_one(person, action, rows, at, as_type, context)
    ruled = lists.is_ruled(found.model, action)
    asked = _question(person, action, found, at, context if ruled else NOTHING_KNOWN)
    try:
        return rows.filter(lists.seen(found, asked, rows.model, as_type))
    except NotCompilable:
        return _one_by_one(person, action, rows, at, as_type, context)


def _one_by_one(
    person: Person, action: str, rows: models.QuerySet[M], at: datetime, as_type: str | None, context: Context | None
) -> models.QuerySet[M]:
    targets = places.targets(list(rows), at, as_type=as_type)
    answers = may_each(person, action, targets.values(), at=at, context=context)
    ids = [pk for pk, allowed in zip(targets, answers, strict=True) if allowed]
    return rows.model._default_manager.filter(pk__in=ids)


def allowed(
    person: Person,
    action: str,
    rows: Collection[M],
    *,
    at: datetime,
    as_type: str | None = None,
    context: Context | None = None,
) -> set[int]:
    """Return the ids of those `rows`, all of one model, on which `person` may do `action`: for the menus of a list.

    Whoever may do it everywhere is asked about no row. `as_type` is that of `visible`.
    """
    if not rows:
        return set()
    model = type(next(iter(rows)))
    of_type = (as_type or places.type_of(model)) == action.partition(".")[0]
    if of_type and sees_all(person, action, at=at):
        return {row.pk for row in rows}
    here = model._default_manager.filter(pk__in=[row.pk for row in rows])
    return set(visible(person, action, here, at=at, as_type=as_type, context=context).values_list("pk", flat=True))


def sees_all(person: Person, action: str, *, at: datetime) -> bool:
    """Return whether `visible` leaves out nothing but what `action` cannot be done to at all, whatever the rows are."""
    found = facts.snapshot(person.pk, at)
    settled = not (facts.is_past(at) or (found.model.policies and action in found.model.judging))
    return settled and any(scope.everywhere for scope in found.scopes(action, at))


def who_can(
    action: str, asked: Asked = None, *, at: datetime, without: str = "", context: Context = NOTHING_KNOWN
) -> models.QuerySet[Person]:
    """Return the people who may do `action` to `asked` at `at`, in no order.

    `without` is the key of an object grant that is thought away: who still may, once it is ended? Of the moment in
    which each of them would ask nothing is known, but for what `context` says.
    """
    model = facts.model(at)
    target = _target(action, asked, at)
    if not fits(model, action, target):
        return Person.objects.none()
    granted = people_of(model, principals_with(model, action, target, at, without), at)
    if action not in model.judging:
        return granted
    if not facts.is_past(at):
        try:
            return ruling.people(model, action, target, at, context, granted, partial(people_of, model, at=at))
        except NotCompilable:
            pass
    return _each(lambda one: may(one, action, target, at=at, context=context))


def who_can_somewhere(action: str, *, at: datetime, context: Context = NOTHING_KNOWN) -> models.QuerySet[Person]:
    """Return the people for whom `may_somewhere` is a yes, in no order."""
    model = facts.model(at)
    granted = people_of(model, principals_anywhere(model, action, at), at)
    if action not in model.judging:
        return granted
    if not facts.is_past(at):
        target, reached = Target(action.partition(".")[0]), partial(people_of, model, at=at)
        try:
            return ruling.people(model, action, target, at, context, granted, reached, is_of_thing)
        except NotCompilable:
            pass
    return _each(lambda one: may_somewhere(one, action, at=at, context=context))


def _each(asked: Callable[[Person], bool]) -> models.QuerySet[Person]:
    """Return the people for whom `asked` says yes, one by one: slow, for the past and for what no table can answer."""
    return Person.objects.filter(pk__in=[one.pk for one in Person.objects.iterator() if asked(one)])


def _target(action: str, asked: Asked, at: datetime) -> Target:
    if asked is None:
        return Target(action.partition(".")[0])
    return asked if isinstance(asked, Target) else places.target(asked, at)


def explainable(decision: Decision) -> dict[str, Any]:
    """Return the decision as the trail keeps it: ids and codes, no names."""
    verdicts: tuple[Any, ...] = decision.verdicts
    return {
        "allowed": decision.allowed,
        "reason": decision.reason.value,
        "action": decision.action,
        "target": [decision.target.type, decision.target.id],
        "grants": sorted({path.grant.id for path in decision.paths if isinstance(path.grant, Grant)}),
        "object_grants": sorted({path.grant.key for path in decision.paths if isinstance(path.grant, ObjectGrant)}),
        **({"policies": [verdict.told for verdict in verdicts]} if verdicts else {}),
        **({"would": decision.would.allowed} if decision.would is not None else {}),
    }
