"""What only the operator of the machine may do, and what only a demo may."""

import secrets
import time
from datetime import datetime

from django.contrib.sessions.models import Session as BrowserSession
from django.db import transaction

from accounts.models import Authenticator, Integration, IntegrationToken, Person, Session
from accounts.models.factor import STEP, TOLERANCE
from accounts.signin.factors.services import SECRET_BYTES, clear_factors
from accounts.signin.selectors import authenticator
from accounts.signin.sessions.services import end_all
from audits.trail.record import System, record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from permissions.giving import lasting_administrators
from permissions.guards import use_case

OPERATOR = System("recover_admin")
RESTORE = System("restore")


@use_case
def recover_administrator(actor: System, *, person: Person, at: datetime) -> bool:
    """Take a lasting administrator's factors and sessions away, so that a new password lets them in and enrol anew.

    Returns whether there was a factor. Raises Refused for anybody else: this door makes no administrators.
    """
    if not lasting_administrators(at=at).filter(pk=person.pk).exists():
        raise Refused(f"{person.email} is not an active administrator without end; nothing was changed.")
    had_factor = clear_factors(actor, person=person, at=at)
    ended = end_all(actor, person=person, at=at, reason="recovered")
    details = {"factor_removed": had_factor, "sessions_ended": ended}
    record(Tag.ADMINISTRATOR_RECOVERED, actor=actor, at=at, obj=person, about=person, details=details)
    return had_factor


def demo_authenticator(person: Person) -> Authenticator:
    """Return the authenticator of one of the demo's people, made where there is none. Raises Refused for others."""
    if not person.demo:
        raise Refused(f"{person.email} is not one of the demo's people.")
    found = authenticator(person)
    if found is None:
        found = Authenticator(user=person, name="demo", confirmed=True)
        found.keep_secret(secrets.token_bytes(SECRET_BYTES))
        found.save()
    return found


def demo_code(person: Person, *, moment: float | None = None) -> str:
    """Return a code that signs the demo's person in now: the next one, where this one was used already."""
    found = demo_authenticator(person)
    now = time.time() if moment is None else moment
    totp = found.totp(now)
    steps = found.last_t + 1 - totp.t()
    if steps > TOLERANCE:
        raise Refused(f"The codes of now are used. Wait {STEP} seconds.")
    return f"{found.totp(now + max(0, steps) * STEP).token():06d}"


@transaction.atomic
def after_restore(*, of: str, at: datetime) -> int:
    """End every session and token that a restored database holds, and record it; return how many sessions there were.

    `of` is the moment of the backup, in ISO form. Codes that were used since then count as unused again.
    """
    ended = Session.objects.filter(ended_at=None).update(ended_at=at)
    BrowserSession.objects.all().delete()
    stamps.bump(*Integration.objects.values_list("principal", flat=True))
    tokens = IntegrationToken.objects.filter(revoked_at=None, expires_at__gt=at).update(revoked_at=at)
    details = {"of": of, "sessions": ended} | ({"tokens": tokens} if tokens else {})
    record(Tag.INSTANCE_RESTORED, actor=RESTORE, at=at, details=details)
    return ended
