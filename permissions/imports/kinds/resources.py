"""Resources: what is protected on the platform, found by its id in the system of the file."""

import copy
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.csv_in import shown
from permissions import places
from permissions.attributes.values import of_type
from permissions.engine import Target
from permissions.giving import GIVE
from permissions.imports.kinds import resources_rows, values
from permissions.imports.kinds.base import CLEAR, Column, Desk, Fault, Judged, Kind, Line
from permissions.imports.kinds.takers import Collectives, People
from permissions.models import AttributeDefinition, Entity, Resource, ResourceType, Sensitivity
from permissions.resources.moving import gained, may_move
from permissions.resources.opening import CREATE, EDIT, TYPE
from permissions.resources.rules import PLACES, is_reserved

COLUMNS = (
    Column("external_id", gettext_lazy("Id"), gettext_lazy("How the system of the file names it."), "queue-17",
           ("id", "external id", "resource id", "key"), required=True),
    Column("type", gettext_lazy("Type"), gettext_lazy("Key or name of its type. Needed for a new one."), "ticket",
           ("resource type", "kind")),
    Column("name", gettext_lazy("Name"), gettext_lazy("Needed for a new one."), "Returns Germany",
           ("title", "label", "resource")),
    Column("system", gettext_lazy("System"), gettext_lazy("Whose id it is, where one file holds several systems."),
           "helpdesk", ("source system",)),
    Column("region", gettext_lazy("Region"), gettext_lazy("Code or name."), "de", ("region code", "country")),
    Column("department", gettext_lazy("Department"), gettext_lazy("Code or name."), "", ("department code",)),
    Column("product_line", gettext_lazy("Product line"), gettext_lazy("Code or name."), "", ("product",)),
    Column("segment", gettext_lazy("Segment"), gettext_lazy("Code or name of a customer segment."), "", ()),
    Column("channel", gettext_lazy("Channel"), gettext_lazy("Where it comes from, such as mail or app."), "mail", ()),
    Column("sensitivity", gettext_lazy("Sensitivity"), gettext_lazy("public, internal, confidential or restricted. "
           "Empty for a new one: internal."), "internal", ("classification",)),
    Column("owner", gettext_lazy("Owner"), gettext_lazy("Work mail of who answers for it."), "jonas.weber@example.com",
           ("owner mail", "owner email", "responsible")),
    Column("owner_team", gettext_lazy("Owner team"), gettext_lazy("Name of the team it belongs to."), "",
           ("team", "owning team")),
)  # fmt: skip
DECIDING = (*PLACES, "owner_team")


class Resources(Kind):
    """Files of resources."""

    key = "resources"
    label = gettext_lazy("Resources")
    icon = "resource"
    summary = gettext_lazy("Queues, streams, surveys, dashboards and the like: where they belong and whose they are.")
    needs = ("resource.create",)

    def columns(self) -> tuple[Column, ...]:
        """Return the built-in columns and those of the custom attributes of resources."""
        return COLUMNS + tuple(
            Column(f"custom.{one.name}", one.label, one.help or str(one.get_type_display()), "", (one.name,))
            for one in AttributeDefinition.objects.filter(entity=Entity.RESOURCE, archived_at=None)
        )

    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return the id."""
        return (f"{line['system'] or system}\t{line['external_id']}",)

    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what becomes of each line."""
        known = Known(desk, lines)
        return [_judged(desk, known, line) for line in lines]

    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Register and change resources."""
        resources_rows.write(desk, rows)


class Known:
    """The resources that a chunk is about, their owners and teams."""

    def __init__(self, desk: Desk, lines: Sequence[Line]) -> None:
        self.people = People(desk, lines, ["owner"])
        self.teams = Collectives(desk, lines, ["owner_team"])
        systems = {line["system"] or desk.batch.system for line in lines}
        rows = Resource.objects.filter(system__in=systems, external_id__in={line["external_id"] for line in lines})
        if desk.locking:
            rows = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
        found = list(rows.select_related("type"))
        self.rows = {(row.system, row.external_id): row for row in found}
        self.targets = places.targets(found, desk.tick(), as_type=TYPE)


def types(desk: Desk) -> dict[str, ResourceType]:
    """Return the types of the platform by key and name, read once for the file."""

    def read() -> dict[str, ResourceType]:
        rows = list(ResourceType.objects.filter(console=False))
        return {row.label.casefold(): row for row in rows} | {row.key.casefold(): row for row in rows}

    found: dict[str, ResourceType] = desk.once("types", read)
    return found


def definitions(desk: Desk, type_: ResourceType) -> dict[str, AttributeDefinition]:
    """Return {column: attribute} of those that resources of the type have, read once for the file."""
    found: dict[str, AttributeDefinition] = desk.once(
        f"attributes of {type_.pk}", lambda: {f"custom.{one.name}": one for one in of_type(type_)}
    )
    return found


def _judged(desk: Desk, known: Known, line: Line) -> Judged:
    try:
        system = values.text(line["system"] or desk.batch.system, "system", Resource, "system")
        _require_id(line)
        row = known.rows.get((system, line["external_id"]))
        type_ = _type(desk, line, row)
        wanted = _wanted(desk, known, line, type_, row)
        if row is not None:
            return _changed(desk, known, row, wanted)
        return _new(desk, system, line["external_id"], type_, wanted)
    except Fault as fault:
        return fault.judged


def _require_id(line: Line) -> None:
    if line["external_id"] in ("", CLEAR):
        raise Fault(_("A resource needs an id, by which the next file finds it."), "external_id")
    values.text(line["external_id"], "external_id", Resource, "external_id")


def _type(desk: Desk, line: Line, row: Resource | None) -> ResourceType:
    found = types(desk).get(line["type"].casefold()) if line["type"] else None
    if row is None:
        if found is None:
            known = ", ".join(sorted({one.key for one in types(desk).values()}))
            said = {"value": shown(line["type"]), "known": known}
            raise Fault(_("There is no type %(value)s. Types: %(known)s.") % said, "type")
        return found
    if row.object_kind is not None or row.type.console:
        raise Fault(_("This id is one of the console's own. Choose another system."), "external_id")
    if line["type"] and (found is None or found.pk != row.type_id):
        raise Fault(_("It is here as another type (%(type)s), which never changes.") % {"type": row.type.key}, "type")
    if row.archived_at is not None:
        raise Fault(_("It is archived. Bring it back on its page first."), "external_id")
    return row.type


def _wanted(desk: Desk, known: Known, line: Line, type_: ResourceType, row: Resource | None) -> dict[str, Any]:
    """Return {column of the table: value} that the filled cells ask for."""
    wanted: dict[str, Any] = {}
    for name in ("name", "channel"):
        if line[name]:
            wanted[name] = values.text(line[name], name, Resource, name)
    for name in PLACES:
        if line[name]:
            wanted[f"{name}_id"] = values.places(desk, name).find(line[name], name)
    if line["sensitivity"]:
        levels = [(int(level), level.name.lower()) for level in Sensitivity]
        wanted["sensitivity"] = int(values.choice(line["sensitivity"], "sensitivity", levels))
    wanted |= _owners(known, line)
    own = definitions(desk, type_)
    _require_own(line, own)
    if any(line[column] for column in own):
        wanted["custom"] = values.custom(own, line.cells, row.custom if row else {})
    return wanted


def _require_own(line: Line, own: Collection[str]) -> None:
    """Refuse values of attributes that this type has not."""
    filled = [key for key in line.cells if key.startswith("custom.") and line[key] not in ("", CLEAR)]
    foreign = [key for key in filled if key not in own]
    if foreign:
        raise Fault(_("Resources of this type have no such attribute."), foreign[0])


def _owners(known: Known, line: Line) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if line["owner"]:
        wanted["owner_id"] = None if line["owner"] == CLEAR else known.people.find(line, "owner").pk
    if line["owner_team"]:
        team = None if line["owner_team"] == CLEAR else known.teams.team(line, "owner_team")
        if team is None and line["owner_team"] != CLEAR:
            raise Fault(_("There is no team %(value)s.") % {"value": shown(line["owner_team"])}, "owner_team")
        wanted["owner_team_id"] = team.pk if team else None
    return wanted


def _new(desk: Desk, system: str, external_id: str, type_: ResourceType, wanted: dict[str, Any]) -> Judged:
    if not wanted.get("name"):
        raise Fault(_("A new resource needs a name."), "name")
    if is_reserved(system, external_id):
        raise Fault(_("The console names its own things with a colon. Choose another system."), "external_id")
    spots = {("team" if name == "owner_team" else name): wanted.get(f"{name}_id") for name in DECIDING}
    if not desk.may(CREATE, places.prospect(TYPE, **spots)):
        raise Fault(_("You may not register resources there. It takes resource.create at its places."))
    if wanted.get("owner_id") is not None:
        _require_owning(desk, spots)
    return Judged(Verdict.CREATE, plan={"system": system, "type": type_.pk, "set": wanted})


def _require_owning(desk: Desk, spots: dict[str, int | None]) -> None:
    """Pass an actor who may give what owning brings: whoever makes an owner gives."""
    if not desk.may("role.give", places.prospect("role", **spots)):
        raise Fault(_("You may not make owners there: they edit and share it. It takes role.give."), "owner")


def _changed(desk: Desk, known: Known, row: Resource, wanted: dict[str, Any]) -> Judged:
    here = known.targets[row.pk]
    was = {name: getattr(row, name) for name in wanted}
    new = {name: value for name, value in wanted.items() if was[name] != value}
    if not desk.may("resource.view", here):
        raise Fault(_("This id belongs to a resource that you may not see."), "external_id")
    if not new:
        return Judged(Verdict.SKIP, plan={"id": row.pk})
    if not new.get("name", row.name):
        raise Fault(_("A resource needs a name."), "name")
    moved = {("team" if name == "owner_team" else name): new.get(f"{name}_id", getattr(row, f"{name}_id"))
             for name in DECIDING}  # fmt: skip
    there = places.target(_after(row, new), desk.tick(), as_type=TYPE)
    if not desk.may(EDIT, here) or not desk.may(EDIT, there):
        raise Fault(_("You may not change it. It takes resource.edit where it is and where it goes."))
    _require_move(desk, row, here, there)
    if new.get("owner_id") is not None:
        _require_owning(desk, moved)
    plan = {"id": row.pk, "version": row.row_version, "set": new, "was": {name: was[name] for name in new}}
    return Judged(Verdict.CHANGE, plan=plan)


def _after(row: Resource, new: dict[str, Any]) -> Resource:
    """Return the resource as it would be, unsaved: policies read more of it than its places."""
    after = copy.copy(row)
    for name, value in new.items():
        setattr(after, name, value)
    return after


def _require_move(desk: Desk, row: Resource, here: Target, there: Target) -> None:
    """Refuse a move by which people gain what the bringer may not give; of things that lie alike it is asked once."""
    if here.places == there.places or desk.may(GIVE, replace(here, type="role", id=None, resource=None)):
        return
    way = f"{row.type_id} {sorted(here.places.items())} {sorted(there.places.items())}"
    lets_in = desk.once(f"moves {way}", lambda: bool(gained(row.type.key, here, there, at=desk.tick())))
    if lets_in and not desk.rests(lambda: may_move(desk.actor, row, here, there, at=desk.tick())):
        raise Fault(_("There it would let somebody do what you may not give. It takes role.give where it is."))
