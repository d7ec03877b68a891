"""Who made a token has seen it. So it opens only while they are somebody who may know it."""

from datetime import datetime

from accounts.models import Integration, IntegrationToken, Person, PersonState
from cxaccess.jobs import stamps

DISTRUSTED = (PersonState.SUSPENDED, PersonState.LEFT)


def is_trusted(token: IntegrationToken, at: datetime) -> bool:
    """Return whether a token opens at `at` as far as it goes by who made it: nobody suspended, nobody who has left.

    Whoever is on leave stays trusted. Of a token that nobody made nobody knows who has seen it.
    """
    maker = token.created_by
    return maker is None or (maker.state not in DISTRUSTED and not maker.has_left(at))


def follow(person: Person) -> None:
    """Let what is kept of the tokens that `person` made be looked up anew: something of theirs changed that decides."""
    made = Integration.objects.filter(tokens__created_by=person).values_list("principal", flat=True)
    stamps.bump(*made.order_by("principal").distinct())
