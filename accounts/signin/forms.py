"""Forms before and around signing in. None of them says whether somebody has a mail."""

from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, UserTokenForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person
from accounts.signin import services
from accounts.signin.limits import TooMany
from cxaccess.lib import context

LARGE = {"class": "input-lg"}


def new_password(label: str, **attrs: str) -> forms.CharField:
    """Return a field for a password that is chosen now."""
    shown = {**LARGE, "autocomplete": "new-password", **attrs}
    return forms.CharField(label=label, strip=False, max_length=256, widget=forms.PasswordInput(attrs=shown))


def present_password(label: str) -> forms.CharField:
    """Return a field for the password that is in use."""
    shown = {**LARGE, "autocomplete": "current-password"}
    return forms.CharField(label=label, strip=False, max_length=256, widget=forms.PasswordInput(attrs=shown))


def mail(**attrs: str) -> forms.EmailField:
    """Return a field for somebody's own mail."""
    shown = {**LARGE, "autocomplete": "username", "spellcheck": "false", "autocapitalize": "none", **attrs}
    return forms.EmailField(label=gettext_lazy("Work mail"), max_length=254, widget=forms.EmailInput(attrs=shown))


class SignInForm(forms.Form):
    """Mail and password. `person` is who they name, once the form is valid."""

    login = mail(autofocus="")
    password = present_password(gettext_lazy("Password"))
    person: Person

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        """Prove the password. Every failure reads the same: wrong mail, wrong password, nobody who may come in."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            found = services.prove_password(
                mail=cleaned["login"],
                password=cleaned["password"],
                address=context.origin.get().address,
                at=self.request.at,  # type: ignore[attr-defined]
            )
        except TooMany as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        if found is None:
            raise forms.ValidationError(_("This mail and password do not fit together. Check both and try again."))
        self.person = found
        return cleaned


class ForgottenForm(ResetPasswordForm):
    """Asks for a link to a new password."""

    email = mail(autofocus="")

    def clean_email(self) -> str:
        """Return the mail, unread: only a job looks whose it is."""
        found: str = self.cleaned_data["email"]
        return found

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Ask for the link. Past the limit nothing is asked for, and the answer is the same."""
        found: str = self.cleaned_data["email"]
        with suppress(TooMany):
            services.ask_reset(mail=found, address=context.origin.get().address, at=request.at)  # type: ignore[attr-defined]
        return found


class LinkForm(UserTokenForm):
    """Reads the link of a mail."""

    def _get_user(self, uidb36: str) -> Person | None:
        found = super()._get_user(uidb36)
        return found if isinstance(found, Person) and found.is_active else None


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password1 = new_password(gettext_lazy("New password"), autofocus="")
    password2 = new_password(gettext_lazy("New password again"))

    def __init__(self, *args: Any, user: Person | None = None, temp_key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = password_validators_help_texts()[0]

    def clean_password1(self) -> str:
        """Refuse what the validators of the settings refuse."""
        found: str = self.cleaned_data["password1"]
        validate_password(found, self.user)
        return found

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two are not the same."))
        return cleaned

    def save(self) -> None:
        """Set it."""
        get_adapter().set_password(self.user, self.cleaned_data["password1"])


class ChangePasswordForm(NewPasswordForm):
    """The present password, and a new one."""

    present = present_password(gettext_lazy("Present password"))
    password1 = new_password(gettext_lazy("New password"))
    field_order = ["present", "password1", "password2"]


class PasswordForm(forms.Form):
    """The password again, for a step-up."""

    password = present_password(gettext_lazy("Password"))


class CodeForm(forms.Form):
    """A code of the authenticator app."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": "", "spellcheck": "false"}
        ),
    )


class RecoveryForm(forms.Form):
    """A recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Recovery code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={**LARGE, "autocomplete": "off", "autocapitalize": "none", "autofocus": "", "spellcheck": "false"}
        ),
    )
