"""Finding somebody by their whole mail address: who shares one thing, or keeps one team, sees hardly anybody.

To know an address is to know its owner; to try one after another is not. So whoever is found is on record, tries are
counted, and those whom the company has reason not to speak of (not started yet, suspended, left) are not found.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.utils.translation import gettext as _

from accounts.models import Person, PersonState
from accounts.signin.limits import Limit, consume
from audits.trail.record import record
from audits.trail.tags import Tag
from permissions import gate
from permissions.guards import use_case

TRIES = Limit("person.by-mail", 20, timedelta(hours=1))
FOUND = (PersonState.ACTIVE, PersonState.LEAVE)
SALT = "person.by-mail"
LASTS = timedelta(hours=1)


@use_case
def by_mail(actor: Person, *, mail: str, at: datetime) -> Person | None:
    """Return whoever has exactly this address and could be let in somewhere. None: nobody, or nobody to be found.

    Whom the actor sees anyway is no find: it is neither counted nor recorded. Raises limits.TooMany.
    """
    rows = Person.objects.filter(email__iexact=mail.strip()).exclude(state=PersonState.LEFT)
    seen = gate.visible(actor, "person.view", rows, at=at).first()
    if seen is not None:
        return seen
    consume([(TRIES, str(actor.pk))], at=at)
    found = rows.filter(state__in=FOUND).first()
    if found is not None:
        record(Tag.PERSON_FOUND, actor=actor, at=at, obj=found, about=found)
    return found


def nobody() -> str:
    """Return what is said where `by_mail` finds nobody, whyever."""
    return _("Nobody here has this address.")


def proof(actor: Person, found: Person) -> str:
    """Return what shows, on the pages that follow, that `actor` has found this person."""
    return signing.dumps([actor.pk, found.principal_id], salt=SALT)


def proven(actor: Person, said: str) -> int | None:
    """Return the principal whom `actor` has found within LASTS; None for anything that this actor was not given."""
    try:
        by, principal = signing.loads(said, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(principal) if by == actor.pk else None
