"""Word before a token runs out, to whoever answers for the integration: 14 and 3 days before, once each.

Nothing here decides: a token that has run out opens nothing, whoever was told.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.integrations import attention
from accounts.integrations.selectors import ISSUE
from accounts.models import IntegrationToken, Person
from cxaccess.jobs.models import Job
from cxaccess.jobs.notices import notify
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock
from permissions import gate

BEFORE = (timedelta(days=3), timedelta(days=14))
MOST = 20  # of those who may make tokens, where nobody answers for an integration


def warn_owners(job: Job, at: datetime) -> None:
    """Tell of tokens that run out soon and have no successor. A periodic job."""
    near = attention.running_out(at, within=max(BEFORE)).order_by("expires_at", "pk")
    for token in list(near.select_related("integration__owner", "integration__principal", "integration__resource")):
        before = _due(token, at)
        if before is not None:
            _tell(token, before, at)
            extend(job, clock.now())


def _due(token: IntegrationToken, at: datetime) -> timedelta | None:
    """Return which warning is due: of two, after days without a worker, the nearer one.

    A token that was made for less time than that is none to warn of: whoever made it knows.
    """
    before = next((one for one in BEFORE if token.expires_at - at <= one), None)
    return before if before is not None and token.expires_at - token.created_at > before else None


def _tell(token: IntegrationToken, before: timedelta, at: datetime) -> None:
    until = token.expires_at.isoformat()
    facts = {"integration": token.integration_id, "name": token.integration.name, "prefix": token.prefix}
    with transaction.atomic():
        for person in _whom(token, at):
            once = f"token-ending:{token.pk}:{until}:{before.days}:{person.pk}"
            notify(person.pk, "token_ending", facts=facts | {"until": until}, once=once, at=at)


def _whom(token: IntegrationToken, at: datetime) -> Iterable[Person]:
    """Return who is told: the owner, where there is one who can be; else those who may make its tokens."""
    owner = token.integration.owner
    if owner is not None and owner.is_here(at) and owner.claimed_at is not None:
        return [owner]
    makers = gate.who_can(ISSUE, token.integration.resource, at=at).filter(claimed_at__isnull=False)
    return makers.order_by("pk")[:MOST]
