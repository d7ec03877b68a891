"""What must hold before an integration is changed. Each raises Refused, Stale or NotAllowed."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts import collectives
from accounts.integrations import selectors
from accounts.models import Integration, IntegrationToken, Person, PrincipalKind
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import longest
from permissions.models import Action, ResourceType

LONGEST = timedelta(days=366)  # a token lasts no longer
OVERLAP = timedelta(days=30)  # the old one stays open no longer beside the new one
MOST_OPEN = 5  # tokens of one integration


def require_sound(*, name: str, purpose: str, owner: Person | None, system: str) -> None:
    """Pass what an integration may be called, what it is for, whose it may be and whose ids it may speak."""
    collectives.require_sound(PrincipalKind.INTEGRATION, name=name, owner=owner, region=None, department=None)
    if not purpose.strip() or len(purpose.strip()) > longest(Integration, "purpose"):
        raise Refused(_("Say in at most 300 characters what it is for."), field="purpose")
    if not system.strip() or len(system.strip()) > longest(Integration, "system"):
        raise Refused(_("Name in at most 40 characters the system whose ids it speaks."), field="system")


def require_usable(row: Integration) -> None:
    """Pass an integration that is not retired."""
    if row.retired_at is not None:
        raise Stale(_("%(name)s is retired.") % {"name": row.name})


def require_fresh(row: Integration, row_version: int) -> None:
    """Pass whoever saw the integration as it is. Raises Stale with what is in it now."""
    if row.row_version != row_version:
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.name},
            facts={"now": selectors.editable(row), "row_version": row.row_version},
        )


def require_askable(type_: ResourceType, action: Action | None) -> None:
    """Pass what a connected system can ask about: things of the platform. Those of this console are its own."""
    if type_.console:
        raise Refused(_("%(plural)s belong to this console; no system asks about them.") % {"plural": type_.plural})
    if action is not None and action.type_id != type_.pk:
        raise Refused(_("This permission is of another type."), field="action")


def require_days(days: int) -> None:
    """Pass how long a token may last."""
    if not 1 <= days <= LONGEST.days:
        raise Refused(_("A token lasts 1 to %(n)d days.") % {"n": LONGEST.days}, field="days")


def require_overlap(hours: int) -> None:
    """Pass how long an old token may stay open beside its successor."""
    if not 0 <= hours <= OVERLAP.days * 24:
        raise Refused(_("The old token stays open for 0 to %(n)d hours.") % {"n": OVERLAP.days * 24}, field="hours")


def require_room(row: Integration, at: datetime) -> None:
    """Pass an integration with few open tokens: one that nobody counts is one that nobody misses."""
    if IntegrationToken.objects.filter(selectors.opening(at), integration=row).count() >= MOST_OPEN:
        raise Refused(_("It has %(n)d open tokens. Revoke one first.") % {"n": MOST_OPEN})


def require_open(token: IntegrationToken, at: datetime) -> None:
    """Pass a token that still opens."""
    if token.revoked_at is not None or token.expires_at <= at:
        raise Stale(_("The token %(prefix)s opens nothing any more.") % {"prefix": token.prefix})
