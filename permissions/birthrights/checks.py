"""What must hold before a birthright rule is changed. Each raises Refused or Stale."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.groups.rules import Rule
from accounts.models import Person, PersonState
from cxaccess.lib.conditions import Condition, Schema, leaves
from cxaccess.lib.conditions.columns import NotCompilable
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import longest
from permissions.birthrights import gifts, rules
from permissions.birthrights.gifts import Gift
from permissions.models import Birthright, BirthrightState, BirthrightVersion

EDITABLE = ("name", "purpose", "owner")
NOTHING = gettext_lazy("Choose what the rule gives: a role, a team or a group.")
INCOMPLETE = gettext_lazy("Complete the conditions first: a row says what is missing.")


def editable(birthright: Birthright) -> dict[str, Any]:
    """Return what the edit form shows, by its field names."""
    return {name: getattr(birthright, name) for name in EDITABLE}


def require_named(name: str, purpose: str, *, but: int | None = None) -> None:
    """Pass a name that no other rule has, whatever its case, and a purpose that says something."""
    if not name.strip() or len(name.strip()) > longest(Birthright, "name"):
        raise Refused(_("A rule needs a name of at most 80 characters."), field="name")
    if Birthright.objects.exclude(pk=but).filter(name__iexact=name.strip()).exists():
        raise Refused(_("There is already a rule called “%(name)s”.") % {"name": name.strip()}, field="name")
    if not purpose.strip() or len(purpose.strip()) > longest(Birthright, "purpose"):
        raise Refused(_("Say in at most 300 characters what the rule is for."), field="purpose")


def require_owner(owner: Person | None) -> None:
    """Pass no owner, or one who can answer for the rule."""
    if owner is not None and owner.state in (PersonState.LEFT, PersonState.SUSPENDED):
        raise Refused(_("%(name)s cannot answer for a rule at present.") % {"name": owner.name}, field="owner")


def require_usable(birthright: Birthright) -> None:
    """Pass a rule that is not retired."""
    if birthright.retired_at is not None:
        raise Refused(_("%(rule)s is retired. Reopen it first.") % {"rule": birthright.name})


def require_fresh(birthright: Birthright, row_version: int) -> None:
    """Pass whoever saw the rule as it is. Raises Stale with what is in it now."""
    if birthright.row_version == row_version:
        return
    latest = birthright.current
    now = {_("Name"): ("", birthright.name), _("Version"): ("", str(latest.number if latest else ""))}
    message = _("Somebody else changed %(rule)s meanwhile. Nothing of yours was saved.")
    facts = {"theirs": now, "now": editable(birthright), "row_version": birthright.row_version}
    raise Stale(message % {"rule": birthright.name}, facts=facts)


def require_answerable(condition: Condition, known: Schema, at: datetime) -> None:
    """Pass a condition that can be asked of everybody at once. Raises Refused with its place in words."""
    try:
        list(rules.batches(Rule(condition, known), at, Person.objects.none()))
    except NotCompilable as refusal:
        number = list(leaves(condition)).index(refusal.leaf) + 1
        raise Refused(f"{number}. {refusal}", field="condition") from refusal


def current(birthright: Birthright) -> BirthrightVersion:
    """Return the latest version."""
    if birthright.current is None:
        raise Refused(_("%(rule)s says nothing yet.") % {"rule": birthright.name})
    return birthright.current


def in_force(birthright: Birthright) -> BirthrightState | None:
    """Return since when which version is in force; None while none is."""
    return BirthrightState.objects.select_related("version").filter(birthright=birthright, until=None).first()


def gifts_of(version: BirthrightVersion) -> tuple[Gift, ...]:
    """Return what a version gives; nothing where that can no longer be read."""
    try:
        return gifts.read(version.gives)
    except Refused:
        return ()
