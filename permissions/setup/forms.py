"""The set-up form."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.signin.forms import LARGE, NewPasswordForm, new_password
from permissions.setup.services import First


def zones() -> list[tuple[str, str]]:
    """Return the time zones of the world, UTC first."""
    named = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in named)]


class SetUpForm(NewPasswordForm):
    """Whose console this is, and who its first administrator is."""

    code = forms.CharField(
        label=_("Set-up code"),
        max_length=40,
        help_text=_("It stands where this was started; manage.py setup_code shows it again."),
        widget=forms.TextInput(attrs={**LARGE, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    company = forms.CharField(
        label=_("Company"), max_length=80, widget=forms.TextInput(attrs={**LARGE, "autocomplete": "organization"})
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, widget=forms.Select(attrs=LARGE))
    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={**LARGE, "autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Work mail"), max_length=254, widget=forms.EmailInput(attrs={**LARGE, "autocomplete": "username"})
    )
    password1 = new_password(_("Password"))
    password2 = new_password(_("Password again"))
    starter = forms.BooleanField(
        label=_("Start with four roles"),
        required=False,
        initial=True,
        help_text=_("Support agent, Analyst, Manager and Administrator, with their permissions. Change them any time."),
    )
    field_order = ["code", "company", "time_zone", "name", "email", "password1", "password2", "starter"]

    def clean_password1(self) -> str:
        """Refuse what the validators refuse, also a password like the name or mail beside it."""
        found: str = self.cleaned_data["password1"]
        asked = Person(name=self.data.get("name", ""), email=self.data.get("email", ""))
        validate_password(found, asked)
        return found

    def first(self) -> First:
        """Return what the form says."""
        said: dict[str, Any] = self.cleaned_data
        return First(
            company=said["company"],
            name=said["name"],
            email=said["email"],
            password=said["password1"],
            time_zone=said["time_zone"],
            starter=said["starter"],
        )
