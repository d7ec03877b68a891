"""Policy versions in force as the engine judges by them. What can no longer be read opens nothing and blocks."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from accounts.models import Group, Team
from cxaccess.jobs import settings as instance
from cxaccess.lib.conditions import Condition, InvalidCondition, Schema, read
from cxaccess.lib.conditions.compiled import Judge, compiled, unknown
from cxaccess.lib.models import in_force
from permissions.engine.combine import Policy
from permissions.engine.model import Model
from permissions.engine.policies import Duty, Faulty, Kind, Rule, StateReason, StepUp
from permissions.models import PolicyStage, PolicyState, PolicyVersion
from permissions.policies import schema
from permissions.resources.fields import Mask

log = logging.getLogger(__name__)
# No policy is about these: whoever may mend the rules always can, and no condition hands out the right to give.
OUT_OF_REACH = frozenset({"policy.view", "policy.edit", "policy.enforce", "role.give", "role.give_onward"})


def with_policies(model: Model, at: datetime | None) -> Model:
    """Return the model with the policies in force at `at` (None: now), in one query where there are none."""
    rows = PolicyState.objects.select_related("version").filter(policy__retired_at=None, until=None)
    if at is not None:
        rows = PolicyState.objects.select_related("version").filter(in_force(at))
    found = list(rows.order_by("policy_id", "id"))
    if not found:
        return model
    known, zone = schema.whole(), str(instance.get(instance.TIME_ZONE))
    deciding = [state.version for state in found if state.stage == PolicyStage.ENFORCED]
    principals = _principals(deciding)
    enforced = tuple(rule(version, model, known, principals) for version in deciding)
    watched = [_watched(state.version, model, known) for state in found if state.stage == PolicyStage.RECORDING]
    return replace(model, policies=enforced, recording=tuple(watched), zone=zone)


def _watched(version: PolicyVersion, model: Model, known: Schema) -> Policy:
    """Return a version that is only recorded. One that cannot be made ready must not keep the others from deciding."""
    try:
        return rule(version, model, known)
    except Exception as fault:
        log.exception("policies.recording_unreadable", extra={"version": version.pk})
        return Faulty(version.policy_id, version.pk, _about(version, model), repr(fault))


def _about(version: PolicyVersion, model: Model) -> frozenset[str]:
    try:
        return actions(version.targets, Kind(version.effect), model)
    except Exception:  # noqa: BLE001 - it is told of already, and about nothing it is never asked
        return frozenset()


def _principals(versions: Iterable[PolicyVersion]) -> dict[tuple[str, int], int]:
    """Return {(kind, id): principal} of the teams and groups that the versions name."""
    wanted: dict[str, set[int]] = {"teams": set(), "groups": set()}
    for version in versions:
        for kind, ids in wanted.items():
            ids.update(version.targets.get(kind, ()))
    found: dict[tuple[str, int], int] = {}
    for kind, rows in (("teams", Team), ("groups", Group)):
        if wanted[kind]:
            pairs = rows._default_manager.filter(pk__in=wanted[kind]).values_list("pk", "principal_id")
            found |= {(kind, pk): principal for pk, principal in pairs}
    return found


def rule(
    version: PolicyVersion, model: Model, known: Schema, principals: Mapping[tuple[str, int], int] | None = None
) -> Rule:
    """Return a version ready to judge."""
    to = _principals([version]) if principals is None else principals
    condition, holds = _condition(version.condition, known)
    kind = Kind(version.effect)
    named = version.targets
    return Rule(
        version.policy_id,
        version.pk,
        kind,
        actions(named, kind, model),
        # One that is gone reaches nobody; it must not turn into "everybody".
        frozenset(to.get((each, pk), 0) for each in ("teams", "groups") for pk in named.get(each, ())),
        _including(model, named.get("roles", ())),
        holds,
        condition,
        known,
        tuple(_duty(row, known) for row in version.obligations),
    )


def actions(targets: Mapping[str, Any], kind: Kind, model: Model) -> frozenset[str]:
    """Return the permissions that a policy is about.

    What allows one permission allows what that implies; what blocks or limits one does so to what implies it, so that
    nobody edits what they may not see.
    """
    types = set(targets.get("types", ()))
    named = {key for key in model.implies if key.partition(".")[0] in types} | set(targets.get("permissions", ()))
    if kind is Kind.ALLOW:
        reached = {key for key, sources in model.implied_by.items() if not named.isdisjoint(sources)}
    else:
        reached = {source for key in named for source in model.implied_by.get(key, ())}
    return frozenset(reached - OUT_OF_REACH)


def _including(model: Model, roles: Iterable[int]) -> frozenset[int]:
    """Return the roles with those that include them, however indirectly: whoever holds one of these holds them."""
    found = {0, *roles} if roles else set()  # a role that is gone is held by nobody, and does not mean everybody
    size = 0
    while size < len(found):
        size = len(found)
        found |= {role.id for role in model.roles.values() if not found.isdisjoint(role.includes)}
    return frozenset(pk for pk in found if pk in model.roles or pk == 0)


def _condition(raw: Any, known: Schema) -> tuple[Condition | None, Judge]:
    if raw is None:
        return None, _always
    try:
        found = read(raw, known, existing=False)
    except InvalidCondition:
        return None, unknown
    return found, compiled(found, known)


def _always(_facts: Any, _world: Any) -> bool:
    return True


def _duty(row: Mapping[str, Any], known: Schema) -> Duty:
    what: object = StateReason()
    if row["kind"] == "mask":
        what = Mask(frozenset(row.get("data_classes", ())), frozenset(row.get("fields", ())))
    elif row["kind"] == "step_up":
        what = StepUp(int(row["minutes"]))
    if row.get("unless") is None:
        return Duty(what)
    condition, unless = _condition(row["unless"], known)
    return Duty(what, unless, condition)
