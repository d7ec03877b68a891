"""What people fill in about permissions."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from cxaccess.choosing import RowField, RowSelect
from cxaccess.formparts import VersionedForm
from cxaccess.lib.models import Risk


class CardForm(VersionedForm):
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
    owner = RowField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Nobody yet"),
        widget=RowSelect({"data-combobox": True, "data-placeholder": _("Start typing a name")}),
    )
    risk = forms.TypedChoiceField(
        label=_("Risk"),
        choices=Risk.choices,
        coerce=int,
        help_text=_("A higher risk lifts that of every role which gives it; holders of high-risk roles need a code."),
    )

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
