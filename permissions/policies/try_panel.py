"""The panel that tries a policy: its form, and the answer in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import PersonState
from cxaccess.lib.conditions import Entity
from permissions import facts, gate
from permissions.check.questions import CHECK
from permissions.engine.policies import REASON, SECOND_FACTOR, Kind, Rule, StateReason, StepUp
from permissions.models import Policy, PolicyVersion
from permissions.policies import selectors, trial
from permissions.policies.try_form import TryForm
from permissions.policies.trying import Clause, Tried, try_policy
from permissions.policies.wording import Wording
from permissions.policies.words import owed_of

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the panel says: `kind` is yes, if or no; `change` says how that differs from today."""

    kind: str
    title: str
    text: str
    change: str
    clauses: tuple[Clause, ...]
    owed: tuple[str, ...]


def panel(
    request: HttpRequest, policy: Policy | None, says: Wording | PolicyVersion | None, data: Mapping[str, Any], *,
    pressed: bool,
) -> dict[str, Any]:  # fmt: skip
    """Return what the panel needs; nothing for whoever may ask about nobody's access. `pressed`: answer."""
    if not gate.may_somewhere(request.user, CHECK, at=request.at):
        return {}
    if says is None:
        return {"trying": True}
    rule = trial.rule_of(says, policy, at=request.at)
    form = TryForm(
        data, bound=pressed, reader=request.user, actions=rule.actions, reads=_moment(rule, request.at), at=request.at
    )
    asked = form.asked
    if asked is None:
        return {"trying": True, "try_form": form}
    zone = timezone.get_current_timezone_name()
    found = try_policy(request.user, asked=asked, rule=rule, policy=policy, zone=zone, at=request.at)
    return {"trying": True, "try_form": form, "outcome": outcome(found, rule, _names(request, found))}


def _moment(rule: Rule, at: datetime) -> frozenset[str]:
    """Return what `rule`, or another policy about the same, wants to know of the moment of asking."""
    judging = facts.model(at).judging
    rules: Iterable[Any] = [rule, *(one for action in rule.actions for one in judging.get(action, ()))]
    found: set[str] = set()
    for one in rules:
        found |= {key for key in one.reads if key.partition(".")[0] == Entity.CONTEXT}
        found |= {SECOND_FACTOR for duty in one.duties if isinstance(duty.what, StepUp)}
        found |= {REASON for duty in one.duties if isinstance(duty.what, StateReason)}
    return frozenset(found)


def _names(request: HttpRequest, found: Tried) -> list[str]:
    """Return the names of the other policies that block it, as far as the reader may see policies."""
    rows = selectors.visible(request.user, at=request.at).filter(pk__in=found.blocking)
    return list(rows.values_list("name", flat=True)) if found.blocking else []


def outcome(found: Tried, rule: Rule, others: list[str]) -> Outcome:
    """Return the answer in words."""
    name = found.asked.person.name
    duties = found.decision.obligations if found.decision else ()
    waits = any(isinstance(duty, StepUp | StateReason) for duty in duties)
    kind = ("if" if waits else "yes") if found.after else "no"
    title = {
        "yes": _("Yes") if found.decision else _("Yes, on some"),
        "if": _("Yes, once that is met"),
        "no": _("No") if found.decision else _("No, on none"),
    }[kind]
    text = _("%(name)s may do this.") % {"name": name} if found.after else _why_not(found, rule, others)
    if found.after and found.verdict is not None and found.verdict.effect == "allow" and not found.before:
        text = _("This policy allows it: no role or grant of %(name)s does.") % {"name": name}
    elif not found.is_about:
        text += " " + _("This policy is not about it.")
    return Outcome(kind, title, text, _change(found), found.clauses, tuple(map(owed_of, duties)))


def _why_not(found: Tried, rule: Rule, others: list[str]) -> str:
    name = {"name": found.asked.person.name}
    if found.asked.person.state != PersonState.ACTIVE:
        return _("%(name)s is not active, and whoever is not active may do nothing.") % name
    if found.verdict is not None and found.verdict.effect == "block":
        if rule.condition is None:
            return _("This policy blocks it.")
        if rule.kind is Kind.ONLY:
            return _("This policy blocks it: its condition does not hold.")
        return _("This policy blocks it: its condition holds, or nobody knows.")
    if found.closes:
        return _("This policy closes it, whatever the thing is.")
    if found.held:
        return _("Another policy closes it, whatever the thing is.")
    if others:
        return _("Another policy blocks it: %(names)s.") % {"names": ", ".join(others)}
    if found.blocking:
        return _("Another policy blocks it.")
    return _("No role or grant of %(name)s gives it there, and no policy opens it.") % name


def _change(found: Tried) -> str:
    if found.before == found.after:
        return _("The same as today.")
    return _("Today the answer is yes.") if found.before else _("Today the answer is no.")
