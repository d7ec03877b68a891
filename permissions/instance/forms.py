"""The form of the settings."""

from typing import Any

from django import forms
from django.conf import settings as deployment
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.setup.forms import zones


class SettingsForm(forms.Form):
    """What an administrator may change; each takes effect with the next page, mail or sign-in."""

    name = forms.CharField(
        label=gettext_lazy("Name of this console"),
        max_length=60,
        help_text=gettext_lazy("Stands in the corner of every page and in mails"),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of new people"),
        choices=zones,
        widget=forms.Select(attrs={"data-combobox": True}),
        help_text=gettext_lazy("Everybody reads times in their own zone, which their page says"),
    )
    session_hours = forms.IntegerField(
        label=gettext_lazy("Hours until people sign in again"),
        min_value=1,
        help_text=gettext_lazy("Holds for sign-ins from now on"),
    )
    notice_days = forms.IntegerField(
        label=gettext_lazy("Days before its end that a grant is announced"),
        min_value=1,
        max_value=60,
        help_text=gettext_lazy("Its holder gets one mail"),
    )
    usage_days = forms.IntegerField(
        label=gettext_lazy("Days that use is kept day by day"),
        min_value=120,
        max_value=3650,
        help_text=gettext_lazy("Who used what last stays known for good. Fewer days throw older ones away for good"),
    )
    recording_days = forms.IntegerField(
        label=gettext_lazy("Days that is kept what recorded policies would have changed"),
        min_value=7,
        max_value=3650,
        help_text=gettext_lazy("By day and person. Fewer days throw older ones away for good"),
    )
    mail_from = forms.CharField(
        label=gettext_lazy("Sender of mails"),
        max_length=200,
        help_text=gettext_lazy("An address, or a name with the address in angle brackets"),
    )
    opened_on = forms.CharField(widget=forms.HiddenInput)

    def clean_session_hours(self) -> int:
        """Stay within what the deployment allows."""
        hours: int = self.cleaned_data["session_hours"]
        if hours > deployment.SESSION_HOURS:
            raise ValidationError(_("This installation allows at most %(n)d hours.") % {"n": deployment.SESSION_HOURS})
        return hours

    def clean_mail_from(self) -> str:
        """Take an address, bare or as ``Name <address>``, on one line."""
        text: str = " ".join(self.cleaned_data["mail_from"].split())
        address = text.rpartition("<")[2].removesuffix(">") if text.endswith(">") else text
        if "@localhost" not in address:
            validate_email(address)
        return text

    def wanted(self) -> dict[str, Any]:
        """Return what to store."""
        return {name: value for name, value in self.cleaned_data.items() if name != "opened_on"}
