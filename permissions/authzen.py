"""Questions in the shape of the OpenID AuthZEN Authorization API 1.0, and answers in words of their own.

What a connected system or the command line asks (subject, action, resource, context) becomes the gate's question here,
and the gate's decision becomes reasons and obligations that JSON can hold. It knows no HTTP.

Names: a person by mail or, with ``properties.system``, by their id in that system. A resource by its id in the system
that ``properties.system`` names; without one, by an id that is the only one of its type. Teams and groups by name,
roles by key. The id ``*`` asks about the type as a whole. Properties never override what is registered here.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import Group, Identity, Person, Principal, Team
from permissions import gate, places
from permissions.engine import Decision, Grant, Path, Reason
from permissions.engine.combine import Context, Verdict
from permissions.engine.decide import NOTHING_KNOWN
from permissions.engine.policies import Demand, StateReason, StepUp
from permissions.engine.types import Target
from permissions.models import Policy, PolicyVersion, Resource, Role
from permissions.resources.fields import Mask

PEOPLE = frozenset({"person", "user"})  # types of subject; AuthZEN's own examples say "user"
WHOLE = "*"  # the id that asks about a type as a whole
LONGEST = 400  # characters of a type, an id or a name
MOMENT = ("managed_device", "address", "country", "factor_minutes", "purpose", "reason")  # what a context may tell
UNKNOWN_SUBJECT, UNKNOWN_RESOURCE = "unknown_subject", "unknown_resource"


class Malformed(ValueError):
    """A question that cannot be understood: `place` says where, such as "subject.id"."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.message = message


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject or a resource as a caller names it."""

    type: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One evaluation as asked, read strictly; nothing has been looked up yet."""

    subject: Entity
    action: str
    resource: Entity
    context: Context = NOTHING_KNOWN

    @property
    def permission(self) -> str:
        """Return the key of the permission: an action may be named with its type before it, or without."""
        return self.action if "." in self.action else f"{self.resource.type}.{self.action}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate said. `decision` None: nobody was asked about, for `unknown` says who or what is not known."""

    decision: Decision | None
    unknown: str = ""

    @property
    def allowed(self) -> bool:
        """Return whether it is a yes, with nothing to be met first."""
        return self.decision is not None and self.decision.allowed


def parsed(raw: Any) -> Request:
    """Return the question that `raw` (parsed JSON) asks; members that nobody knows are ignored. Raises Malformed."""
    if not isinstance(raw, Mapping):
        raise Malformed("", "A question is a JSON object.")
    subject, resource = _entity(raw, "subject"), _entity(raw, "resource")
    action = _object(raw, "action")
    return Request(subject, _text(action, "action", "name"), resource, context_of(raw.get("context", {})))


def context_of(raw: Any) -> Context:
    """Return what a caller tells of the moment of asking. What is of no known kind is not known. Raises Malformed."""
    if not isinstance(raw, Mapping):
        raise Malformed("context", "This must be an object.")
    return Context({f"context.{name}": raw[name] for name in MOMENT if name in raw and _is_plain(raw[name])})


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and _is_comparable(value)
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < math.inf)


def _object(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if name not in raw:
        raise Malformed(name, "This is missing.")
    if not isinstance(raw[name], Mapping):
        raise Malformed(name, "This must be an object.")
    return raw[name]


def _text(raw: Mapping[str, Any], where: str, name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not _is_comparable(value):
        raise Malformed(f"{where}.{name}", f"This must be a text of 1 to {LONGEST} characters.")
    return value


def _is_comparable(text: str) -> bool:
    """Return whether no database stumbles over it: half a surrogate pair, or a zero byte."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _entity(raw: Mapping[str, Any], name: str) -> Entity:
    given = _object(raw, name)
    properties = given.get("properties", {})
    if not isinstance(properties, Mapping):
        raise Malformed(f"{name}.properties", "This must be an object.")
    if "system" in properties:
        _text(properties, f"{name}.properties", "system")
    return Entity(_text(given, name, "type"), _text(given, name, "id"), properties)


def evaluated(request: Request, *, at: datetime, system: str = "") -> Answer:
    """Return the answer to `request` at `at`. `system` is the caller's own, where a resource names none.

    Whoever is not known may do nothing; a thing that is not known can have nothing done to it.
    """
    person = person_of(request.subject)
    if person is None:
        return Answer(None, UNKNOWN_SUBJECT)
    asked: Model | Target | None = None
    if request.resource.id != WHOLE:
        asked = target_of(request.resource, at=at, system=system)
        if asked is None:
            return Answer(None, UNKNOWN_RESOURCE)
    return Answer(as_met(gate.decide(person, request.permission, asked, at=at, context=request.context)))


def as_met(decision: Decision) -> Decision:
    """Return the decision as a caller may act on it now: a yes that waits for a factor or a reason is none yet.

    A caller that reads nothing but `decision` must not let pass what the console itself would not.
    """
    demands = [duty for duty in decision.obligations if isinstance(duty, Demand)]
    if not decision.allowed or not demands:
        return decision
    confirm = any(isinstance(duty, StepUp) for duty in demands)
    return replace(decision, allowed=False, reason=Reason.STEP_UP if confirm else Reason.NO_REASON)


def person_of(subject: Entity) -> Person | None:
    """Return the person that a subject names, or None."""
    if subject.type not in PEOPLE:
        return None
    system = subject.properties.get("system")
    if system:
        found = Identity.objects.select_related("person").filter(system=system, external_id=subject.id).first()
        return found.person if found else None
    return Person.objects.filter(email__iexact=subject.id).first()


def target_of(resource: Entity, *, at: datetime, system: str = "") -> Target | None:
    """Return what a resource names as the gate asks about it, or None where nobody knows it."""
    if resource.type in PEOPLE:
        person = person_of(resource)
        return None if person is None else places.target(person, at)
    row = _row(resource, resource.properties.get("system") or system)
    if row is None:
        return None
    as_type = "resource" if isinstance(row, Resource) and resource.type == "resource" else None
    return places.target(row, at, as_type=as_type)


def _row(resource: Entity, system: str) -> Model | None:
    """Return the one row that is meant; None for none, and for several: which of them nobody could tell."""
    rows: QuerySet[Any]
    if resource.type == "role":
        rows = Role.objects.filter(key=resource.id)
    elif resource.type in ("team", "group"):
        model = Team if resource.type == "team" else Group
        rows = model._default_manager.select_related("principal", "resource").filter(
            principal__label__iexact=resource.id
        )
    else:
        rows = Resource.objects.select_related("type").filter(external_id=resource.id, object_kind=None)
        rows = rows.filter(type__key=resource.type) if resource.type != "resource" else rows
        rows = rows.filter(system=system) if system else rows
    found: list[Model] = list(rows[:2])
    return found[0] if len(found) == 1 else None


def reasons(answer: Answer) -> list[dict[str, Any]]:
    """Return why, as JSON: first the code that decided, then each grant or near miss, then each policy with a say."""
    if answer.decision is None:
        return [{"code": answer.unknown}]
    decision = answer.decision
    near = [] if decision.allowed else [(miss.path, miss.reason) for miss in decision.near]
    held = [*((path, Reason.GRANTED) for path in decision.paths), *near]
    return [{"code": decision.reason.value}, *_grants(held), *_policies(decision)]


def _grants(held: list[tuple[Path, Reason]]) -> Iterator[dict[str, Any]]:
    """Yield each grant once for each way that it comes by, with the names of its role and its holder."""
    roles = dict(Role.objects.filter(pk__in={role for path, _ in held for role in path.roles}).values_list("pk", "key"))
    reached = {principal for path, _ in held for principal in path.via}
    labels = dict(Principal.objects.filter(pk__in=reached).values_list("pk", "label"))
    for path, reason in held:
        window = path.grant.window
        found: dict[str, Any] = {
            "code": reason.value,
            "grant": path.grant.key,
            "via": [labels[pk] for pk in path.via],
            "roles": [roles[pk] for pk in path.roles],
            "permissions": list(path.actions),
            "from": window.starts_at.isoformat(),
            "until": window.until.isoformat() if window.until else None,
        }
        yield found if isinstance(path.grant, Grant) else found | {"resource": path.grant.resource}


def _policies(decision: Decision) -> Iterator[dict[str, Any]]:
    said = [verdict for verdict in decision.verdicts if isinstance(verdict, Verdict)]
    names = dict(Policy.objects.filter(pk__in={one.policy for one in said}).values_list("pk", "name"))
    numbers = dict(PolicyVersion.objects.filter(pk__in={one.version for one in said}).values_list("pk", "number"))
    for verdict in said:
        yield {
            "code": "policy",
            "policy": names.get(verdict.policy, ""),
            "version": numbers.get(verdict.version),
            "kind": str(verdict.kind),
            "effect": verdict.effect.value,
            "holds": verdict.said,  # null: nobody knows, which never opens
            "clauses": [".".join(str(number + 1) for number in place) for place in verdict.clauses],
        }


def obligations(answer: Answer) -> list[dict[str, Any]]:
    """Return what whoever acts on a yes must meet, as JSON."""
    return [] if answer.decision is None else [obligation(duty) for duty in answer.decision.obligations]


def obligation(duty: object) -> dict[str, Any]:
    """Return one obligation as JSON, by its `kind`."""
    if isinstance(duty, StepUp):
        return {"kind": "step_up", "minutes": duty.minutes}
    if isinstance(duty, StateReason):
        return {"kind": "reason"}
    if isinstance(duty, Mask):
        return {"kind": "mask", "fields": sorted(duty.names), "data_classes": sorted(duty.data_classes)}
    return {"kind": "mask", "fields": [WHOLE], "data_classes": []}  # what nobody understands masks everything
