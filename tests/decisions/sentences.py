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
from permissions.engine.combine import Context
from permissions.models import Mode, Resource, Role, RoleGrant, Sensitivity
from permissions.policies.wording import Wording, checked
from permissions.resources import fields as content
from tests import policies, world

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
FORMS: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def form(pattern: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a sentence. Groups of the pattern are the arguments."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        FORMS.append((re.compile(pattern), function))
        return function

    return register


def say(sentence: str | dict[str, Any]) -> None:
    """Do or check what a sentence says; a policy is written as data. Raises ValueError for one in no known form."""
    if isinstance(sentence, dict):
        enact(sentence)
        return
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


@form(r"there is a (?P<kind>product line|segment) (?P<name>.+?)( under (?P<above>.+))?")
def make_node(kind, name, above) -> None:
    world.node(name, Node.objects.get(name=above) if above else None, kind=kind.replace(" ", "_"))


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


# Policies. A case writes them as data: {policy: name, effect: ..., types: [...], condition: ..., ...}.


def enact(said: dict[str, Any]) -> None:
    """Put a policy in force as a case writes it; names stand for ids: "=DACH", "=Insights DACH"."""
    row = {key: _ids(value) for key, value in said.items() if key not in ("policy", "since", "until")}
    since = moment(said["since"]) if "since" in said else world.LONG_AGO
    until = moment(said["until"]) if "until" in said else None
    effect = row.pop("effect")
    checked(Wording(effect, _targets(row), row.get("condition"), row.get("obligations", [])), at=NOW)
    policies.enact(effect, since=since, until=until, name=said["policy"], **row)


def _targets(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("permissions", "types", "roles", "teams", "groups") if key in row}


def _ids(value: Any) -> Any:
    """Return what a case writes with the ids of what it names."""
    if isinstance(value, dict):
        return {key: _ids(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_ids(each) for each in value]
    return thing(value[1:]).pk if isinstance(value, str) and value.startswith("=") else value


MOMENT = {
    "a managed device": {"context.managed_device": True},
    "an unmanaged device": {"context.managed_device": False},
    "the office": {"context.address": "10.20.3.4"},
    "the branch office": {"context.address": "fd00:20::7"},
    "a broken address": {"context.address": "10.20.3"},
    "a café": {"context.address": "203.0.113.9"},
    "abroad": {"context.country": "BR"},
    "home": {"context.country": "DE", "context.purpose": "support"},
}


@form(rf"from (?P<where>[\w ]+), (?P<who>\w+) (?P<verb>may not|may) (?P<action>\w+\.\w+) (?P<what>.+?){AT}")
def may_from(where, who, verb, action, what, day) -> None:
    one, asked, at, context = person(who), _asked(action, what), moment(day), Context(MOMENT[where])
    answers = {
        "may": gate.may(one, action, asked, at=at, context=context),
        "explain": gate.explain(one, action, asked, at=at, context=context).allowed,
        "who can": gate.who_can(action, asked, at=at, context=context).filter(pk=one.pk).exists(),
    }
    if asked is not None:
        rows = type(asked)._default_manager.filter(pk=asked.pk)
        answers["list"] = gate.visible(one, action, rows, at=at, context=context).exists()
    assert set(answers.values()) == {verb == "may"}, answers


@form(r"(?P<who>\w+) sees (?P<what>.+) with (?P<fields>.+) masked")
def sees_masked(who, what, fields) -> None:
    found = thing(what)
    decision = gate.decide(person(who), f"{found.type.key}.view", found, at=NOW)
    shown = content.values(found, found.type.fields, decision)
    expected = set() if fields == "nothing" else set(permissions(fields))
    assert decision.allowed
    assert {value.name for value in shown if value.masked} == expected


@form(r"(?P<what>.+) contains (?P<values>\w+=.+)")
def fill(what, values) -> None:
    Resource.objects.filter(name=what).update(content=dict(pair.split("=") for pair in values.split(", ")))


@form(r"(?P<what>.+) is (?P<level>public|internal|confidential|restricted)")
def classify(what, level) -> None:
    Resource.objects.filter(name=what).update(sensitivity=Sensitivity[level.upper()])


@form(r"(?P<what>.+) belongs to (?P<who>\w+)")
def own(what, who) -> None:
    Resource.objects.filter(name=what).update(owner=person(who))


@form(r"(?P<who>\w+) is cleared for (?P<level>public|internal|confidential|restricted)")
def clear(who, level) -> None:
    Person.objects.filter(pk=person(who).pk).update(clearance=Sensitivity[level.upper()])
    changed()


@form(r"(?P<who>\w+)'s title is (?P<title>.+)")
def entitle(who, title) -> None:
    Person.objects.filter(pk=person(who).pk).update(title="" if title == "nothing" else title)
    changed()


@form(rf"(?P<who>\w+) (answers|answered) for (?P<where>.+?){WINDOW}")
def answer_for(who, where, start, end) -> None:
    starts, until = moment(start) if start else world.LONG_AGO, moment(end) if end else None
    world.answers(person(who), Node.objects.get(name=where), starts=starts, until=until)


@form(r"(?P<who>\w+) works until (?P<day>.+)")
def employ_until(who, day) -> None:
    Person.objects.filter(pk=person(who).pk).update(employed_until=moment(day).date())
    changed()


@form(
    r"(?P<minutes>\d+) minutes after a second factor (?P<who>\w+) (?P<verb>may freely|must confirm again to) "
    r"(?P<action>\w+\.\w+) (?P<what>.+)"
)
def with_factor(minutes, who, verb, action, what) -> None:
    context = Context({"context.factor_minutes": int(minutes)})
    decision = gate.decide(person(who), action, thing(what), at=NOW, context=context)
    assert decision.allowed
    assert {type(duty).__name__ for duty in decision.obligations} == (set() if verb == "may freely" else {"StepUp"})


@form(r"having confirmed nothing, (?P<who>\w+) must confirm again to (?P<action>\w+\.\w+) (?P<what>.+)")
def without_factor(who, action, what) -> None:
    assert owed(who, action, what, {}) == {"StepUp"}


@form(
    r"(?P<said>giving|without) a reason, (?P<who>\w+) (?P<verb>may freely|must say why to) "
    r"(?P<action>\w+\.\w+) (?P<what>.+)"
)
def with_reason(said, who, verb, action, what) -> None:
    known = {"context.reason": "A customer asked for it"} if said == "giving" else {}
    assert owed(who, action, what, known) == (set() if verb == "may freely" else {"StateReason"})


def owed(who: str, action: str, what: str, known: dict[str, object]) -> set[str]:
    """Return the kinds of what somebody who may do it owes first."""
    decision = gate.decide(person(who), action, thing(what), at=NOW, context=Context(known))
    assert decision.allowed
    return {type(duty).__name__ for duty in decision.obligations}


@form(r"(?P<who>\w+) is refused (?P<action>\w+\.\w+) (?P<what>.+) and asked for nothing")
def refused_outright(who, action, what) -> None:
    decision = gate.decide(person(who), action, thing(what), at=NOW)
    assert (decision.allowed, decision.obligations) == (False, ())
