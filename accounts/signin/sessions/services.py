"""Opening and ending sessions. An ended session is over at the next request that its browser sends."""

from datetime import datetime, timedelta

from accounts.models import Method, Person, Session
from accounts.signin.sessions.selectors import hours, key_hash, open_at
from audits.trail.record import Actor, record
from audits.trail.tags import Tag
from cxaccess.jobs.notices import notify
from permissions.guards import locked, use_case

SEEN_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=90)  # an ended session is what a browser is recognised by; later it is deleted


class NotHere(Exception):
    """Somebody is not active any more: they were stopped, or have left."""


@use_case
def open_session(
    actor: Person,
    *,
    session_key: str,
    method: Method,
    factor: bool,
    browser: str,
    device_hash: str,
    address: str | None,
    at: datetime,
) -> Session:
    """Sign `actor` in: the last step of every way in. The first time ever, they claim their account.

    Whoever was stopped, or has left, since the first step of it gets no session: raises NotHere. A browser they were
    never seen with is told to them by mail, except at the very first sign-in.
    """
    if not locked(Person, actor.pk).is_here(at):
        raise NotHere
    before = Session.objects.filter(person=actor)
    strange = before.exists() and not before.filter(device_hash=device_hash).exists()
    session = Session.objects.create(
        person=actor,
        key_hash=key_hash(session_key),
        method=method,
        factor=factor,
        browser=browser,
        device_hash=device_hash,
        address=address,
        began_at=at,
        seen_at=at,
        ends_at=at + timedelta(hours=hours()),
    )
    if Person.objects.filter(pk=actor.pk, claimed_at=None).update(claimed_at=at):
        record(Tag.PERSON_CLAIMED, actor=actor, at=at, obj=actor, about=actor, details={"method": method})
    told = {"session": session.pk, "method": method, "factor": factor, "new_browser": strange}
    record(Tag.SIGN_IN, actor=actor, at=at, obj=actor, about=actor, details=told)
    if strange:
        facts = {"browser": browser, "address": address or "", "at": at.isoformat()}
        notify(actor.pk, "new_browser", facts=facts, once=f"new-browser:{session.pk}", at=at)
    return session


@use_case
def close(actor: Person, *, session: Session, at: datetime) -> None:
    """Sign out."""
    _end(session, at)
    record(Tag.SIGN_OUT, actor=actor, at=at, obj=actor, about=actor, details={"session": session.pk})


@use_case
def end(actor: Person, *, session: Session, at: datetime) -> None:
    """End one of the actor's own sessions."""
    if session.person_id == actor.pk and _end(session, at):
        _ended(actor, actor, [session.pk], "", at)


def end_all(actor: Actor, *, person: Person, at: datetime, reason: str, keep: Session | None = None) -> int:
    """End the person's open sessions but `keep`, in the open transaction of what makes it necessary; return how many.

    `reason` is a code for the trail: password, factor, suspended, leave, left, asked.
    """
    rows = Session.objects.filter(person=person, ended_at=None).exclude(pk=keep.pk if keep else 0)
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        Session.objects.filter(pk__in=ids).update(ended_at=at)
        _ended(actor, person, ids, reason, at)
    return len(ids)


@use_case
def end_others(actor: Person, *, keep: Session, at: datetime) -> int:
    """End every session of the actor but the one they ask from; return how many."""
    return end_all(actor, person=actor, at=at, reason="asked", keep=keep)


def seen(session: Session, *, address: str | None, at: datetime) -> None:
    """Note that the session is in use, at most once a minute."""
    if at - session.seen_at >= SEEN_EVERY:
        open_at(at).filter(pk=session.pk).update(seen_at=at, address=address)


def rekey(session: Session, session_key: str) -> None:
    """Follow Django to the new key that it gave the same session."""
    Session.objects.filter(pk=session.pk).update(key_hash=key_hash(session_key))


def tidy(at: datetime) -> int:
    """Delete sessions that ended long ago; return how many."""
    return Session.objects.filter(ends_at__lte=at - KEPT).delete()[0]


def _end(session: Session, at: datetime) -> bool:
    return bool(Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=at))


def _ended(actor: Actor, person: Person, ids: list[int], reason: str, at: datetime) -> None:
    details = {"sessions": ids, "cause": reason}
    record(Tag.SESSION_ENDED, actor=actor, at=at, obj=person, about=person, details=details)
