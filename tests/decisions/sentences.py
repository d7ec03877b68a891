"""The language of the decision cases: each sentence is one form below, read by a regular expression.

Everything happens around Monday 15 June 2026, noon UTC, which is "now". The cast is that of tests/cast.py; names of
people are their first names. Days are written "3 June" (midnight, UTC) or "3 June 09:30"; "noon" is now.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model

from accounts.models import AttributeHistory, Node, ParentHistory, Person, Team
from cxaccess.jobs import stamps
from permissions import gate
from permissions.models import Mode, Resource, Role, RoleGrant
from tests import world

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
FORMS: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def form(pattern: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a sentence. Groups of the pattern are the arguments."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        FORMS.append((re.compile(pattern), function))
        return function

    return register


def say(sentence: str) -> None:
    """Do or check what a sentence says. Raises ValueError for one in no known form."""
    for pattern, function in FORMS:
        if found := pattern.fullmatch(sentence):
            function(**found.groupdict())
            return
    raise ValueError(f"No form for: {sentence}")


def moment(text: str | None) -> datetime:
    """Return the moment that `text` names; nothing is now."""
    if text is None or text == "noon":
        return NOW
    layout = "%d %B %Y %H:%M" if ":" in text else "%d %B %Y"
    day, month, *rest = text.split()
    return datetime.strptime(" ".join([day, month, "2026", *rest]), layout).replace(tzinfo=UTC)


def person(name: str) -> Person:
    return Person.objects.get(name__startswith=f"{name} ")


def team(name: str) -> Team:
    return Team.objects.select_related("principal", "resource").get(principal__label=name)


def holder(name: str) -> Person | Team:
    return person(name) if Person.objects.filter(name__startswith=f"{name} ").exists() else team(name)


def thing(name: str) -> Model:
    """Return whatever has this name: a resource, a person, a team, a role, a place."""
    found = Resource.objects.filter(name=name, object_kind=None).first()
    found = found or Person.objects.filter(name__startswith=f"{name} ").first()
    found = found or Team.objects.filter(principal__label=name).first() or Role.objects.filter(name=name).first()
    return found or Node.objects.get(name=name)


def places(text: str | None) -> dict[str, Any]:
    """Return {dimension: node or team} of "DACH and Customer Care"."""
    found: dict[str, Any] = {}
    for name in (text or "").split(" and ") if text else []:
        node = Node.objects.filter(name=name).first()
        found |= {node.kind: node} if node else {"team": team(name)}
    return found


def permissions(text: str) -> list[str]:
    return re.split(r", | and ", text)


def changed() -> None:
    world._changed(stamps.MODEL, *Person.objects.values_list("principal_id", flat=True))


WINDOW = r"( from (?P<start>[\w :]+?))?( until (?P<end>[\w :]+))?"


@form(rf"(?P<who>.+) (is|was) given (?P<action>\w+\.\w+) on (?P<what>.+?){WINDOW}")
def give_on(who, action, what, start, end) -> None:
    starts, until = moment(start) if start else world.LONG_AGO, moment(end) if end else None
    found = thing(what)
    world.give_on(
        holder(who), action, found if isinstance(found, Resource) else found.resource, starts=starts, until=until
    )


@form(rf"(?P<who>.+) (is|was) (?P<mode>given|eligible for) (?P<role>.+?)( in (?P<where>.+?))?{WINDOW}")
def give(who, mode, role, where, start, end) -> None:
    starts, until = moment(start) if start else world.LONG_AGO, moment(end) if end else None
    made = world.give(holder(who), Role.objects.get(name=role), starts=starts, until=until, **places(where))
    if mode != "given":
        RoleGrant.objects.filter(pk=made.pk).update(mode=Mode.ELIGIBLE)


@form(rf"(?P<who>\w+) (is|was) a (?P<part>member|lead) of (?P<group>.+?){WINDOW}")
def join(who, part, group, start, end) -> None:
    starts, until = moment(start) if start else world.LONG_AGO, moment(end) if end else None
    world.join(person(who), team(group), part=part, starts=starts, until=until)


@form(r"there is a role (?P<role>.+) with (?P<actions>[\w., ]+?)( including (?P<inner>.+))?")
def make_role(role, actions, inner) -> None:
    included = Role.objects.filter(name__in=inner.split(" and ")) if inner else ()
    world.role(role, [] if actions == "nothing" else permissions(actions), included)


@form(r"(?P<role>.+) changes to (?P<actions>.+) on (?P<day>.+)")
def change_role(role, actions, day) -> None:
    world.reversion(Role.objects.get(name=role), permissions(actions), at=moment(day))


@form(r"(?P<role>.+) is retired on (?P<day>.+)")
def retire(role, day) -> None:
    Role.objects.filter(name=role).update(retired_at=moment(day))
    changed()


@form(r"(?P<name>.+) is an? (?P<kind>\w+)( of (?P<group>.+?))?( in (?P<where>.+?))?( since (?P<day>.+))?")
def make_thing(name, kind, group, where, day) -> None:
    owner = {"owner_team": team(group)} if group else {}
    made = world.resource(name, kind, **places(where), **owner)
    if day:
        Resource.objects.filter(pk=made.pk).update(created_at=moment(day))


@form(r"there is a team (?P<name>.+?)( under (?P<above>.+?))?( in (?P<where>.+))?")
def make_team(name, above, where) -> None:
    world.team(name, team(above) if above else None, **places(where))


@form(r"there is a region (?P<name>.+) under (?P<above>.+)")
def make_region(name, above) -> None:
    world.node(name, Node.objects.get(name=above))


@form(r"(?P<name>.+) is archived on (?P<day>.+)")
def archive(name, day) -> None:
    Team.objects.filter(principal__label=name).update(archived_at=moment(day))
    Node.objects.filter(name=name).update(archived_at=moment(day))
    changed()


@form(r"(?P<who>\w+) becomes (?P<state>prehire|active|leave|suspended|left) on (?P<day>.+)")
def change_state(who, state, day) -> None:
    one = person(who)
    _note(one, "state", one.state, state, day)
    Person.objects.filter(pk=one.pk).update(state=state)
    changed()


@form(r"(?P<who>\w+) moves to (?P<where>.+) on (?P<day>.+)")
def move_person(who, where, day) -> None:
    one, node = person(who), Node.objects.get(name=where)
    _note(one, node.kind, getattr(one, f"{node.kind}_id"), node.pk, day)
    Person.objects.filter(pk=one.pk).update(**{node.kind: node})


@form(r"(?P<name>.+) moves under (?P<above>.+) on (?P<day>.+)")
def move(name, above, day) -> None:
    node = Node.objects.filter(name=name).first()
    row, kind = (node, "node") if node else (team(name), "team")
    parent = Node.objects.get(name=above) if node else team(above)
    for value, since in ((row.parent_id, world.LONG_AGO), (parent.pk, moment(day))):
        ParentHistory.objects.create(kind=kind, of_id=row.pk, parent_id=value, since=since)
    type(row).objects.filter(pk=row.pk).update(parent=parent)
    changed()


def _note(one: Person, name: str, old: Any, new: Any, day: str) -> None:
    rows = AttributeHistory.objects.filter(of="person", of_id=one.pk, name=name)
    if not rows.exists():
        AttributeHistory.objects.create(of="person", of_id=one.pk, name=name, value=old, since=world.LONG_AGO)
    AttributeHistory.objects.create(of="person", of_id=one.pk, name=name, value=new, since=moment(day))


AT = r"( on (?P<day>\d+ \w+( [\d:]+)?))?"


def _asked(action: str, what: str) -> Model | None:
    return None if what == "everything" else thing(what)


@form(rf"(?P<who>\w+) may (?P<action>\w+\.\w+) (?P<what>.+?){AT}")
def may(who, action, what, day) -> None:
    _agree(who, action, what, day, expected=True)


@form(rf"(?P<who>\w+) may not (?P<action>\w+\.\w+) (?P<what>.+?){AT}(: (?P<reason>[\w ]+))?")
def may_not(who, action, what, day, reason) -> None:
    said = _agree(who, action, what, day, expected=False)
    assert reason is None or said == reason, f"the reason is {said}"


def _agree(who: str, action: str, what: str, day: str | None, *, expected: bool) -> str:
    """Ask in every way there is; all must agree. Return the reason."""
    one, asked, at = person(who), _asked(action, what), moment(day)
    decision = gate.explain(one, action, asked, at=at)
    answers = {"explain": decision.allowed, "may": gate.may(one, action, asked, at=at)}
    answers["who can"] = gate.who_can(action, asked, at=at).filter(pk=one.pk).exists()
    if asked is not None:
        rows = type(asked)._default_manager.filter(pk=asked.pk)
        answers["list"] = gate.visible(one, action, rows, at=at).exists()
    assert set(answers.values()) == {expected}, answers
    return decision.reason.value.replace("_", " ")


@form(rf"(only (?P<who>.+)|(?P<nobody>nobody)) can (?P<action>\w+\.\w+) (?P<what>.+?){AT}")
def only(who, nobody, action, what, day) -> None:
    expected = set() if nobody else set(re.split(r", | and ", who))
    found = gate.who_can(action, _asked(action, what), at=moment(day))
    assert {one.name.split()[0] for one in found} == expected


@form(r"(?P<who>\w+) holds (?P<actions>.+)")
def holds(who, actions) -> None:
    expected = set() if actions == "nothing" else set(permissions(actions))
    assert gate.held(person(who), at=NOW) == expected
