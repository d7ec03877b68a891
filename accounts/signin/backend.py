"""Checks a mail and a password, in the same time whether somebody has that mail or not."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from accounts.models import Person
from accounts.signin.selectors import by_mail


class SignInBackend(AuthenticationBackend):
    """Finds people by the mail on their own row: there is no second list of addresses that could differ.

    `get_user`, inherited, knows nobody who may not come in; so nobody else is signed in at any request.
    """

    def user_can_authenticate(self, user: Person) -> bool:  # type: ignore[override]
        """Return whether they may come in: the active, in production nobody of the demo, whose password is public."""
        return user.is_active and not (user.demo and settings.PRODUCTION)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Return False: coming in opens nothing by itself."""
        return False

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Person | None:  # type: ignore[override]
        """Return the active person whom mail and password name. Exactly one password is hashed, whatever happens."""
        mail, password = credentials.get("email") or "", credentials.get("password") or ""
        person = by_mail(mail)
        if person is None:
            Person().set_password(password)
            return None
        return person if person.check_password(password) and self.user_can_authenticate(person) else None
