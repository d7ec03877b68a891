"""What grants of roles and grants on one resource have in common: who can take them, and when they are over."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Membership, PersonState, Principal, PrincipalKind
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from permissions.models import Birthright, GroupObjectGrant, PersonObjectGrant, RoleGrant

Row = RoleGrant | PersonObjectGrant | GroupObjectGrant


def is_open(grant: Row, at: datetime) -> bool:
    """Return whether a grant is in force or still will be."""
    return grant.until is None or (grant.until > at and grant.until > grant.starts_at)


def is_later(one: datetime | None, other: datetime | None) -> bool:
    """Return whether `one` ends later than `other`; None never ends."""
    return other is not None and (one is None or one > other)


def require_taker(principal: Principal) -> None:
    """Pass a principal that can be given anything. Raises Refused."""
    if principal.kind == PrincipalKind.PERSON and principal.person.state == PersonState.LEFT:
        message = _("%(name)s has left. Reactivate them first, or choose somebody else.")
        raise Refused(message % {"name": principal.label}, field="principal")
    if principal.kind == PrincipalKind.TEAM and principal.team.archived_at is not None:
        raise Refused(_("%(name)s is archived. Choose another team.") % {"name": principal.label}, field="principal")
    if principal.kind == PrincipalKind.GROUP and principal.group.archived_at is not None:
        raise Refused(_("%(name)s is archived. Choose another group.") % {"name": principal.label}, field="principal")


def require_by_hand(rows: Iterable[RoleGrant | Membership]) -> None:
    """Pass what no birthright rule gave: it would give it again. Raises Refused, naming the rule."""
    by_rule = next((row for row in rows if row.source == Source.BIRTHRIGHT), None)
    if by_rule is None:
        return
    name = Birthright.objects.filter(pk=by_rule.source_ref).values_list("name", flat=True).first()
    message = _("The birthright rule “%(rule)s” gives this and would give it again. Change the rule, or what it reads.")
    raise Refused(message % {"rule": name}, facts={"birthright": by_rule.source_ref})


def require_not_over(row: Row, at: datetime) -> None:
    """Pass a grant that goes on. Whoever ended it counts even for somebody who read the clock before they did."""
    if row.ended_by_id is None and is_open(row, at):
        return
    if row.ended_by is not None:
        message = _("%(name)s has already ended this grant. Nothing was changed.")
        raise Refused(message % {"name": row.ended_by.name}, facts={"until": row.until})
    raise Refused(_("This grant has already run out. Nothing was changed."), facts={"until": row.until})
