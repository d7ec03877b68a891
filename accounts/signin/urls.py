"""Signing in. What else allauth has is not reachable: no sign-up, no second list of mails, no connections."""

from allauth.account.views import (
    PasswordResetDoneView,
    PasswordResetFromKeyDoneView,
    PasswordResetFromKeyView,
    PasswordResetView,
)
from allauth.socialaccount.providers.openid_connect.views import callback
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from accounts.signin import views
from accounts.signin.assist import views as assist
from accounts.signin.factors import views as factors
from accounts.signin.sessions import views as sessions

# Names that allauth itself looks up.
allauth_patterns = [
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("sign-in/sso/<provider_id>/callback/", callback, name="openid_connect_callback"),
    path(
        "password/forgotten/",
        login_not_required(PasswordResetView.as_view(template_name="accounts/signin/password_forgotten.html")),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        login_not_required(PasswordResetDoneView.as_view(template_name="accounts/signin/password_sent.html")),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(PasswordResetFromKeyView.as_view(template_name="accounts/signin/password_new.html")),
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/done/",
        login_not_required(PasswordResetFromKeyDoneView.as_view(template_name="accounts/signin/password_done.html")),
        name="account_reset_password_from_key_done",
    ),
]

signin_patterns = [
    path("sign-in/sso/", views.start_sso, name="sso"),
    path("sign-in/refused/", views.refused, name="refused"),
    path("sign-in/code/", factors.code, name="code"),
    path("sign-in/recovery/", factors.code, {"recovery": True}, name="recovery"),
    path("sign-in/somebody-else/", views.somebody_else, name="somebody_else"),
    path("confirm/", factors.confirm, name="confirm"),
]

assist_patterns = [
    path("<int:pk>/invite/", assist.invite, name="invite"),
    path("<int:pk>/lost-factor/", assist.lost_factor, name="lost_factor"),
]

me_patterns = [
    path("security/", factors.security, name="security"),
    path("security/authenticator/", factors.enrol, name="enrol"),
    path("security/authenticator/remove/", factors.remove, name="remove_factor"),
    path("security/recovery-codes/", factors.new_codes, name="new_codes"),
    path("security/recovery-codes/file/", factors.download_codes, name="download_codes"),
    path("security/password/", views.change_password, name="password"),
    path("sessions/", sessions.listing, name="sessions"),
    path("sessions/<int:pk>/end/", sessions.end, name="end_session"),
    path("sessions/end-others/", sessions.end_others, name="end_other_sessions"),
]

urlpatterns = [
    *allauth_patterns,
    path("", include((signin_patterns, "signin"))),
    path("people/", include((assist_patterns, "assist"))),
    path("me/", include((me_patterns, "me"))),
]
