"""Changing the settings of this console."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Stale
from permissions.guards import require, use_case
from permissions.instance.selectors import EDITABLE, seal, values


@use_case
def change_settings(actor: Person, *, opened_on: str, wanted: Mapping[str, Any], at: datetime) -> list[str]:
    """Store what of `wanted` ({name of EDITABLE: value}) is new and return the names; one event tells of all.

    `opened_on` is the seal of the values the form showed. Raises NotAllowed, NotVisible, Stale.
    """
    stamps.lock(stamps.MODEL)
    require(actor, "settings.edit", at=at)
    before = values()
    if seal(before) != opened_on:
        theirs = {name: ("", str(value)) for name, value in before.items() if wanted.get(name) != value}
        raise Stale(_("Somebody else changed the settings meanwhile. Nothing of yours was saved."),
                    facts={"theirs": theirs})  # fmt: skip
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    for name, value in changed.items():
        instance.put(EDITABLE[name], value)
    if changed:
        stamps.bump(stamps.MODEL)  # the days that policies count are those of the zone
        told = {EDITABLE[name].key: (before[name], value) for name, value in changed.items()}
        record(Tag.SETTING_CHANGED, actor=actor, at=at, changes=told)
    return sorted(changed)
