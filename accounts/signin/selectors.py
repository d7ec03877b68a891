"""Who may sign in how."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models.functions import Lower

from accounts.models import Authenticator, Person
from cxaccess.lib.models import Risk
from permissions import facts
from permissions.engine.model import Model
from permissions.models import Role

NEEDS_FACTOR = Risk.HIGH  # whoever holds a role this risky, or riskier, signs in with a second factor


def by_mail(mail: str) -> Person | None:
    """Return the person with that mail, whatever its case."""
    wanted = mail.strip().lower()
    if not wanted:
        return None
    return Person.objects.alias(lowered=Lower("email")).filter(lowered=wanted).first()


def may_reset(person: Person | None) -> bool:
    """Return whether the person may choose a new password by mail.

    Whoever comes by SSO, or has not come yet, may not; somebody whose mail was changed for them has none and must.
    """
    if person is None or not person.is_active:
        return False
    return person.has_usable_password() or (person.claimed_at is not None and not is_linked(person))


def authenticator(person: Person) -> Authenticator | None:
    """Return the person's authenticator in use."""
    return Authenticator.objects.filter(user=person, confirmed=True).first()


def is_linked(person: Person) -> bool:
    """Return whether single sign-on signs them in."""
    return SocialAccount.objects.filter(user=person, provider=settings.OIDC_PROVIDER).exists()


def needs_factor(person: Person, at: datetime) -> bool:
    """Return whether a role that reaches the person at `at` is risky enough to demand a second factor.

    Through teams, and through inclusion: a harmless role that includes a risky one is risky.
    """
    found = facts.snapshot(person.pk, at)
    reached = {found.subject.principal}
    for membership in found.subject.memberships:
        if membership.window.covers(at):
            reached.update(found.model.chain(membership.principal))
    held = {grant.role for grant in found.subject.grants if grant.principal in reached and grant.window.covers(at)}
    if not held:
        return False
    return Role.objects.filter(pk__in=_with_included(found.model, held), risk__gte=NEEDS_FACTOR).exists()


def _with_included(model: Model, roles: set[int]) -> set[int]:
    seen: set[int] = set()
    stack = list(roles)
    while stack:
        role = stack.pop()
        if role not in seen:
            seen.add(role)
            stack.extend(model.roles[role].includes if role in model.roles else ())
    return seen
