"""What a leaver knew of integrations: the tokens that they made."""

from datetime import datetime

from accounts.integrations import makers
from accounts.integrations.selectors import opening
from accounts.models import IntegrationToken, Person
from accounts.people.leaving.why import why
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.lifecycle import Ended
from permissions.guards import use_case


@use_case
def tokens(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """Revoke the tokens that they made, and so have seen; those that others made of the same integration stay."""
    standing = IntegrationToken.objects.filter(opening(at), created_by=person).order_by("pk")
    found = list(standing.select_related("integration__principal").select_for_update(of=("self",), no_key=True))
    IntegrationToken.objects.filter(pk__in=[row.pk for row in found]).update(revoked_at=at, revoked_by=actor)
    makers.follow(person)
    said = why(person)
    record_many(
        Entry(
            Tag.TOKEN_REVOKED, actor, at, row.integration, person, None, {"token": row.prefix, "reason": said}
        )
        for row in found
    )  # fmt: skip
    return [Ended("token", row.pk, row.integration.name, row.prefix) for row in found]
