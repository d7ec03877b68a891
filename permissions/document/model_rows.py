"""The model as rows of a document: places, types, permissions, attributes, roles, policies."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from accounts.models import Node
from permissions.document.names import Names
from permissions.document.shape import DRAFT, RISKS
from permissions.models import (
    Action,
    AttributeDefinition,
    Implication,
    Policy,
    ResourceType,
    Role,
    RoleAction,
    RoleInclude,
)
from permissions.policies import schema, selectors

Rows = list[dict[str, Any]]


def places() -> Rows:
    """Return the places in use, each after what it is under."""
    rows = Node.objects.filter(archived_at=None).select_related("parent").order_by("kind", "lft", "pk")
    return [
        {"kind": row.kind, "code": row.code, "name": row.name, "under": row.parent.code if row.parent else None}
        for row in rows
    ]


def types() -> Rows:
    """Return the types of resources with their fields."""
    return [
        {
            **{name: getattr(row, name) for name in ("key", "label", "plural", "area", "summary")},
            **{name: getattr(row, name) for name in ("requestable", "unregistered")},
            "console": row.console,
            "fields": [{key: field[key] for key in ("name", "label", "data_class")} for field in row.fields],
        }
        for row in ResourceType.objects.all()
    ]


def permissions() -> Rows:
    """Return the permissions with their why cards."""
    implied: dict[str, list[str]] = defaultdict(list)
    for action, other in Implication.objects.order_by("implies__key").values_list("action__key", "implies__key"):
        implied[action].append(other)
    return [
        {
            "key": row.key,
            "label": row.label,
            "risk": RISKS[row.risk],
            **{name: getattr(row, name) for name in ("purpose", "exposes", "example")},
            "implies": implied[row.key],
        }
        for row in Action.objects.all()
    ]


def attributes() -> Rows:
    """Return the attributes of one's own that are in use."""
    return [
        {
            **{name: getattr(row, name) for name in ("entity", "name", "label", "type", "help")},
            "types": sorted(each.key for each in row.types.all()),
            "choices": [{"value": each["value"], "label": each["label"]} for each in row.choices],
        }
        for row in AttributeDefinition.objects.filter(archived_at=None).prefetch_related("types")
    ]


def roles(names: Names, *, with_people: bool) -> Rows:
    """Return the roles in use with what their current versions hold."""
    held, included = _held(), _included()
    rows = Role.objects.filter(retired_at=None).order_by("key")
    return [
        {
            "key": row.key,
            "name": row.name,
            "purpose": row.purpose,
            "risk": RISKS[row.risk],
            **_owner(row.owner_id, names, with_people),
            "permissions": held[row.current_id],
            "includes": included[row.current_id],
        }
        for row in rows
    ]


def _held() -> Mapping[int | None, list[str]]:
    """Return {version: the permissions that it holds itself}, of the current versions."""
    found: dict[int | None, list[str]] = defaultdict(list)
    rows = RoleAction.objects.filter(version__in=Role.objects.values("current")).order_by("action__key")
    for version, key in rows.values_list("version_id", "action__key"):
        found[version].append(key)
    return found


def _included() -> Mapping[int | None, list[str]]:
    found: dict[int | None, list[str]] = defaultdict(list)
    rows = RoleInclude.objects.filter(version__in=Role.objects.values("current")).order_by("role__key")
    for version, key in rows.values_list("version_id", "role__key"):
        found[version].append(key)
    return found


def policies(names: Names, *, with_people: bool) -> Rows:
    """Return the policies that are not retired: what their current version says, and what that version does."""
    rows = list(Policy.objects.filter(retired_at=None, current__isnull=False).select_related("current"))
    lives, known = selectors.lives(rows), schema.whole()
    found = []
    for row in rows:
        version = row.current
        assert version is not None
        stages = {state.stage for state in lives[row.pk].states if state.version_id == version.pk}
        stage = "enforced" if "enforced" in stages else "recording" if "recording" in stages else DRAFT
        condition = names.outward(version.condition, known)
        found.append(
            {
                "name": row.name,
                "purpose": row.purpose,
                **_owner(row.owner_id, names, with_people),
                "stage": stage,
                "effect": version.effect,
                "about": about(version.targets, names),
                **({} if condition is None else {"condition": condition}),
                "obligations": [_duty(duty, names, known) for duty in version.obligations],
            }
        )
    return found


def about(targets: Mapping[str, Any], names: Names) -> dict[str, list[str]]:
    """Return the targets of a version with names for ids; kinds of which none is named are left out."""
    called: dict[str, Mapping[Any, str]] = {"roles": names.roles, "teams": names.teams, "groups": names.groups}
    return {
        kind: sorted(str(called.get(kind, {}).get(each, each)) for each in values)
        for kind, values in targets.items()
        if values
    }


def _duty(duty: Mapping[str, Any], names: Names, known: Any) -> dict[str, Any]:
    found = {key: value for key, value in duty.items() if value not in ([], None)}
    return found | {"unless": names.outward(duty["unless"], known)} if duty.get("unless") else found


def _owner(owner_id: int | None, names: Names, with_people: bool) -> dict[str, str | None]:
    """Return who answers for it: left out where the document holds no people, nobody where it does not hold them."""
    return {"owner": names.mails.get(owner_id or 0)} if with_people else {}
