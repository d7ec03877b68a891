"""The first steps of a new console, each with whether it is done; shown to who can take them until all are."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Node, Person, Team
from audits.overview.counting import Counted, Rows
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


def rows(reader: Person, *, at: datetime) -> Rows:
    """Return what says which steps are done; nothing for who cannot take them."""
    if not gate.may(reader, "person.create", at=at):
        return {}
    return {
        "nodes": Node.objects.all(),
        "people": Person.objects.exclude(pk=reader.pk),
        "teams": Team.objects.all(),
        "roles": Role.objects.all(),
        "given": RoleGrant.objects.exclude(source=Source.SETUP),
    }


def steps(found: Counted) -> list[Step]:
    """Return what a new console still needs; nothing once it is all done, or for who cannot do it."""
    if "nodes" not in found:
        return []
    steps_ = [
        Step(_("Draw departments and regions"), _("Grants reach as far as a place of these trees."),
             reverse("structure:index"), found["nodes"].value > 0),
        Step(_("Add people"), _("Whoever works with the platform, with their place and manager."),
             reverse("people:list"), found["people"].value > 0),
        Step(_("Put them into teams"), _("What a team is given reaches everybody in it."),
             reverse("teams:list"), found["teams"].value > 0),
        Step(_("Look at the roles"), _("Take the four of the starter pack, or make your own."),
             reverse("roles:list"), found["roles"].value > 1),
        Step(_("Give a first role"), _("To a team, within a place, for as long as it is needed."),
             reverse("grants:list"), found["given"].value > 0),
    ]  # fmt: skip
    return [] if all(step.done for step in steps_) else steps_
