"""Making the model of an instance as a document says, in one transaction, by the authority of one person."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.reasons import stated
from permissions import giving
from permissions.document import birthright_steps, catalogue_steps, rest_steps, role_steps
from permissions.document.checking import require_shape
from permissions.document.desk import Desk, Row
from permissions.guards import use_case

Section = Callable[[Desk, list[Row]], None]
# In the order in which one part names the other.
ORDER: tuple[str, ...] = (
    "places", "types", "permissions", "attributes", "people", "teams", "groups", "memberships", "roles", "resources",
    "grants", "birthrights", "policies",
)  # fmt: skip
SECTIONS: Mapping[str, Section] = {
    "places": catalogue_steps.places,
    "types": catalogue_steps.resource_types,
    "permissions": catalogue_steps.permissions,
    "attributes": catalogue_steps.own_attributes,
    "roles": role_steps.all_roles,
    "birthrights": birthright_steps.all_birthrights,
    "policies": role_steps.all_policies,
}


class Outcome(NamedTuple):
    """What was different, and what of the document was passed over; both in words."""

    differences: list[str]
    passed_over: list[str]


class _Tried(Exception):
    """It would go through; nothing of it is kept."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def apply_document(actor: Person, *, document: Any, reason: str, at: datetime) -> Outcome:
    """Make the model so; all or nothing. A second time nothing is different.

    People, teams, groups, memberships, resources and grants are brought into an empty instance alone.
    Raises Misfit with the place, NotAllowed, NotVisible.
    """
    require_shape(document)
    return _applied(actor, document=document, reason=reason, keep=True, at=at)


def try_document(actor: Person, *, document: Any, reason: str, at: datetime) -> Outcome:
    """Return what `apply_document` would, and keep nothing of it. Raises as that does."""
    require_shape(document)
    try:
        _applied(actor, document=document, reason=reason, keep=False, at=at)
    except _Tried as tried:
        return tried.outcome
    raise AssertionError("A trial is always undone.")


@use_case
def _applied(actor: Person, *, document: Mapping[str, Any], reason: str, keep: bool, at: datetime) -> Outcome:
    giving.lock_administration()
    giving.hold_collectives()  # what comes meets them in any order
    desk, empty = Desk(actor, at, stated(reason)), rest_steps.is_empty()
    for section in ORDER:
        rows = document.get(section, [])
        if section in SECTIONS:
            SECTIONS[section](desk, rows)
        elif empty:
            rest_steps.bring(desk, section, rows)
        elif rows:
            desk.pass_over(_("%(count)s %(section)s, for this instance is in use") % _counted(section, rows))
    outcome = Outcome(desk.said, desk.passed_over)
    if outcome.differences:
        record(Tag.MODEL_APPLIED, actor=actor, at=at, details={"reason": desk.reason, "differences": len(desk.said)})
    if not keep:
        raise _Tried(outcome)
    return outcome


def _counted(section: str, rows: list[Row]) -> dict[str, Any]:
    return {"count": len(rows), "section": section}
