"""Which browsers somebody is signed in with."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from accounts.models import Person, Session
from cxaccess.jobs import settings as instance


def key_hash(session_key: str | None) -> str:
    """Return what stands for Django's session key: keyed, so the table of sessions opens no session."""
    return salted_hmac("accounts.session", session_key or "", algorithm="sha256").hexdigest()


def hours() -> int:
    """Return how long a session lasts at most: as administrators set it, within what the deployment allows."""
    return min(settings.SESSION_HOURS, instance.get(instance.SESSION_HOURS))


def open_at(at: datetime) -> QuerySet[Session]:
    """Return the sessions that are open at `at`: not ended, within the absolute and the idle limit."""
    idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return Session.objects.filter(ended_at=None, ends_at__gt=at, seen_at__gt=at - idle)


def current(person: Person, session_key: str | None, at: datetime) -> Session | None:
    """Return the open session with that key, if it is `person`'s."""
    return open_at(at).filter(key_hash=key_hash(session_key), person=person).first() if session_key else None


def of(person: Person, at: datetime) -> QuerySet[Session]:
    """Return the person's open sessions, the one used last first."""
    return open_at(at).filter(person=person).order_by("-seen_at", "-id")
