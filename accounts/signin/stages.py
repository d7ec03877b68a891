"""The second factor as a stage of signing in: one path for a password and for single sign-on.

Nobody is signed in before the last stage is done; until then the session only remembers who is on the way.
"""

from allauth.account.stages import LoginStage
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.signin.selectors import authenticator


class FactorStage(LoginStage):
    """Asks for a code from whoever has an authenticator."""

    key = "factor"
    urlname = "signin:code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Send to the page that asks, or pass."""
        if self.login.user is not None and authenticator(self.login.user) is not None:
            return HttpResponseRedirect(reverse(self.urlname)), True
        return None, True
