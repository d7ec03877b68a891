"""A permission matrix: the one-by-one rights of a platform without roles, two columns and nothing else.

Each permission becomes a resource of type entitlement, each assignment an object grant. People whom nobody knows yet
arrive active and unclaimed, named by their id in that system.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Identity, PersonState
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.csv_in import shown
from permissions import places
from permissions.giving import may_give_on
from permissions.guards import passes
from permissions.imports import matched
from permissions.imports.kinds import matrix_rows
from permissions.imports.kinds.base import Column, Desk, Fault, Judged, Kind, Line
from permissions.models import Action, PersonObjectGrant, Resource
from permissions.resources.rules import is_reserved

TYPE = "entitlement"
USE = "entitlement.use"
LONGEST = 120  # characters of an id

COLUMNS = (
    Column("user", gettext_lazy("User"), gettext_lazy("How the older system names somebody."), "u00017",
           ("user id", "person", "account", "login", "employee", "subject"), required=True),
    Column("permission", gettext_lazy("Permission"), gettext_lazy("How it names the right."), "p00230",
           ("permission id", "right", "entitlement", "privilege", "role", "object"), required=True),
    Column("name", gettext_lazy("Name of the user"), gettext_lazy("For people who are not here yet. Empty: their id."),
           "Maya Okafor", ("user name", "full name", "display name")),
    Column("permission_name", gettext_lazy("Name of the permission"), gettext_lazy("For permissions that are not here "
           "yet. Empty: its id."), "Release refunds", ("permission label", "description", "title")),
)  # fmt: skip


class Matrix(Kind):
    """Files of assignments."""

    key = "matrix"
    label = gettext_lazy("Permission matrix")
    icon = "access"
    summary = gettext_lazy("Who holds what, one by one, on a platform without roles. Nothing of it is lost or rounded.")
    needs = ("role.give",)
    whole = True
    reads = None
    gives = True
    titles = ("user",)
    repeats = True

    def columns(self) -> tuple[Column, ...]:
        """Return the two columns that matter, and names."""
        return COLUMNS

    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return the assignment."""
        return (f"{line['user']}\t{line['permission']}",)

    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what becomes of each assignment."""
        known = Known(desk, lines)
        return [_judged(desk, known, line) for line in lines]

    def told(self, desk: Desk) -> dict[str, Any]:
        """Return how many people and entitlements come along, who gains something, and who was here already."""
        told = {name: len(desk.kept.get(name, ())) for name in ("people", "resources", "gain", "matched")}
        lately = matched.count_lately(desk.kept.get("matched", ()), at=desk.tick())
        return told | {"gain_names": sorted(desk.kept.get("gain", ()))[:12], "lately": lately}

    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Write nothing yet: it is done in one go."""

    def finish(self, desk: Desk) -> None:
        """Write the people and entitlements that come along, then all assignments, then their events."""
        matrix_rows.write(desk)


class Known:
    """The people, entitlements and assignments that a chunk is about."""

    def __init__(self, desk: Desk, lines: Sequence[Line]) -> None:
        system = desk.batch.system
        people = Identity.objects.filter(system=system, external_id__in={line["user"] for line in lines})
        columns = ("external_id", "person_id", "person__state", "pk")
        self.people = {external: (pk, state, own) for external, pk, state, own in people.values_list(*columns)}
        resources = Resource.objects.filter(system=system, external_id__in={line["permission"] for line in lines})
        self.resources = {one.external_id: one for one in resources.select_related("type")}
        self.targets = places.targets(list(self.resources.values()), desk.tick())
        self.held = self._held(desk)

    def _held(self, desk: Desk) -> set[tuple[int, int]]:
        if not self.people or not self.resources:
            return set()
        rows = PersonObjectGrant.objects.not_over(desk.tick()).filter(
            user__in={pk for pk, _state, _own in self.people.values()},
            permission=twin(desk),
            content_object__in={one.pk for one in self.resources.values()},
        )
        return set(rows.values_list("user_id", "content_object_id"))


def twin(desk: Desk) -> int:
    """Return the id that the right to use an entitlement has in Django's table."""
    found: int = desk.once("twin", lambda: Action.objects.values_list("auth_permission_id", flat=True).get(key=USE))
    return found


def _judged(desk: Desk, known: Known, line: Line) -> Judged:
    try:
        user, resource = _user(desk, known, line), _resource(desk, known, line)
        if user is not None and resource is not None and (user, resource.pk) in known.held:
            _match(desk, known, line)
            return Judged(Verdict.SKIP)
        _require_give(desk, known, resource)
    except Fault as fault:
        return fault.judged
    _match(desk, known, line)
    desk.kept.setdefault("gain", set()).add(line["name"] or line["user"])
    if user is None:
        _name(desk, "people", line["user"], line["name"])
    if resource is None:
        _name(desk, "resources", line["permission"], line["permission_name"])
    return Judged(Verdict.CREATE, plan={"user": user, "resource": resource.pk if resource else None})


def _match(desk: Desk, known: Known, line: Line) -> None:
    """Keep whom a row matched that is not refused."""
    if line["user"] in known.people:
        desk.kept.setdefault("matched", set()).add(known.people[line["user"]][2])


def _name(desk: Desk, what: str, one: str, name: str) -> None:
    """Keep what comes along, with the first name that the file tells for it."""
    known: dict[str, str] = desk.kept.setdefault(what, {})
    if not known.get(one):
        known[one] = name[:200]


def _user(desk: Desk, known: Known, line: Line) -> int | None:
    """Return who it is, None for somebody new."""
    _require_id(line, "user")
    found = known.people.get(line["user"])
    if found is not None:
        if found[1] == PersonState.LEFT:
            raise Fault(_("%(value)s has left and can be given nothing.") % {"value": shown(line["user"])}, "user")
        return found[0]
    if not desk.once("may add", lambda: desk.may("person.create", places.prospect("person"))):
        raise Fault(
            _("%(value)s is not here yet, and you may not add people who belong nowhere in particular. It takes "
              "person.create everywhere.") % {"value": shown(line["user"])},
            "user",
        )  # fmt: skip
    return None


def _resource(desk: Desk, known: Known, line: Line) -> Resource | None:
    """Return the entitlement, None for a new one."""
    _require_id(line, "permission")
    found = known.resources.get(line["permission"])
    if found is None:
        if is_reserved(desk.batch.system, line["permission"]):
            raise Fault(_("The console names its own things with a colon. Choose another system."), "permission")
        if not desk.once("may register", lambda: desk.may("resource.create", places.prospect("resource"))):
            raise Fault(_("You may not register entitlements. It takes resource.create everywhere."), "permission")
        return None
    if found.type.key != TYPE:
        raise Fault(
            _("%(value)s of this system is a resource of another type (%(type)s). Choose another system.")
            % {"value": shown(line["permission"]), "type": found.type.label},
            "permission",
        )
    if found.archived_at is not None:
        raise Fault(_("%(value)s is archived.") % {"value": shown(line["permission"])}, "permission")
    return found


def _require_id(line: Line, column: str) -> None:
    if not line[column]:
        raise Fault(_("This cell is empty. Say who, and what."), column)
    if len(line[column]) > LONGEST:
        raise Fault(
            _("%(value)s is longer than %(n)d characters.") % {"value": shown(line[column]), "n": LONGEST}, column
        )


def _require_give(desk: Desk, known: Known, resource: Resource | None) -> None:
    if resource is None:
        able = desk.once("may give new", lambda: desk.may("role.give", places.prospect("role")))
    else:
        there = replace(known.targets[resource.pk], type="role", id=None, resource=None)
        able = desk.may("role.give", there) or desk.once(
            f"may share {resource.pk}",
            lambda: desk.rests(
                lambda: may_give_on(desk.actor, actions=[USE], resource=resource, at=desk.tick(), asks=passes)
            ),
        )
    if not able:
        raise Fault(_("You may not give this. It takes role.give where the entitlement is."), "permission")
