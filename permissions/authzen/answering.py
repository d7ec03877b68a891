"""What the gate says to a question of the command line, told as reasons and obligations that JSON can hold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import Principal
from permissions import gate
from permissions.authzen import moments
from permissions.authzen.naming import UNKNOWN_RESOURCE, UNKNOWN_SUBJECT, WHOLE, person_of, target_of
from permissions.authzen.questions import Ask
from permissions.engine import Decision, Grant, Path, Reason
from permissions.engine.combine import Verdict
from permissions.engine.policies import Demand, StateReason, StepUp
from permissions.engine.types import Target
from permissions.models import Policy, PolicyVersion, Role
from permissions.resources.fields import Mask


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate said. `decision` None: nobody was asked about, for `unknown` says who or what is not known."""

    decision: Decision | None
    unknown: str = ""

    @property
    def allowed(self) -> bool:
        """Return whether it is a yes, with nothing to be met first."""
        return self.decision is not None and self.decision.allowed


def evaluated(ask: Ask, *, at: datetime, system: str = "") -> Answer:
    """Return the answer to `ask` at `at`. `system` is the caller's own, where a resource names none.

    Whoever is not known may do nothing; a thing that is not known can have nothing done to it. Raises Malformed.
    """
    person = person_of(ask.subject, "subject")
    if person is None:
        return Answer(None, UNKNOWN_SUBJECT)
    asked: Model | Target | None = None
    if ask.resource.id != WHOLE:
        asked = target_of(ask.resource, at=at, system=system)
        if asked is None:
            return Answer(None, UNKNOWN_RESOURCE)
    return Answer(as_met(gate.decide(person, ask.permission, asked, at=at, context=moments.context(ask.context))))


def as_met(decision: Decision) -> Decision:
    """Return the decision as a caller may act on it now: a yes that waits for a factor or a reason is none yet.

    A caller that reads nothing but `decision` must not let pass what the console itself would not.
    """
    demands = [duty for duty in decision.obligations if isinstance(duty, Demand)]
    if not decision.allowed or not demands:
        return decision
    confirm = any(isinstance(duty, StepUp) for duty in demands)
    return replace(decision, allowed=False, reason=Reason.STEP_UP if confirm else Reason.NO_REASON)


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
