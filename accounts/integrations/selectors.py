"""Reads of integrations: which there are, and what each may ask about."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Integration, IntegrationGrant, IntegrationToken, Person
from permissions import gate
from permissions.models import Action, Resource, ResourceType

VIEW, EDIT, ISSUE = "integration.view", "integration.edit", "integration.issue"
# Decisions know an integration as its resource, which has the same id.
THINGS = Resource.objects.filter(integration__isnull=False)
ROWS = Integration.objects.select_related("principal", "owner", "resource__type")


def opening(at: datetime, prefix: str = "") -> Q:
    """Return the condition that a token opens at `at`."""
    return Q(**{f"{prefix}revoked_at": None, f"{prefix}expires_at__gt": at})


def visible(reader: Person, action: str = VIEW, *, at: datetime) -> QuerySet[Integration]:
    """Return the integrations on which `reader` holds `action`."""
    return ROWS.filter(resource__in=gate.visible(reader, action, THINGS, at=at).values("pk"))


def editable(row: Integration) -> dict[str, object]:
    """Return what the edit form shows, by its field names."""
    return {
        "name": row.name,
        "purpose": row.purpose,
        "owner": row.owner,
        "system": row.system,
        "reports_use": row.reports_use,
    }


def asked(grant: IntegrationGrant) -> str:
    """Return what a grant lets ask about, as the trail and pages name it: ``ticket.reply``, or ``ticket.*``."""
    return grant.action.key if grant.action is not None else f"{grant.type.key}.*"


def in_words(type_: ResourceType, action: Action | None) -> str:
    """Return the same as people read it: ``Ticket queue: Reply``, or ``Ticket queues: everything``."""
    if action is None:
        return _("%(plural)s: everything") % {"plural": type_.plural}
    return f"{type_.label}: {action.label}"


@dataclass(slots=True)
class Row:
    """One integration of the list, with what it may ask about and how its tokens stand."""

    integration: Integration
    asked: list[str] = field(default_factory=list)
    open: list[IntegrationToken] = field(default_factory=list)
    last_used_at: datetime | None = None  # of any of its tokens, closed ones too


def described(rows: Collection[Integration], *, at: datetime) -> list[Row]:
    """Return a row for each integration, in three queries."""
    found = {row.pk: Row(row) for row in rows}
    held = IntegrationGrant.objects.in_force(at).filter(integration__in=found).select_related("type", "action")
    for grant in held.order_by("type__position", "action__position"):
        found[grant.integration_id].asked.append(asked(grant))
    for token in IntegrationToken.objects.filter(opening(at), integration__in=found):
        found[token.integration_id].open.append(token)
    used = IntegrationToken.objects.filter(integration__in=found).order_by().values("integration")
    for pk, last in used.annotate(last=Max("last_used_at")).values_list("integration", "last"):
        found[pk].last_used_at = last
    return list(found.values())
