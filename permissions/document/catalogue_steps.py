"""Making the catalogue as a document says: places, types with their fields, permissions, attributes.

Nothing is taken away here: what the document does not name stays. What screens cannot change is refused with its place.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Node
from accounts.structure import services as structure
from cxaccess.lib.errors import Refused
from permissions.attributes import services as attributes
from permissions.catalogue import cards, types
from permissions.document import model_rows
from permissions.document.desk import Desk, Row, at_place, different, filled, words
from permissions.document.shape import RISKS
from permissions.models import Action, AttributeDefinition, ResourceType

RISK_OF = {name: int(risk) for risk, name in RISKS.items()}
Rows = Sequence[Row]


def places(desk: Desk, rows: Rows) -> None:
    """Make the places so: new ones added, others named and put as the document says."""
    known = {(row["kind"], row["code"]): row for row in model_rows.places()}
    for number, row in enumerate(rows):
        with at_place(f"places[{number}]"):
            _place(desk, row, known.get((row["kind"], row["code"])))


def _place(desk: Desk, row: Row, before: Row | None) -> None:
    wanted, kind = filled("places", row, before), row["kind"]
    parent = desk.names.node(kind, wanted["under"])
    title = f"{kind} {wanted['code']}"
    if before is None:
        made = structure.add_node(
            desk.actor, kind=kind, name=wanted["name"], code=wanted["code"], parent=parent, at=desk.at
        )
        desk.names.know(kind, made.code, made)
        desk.say(_("+ %(what)s “%(name)s”") % {"what": title, "name": wanted["name"]})
    elif changes := different(before, wanted):
        node = Node.objects.get(kind=kind, code=row["code"])
        if "name" in changes:
            node = structure.edit_node(
                desk.actor, node=node, row_version=node.row_version, changes={"name": wanted["name"]}, at=desk.at
            )
        if "under" in changes:
            structure.move_node(desk.actor, node=node, row_version=node.row_version, parent=parent, at=desk.at)
        desk.say(f"~ {title}", words(changes))
        desk.names.forget(kind)


def resource_types(desk: Desk, rows: Rows) -> None:
    """Make the types so. Fields are added and edited; one that is missing is taken out on its screen alone."""
    known = {row["key"]: row for row in model_rows.types()}
    for number, row in enumerate(rows):
        with at_place(f"types[{number}]"):
            _type(desk, row, known.get(row["key"]))


def _type(desk: Desk, row: Row, before: Row | None) -> None:
    wanted = filled("types", row, before)
    changes = different(before or {}, wanted)
    if not changes:
        return
    if before is not None and before["console"]:
        desk.pass_over(_("type %(key)s, which is the console's own") % {"key": row["key"]})
        return
    if wanted["console"]:
        raise Refused(_("A type of the console itself cannot be made."), field="console")
    plain = {name: wanted[name] for name in types.EDITABLE}
    if before is None:
        first = {name: value for name, value in plain.items() if name != "unregistered"}
        made = types.create_type(desk.actor, key=row["key"], at=desk.at, **first)
        desk.say(_("+ type %(key)s") % {"key": row["key"]})
    else:
        made = ResourceType.objects.get(key=row["key"])
        desk.say(f"~ {_('type')} {row['key']}", words(changes))
    made = types.edit_type(desk.actor, type_=made, row_version=made.row_version, changes=plain, at=desk.at)
    _fields(desk, made, wanted["fields"], {each["name"]: each for each in (before or {}).get("fields", ())})


def _fields(desk: Desk, type_: ResourceType, rows: Rows, known: Mapping[str, Row]) -> None:
    for number, field in enumerate(rows):
        with at_place(f"fields[{number}]"):
            _field(desk, type_, field, known)
    gone = known.keys() - {each["name"] for each in rows}
    if gone:
        message = _("%(names)s: a field is taken out on the type's own page, for what resources hold in it goes, too.")
        raise Refused(message % {"names": ", ".join(sorted(gone))}, field="fields")


def _field(desk: Desk, type_: ResourceType, field: Row, known: Mapping[str, Row]) -> None:
    given = {name: field[name] for name in ("name", "label", "data_class")}
    if field["name"] not in known:
        types.add_field(desk.actor, type_=type_, at=desk.at, **given)
    elif dict(known[field["name"]]) != given:
        types.edit_field(desk.actor, type_=type_, at=desk.at, **given)


def permissions(desk: Desk, rows: Rows) -> None:
    """Make the permissions so, each after those that it implies."""
    known = {row["key"]: row for row in model_rows.permissions()}
    of_console = {row["key"] for row in model_rows.types() if row["console"]}
    for number, row in in_order(rows, "implies"):
        with at_place(f"permissions[{number}]"):
            _permission(desk, row, known.get(row["key"]), of_console)


def _permission(desk: Desk, row: Row, before: Row | None, of_console: Set[str]) -> None:
    wanted, title = filled("permissions", row, before), f"{_('permission')} {row['key']}"
    if before is None:
        type_, _dot, name = row["key"].partition(".")
        of = ResourceType.objects.filter(key=type_).first()
        if of is None:
            raise Refused(_("There is no type “%(key)s”.") % {"key": type_}, field="key")
        implied = {action.key: action for action in Action.objects.filter(key__in=wanted["implies"])}
        _require_all(wanted["implies"], implied)
        types.add_action(
            desk.actor, type_=of, name=name, label=wanted["label"], risk=RISK_OF[wanted["risk"]],
            purpose=wanted["purpose"], exposes=wanted["exposes"], example=wanted["example"],
            implies=list(implied.values()), at=desk.at,
        )  # fmt: skip
        desk.say(f"+ {title}")
        return
    changes = different(before, wanted)
    fixed = [name for name in ("label", "implies") if name in changes]
    if fixed and row["key"].partition(".")[0] in of_console:
        names = ", ".join(fixed)
        desk.pass_over(_("%(names)s of %(key)s, which is the console's own") % {"names": names, "key": row["key"]})
        changes = {name: change for name, change in changes.items() if name not in fixed}
    elif fixed:
        raise Refused(_("This cannot be changed once the permission is there."), field=fixed[0])
    if changes:
        action = Action.objects.get(key=row["key"])
        card = {name: RISK_OF[new] if name == "risk" else new for name, (_old, new) in changes.items()}
        cards.edit_card(desk.actor, action=action, row_version=action.row_version, changes=card, at=desk.at)
        desk.say(f"~ {title}", words(changes))


def _require_all(wanted: Sequence[str], found: Mapping[str, Any]) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise Refused(_("There is no “%(name)s”.") % {"name": missing[0]}, field="implies")


def in_order(rows: Rows, member: str) -> Iterator[tuple[int, Row]]:
    """Yield (number, row) as they stand, but for what a row names under `member`, which comes before it."""
    numbers = {row["key"]: number for number, row in enumerate(rows)}
    seen, done = set[int](), set[int]()
    for start in range(len(rows)):
        line = [start]
        while line:
            number = line[-1]
            named = [] if number in seen else [numbers[key] for key in rows[number].get(member, ()) if key in numbers]
            seen.add(number)
            if ahead := [each for each in named if each not in seen]:  # in a circle some row comes too early: refused
                line += reversed(ahead)
                continue
            line.pop()
            if number not in done:
                done.add(number)
                yield number, rows[number]


def own_attributes(desk: Desk, rows: Rows) -> None:
    """Make the attributes so; whose one is, its name and its type do not change."""
    known = {(row["entity"], row["name"]): row for row in model_rows.attributes()}
    for number, row in enumerate(rows):
        with at_place(f"attributes[{number}]"):
            _attribute(desk, row, known.get((row["entity"], row["name"])))


def _attribute(desk: Desk, row: Row, before: Row | None) -> None:
    wanted, title = filled("attributes", row, before), f"{_('attribute')} {row['entity']}.{row['name']}"
    changes = different(before or {}, wanted)
    if not changes:
        return
    found = {each.key: each for each in ResourceType.objects.filter(key__in=wanted["types"])}
    missing = [key for key in wanted["types"] if key not in found]
    if missing:
        raise Refused(_("There is no “%(name)s”.") % {"name": missing[0]}, field="types")
    given = {
        "label": wanted["label"],
        "help": wanted["help"],
        "choices": wanted["choices"],
        "types": list(found.values()),
    }
    if before is None:
        attributes.create_attribute(
            desk.actor, entity=row["entity"], name=row["name"], type=row["type"], at=desk.at, **given
        )
        desk.say(f"+ {title}")
        return
    if "type" in changes:
        raise Refused(_("The type of an attribute does not change: values stand under it."), field="type")
    standing = AttributeDefinition.objects.get(entity=row["entity"], name=row["name"])
    attributes.edit_attribute(
        desk.actor, attribute=standing, row_version=standing.row_version, changes=given, at=desk.at
    )  # fmt: skip
    desk.say(f"~ {title}", words(changes))


__all__ = ["RISK_OF", "in_order", "own_attributes", "permissions", "places", "resource_types"]
