"""The rows behind a role: the role, its numbered versions, and what each holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import slugify

from accounts.models import Person
from audits.trail.record import Actor, record
from audits.trail.tags import Tag
from permissions import history
from permissions.models import Action, Resource, ResourceType, Role, RoleAction, RoleInclude, RoleVersion

KEY_LENGTH = 60


@dataclass(frozen=True)
class Contents:
    """What one version holds itself: permissions by key, included roles by id."""

    actions: frozenset[str]
    includes: frozenset[int]


NOTHING = Contents(frozenset(), frozenset())


def contents(version: RoleVersion | None) -> Contents:
    """Return what `version` holds; no version holds nothing."""
    if version is None:
        return NOTHING
    actions = RoleAction.objects.filter(version=version).values_list("action__key", flat=True)
    includes = RoleInclude.objects.filter(version=version).values_list("role_id", flat=True)
    return Contents(frozenset(actions), frozenset(includes))


def new_role(
    *, key: str, name: str, purpose: str, owner: Person | None, risk: int, at: datetime
) -> Role:  # fmt: skip
    """Make the role and the resource that stands for it."""
    type_ = ResourceType.objects.get(key="role")
    thing = Resource.objects.create(type=type_, external_id=f"role:{key}", name=name, owner=owner, created_at=at)
    role = Role.objects.create(
        key=key, name=name, purpose=purpose, owner=owner, risk=risk, resource=thing, created_at=at
    )  # fmt: skip
    thing.object_kind, thing.object_id = "role", role.pk
    thing.save(update_fields=["object_kind", "object_id"])
    return role


def free_key(wanted: str) -> str:
    """Return a key made from `wanted` that no role has: "analyst", "analyst-2"."""
    base = slugify(wanted)[: KEY_LENGTH - 4] or "role"
    taken = set(Role.objects.filter(key__startswith=base).values_list("key", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(key for key in numbered if key not in taken)


def write_version(role: Role, after: Contents, *, actor: Person | None, note: str, at: datetime) -> RoleVersion:
    """Write the next version and make it the current one; never dated before the one it follows."""
    last = role.current
    version = RoleVersion.objects.create(
        role=role,
        number=last.number + 1 if last else 1,
        made_by=actor,
        at=max(at, last.at) if last else at,
        note=note.strip(),
    )
    ids = dict(Action.objects.filter(key__in=after.actions).values_list("key", "id"))
    RoleAction.objects.bulk_create(RoleAction(version=version, action_id=ids[key]) for key in sorted(after.actions))
    RoleInclude.objects.bulk_create(RoleInclude(version=version, role_id=pk) for pk in sorted(after.includes))
    role.current = version
    role.row_version += 1 if last else 0
    role.save(update_fields=["current", "row_version"])
    return version


def floor(roles: Collection[int]) -> dict[int, Action]:
    """Return {role: the riskiest permission it gives}, inclusion and implication counted; roles without any lack."""
    holding = history.model(None).holding
    wanted = {key for role in roles for key in holding.get(role, ())}
    rows = {action.key: action for action in Action.objects.filter(key__in=wanted)}
    return {
        role: max((rows[key] for key in holding[role]), key=lambda action: (action.risk, action.key))
        for role in roles
        if holding.get(role)
    }


def raise_risk(roles: Iterable[int], *, actor: Actor, at: datetime) -> None:
    """Lift the risk of each role to that of the riskiest permission it now gives; never lower it."""
    highest = floor(list(roles))
    for role in Role.objects.filter(pk__in=highest).order_by("pk"):
        risk = highest[role.pk].risk
        if risk > role.risk:
            Role.objects.filter(pk=role.pk).update(risk=risk)
            because = {"because": highest[role.pk].key}
            record(
                Tag.ROLE_EDITED, actor=actor, at=at, obj=role, changes={"risk": (role.risk, risk)}, details=because
            )  # fmt: skip
