"""Enrolling, using and removing second factors. A secret or a code is shown once, to its owner, and never recorded."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django_otp import verify_token
from django_otp.models import Device

from accounts import gains
from accounts.models import Authenticator, Person, RecoveryCode, RecoverySheet, Session
from accounts.signin import failures
from accounts.signin.factors.selectors import codes_left, device
from accounts.signin.failures import Failure
from accounts.signin.selectors import needs_factor
from accounts.signin.sessions.services import end_all
from audits.trail.record import Actor, record
from audits.trail.tags import Tag
from cxaccess.jobs.notices import notify
from cxaccess.lib.errors import Refused
from cxaccess.lib.reasons import stated
from permissions.giving import lock_administration
from permissions.guards import require, use_case

SECRET_BYTES = 20  # as RFC 4226 recommends for HMAC-SHA-1
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
CODE_LENGTH = 12
SHORT_WAIT = 2  # seconds; nobody types a code faster than that
WAITS = timedelta(hours=1)  # a secret shown longer ago is not taken into use


@use_case
def begin_enrolment(actor: Person, *, at: datetime) -> Authenticator:
    """Return the authenticator that awaits its first code, making it if there is none lately. It opens nothing yet."""
    candidates = Authenticator.objects.filter(user=actor, confirmed=False)
    waiting = candidates.filter(created_at__gt=at - WAITS).first()
    if waiting is not None:
        return waiting
    candidates.delete()
    fresh = Authenticator(user=actor, name="authenticator", confirmed=False)
    fresh.keep_secret(secrets.token_bytes(SECRET_BYTES))
    fresh.save()
    return fresh


def confirm_enrolment(
    actor: Person, *, code: str, keep: Session | None, at: datetime
) -> tuple[Authenticator, list[str]]:
    """Put the waiting authenticator in the place of the one in use; return it with new recovery codes.

    The actor's other sessions end: they were opened without it. Raises Refused for a wrong code.
    """
    waiting = begin_enrolment(actor, at=at)
    if verify_token(actor, waiting.persistent_id, code) is None:
        raise Refused(wrong_code(waiting, at), field="code")
    return _take_into_use(actor, waiting=waiting, keep=keep, at=at)


@use_case
def _take_into_use(
    actor: Person, *, waiting: Authenticator, keep: Session | None, at: datetime
) -> tuple[Authenticator, list[str]]:
    replaced = Authenticator.objects.filter(user=actor, confirmed=True).delete()[0]
    Authenticator.objects.filter(pk=waiting.pk).update(confirmed=True)
    waiting.refresh_from_db()
    details = {"kind": "authenticator", "replaced": bool(replaced)}
    record(Tag.FACTOR_ADDED, actor=actor, at=at, obj=actor, about=actor, details=details)
    end_all(actor, person=actor, at=at, reason="factor", keep=keep)
    Session.objects.filter(pk=keep.pk if keep else 0).update(factor=True)
    _tell(actor, "factor_added", at)
    return waiting, _new_codes(actor, actor, at)


@use_case
def make_codes(actor: Person, *, at: datetime) -> list[str]:
    """Return new recovery codes, in plain text for this once; the old ones no longer work."""
    if device(actor, recovery=False) is None:
        raise Refused(_("Recovery codes stand in for an authenticator app. Set one up first."))
    codes = _new_codes(actor, actor, at)
    _tell(actor, "factor_codes", at)
    return codes


@use_case
def remove_factor(actor: Person, *, at: datetime) -> None:
    """Remove the actor's authenticator and recovery codes. Raises Refused where a role of theirs needs it."""
    if needs_factor(actor, at):
        raise Refused(_("A role you hold needs a second factor. You can replace your authenticator, not remove it."))
    clear_factors(actor, person=actor, at=at)


@use_case
def reset_factor(actor: Person, *, person: Person, reason: str, at: datetime) -> None:
    """Take away the second factor of somebody who has lost it, and end their sessions; they enrol at the next sign-in.

    It leaves one secret where there were two, so it takes the right to stop them and to give all that they hold.
    Raises NotAllowed, NotVisible, Refused.
    """
    lock_administration()
    gains.hold_person(person, at=at)
    require(actor, "person.suspend", person, at=at)
    if actor.pk == person.pk:
        raise Refused(_("Nobody resets their own second factor. Replace it, or ask another administrator."))
    gains.require_gains(actor, gains.of_person(person, at=at), at=at)
    if not clear_factors(actor, person=person, at=at, reason=stated(reason)):
        raise Refused(_("%(name)s has no second factor.") % {"name": person.name})
    end_all(actor, person=person, at=at, reason="factor")


def clear_factors(actor: Actor, *, person: Person, at: datetime, reason: str = "") -> bool:
    """Remove all factors of a person, in the open transaction; return whether there was one."""
    found = Authenticator.objects.filter(user=person, confirmed=True).exists()
    Authenticator.objects.filter(user=person).delete()
    RecoverySheet.objects.filter(user=person).delete()
    if found:
        details = {"reason": reason} if reason else None
        record(Tag.FACTOR_REMOVED, actor=actor, at=at, obj=person, about=person, details=details)
        _tell(person, "factor_removed", at)
    return found


def use_code(person: Person, *, code: str, recovery: bool, address: str | None, at: datetime) -> Device:
    """Check a code against the one device it is for, and return that. Raises Refused, saying when to try again."""
    chosen = device(person, recovery=recovery)
    used = verify_token(person, chosen.persistent_id, code) if chosen else None
    if used is None:
        failures.count(Failure.FACTOR, address=address, at=at, person_id=person.pk)
        raise Refused(wrong_code(chosen, at), field="code")
    if recovery:
        _note_recovery(person, at)
    return used


def step_up(actor: Person, *, session: Session, device: Device | None, at: datetime) -> None:
    """Record that somebody who is signed in has proved again who they are; without `device`, by password."""
    with transaction.atomic():
        Session.objects.filter(pk=session.pk).update(factor=device is not None)
        kind = "password" if device is None else type(device).__name__.lower()
        record(Tag.STEP_UP, actor=actor, at=at, obj=actor, about=actor, details={"by": kind})


def wrong_code(chosen: Device | None, at: datetime) -> str:
    """Return the sentence for a code that did not work, with the time to wait where there is one."""
    if chosen is not None:
        chosen.refresh_from_db()
        allowed, why = chosen.verify_is_allowed()
        seconds = 0 if allowed else round((why["locked_until"] - at).total_seconds())
        if seconds > SHORT_WAIT:
            return _("That code did not work. Wait %(n)d seconds, then enter a new one.") % {"n": seconds}
    return _("That code did not work. Enter the one shown now; each works once.")


@use_case
def _note_recovery(actor: Person, at: datetime) -> None:
    left = codes_left(actor)
    record(Tag.FACTOR_CODE_USED, actor=actor, at=at, obj=actor, about=actor, details={"left": left})
    _tell(actor, "recovery_code_used", at, left=left)


def _new_codes(actor: Actor, person: Person, at: datetime) -> list[str]:
    RecoverySheet.objects.filter(user=person).delete()
    sheet = RecoverySheet.objects.create(user=person, name="recovery")
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, digest=sheet.digests(code)[0]) for code in codes)
    record(Tag.FACTOR_CODES_MADE, actor=actor, at=at, obj=person, about=person, details={"count": CODES})
    return ["-".join(code[start : start + 4] for start in range(0, CODE_LENGTH, 4)) for code in codes]


def _tell(person: Person, kind: str, at: datetime, **facts: int) -> None:
    told = {"at": at.isoformat(), **facts}
    notify(person.pk, kind, facts=told, once=f"{kind}:{person.pk}:{at.isoformat()}", at=at)
