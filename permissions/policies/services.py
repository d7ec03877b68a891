"""Writing policies, having them recorded, enforcing and retiring them. Every version is kept.

Authority: policy.edit writes and records, which decides nothing; policy.enforce puts in force and takes out of it. What
lets somebody gain access takes being able to give it: an allow-when that begins, a block or limit that ends.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from cxaccess.lib.reasons import stated
from permissions import giving
from permissions.guards import locked, require, use_case
from permissions.models import Policy, PolicyStage, PolicyState, PolicyVersion
from permissions.policies import rules, wording
from permissions.policies.wording import Wording

EDIT, ENFORCE = "policy.edit", "policy.enforce"


@use_case
def create_policy(
    actor: Person, *, name: str, purpose: str, owner: Person | None, says: Wording, note: str = "", at: datetime
) -> Policy:  # fmt: skip
    """Write a policy as a draft: version 1, in force nowhere. Raises NotAllowed, NotVisible, Refused."""
    require(actor, EDIT, at=at)
    rules.require_named(name, purpose)
    rules.require_owner(owner)
    first = wording.checked(says, at=at)
    policy = Policy.objects.create(name=name.strip(), purpose=purpose.strip(), owner=owner, created_at=at)
    version = _write(policy, first, actor, note, at)
    record(Tag.POLICY_CREATED, actor=actor, at=at, obj=policy, details=_told(version))
    return policy


@use_case
def save_version(
    actor: Person,
    *,
    policy: Policy,
    row_version: int,
    says: Wording,
    note: str,
    at: datetime,
    restores: int | None = None,
) -> PolicyVersion:
    """Give a policy its next version, as a draft: what is in force stays in force until this one is put there.

    `restores` is the number of an earlier version that it brings back; the trail tells it where that is what it does.
    Raises NotAllowed, NotVisible, Refused, Stale.
    """
    row = _opened(actor, policy, row_version, EDIT, at)
    rules.require_usable(row)
    after = wording.checked(says, at=at)
    if row.current is not None and wording.of(row.current) == after:
        raise Refused(_("Nothing is different from the current version, so no new one was made."))
    version = _write(row, after, actor, note, at)
    record(Tag.POLICY_VERSIONED, actor=actor, at=at, obj=row, details=_told(version) | _restored(row, after, restores))
    return version


@use_case
def edit_policy(actor: Person, *, policy: Policy, row_version: int, changes: Mapping[str, Any], at: datetime) -> Policy:
    """Change a policy's name, purpose or owner. Raises NotAllowed, NotVisible, Refused, Stale."""
    row = _opened(actor, policy, row_version, EDIT, at)
    before = copy(row)
    for name, value in changes.items():
        if name not in rules.EDITABLE:
            raise Refused(_("A policy has no “%(name)s” to edit.") % {"name": name}, field=name)
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    rules.require_named(row.name, row.purpose, but=row.pk)
    if row.owner_id != before.owner_id:
        rules.require_owner(row.owner)
    _save(row, *rules.EDITABLE)
    record(Tag.POLICY_EDITED, actor=actor, at=at, obj=row, before=before)
    return row


@use_case
def record_policy(actor: Person, *, policy: Policy, row_version: int, at: datetime) -> PolicyState:
    """Have the current version judged beside what is in force; it decides nothing. Raises as `save_version` does."""
    giving.lock_administration()
    row = _opened(actor, policy, row_version, EDIT, at)
    rules.require_usable(row)
    standing = rules.standing(row)
    _require_new(row, standing, PolicyStage.RECORDING)
    _require_sound(row, at)
    _end([state for state in standing if state.stage == PolicyStage.RECORDING], actor, at)
    begun = _begin(row, PolicyStage.RECORDING, actor, "", at)
    record(Tag.POLICY_RECORDED, actor=actor, at=at, obj=row, details=_told(begun.version))
    return begun


@use_case
def enforce_policy(actor: Person, *, policy: Policy, row_version: int, reason: str, at: datetime) -> PolicyState:
    """Put the current version in force, in the place of the one before. The next request everywhere honours it.

    Raises NotAllowed, NotVisible, Refused, Stale.
    """
    giving.lock_administration()
    row = _opened(actor, policy, row_version, ENFORCE, at)
    rules.require_usable(row)
    why, standing = stated(reason), rules.standing(row)
    _require_new(row, standing, PolicyStage.ENFORCED)
    _require_sound(row, at)
    enforced = [state.version for state in standing if state.stage == PolicyStage.ENFORCED]
    rules.require_opening(actor, ending=enforced, beginning=row.current, at=at)
    _end(standing, actor, at)
    begun = _begin(row, PolicyStage.ENFORCED, actor, why, at)
    told = _told(begun.version) | {"reason": why, "instead_of": [version.number for version in enforced]}
    record(Tag.POLICY_ENFORCED, actor=actor, at=at, obj=row, details=told)
    return begun


@use_case
def retire_policy(actor: Person, *, policy: Policy, row_version: int, reason: str, at: datetime) -> Policy:
    """Take a policy out of use, enforced or not. Raises NotAllowed, NotVisible, Refused, Stale."""
    giving.lock_administration()
    standing = rules.standing(policy)
    enforced = [state.version for state in standing if state.stage == PolicyStage.ENFORCED]
    row = _opened(actor, policy, row_version, ENFORCE if enforced else EDIT, at)
    rules.require_usable(row)
    why, before = stated(reason), copy(row)
    rules.require_opening(actor, ending=enforced, beginning=None, at=at)
    _end(standing, actor, at)
    row.retired_at = at
    _save(row, "retired_at")
    stamps.bump(stamps.MODEL)
    record(Tag.POLICY_RETIRED, actor=actor, at=at, obj=row, before=before, details={"reason": why})
    return row


@use_case
def reopen_policy(actor: Person, *, policy: Policy, row_version: int, at: datetime) -> Policy:
    """Bring a retired policy back as a draft. Raises NotAllowed, NotVisible, Refused, Stale."""
    row = _opened(actor, policy, row_version, EDIT, at)
    if row.retired_at is None:
        raise Refused(_("%(policy)s is in use already. Nothing was changed.") % {"policy": row.name})
    before, row.retired_at = copy(row), None
    _save(row, "retired_at")
    record(Tag.POLICY_REOPENED, actor=actor, at=at, obj=row, before=before)
    return row


def _opened(actor: Person, policy: Policy, row_version: int, action: str, at: datetime) -> Policy:
    row = locked(Policy.objects.select_related("current", "owner"), policy.pk)
    require(actor, action, row, at=at)
    rules.require_fresh(row, row_version)
    return row


def _require_new(policy: Policy, standing: Iterable[PolicyState], stage: str) -> None:
    if any(state.stage == stage and state.version_id == policy.current_id for state in standing):
        raise Refused(_("This version of %(policy)s is there already. Nothing was changed.") % {"policy": policy.name})


def _require_sound(policy: Policy, at: datetime) -> None:
    """Pass a version of which everything it names is still there. Raises Refused with the field."""
    if policy.current is not None:
        wording.checked(wording.of(policy.current), at=at)


def _write(policy: Policy, says: Wording, actor: Person, note: str, at: datetime) -> PolicyVersion:
    """Write the next version and make it the current one; never dated before the one it follows."""
    last = policy.current
    version = PolicyVersion.objects.create(
        policy=policy, number=last.number + 1 if last else 1, effect=says.effect, targets=says.targets,
        condition=says.condition, obligations=says.obligations, made_by=actor, note=note.strip()[:500],
        at=max(at, last.at) if last else at,
    )  # fmt: skip
    policy.current = version
    policy.row_version += 1 if last else 0
    policy.save(update_fields=["current", "row_version"])
    return version


def _begin(policy: Policy, stage: str, actor: Person, reason: str, at: datetime) -> PolicyState:
    begun = PolicyState.objects.create(
        policy=policy,
        version=policy.versions.order_by("-number")[0],
        stage=stage,
        starts_at=at,
        begun_by=actor,
        reason=reason,
    )
    _save(policy)
    stamps.bump(stamps.MODEL)
    return begun


def _end(states: Iterable[PolicyState], actor: Person, at: datetime) -> None:
    for state in states:
        state.until, state.ended_by = max(at, state.starts_at), actor
        state.save(update_fields=["until", "ended_by"])


def _save(policy: Policy, *columns: str) -> None:
    policy.row_version += 1
    policy.save(update_fields=[*columns, "row_version"])


def _told(version: PolicyVersion) -> dict[str, Any]:
    return {"version": version.number, "effect": version.effect, "note": version.note}


def _restored(policy: Policy, after: Wording, number: int | None) -> dict[str, Any]:
    earlier = policy.versions.filter(number=number).first() if number else None
    return {"restores": number} if earlier is not None and wording.of(earlier) == after else {}
