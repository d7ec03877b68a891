"""Passwords, and identities at the single sign-on provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Person, Principal, PrincipalKind, Session
from accounts.signin import failures, limits
from accounts.signin.failures import Failure
from accounts.signin.selectors import by_mail, may_reset
from accounts.signin.sessions.services import end_all
from audits.trail.record import Actor, System, record
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job
from cxaccess.jobs.notices import notify
from cxaccess.jobs.services import enqueue
from cxaccess.lib import crypto
from cxaccess.lib.errors import Refused
from permissions.guards import require, use_case

SSO = System("single-sign-on")


def prove_password(*, mail: str, password: str, address: str | None, at: datetime) -> Person | None:
    """Return the active person with that mail and password. Raises limits.TooMany before it looks at either."""
    tries = limits.sign_in(mail, address)
    try:
        limits.consume(tries, at=at)
    except limits.TooMany:
        failures.count(Failure.LIMITED, address=address, at=at)
        raise
    person = authenticate(None, email=mail, password=password)
    if person is None:
        known = by_mail(mail)
        failures.count(Failure.PASSWORD, address=address, at=at, person_id=known.pk if known else None)
        return None
    limits.give_back(tries)
    return person


@use_case
def change_password(
    actor: Actor, *, person: Person, password: str, at: datetime, keep: Session | None = None, by: str = "self"
) -> None:
    """Set the person's password and end their sessions but `keep`. `by`: self, mail (a link sent to them) or set-up."""
    person.set_password(password)
    Person.objects.filter(pk=person.pk).update(password=person.password)
    record(Tag.PASSWORD_CHANGED, actor=actor, at=at, obj=person, about=person, details={"by": by})
    end_all(actor, person=person, at=at, reason="password", keep=keep)
    limits.clear([(limits.MAIL, limits.folded(person.email))])
    notify(
        person.pk,
        "password_changed",
        facts={"at": at.isoformat()},
        once=f"password:{person.pk}:{at.isoformat()}",
        at=at,
    )


def change_own_password(actor: Person, *, present: str, password: str, keep: Session, at: datetime) -> None:
    """Change one's password, knowing the present one. Raises Refused and limits.TooMany."""
    prove_presence(actor, password=present, at=at)
    change_password(actor, person=actor, password=password, keep=keep, at=at)


def prove_presence(actor: Person, *, password: str, at: datetime) -> None:
    """Pass somebody signed in who knows their password. Raises Refused and limits.TooMany."""
    tries = ((limits.CONFIRM, str(actor.pk)),)
    limits.consume(tries, at=at)
    if not actor.check_password(password):
        raise Refused(_("This is not your present password."), field="password")
    limits.give_back(tries)


def ask_reset(*, mail: str, address: str | None, at: datetime) -> None:
    """Have a link to a new password mailed, if somebody has that mail and a password to forget.

    Whoever asks learns nothing: the same row is written for every mail, and a job looks who has it.
    Raises limits.TooMany.
    """
    limits.consume(limits.reset(mail, address), at=at)
    with transaction.atomic():
        sealed = crypto.seal(mail, settings.ENCRYPTION_KEYS)
        enqueue("signin.reset", slot=sealed[-100:], at=at, payload={"mail": sealed})


def send_reset(job: Job, at: datetime) -> None:
    """Mail the link that a reset asked for. A job."""
    person = by_mail(crypto.unseal(job.payload["mail"], settings.ENCRYPTION_KEYS))
    if person is not None and may_reset(person):
        notify(person.pk, "password_reset", facts={}, once=f"reset:{job.pk}", at=at)


@use_case
def invite(actor: Person, *, person: Person, at: datetime) -> None:
    """Mail somebody who cannot sign in yet the link that sets their first password. `actor` may edit them."""
    require(actor, "person.edit", person, at=at)
    if not person.is_here(at) or person.claimed_at or not person.email:
        raise Refused(_("Invitations go to active people with a mail who have not signed in yet."))
    notify(person.pk, "invitation", facts={"by": actor.name}, once=f"invitation:{person.pk}:{at:%Y%m%d%H%M}", at=at)
    record(Tag.PERSON_INVITED, actor=actor, at=at, obj=person, about=person)


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says about somebody. `mail` is empty unless the provider has verified it.

    `factor_at` is when it checked more than one factor, if it says so: `amr` has "mfa" (RFC 8176), with `auth_time`.
    """

    subject: str
    name: str
    mail: str
    factor_at: datetime | None = None


class Unwelcome(Exception):
    """The provider knows them, this instance does not let them in. `why` is for the trail, never for the page."""

    def __init__(self, why: Failure, person: Person | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.person = person


@use_case
def welcome(actor: System, *, provider: str, claims: Claims, at: datetime) -> SocialAccount:
    """Give an identity that nobody has yet to whom it belongs, by the policy of the settings, and return it.

    Somebody's verified mail may link it to them (OIDC_LINK_VERIFIED_MAIL); strangers may be let in as new people who
    hold nothing (OIDC_UNKNOWN = admit). Never by name. Raises Unwelcome.
    """
    person, by = by_mail(claims.mail), "mail"
    if person is not None:
        if not settings.OIDC_LINK_VERIFIED_MAIL:
            raise Unwelcome(Failure.SSO_UNKNOWN, person)
        require_welcome(person)
    elif settings.OIDC_UNKNOWN == "admit":
        person, by = _admit(actor, claims, at), "admission"
    else:
        raise Unwelcome(Failure.SSO_UNKNOWN)
    account = SocialAccount.objects.create(user=person, provider=provider, uid=claims.subject)
    record(
        Tag.IDENTITY_LINKED, actor=actor, at=at, obj=person, about=person, details={"provider": provider, "by": by}
    )  # fmt: skip
    return account


def require_welcome(person: Person) -> None:
    """Pass an active person. Raises Unwelcome."""
    if not person.is_active:
        raise Unwelcome(Failure.SSO_INACTIVE, person)


def forget_claims(account: SocialAccount) -> None:
    """Keep nothing of what the provider said about somebody: names and mails stand on the person alone."""
    account.extra_data = {}
    SocialAccount.objects.filter(pk=account.pk).exclude(extra_data={}).update(extra_data={})


def _admit(actor: System, claims: Claims, at: datetime) -> Person:
    name = claims.name or claims.mail or claims.subject
    principal = Principal.objects.create(kind=PrincipalKind.PERSON, label=name)
    person = Person(principal=principal, name=name, email=claims.mail, created_at=at)
    person.set_unusable_password()
    person.save()
    record(Tag.PERSON_CREATED, actor=actor, at=at, obj=person, about=person, details={"by": "single sign-on"})
    return person


def claims_of(data: Mapping[str, Any]) -> Claims:
    """Return the claims in the answers of an OIDC provider, `userinfo` and `id_token`. Raises Unwelcome.

    The two must be about the same subject (OpenID Connect Core 1.0, 5.3.2). Only a true `email_verified` verifies.
    """
    token, info = data.get("id_token") or {}, data.get("userinfo") or {}
    if not token.get("sub") or (info and info.get("sub") != token["sub"]):
        raise Unwelcome(Failure.SSO_ERROR)
    merged = {**token, **info}
    mail = merged.get("email") if merged.get("email_verified") is True else ""
    name = merged.get("name") or merged.get("preferred_username") or ""
    return Claims(str(token["sub"]), str(name)[:200], str(mail or "")[:254], _factor_at(token))


def _factor_at(token: Mapping[str, Any]) -> datetime | None:
    """Return when the provider checked a second factor. Without a moment it may have been long ago."""
    how, when = token.get("amr"), token.get("auth_time")
    if not isinstance(how, list) or "mfa" not in how or not isinstance(when, int | float) or isinstance(when, bool):
        return None
    try:
        return datetime.fromtimestamp(when, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
