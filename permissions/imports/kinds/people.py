"""People: who they are and where they belong. They arrive active and unclaimed: decided and listed, unable to sign in.

A row is somebody by their id in a system or, without one, by their mail; never by name. An empty cell changes nothing.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.groups.rules import standing
from accounts.models import Person, PersonState
from accounts.people.services import NOT_ONES_OWN
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.csv_in import shown
from permissions import places
from permissions.birthrights import rules as birthrights
from permissions.imports.kinds import people_rows, values
from permissions.imports.kinds.base import CLEAR, Column, Desk, Fault, Judged, Kind, Line
from permissions.imports.kinds.people_known import Known
from permissions.models import AttributeDefinition, Entity, Sensitivity
from permissions.policies.doors import reads_any

DIMENSIONS = {"territories": "region", "product_lines": "product_line", "segments": "segment"}
STATES = (PersonState.ACTIVE, PersonState.PREHIRE)
NEW_ONLY = frozenset({PersonState.ACTIVE, PersonState.PREHIRE})

COLUMNS = (
    Column("name", gettext_lazy("Name"), gettext_lazy("As it is shown. Needed for somebody new."), "Maya Okafor",
           ("full name", "display name", "displayname", "employee name", "person")),
    Column("email", gettext_lazy("Work mail"), gettext_lazy("They sign in with it; finds them where there is no id."),
           "maya.okafor@example.com", ("mail", "e-mail", "email address", "user principal name", "upn")),
    Column("external_id", gettext_lazy("Id elsewhere"), gettext_lazy("How the system of this file names "
           "them. Finds them again in the next file, whatever else changed."), "E-1042",
           ("external id", "employee id", "employee number", "personnel number", "id", "user id", "user")),
    Column("system", gettext_lazy("System"), gettext_lazy("Whose id it is, where one file holds several systems."),
           "hr", ("source system",)),
    Column("title", gettext_lazy("Job title"), gettext_lazy("Free text."), "Senior CX analyst",
           ("job title", "position")),
    Column("department", gettext_lazy("Department"), gettext_lazy("Code or name of a department that is here."),
           "cx-insights", ("department code", "org unit", "cost centre")),
    Column("region", gettext_lazy("Region"), gettext_lazy("Code or name of a region that is here."), "de",
           ("region code", "country", "location")),
    Column("manager", gettext_lazy("Manager"), gettext_lazy("The manager's work mail: somebody here or in the file."),
           "jonas.weber@example.com", ("manager mail", "manager email", "manager e-mail", "reports to")),
    Column("state", gettext_lazy("State"), gettext_lazy("active or prehire, for somebody new. Empty: active."),
           "active", ("status",)),
    Column("employed_from", gettext_lazy("First day"), gettext_lazy("As 2026-11-30."), "2026-12-01",
           ("first day", "start date", "hire date", "employed from")),
    Column("employed_until", gettext_lazy("Last day"), gettext_lazy("As 2026-11-30. A dash: no last day."), "",
           ("last day", "end date", "employed until", "termination date")),
    Column("time_zone", gettext_lazy("Time zone"), gettext_lazy("As Europe/Berlin. Empty for somebody new: that of "
           "this console."), "Europe/Berlin", ("time zone", "timezone")),
    Column("language", gettext_lazy("Language"), gettext_lazy("Its code."), "en", ("locale",)),
    Column("clearance", gettext_lazy("Clearance"), gettext_lazy("public, internal, confidential or restricted."),
           "internal", ()),
    Column("territories", gettext_lazy("Territories"), gettext_lazy("All regions they answer for, as DE; AT; CH."),
           "de; at", ("territory",)),
    Column("product_lines", gettext_lazy("Product lines"), gettext_lazy("All of them, separated by semicolons."), "",
           ("product lines", "product line")),
    Column("segments", gettext_lazy("Segments"), gettext_lazy("All customer segments, separated by semicolons."), "",
           ("segment", "customer segments")),
)  # fmt: skip


class People(Kind):
    """Files of people."""

    key = "people"
    label = gettext_lazy("People")
    icon = "people"
    summary = gettext_lazy("Who works here and where they belong. They arrive active and unclaimed.")
    needs = ("person.create", "person.edit")
    titles = ("name", "email", "external_id")
    lists = ("territories", "product_lines", "segments")
    reads = None
    gives = True  # a new mail is a way in to all that somebody holds

    def columns(self) -> tuple[Column, ...]:
        """Return the built-in columns and those of the custom attributes of people."""
        return COLUMNS + tuple(
            Column(f"custom.{one.name}", one.label, one.help or str(one.get_type_display()), "", (one.name,))
            for one in _definitions()
        )

    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return the mail and the id."""
        found = []
        if line["email"] not in ("", CLEAR):
            found.append(f"mail:{line['email'].lower()}"[:300])
        if line["external_id"] not in ("", CLEAR):
            found.append(f"id:{line['system'] or system}:{line['external_id']}"[:300])
        return tuple(found)

    def names(self, line: Line, system: str) -> tuple[str, ...]:
        """Return the same: managers are named by their mail."""
        return self.keys(line, system)

    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what becomes of each line."""
        known = Known(desk, lines)
        return [self._judged(desk, known, line) for line in lines]

    def _judged(self, desk: Desk, known: Known, line: Line) -> Judged:
        try:
            person = known.person(line)
            wanted, needs = _wanted(desk, known, line, person)
            if person is None:
                return _new(desk, known, line, wanted, needs)
            return _changed(desk, known, line, person, wanted, needs)
        except Fault as fault:
            return fault.judged

    def settle(self, desk: Desk) -> dict[int, Judged]:
        """Refuse rows by which somebody would come to report to themselves."""
        return people_rows.circles(desk)

    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Add and change people."""
        people_rows.write(desk, rows)

    def finish(self, desk: Desk) -> None:
        """Set managers who came with the same file; nobody may come to report to themselves."""
        people_rows.set_managers(desk)


def _definitions() -> list[AttributeDefinition]:
    return list(AttributeDefinition.objects.filter(entity=Entity.SUBJECT, archived_at=None))


def definitions(desk: Desk) -> dict[str, AttributeDefinition]:
    """Return {column: definition} of the custom attributes of people, read once for the file."""
    found: dict[str, AttributeDefinition] = desk.once(
        "attributes", lambda: {f"custom.{one.name}": one for one in _definitions()}
    )
    return found


def _wanted(
    desk: Desk, known: Known, line: Line, person: Person | None
) -> tuple[dict[str, Any], tuple[str, ...]]:  # fmt: skip
    """Return {column of the table: value} that the filled cells ask for, and the rows of the file they refer to."""
    wanted = _told(line) | _chosen(line)
    for name in ("department", "region"):
        if line[name]:
            wanted[f"{name}_id"] = values.places(desk, name).find(line[name], name)
    if any(line[column] for column in definitions(desk)):
        wanted["custom"] = values.custom(definitions(desk), line.cells, person.custom if person else {})
    needs: tuple[str, ...] = ()
    if line["manager"]:
        wanted["manager_id"], needs = known.manager(line, person)
    return wanted, needs


def _told(line: Line) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name in ("name", "title"):
        if line[name]:
            wanted[name] = values.text(line[name], name, Person, name)
    if line["email"]:
        wanted["email"] = values.mail(line["email"], "email")
    for name in ("employed_from", "employed_until"):
        if line[name]:
            found = values.day(line[name], name)
            wanted[name] = found.isoformat() if found else None
    if line["time_zone"]:
        wanted["time_zone"] = values.zone(line["time_zone"], "time_zone")
    return wanted


def _chosen(line: Line) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if line["state"]:
        wanted["state"] = str(values.choice(line["state"], "state", PersonState.choices))
    if line["language"]:
        wanted["language"] = values.choice(line["language"], "language", settings.LANGUAGES)
    if line["clearance"]:
        cleared = None if line["clearance"] == CLEAR else line["clearance"]
        wanted["clearance"] = cleared and int(values.choice(cleared, "clearance", _sensitivities()))
    return wanted


def _sensitivities() -> list[tuple[int, str]]:
    return [(int(level), level.name.lower()) for level in Sensitivity]


def _new(desk: Desk, known: Known, line: Line, wanted: dict[str, Any], needs: tuple[str, ...]) -> Judged:
    if not wanted.get("name"):
        raise Fault(_("Somebody new needs a name."), "name")
    if not wanted.get("email") and line["external_id"] in ("", CLEAR):
        raise Fault(_("Give a mail or an id, so that the next file finds them again."), "email")
    if wanted.setdefault("state", PersonState.ACTIVE) not in NEW_ONLY:
        raise Fault(_("Somebody new is either active or prehire."), "state")
    known.require_free_mail(wanted.get("email", ""), None)
    there = places.prospect("person", department=wanted.get("department_id"), region=wanted.get("region_id"))
    if not desk.may("person.create", there):
        raise Fault(_("You may not add people there. It takes person.create at that department and region."))
    _require_order(wanted.get("employed_from"), wanted.get("employed_until"))
    plan = {"set": wanted, "dims": _dims(desk, known, line, None), "id_of": known.link(line, None)}
    if needs:
        plan["manager"] = needs[0]
    return Judged(Verdict.CREATE, plan=plan, needs=needs)


def _changed(
    desk: Desk, known: Known, line: Line, person: Person, wanted: dict[str, Any], needs: tuple[str, ...]
) -> Judged:  # fmt: skip
    was = {name: _plain(getattr(person, name)) for name in wanted}
    new = {name: value for name, value in wanted.items() if was[name] != value}
    if needs:
        new.pop("manager_id", None)
    dims, link = _dims(desk, known, line, person), known.link(line, person)
    if not new and not needs and not link and not any(dims.values()):
        known.require_seen(person)
        return Judged(Verdict.SKIP, plan={"id": person.pk})
    new_parts = [name for name, part in (("manager_id", needs), ("dims", dims), ("id_of", link)) if part]
    _require_may_change(desk, known, person, {*new, *new_parts})
    _require_sound_change(desk, known, person, new)
    plan: dict[str, Any] = {"id": person.pk, "version": person.row_version, "set": new, "dims": dims, "id_of": link}
    plan["was"] = {name: was[name] for name in new}
    if needs:
        plan["manager"] = needs[0]
    return Judged(Verdict.CHANGE, plan=plan, needs=needs)


def _require_sound_change(desk: Desk, known: Known, person: Person, new: dict[str, Any]) -> None:
    if not new.get("name", person.name):
        raise Fault(_("A person needs a name."), "name")
    if "email" in new:
        known.require_mail_change(person, new["email"])
    if "state" in new:
        known.require_state_change(person, new["state"])
    if {"department_id", "region_id"} & new.keys():
        _require_reach(desk, known, person, new)
    after = {**{name: _plain(getattr(person, name)) for name in ("employed_from", "employed_until")}, **new}
    _require_order(after["employed_from"], after["employed_until"])


def _require_may_change(desk: Desk, known: Known, person: Person, changed: set[str]) -> None:
    known.require_seen(person)
    if not desk.may("person.edit", known.target(person)):
        raise Fault(_("You may not change %(name)s. It takes person.edit where they are.") % {"name": person.name})
    if person.pk == desk.actor.pk:
        _require_not_ones_own(desk, changed)


def _require_not_ones_own(desk: Desk, changed: set[str]) -> None:
    """Refuse a change of what the actor's own access depends on, by itself or by the rule of a group."""
    own = {f"{name}_id" for name in NOT_ONES_OWN} | {"state", "dims", "clearance", "custom", "id_of"}
    read = {f"subject.{name.removesuffix('_id')}" for name in changed}
    if (
        changed & own
        or reads_any(read, at=desk.tick())
        or any(each.reads_any(read) for each in desk.once("rules", standing))
        or any(not each.reads.isdisjoint(read) for each in desk.once("birthrights", birthrights.standing))
    ):
        raise Fault(_("Nobody changes what their own access depends on. Ask another administrator."))


def _require_reach(desk: Desk, known: Known, person: Person, new: dict[str, Any]) -> None:
    """Refuse a move out of the mover's reach."""
    spots = dict(known.target(person).places)
    for name in ("department", "region"):
        if f"{name}_id" in new:
            place = new[f"{name}_id"]
            spots[name] = frozenset() if place is None else frozenset({place})
    if not desk.may("person.edit", places.retyped(known.moved(person, spots), "person")):
        raise Fault(_("You may not move %(name)s there: you could not change them afterwards.") % {"name": person.name})


def _require_order(first: str | None, last: str | None) -> None:
    if first and last and last < first:
        raise Fault(_("The last day %(day)s is before the first.") % {"day": shown(last)}, "employed_until")


def _dims(desk: Desk, known: Known, line: Line, person: Person | None) -> dict[str, list[int]]:
    """Return which places somebody comes to answer for, and which of their rows end."""
    add: set[int] = set()
    end: set[int] = set()
    for column, kind in DIMENSIONS.items():
        if not line[column]:
            continue
        parts = [] if line[column] == CLEAR else values.listed(line[column])
        wanted = {values.places(desk, kind).find(part, column) for part in parts} - {None}
        has = known.dimensions(person, kind)
        add |= {place for place in wanted if place is not None and place not in has}
        end |= {row for place, row in has.items() if place not in wanted}
    return {"add": sorted(add), "end": sorted(end)} if add or end else {}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
