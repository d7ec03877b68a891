"""What must hold of a person that the tables cannot say. Each raises Refused with the field."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from accounts.models import Node, NodeKind, Person, PersonState
from cxaccess.lib.errors import Refused
from permissions import gate

PLACES = ("department", "region")


def require_sound(actor: Person, person: Person, changed: Collection[str], *, at: datetime) -> None:
    """Pass a person whose `changed` fields may stand so."""
    if not person.name:
        raise Refused(_("A person needs a name."), field="name")
    for name in PLACES:
        if name in changed:
            require_place(name, getattr(person, name))
    if "manager" in changed:
        _require_manager(actor, person, at=at)
    if person.time_zone not in available_timezones():
        raise Refused(_("No such time zone."), field="time_zone")
    if person.employed_from and person.employed_until and person.employed_until < person.employed_from:
        raise Refused(_("The last day is before the first."), field="employed_until")
    if "email" in changed:
        _require_free_mail(actor, person, at=at)


def require_place(name: str, node: Node | None) -> None:
    """Pass a node that something may stand at; None is nowhere in particular."""
    if node is None:
        return
    if node.kind != NodeKind(name) or node.archived_at is not None:
        raise Refused(_("%(place)s can no longer be chosen.") % {"place": node.name}, field=name)


def _require_manager(actor: Person, person: Person, *, at: datetime) -> None:
    """Refuse a manager who has left, whom the actor cannot see, or who reports to this person."""
    manager = person.manager
    if manager is None:
        return
    if not gate.may(actor, "person.view", manager, at=at):
        raise Refused(_("Choose a manager you can see."), field="manager")
    if manager.state == PersonState.LEFT:
        raise Refused(_("%(name)s has left. Choose another manager.") % {"name": manager.name}, field="manager")
    path = _reporting_path(manager)
    if person.pk is not None and person.pk in [above.pk for above in path]:
        shown = " > ".join(above.name for above in path[: [above.pk for above in path].index(person.pk) + 1])
        raise Refused(
            _("%(person)s would report to themselves: %(path)s.") % {"person": person.name, "path": shown},
            field="manager",
        )


def _reporting_path(manager: Person) -> list[Person]:
    """Return `manager` and everybody above as they are now, nearest first."""
    path: list[Person] = []
    above: int | None = manager.pk
    while above is not None and above not in [person.pk for person in path]:
        here = Person.objects.only("name", "manager_id").get(pk=above)
        path.append(here)
        above = here.manager_id
    return path


def _require_free_mail(actor: Person, person: Person, *, at: datetime) -> None:
    if not person.email:
        return
    other = Person.objects.filter(email__iexact=person.email).exclude(pk=person.pk).first()
    if other is None:
        return
    if gate.may(actor, "person.view", other, at=at):
        raise Refused(_("This mail belongs to %(name)s already.") % {"name": other.name}, field="email")
    raise Refused(_("This mail belongs to somebody already."), field="email")
