"""The first steps of a new console, each with whether it is done; shown to who can take them until all are."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Node, Person, Team
from cxaccess.lib.models import Source
from permissions import gate
from permissions.models import Role, RoleGrant


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do once."""

    text: str
    why: str
    url: str
    done: bool


def steps(reader: Person, *, at: datetime) -> list[Step]:
    """Return what a new console still needs; nothing once it is all done, or for who cannot do it."""
    if not gate.may(reader, "person.create", at=at):
        return []
    found = [
        Step(_("Draw departments and regions"), _("Grants reach as far as a place of these trees."),
             reverse("structure:index"), Node.objects.exists()),
        Step(_("Add people"), _("Whoever works with the platform, with their place and manager."),
             reverse("people:list"), Person.objects.exclude(pk=reader.pk).exists()),
        Step(_("Put them into teams"), _("What a team is given reaches everybody in it."),
             reverse("teams:list"), Team.objects.exists()),
        Step(_("Look at the roles"), _("Take the four of the starter pack, or make your own."),
             reverse("roles:list"), Role.objects.count() > 1),
        Step(_("Give a first role"), _("To a team, within a place, for as long as it is needed."),
             reverse("grants:list"), RoleGrant.objects.exclude(source=Source.SETUP).exists()),
    ]  # fmt: skip
    return [] if all(step.done for step in found) else found
