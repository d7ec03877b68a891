"""What people fill in about permissions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cxaccess.formparts import VersionedForm
from cxaccess.lib.models import Risk
from permissions.owned import OwnerForm


class CardForm(OwnerForm, VersionedForm):
    """A why card."""

    purpose = forms.CharField(
        label=_("What it is for"), max_length=300, widget=forms.Textarea({"rows": 2}), help_text=_("In one sentence.")
    )
    exposes = forms.CharField(
        label=_("What it exposes"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("The data somebody sees or the harm they can do."),
    )
    example = forms.CharField(label=_("An example"), max_length=300, required=False)
    risk = forms.TypedChoiceField(
        label=_("Risk"),
        choices=Risk.choices,
        coerce=int,
        help_text=_("A higher risk lifts that of every role which gives it; holders of high-risk roles need a code."),
    )
    field_order = ["purpose", "exposes", "example", "owner", "risk"]
