"""The second factor: used at sign-in, enrolled, confirmed again, removed."""

import re

import django_otp
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.models import Device

from accounts.models import Person
from accounts.signin import guards
from accounts.signin.factors import selectors, services
from accounts.signin.forms import CodeForm, PasswordForm, RecoveryForm
from accounts.signin.guards import fresh_factor
from accounts.signin.middleware import factor_not_required
from accounts.signin.selectors import authenticator, is_linked
from accounts.signin.services import prove_presence
from accounts.signin.sessions import selectors as sessions
from accounts.signin.stages import FactorStage
from cxaccess.jobs import settings as instance
from cxaccess.lib import context
from cxaccess.lib.errors import Refused
from cxaccess.toasts import tell

CODE = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}")


@login_not_required
@login_stage_required(stage=FactorStage.key, redirect_urlname="account_login")
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, *, recovery: bool = False) -> HttpResponse:
    """Ask for the code that signs in: of the authenticator app, or a recovery code."""
    stage = request._login_stage
    person = stage.login.user
    if not person.is_active:
        clear_login(request)
        return redirect("signin:refused")
    form = (RecoveryForm if recovery else CodeForm)(request.POST or None)
    if request.method == "POST" and form.is_valid() and (device := _use(request, person, form, recovery)):
        person.otp_device = device
        return stage.exit()
    left = selectors.codes_left(person)
    shown = {"form": form, "person": person, "recovery": recovery, "codes_left": left, "demo": settings.DEMO}
    return render(request, "accounts/signin/code.html", shown)


@factor_not_required
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask again who is there, before something dangerous, and go on to where they were going."""
    target = guards.safe_next(request.GET.get("next", guards.HOME))
    recovery = "recovery" in request.GET
    has_factor = authenticator(request.user) is not None
    if not has_factor and not request.user.has_usable_password():
        return render(request, "accounts/signin/confirm_again.html", {"next": target})
    form = _confirm_form(has_factor, recovery)(request.POST or None)
    if request.method == "POST" and form.is_valid() and _step_up(request, form, recovery):
        return redirect(target)
    left = selectors.codes_left(request.user)
    shown = {"form": form, "next": target, "recovery": recovery, "has_factor": has_factor, "codes_left": left}
    return render(request, "accounts/signin/confirm.html", shown)


@factor_not_required
@fresh_factor()
@sensitive_post_parameters("code")
@sensitive_variables("codes")
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app, or put another in its place."""
    person, at = request.user, request.at
    form = CodeForm(request.POST or None)
    first = authenticator(person) is None
    if request.method == "POST" and form.is_valid() and (codes := _enrol(request, form)):
        return _show_codes(request, codes, onward=guards.HOME if first else reverse("me:security"))
    waiting = services.begin_enrolment(person, at=at)
    uri = selectors.key_uri(waiting, issuer=instance.get(instance.INSTANCE_NAME))
    shown = {
        "form": form,
        "qr": selectors.qr_code(uri),
        "uri": uri,
        "key": selectors.manual_key(waiting),
        "standing": selectors.standing(person, at),
    }
    return render(request, "accounts/signin/enrol.html", shown)


@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def new_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes; the old ones end."""
    if request.method == "POST":
        codes = services.make_codes(request.user, at=request.at)
        return _show_codes(request, codes, onward=reverse("me:security"))
    return render(request, "accounts/signin/new_codes.html", {"left": selectors.codes_left(request.user)})


@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Remove the second factor, where no role needs it."""
    if request.method == "POST":
        services.remove_factor(request.user, at=request.at)
        tell(request, _("Your second factor is removed. You sign in without a code now."))
        return redirect("me:security")
    return render(request, "accounts/signin/remove.html", {"standing": selectors.standing(request.user, request.at)})


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Show how one signs in."""
    person, at = request.user, request.at
    shown = {
        "standing": selectors.standing(person, at),
        "sso": settings.OIDC_NAME,
        "linked": is_linked(person),
        "sessions": sessions.of(person, at).count(),
    }
    return render(request, "accounts/signin/security.html", shown)


@sensitive_post_parameters("codes")
@require_POST
def download_codes(request: HttpRequest) -> HttpResponse:
    """Hand the codes on the page back as a file. They are not kept, so the page itself says which."""
    codes = [code for code in request.POST.getlist("codes") if CODE.fullmatch(code)][: services.CODES]
    if not codes:
        return redirect("me:security")
    body = render_to_string("accounts/signin/codes.txt", {"codes": codes, "at": request.at, "person": request.user})
    disposition = {"Content-Disposition": 'attachment; filename="cx-access-recovery-codes.txt"'}
    return HttpResponse(body, content_type="text/plain; charset=utf-8", headers=disposition)


def _use(request: HttpRequest, person: Person, form: Form, recovery: bool) -> Device | None:
    """Return the device that accepted the code; else put the refusal on the form."""
    address = context.origin.get().address
    try:
        return services.use_code(
            person, code=form.cleaned_data["code"], recovery=recovery, address=address, at=request.at
        )
    except Refused as refusal:
        form.add_error("code", refusal.message)
        return None


def _confirm_form(has_factor: bool, recovery: bool) -> type[Form]:
    if not has_factor:
        return PasswordForm
    return RecoveryForm if recovery else CodeForm


def _step_up(request: HttpRequest, form: Form, recovery: bool) -> bool:
    """Return whether the form proves who is there, and note it; else put the refusal on the form."""
    device = None
    if "password" in form.fields:
        try:
            prove_presence(request.user, password=form.cleaned_data["password"], at=request.at)
        except Refused as refusal:
            form.add_error("password", refusal.message)
            return False
    else:
        device = _use(request, request.user, form, recovery)
        if device is None:
            return False
        django_otp.login(request, device)
    guards.mark_proved(request, factor_at=request.at if device is not None else None)
    services.step_up(request.user, session=request.signed_in, device=device, at=request.at)
    return True


def _enrol(request: HttpRequest, form: Form) -> list[str] | None:
    """Return the recovery codes that come with an authenticator whose code was right."""
    try:
        device, codes = services.confirm_enrolment(
            request.user, code=form.cleaned_data["code"], keep=request.signed_in, at=request.at
        )
    except Refused as refusal:
        form.add_error("code", refusal.message)
        return None
    django_otp.login(request, device)
    guards.mark_proved(request, factor_at=request.at)
    return codes


def _show_codes(request: HttpRequest, codes: list[str], *, onward: str) -> HttpResponse:
    return render(request, "accounts/signin/codes.html", {"codes": codes, "onward": onward})
