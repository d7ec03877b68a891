"""What a document may hold, as a JSON Schema: the one that is published, and the one that a document is read by.

People are named by mail, teams and groups by name, roles and permissions by key, places by code, resources by system
and id. No ids of rows stand in it, so that it means the same on another instance.
"""

from typing import Any

from cxaccess.lib.conditions import Operator
from cxaccess.lib.models import Risk
from permissions.birthrights.gifts import OWN
from permissions.models import AttributeType, Entity, PolicyEffect, PolicyStage, Sensitivity
from permissions.places import NODE_DIMENSIONS
from permissions.resources.fields import DataClass

FORMAT, VERSION = "cxaccess-model", 1
RISKS: dict[int, str] = {int(each): each.name.lower() for each in Risk}
SENSITIVITIES: dict[int, str] = {int(each): each.name.lower() for each in Sensitivity}
DRAFT = "draft"
STAGES = (DRAFT, *PolicyStage.values)
MODEL = (
    "places",
    "types",
    "permissions",
    "attributes",
    "roles",
    "birthrights",
    "policies",
)  # always there; the rest by option
REST = ("people", "teams", "groups", "memberships", "resources", "grants")
OPTIONS = ("teams", "groups", "people", "grants", "resources")
TEXT: dict[str, Any] = {"type": "string"}
FLAG: dict[str, Any] = {"type": "boolean", "default": False}


def _text(most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, **({"minLength": least} if least else {"default": ""})}


def _name(most: int = 80) -> dict[str, Any]:
    return _text(most, 1)


def _maybe(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of what may be left empty."""
    return {key: value for key, value in shape.items() if key not in ("minLength", "default")} | {
        "type": [shape["type"], "null"],
        "default": None,
    }


def _choice(*values: str, default: str | None = None) -> dict[str, Any]:
    return {"type": "string", "enum": list(values), **({"default": default} if default is not None else {})}


def _list(of: dict[str, Any], most: int = 5_000) -> dict[str, Any]:
    return {"type": "array", "items": of, "maxItems": most, "default": []}


def _names(most: int = 5_000) -> dict[str, Any]:
    return _list(_name(200), most) | {"uniqueItems": True}


def _row(_says: str, _needs: str, **members: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _says,
        "properties": members,
        "required": _needs.split(),
        "additionalProperties": False,
    }


KEY = {"type": "string", "pattern": "^[a-z][a-z0-9]{1,39}$"}
PERMISSION = {"type": "string", "pattern": "^[a-z][a-z0-9]{1,39}\\.[a-z][a-z0-9_]{0,39}$"}
MAIL, DAY = _name(254), _maybe({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
MOMENT = _maybe(
    {"type": "string", "maxLength": 40, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*(Z|[+-][0-9]{2}:[0-9]{2})$"}
)
PLACED = {kind: _maybe(_name(40)) for kind in NODE_DIMENSIONS}
REASON = _text(500)
CONDITION = _row(
    "A comparison (attribute, operator, value or other), or all / any / not around conditions. Values name places by "
    "code, people by mail, teams by name.",
    "",
    all={"type": "array", "items": {"$ref": "#/$defs/condition"}},
    any={"type": "array", "items": {"$ref": "#/$defs/condition"}},
    **{"not": {"$ref": "#/$defs/condition"}},
    attribute=_name(100),
    operator=_choice(*Operator),
    other=_name(100),
    value={"description": "What the attribute is compared with, as its type has it."},
)  # fmt: skip
RULE = {"$ref": "#/$defs/condition"}
ABOUT = _row(
    "What a policy is about, and whom: everybody where it names nobody.", "",
    permissions=_names(200), types=_names(200), roles=_names(200), teams=_names(200), groups=_names(200),
)  # fmt: skip
DUTY = _row(
    "What is owed where the policy lets pass.", "kind",
    kind=_choice("mask", "step_up", "reason"), fields=_names(200), data_classes=_names(20),
    minutes={"type": "integer", "minimum": 1, "maximum": 1440}, unless=RULE,
)  # fmt: skip
SCOPE = _row(
    "Where a role reaches: all of it at once.", "", **{kind: _name(40) for kind in NODE_DIMENSIONS}, team=_name(200)
)  # fmt: skip
GIFT = _row(
    "What a birthright rule gives: a role within a scope (none: everywhere) and, with own, within that place of the "
    "person; or a place in a team or in a group by hand.", "",
    role=_name(60), scope=SCOPE, own=_choice(*OWN), team=_name(200), group=_name(200),
)  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "places": _row(
        "A place in one of the trees. What it is under stands before it.", "kind code name",
        kind=_choice(*NODE_DIMENSIONS), code=_name(40), name=_name(120), under=_maybe(_name(40)),
    ),
    "types": _row(
        "A type of resource with the fields it declares; those of the console itself cannot be changed.",
        "key label plural area",
        key=KEY, label=_name(), plural=_name(), area=_name(40), summary=_text(200), requestable=FLAG,
        unregistered=FLAG, console=FLAG,
        fields=_list(_row("A field.", "name label data_class", name=_name(40), label=_name(),
                          data_class=_choice(*DataClass.values)), 40),
    ),
    "permissions": _row(
        "A permission with its why card.", "key label risk purpose",
        key=PERMISSION, label=_name(), risk=_choice(*RISKS.values()), purpose=_name(300), exposes=_text(300),
        example=_text(300), implies=_names(),
    ),
    "attributes": _row(
        "An attribute of your own.", "entity name label type",
        entity=_choice(Entity.SUBJECT, Entity.RESOURCE), name=_name(40), label=_name(),
        type=_choice(*AttributeType.values), help=_text(200), types=_names(),
        choices=_list(_row("One of its values.", "value label", value=_name(100), label=_name(100)), 200),
    ),
    "people": _row(
        "Somebody who works with the platform. They sign in as they always do; no secret stands here.", "mail name",
        mail=MAIL, name=_name(200), title=_text(120), department=PLACED["department"], region=PLACED["region"],
        manager=_maybe(MAIL), state=_choice("active", "prehire", "suspended", default="active"), employed_from=DAY,
        employed_until=DAY, time_zone=_text(40) | {"default": "UTC"}, language=_text(8) | {"default": "en"},
        clearance=_maybe(_choice(*SENSITIVITIES.values()) | {"enum": [*SENSITIVITIES.values(), None]}),
        custom={"type": "object", "default": {}},
        answers_for=_list(_row("A place they answer for.", "kind code",
                               kind=_choice("region", "product_line", "segment"),
                               code=_name(40), until=MOMENT)),
    ),
    "teams": _row(
        "A team. What it is under stands before it.", "name",
        name=_name(200), purpose=_text(300), owner=_maybe(MAIL), under=_maybe(_name(200)),
        region=PLACED["region"], department=PLACED["department"],
    ),
    "groups": _row(
        "A group; with a rule, that says who is in it.", "name",
        name=_name(200), purpose=_text(300), owner=_maybe(MAIL), region=PLACED["region"],
        department=PLACED["department"], rule=RULE,
    ),
    "memberships": _row(
        "Somebody in a team or in a group by hand.", "person",
        person=MAIL, team=_name(200), group=_name(200), part=_choice("member", "lead", default="member"), until=MOMENT,
        reason=REASON,
    ),
    "roles": _row(
        "A role with what its current version holds: exactly that, once the document is applied.",
        "key name purpose risk",
        key={"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,59}$"}, name=_name(), purpose=_name(300),
        risk=_choice(*RISKS.values()), owner=_maybe(MAIL), permissions=_names(), includes=_names(),
    ),
    "resources": _row(
        "A resource of the registry, without what its fields hold.", "type system id name",
        type=KEY, system=_name(40), id=_name(120), name=_name(200), sensitivity=_choice(*SENSITIVITIES.values()),
        channel=_text(40), **PLACED, team=_maybe(_name(200)), owner=_maybe(MAIL),
        custom={"type": "object", "default": {}},
    ),
    "grants": _row(
        "A role within a scope (none: everywhere), or a permission on one thing, to a person, a team or a group.", "",
        person=MAIL, team=_name(200), group=_name(200), role=_name(60), permission=PERMISSION,
        scope=SCOPE,
        on=_row("One thing.", "", system=_name(40), id=_name(120), team=_name(200), group=_name(200), role=_name(60)),
        **{"from": MOMENT}, until=MOMENT, reason=_name(500),
    ),
    "birthrights": _row(
        "A birthright rule with its current version, and whether that is in force.", "name purpose condition gives",
        name=_name(), purpose=_name(300), owner=_maybe(MAIL), stage=_choice(DRAFT, "enforced", default=DRAFT),
        condition=RULE, gives=_list(GIFT, 50),
    ),
    "policies": _row(
        "A policy with its current version, and what that version does.", "name purpose effect about",
        name=_name(), purpose=_name(300), owner=_maybe(MAIL), stage=_choice(*STAGES, default=DRAFT),
        effect=_choice(*PolicyEffect.values), about=ABOUT, condition=RULE,
        obligations=_list(DUTY, 10),
    ),
}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://cxaccess.example/model.schema.json",
    "title": "The model of a CX Access instance",
    "type": "object",
    "required": ["format", "version"],
    "additionalProperties": False,
    "properties": {
        "format": {"type": "string", "const": FORMAT},
        "version": {"type": "integer", "const": VERSION},
        **{name: {"type": "array", "items": row, "maxItems": 200_000} for name, row in ROWS.items()},
    },
    "$defs": {"condition": CONDITION},
}
