"""Searches (section 8): who, what, or which action, such that each result is a yes when it is asked about by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.integrations.callers import Caller
from accounts.models import Identity, Person
from permissions import facts, gate, places, recorded
from permissions.api import deciding
from permissions.api.entities import Known, Thing, known
from permissions.api.errors import Forbidden
from permissions.api.paging import Page
from permissions.authzen import moments
from permissions.authzen.naming import UNKNOWN_RESOURCE, UNKNOWN_SUBJECT
from permissions.authzen.questions import Ask
from permissions.engine import Target
from permissions.engine.combine import Context
from permissions.engine.policies import Rule, StateReason, StepUp
from permissions.models import Action, Resource

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results. `after` is where the next page goes on; None at the end. `why` says why there is nothing.

    `things` are the resources among them, or the one that was asked about: of guarded ones a record is kept.
    """

    results: Sequence[Json] = ()
    after: int | None = None
    why: str = ""
    things: Sequence[Resource] = ()


def subjects(caller: Caller, ask: Ask, page: Page, *, at: datetime) -> Found:
    """Return who may do it (section 8.4): those whom the caller's system can name, by its id or by mail."""
    about = known(caller, [ask], at=at)
    thing = about.thing(ask.resource)
    why = _unanswerable(caller, ask, about) or ("" if thing is not None else UNKNOWN_RESOURCE)
    if not deciding.is_person(ask.subject.type):
        why = UNKNOWN_SUBJECT
    if why or thing is None:
        return Found(why=why)
    context = moments.context(ask.context)
    rows = gate.who_can(ask.permission, thing.target, at=at, context=context)
    found, after = _page(_nameable(rows, caller.system), page)
    if _demands(ask.permission, at):
        facts.prepare([one.pk for one in found], at)
        found = [one for one in found if _yes(one, ask.permission, thing.target, at, context)]
    names = _names(found, caller.system)
    results = [{"type": ask.subject.type, "id": names[one.pk]} for one in found]
    return Found(results, after, things=[thing.row] if thing.row is not None else [])


def resources(caller: Caller, ask: Ask, page: Page, *, at: datetime) -> Found:
    """Return what they may do it to (section 8.5), of what is registered under the caller's system."""
    about = known(caller, [ask], at=at)
    person = about.person(ask.subject)
    why = _unanswerable(caller, ask, about) or ("" if person is not None else UNKNOWN_SUBJECT)
    if why or person is None:
        return Found(why=why)
    context = moments.context(ask.context)
    rows = Resource.objects.select_related("type").filter(system=caller.system, type__key=ask.resource.type)
    found, after = _page(gate.visible(person, ask.permission, rows, at=at, context=context), page)
    if _demands(ask.permission, at):
        targets = places.targets(found, at)
        found = [row for row in found if _yes(person, ask.permission, targets[row.pk], at, context)]
    recorded.note_shown(person, ask.permission, found, at=at, context=context)
    return Found([{"type": ask.resource.type, "id": row.external_id} for row in found], after, things=found)


def actions(caller: Caller, ask: Ask, page: Page, *, at: datetime) -> Found:
    """Return what they may do to it (section 8.6), of what the caller may ask about."""
    about = known(caller, [ask], at=at)
    person, thing = about.person(ask.subject), about.thing(ask.resource)
    if ask.resource.type in about.types and not caller.may_ask_of(ask.resource.type):
        raise Forbidden(f"This system may not ask about {ask.resource.type}.")
    if person is None or thing is None:
        return Found(why=_missing(ask, about, person, thing))
    context = moments.context(ask.context)
    keys = [key for key in _keys(ask.resource.type, page.after) if caller.may_ask_about(key[1])]
    said = [(pk, key) for pk, key in keys if _yes(person, key, thing.target, at, context)]
    shown = said[: page.limit]
    after = (shown[-1][0] if shown else page.after) if len(said) > page.limit else None
    results = [{"name": key.partition(".")[2]} for _pk, key in shown]
    return Found(results, after, things=[thing.row] if thing.row is not None and shown else [])


def _keys(type_: str, after: int) -> list[tuple[int, str]]:
    rows = Action.objects.filter(type__key=type_, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", "key"))


def _missing(ask: Ask, about: Known, person: Person | None, thing: Thing | None) -> str:
    if ask.resource.type not in about.types:
        return deciding.UNKNOWN_TYPE
    return UNKNOWN_SUBJECT if person is None else UNKNOWN_RESOURCE if thing is None else ""


def _unanswerable(caller: Caller, ask: Ask, about: Known) -> str:
    """Return why a search finds nothing, whoever and whatever there is. Raises Forbidden."""
    if ask.resource.type not in about.types:
        return deciding.UNKNOWN_TYPE
    if not caller.may_ask_about(ask.permission):
        raise Forbidden(f"This system may not ask about {ask.permission}.")
    return ""


def _page(rows: QuerySet[Any], page: Page) -> tuple[list[Any], int | None]:
    """Return a page of `rows` by their ids, and where the next one goes on."""
    found = list(rows.filter(pk__gt=page.after).order_by("pk")[: page.limit + 1])
    shown = found[: page.limit]
    return shown, (shown[-1].pk if shown else page.after) if len(found) > page.limit else None


def _demands(permission: str, at: datetime) -> bool:
    """Return whether a policy about `permission` can ask for something first: lists leave that to the door."""
    rules = facts.model(at).judging.get(permission, ())
    duties = [duty.what for rule in rules if isinstance(rule, Rule) for duty in rule.duties]
    return any(isinstance(what, StepUp | StateReason) for what in duties)


def _yes(person: Person, permission: str, target: Target, at: datetime, context: Context) -> bool:
    return deciding.said(gate.decide(person, permission, target, at=at, context=context))[0]


def _nameable(rows: QuerySet[Person], system: str) -> QuerySet[Person]:
    known_there = Identity.objects.filter(system=system, person=OuterRef("pk"))
    return rows.filter(Exists(known_there) | Q(email__gt=""))


def _names(people: Sequence[Person], system: str) -> dict[int, str]:
    """Return {person id: the id under which the system knows them, or their mail address}."""
    rows = Identity.objects.filter(system=system, person__in=people).order_by("-pk")
    return {one.pk: one.email for one in people} | dict(rows.values_list("person_id", "external_id"))
