"""Signing in and out, and the password."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from accounts.signin import guards, services
from accounts.signin.forms import ChangePasswordForm, SignInForm
from accounts.signin.middleware import factor_not_required
from accounts.signin.sessions.services import rekey
from accounts.signin.stages import FactorStage
from cxaccess.lib.errors import Refused
from cxaccess.toasts import tell


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for mail and password, or send to single sign-on."""
    target = get_next_redirect_url(request)
    if request.user.is_authenticated:
        return redirect(target or settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        login = Login(user=form.person, redirect_url=target)
        return perform_password_login(request, {}, login)
    shown = {"form": form, "next": target or "", "sso": settings.OIDC_NAME}
    return render(request, "accounts/signin/sign_in.html", shown)


@factor_not_required
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out by POST; by GET, ask."""
    if request.method != "POST" and request.user.is_authenticated:
        return render(request, "accounts/signin/sign_out.html")
    get_adapter(request).logout(request)
    clear_login(request)
    return redirect("account_login")


@login_not_required
@require_POST
def start_sso(request: HttpRequest) -> HttpResponse:
    """Send to the single sign-on provider."""
    if not settings.OIDC_ISSUER:
        raise Http404
    provider = get_social_adapter().get_provider(request, settings.OIDC_PROVIDER)
    try:
        return provider.redirect(request, process=AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    except RequestException:
        return render(request, "accounts/signin/sso_failed.html", status=502)


@login_not_required
@require_safe
def refused(request: HttpRequest) -> HttpResponse:
    """Say that whom single sign-on knows may not come in here, and not why."""
    return render(request, "accounts/signin/refused.html", {"sso": settings.OIDC_NAME}, status=403)


@login_not_required
@require_POST
def somebody_else(request: HttpRequest) -> HttpResponse:
    """Turn back from the second factor: this is not me."""
    stage = LoginStageController.enter(request, FactorStage.key)
    if stage is not None:
        clear_login(request)
    return redirect("account_login")


@sensitive_post_parameters("present", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; every other session ends."""
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, form.cleaned_data["present"], form.cleaned_data["password1"])
        except Refused as refusal:
            form.add_error("present", refusal.message)
        else:
            tell(request, _("Your password is changed, and every other session is ended."))
            return redirect("me:security")
    return render(request, "accounts/signin/password_change.html", {"form": form})


def _change(request: HttpRequest, present: str, password: str) -> None:
    """Change the password, and keep this session, whose key Django makes anew."""
    person, session = request.user, request.signed_in
    services.change_own_password(person, present=present, password=password, keep=session, at=request.at)
    update_session_auth_hash(request, person)
    rekey(session, request.session.session_key)
    guards.mark_proved(request)
