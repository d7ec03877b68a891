"""Where allauth asks what this console does. Every way in runs through these two classes."""

from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from accounts.models import Method, Person
from accounts.signin import browser, failures, guards, services
from accounts.signin.failures import Failure
from accounts.signin.sessions.services import NotHere, close, open_session
from cxaccess.lib import context


class AccountAdapter(DefaultAccountAdapter):
    """Closed for sign-up; opens and closes our own sessions; mails nothing itself."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people are made by administrators, imports and the SSO policy."""
        return False

    def get_login_stages(self) -> list[str]:
        """Return the second factor: the one stage there is."""
        return ["accounts.signin.stages.FactorStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the trail keeps, too."""
        return context.origin.get().address or ""

    def login(self, request: HttpRequest, user: Person) -> None:  # type: ignore[override]
        """Sign in under a new session key; without our own row for it, the session would be nobody's.

        The first step of this may lie minutes back: whoever is not active any more comes no further.
        """
        try:
            self._open(request, user)
        except NotHere as refusal:
            request.session.flush()
            raise ImmediateHttpResponse(redirect("signin:refused")) from refusal

    def _open(self, request: HttpRequest, user: Person) -> None:
        super().login(request, user)
        records = get_authentication_records(request, user)
        by_sso = any(record["method"] == "socialaccount" for record in records)
        by_code = getattr(user, "otp_device", None) is not None
        guards.mark_proved(request, factor_at=request.at if by_code else _stated(request, by_sso=by_sso))  # type: ignore[attr-defined]
        request.signed_in = open_session(  # type: ignore[attr-defined]
            user,
            session_key=request.session.session_key or "",
            method=Method.SSO if by_sso else Method.PASSWORD,
            factor=by_code,
            browser=browser.describe(request),
            device_hash=browser.device_hash(request),
            address=context.origin.get().address,
            at=request.at,  # type: ignore[attr-defined]
        )

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Answer with the page they wanted, and have the browser recognised next time."""
        response = super().post_login(request, user, **kwargs)
        browser.remember(request, response)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Sign out, and close our session."""
        session = getattr(request, "signed_in", None)
        if session is not None:
            close(request.user, session=session, at=request.at)  # type: ignore[arg-type, attr-defined]
            request.signed_in = None  # type: ignore[attr-defined]
        super().logout(request)

    def set_password(self, user: Person, password: str) -> None:  # type: ignore[override]
        """Set a password by the link in a mail, the one way allauth does it here."""
        at = allauth.request.at  # type: ignore[attr-defined]
        services.change_password(user, person=user, password=password, at=at, by="mail")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponseBase:
        """Refuse somebody who was stopped between two steps."""
        return redirect("signin:refused")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: our own pages tell what happened."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refuse: mails are notices, written in the transaction of what they tell."""
        raise NotImplementedError(f"allauth wanted to mail {template_prefix}; nothing here lets it.")


def _stated(request: HttpRequest, *, by_sso: bool) -> datetime | None:
    """Return when the provider says that it checked a second factor of whom it has just let in; never ahead of now."""
    stated: datetime | None = getattr(request, "factor_stated", None) if by_sso else None
    return None if stated is None else min(stated, request.at)  # type: ignore[attr-defined]


class SocialAdapter(DefaultSocialAccountAdapter):
    """The policy for identities: (provider, subject) is the key, never a name; see `services.welcome`."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Settle who this is before anything is signed in. Whoever may not come in gets one page, whatever the reason.

        What the provider claims is read and forgotten; the identity keeps its key alone.
        """
        try:
            self._settle(request, sociallogin)
        except services.Unwelcome as refusal:
            person_id = refusal.person.pk if refusal.person else None
            address = context.origin.get().address
            failures.count(refusal.why, address=address, at=request.at, person_id=person_id)  # type: ignore[attr-defined]
            raise ImmediateHttpResponse(redirect("signin:refused")) from refusal

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return False: `services.welcome` is the only door."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Show our own page when the provider did not answer as agreed, or somebody turned back there."""
        failures.count(Failure.SSO_ERROR, address=context.origin.get().address, at=request.at)  # type: ignore[attr-defined]
        raise ImmediateHttpResponse(render(request, "accounts/signin/sso_failed.html", status=401))

    def _settle(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        account = sociallogin.account
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise services.Unwelcome(Failure.SSO_ERROR)
        claims = services.claims_of(account.extra_data)
        request.factor_stated = claims.factor_at  # type: ignore[attr-defined]
        if not sociallogin.is_existing:
            at = request.at  # type: ignore[attr-defined]
            account = services.welcome(services.SSO, provider=account.provider, claims=claims, at=at)
            sociallogin.account, sociallogin.user = account, account.user
        services.forget_claims(account)
        services.require_welcome(account.user)
