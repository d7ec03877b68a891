"""Keeping why cards: what a permission is for, what it exposes, who answers for it, how risky it is."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.errors import Refused, Stale
from permissions import history
from permissions.guards import locked, require, use_case
from permissions.models import Action
from permissions.roles import rows, rules

EDITABLE = ("purpose", "exposes", "example", "owner", "risk")


def editable(row: Action) -> dict[str, Any]:
    """Return what the edit form shows, by its field names."""
    return {name: getattr(row, name) for name in EDITABLE}


@use_case
def edit_card(
    actor: Person, *, action: Action, row_version: int, changes: Mapping[str, Any], at: datetime
) -> Action:  # fmt: skip
    """Change the why card of a permission; `changes` maps those of EDITABLE it names to their new values.

    A higher risk lifts the risk of every role that gives it. Raises NotAllowed, NotVisible, Refused, Stale.
    """
    row = locked(Action, action.pk)
    require(actor, "catalogue.edit", row, at=at)
    if row.row_version != row_version:
        message = _("Somebody else changed this card meanwhile. Nothing of yours was saved.")
        raise Stale(message, facts={"now": editable(row), "row_version": row.row_version})
    before = copy(row)
    for name, value in changes.items():
        if name not in EDITABLE:
            raise Refused(_("A card has no “%(name)s” to edit.") % {"name": name}, field=name)
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    if not row.purpose:
        raise Refused(_("Say what the permission is for."), field="purpose")
    if row.owner_id != before.owner_id:
        rules.require_owner(row.owner)
    if all(getattr(row, name) == getattr(before, name) for name in EDITABLE):
        raise Refused(_("Nothing is different from what the card says, so nothing was saved."))
    row.row_version += 1
    row.save(update_fields=[*EDITABLE, "row_version"])
    record(Tag.CATALOGUE_EDITED, actor=actor, at=at, obj=row, before=before)
    if row.risk > before.risk:
        rows.raise_risk(history.model(None).granting[row.key], actor=actor, at=at)
    return row
