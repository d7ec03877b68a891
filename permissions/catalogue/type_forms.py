"""What people fill in about resource types."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cxaccess.formparts import VersionedForm
from cxaccess.lib.models import Risk
from permissions.models import Action
from permissions.resources.fields import DataClass


class TypeForm(forms.Form):
    """What people read of a type."""

    label = forms.CharField(label=_("Name"), max_length=80, help_text=_("One of them: Voucher"))
    plural = forms.CharField(label=_("Name of several"), max_length=80, help_text=_("Vouchers"))
    area = forms.CharField(
        label=_("Area"), max_length=40, help_text=_("Under which heading it stands: Customers, Service")
    )
    summary = forms.CharField(label=_("What they are"), max_length=200, required=False)
    requestable = forms.BooleanField(
        label=_("People may ask for access to one"), required=False,
        help_text=_("Whoever may not see it is told that it exists, and whom to ask."),
    )  # fmt: skip


class NewTypeForm(TypeForm):
    """A type of one's own."""

    key = forms.CharField(
        label=_("Key"), max_length=40, help_text=_("The word before the dot: voucher makes voucher.view. It stays.")
    )
    exposes = forms.CharField(
        label=_("What somebody sees who may view one"), max_length=300, required=False,
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip
    field_order = ["label", "plural", "key", "area", "summary", "exposes", "requestable"]


class EditTypeForm(TypeForm, VersionedForm):
    """A type that is there already."""

    unregistered = forms.BooleanField(
        label=_("Decide also what is not registered"), required=False,
        help_text=_("Integrations that ask about such a thing are answered by the properties they send."),
    )  # fmt: skip


class FieldForm(forms.Form):
    """A field that resources of a type hold."""

    label = forms.CharField(label=_("Name"), max_length=80, help_text=_("As people read it: Phone"))
    data_class = forms.ChoiceField(
        label=_("Kind of data"), choices=DataClass.choices, help_text=_("Masking and reviews go by it.")
    )

    def __init__(self, *args: Any, may_classify: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_classify:
            self.fields["data_class"].disabled = True
            self.fields["data_class"].help_text = _("Masking goes by it: changing it takes catalogue.classify.")


class NewFieldForm(FieldForm):
    """A new field."""

    name = forms.CharField(
        label=_("Key"), max_length=40, help_text=_("As imports know it: small letters, digits, underscores. It stays.")
    )
    field_order = ["label", "name", "data_class"]


class ActionForm(forms.Form):
    """A new permission with its why card."""

    label = forms.CharField(label=_("Name"), max_length=80, help_text=_("A verb: Send"))
    name = forms.CharField(
        label=_("Key"),
        max_length=40,
        help_text=_("The word after the dot: small letters, digits, underscores. It stays."),
    )
    risk = forms.TypedChoiceField(label=_("Risk"), choices=Risk.choices, coerce=int, initial=Risk.MEDIUM)
    purpose = forms.CharField(label=_("What it is for"), max_length=300, widget=forms.Textarea({"rows": 2}))
    exposes = forms.CharField(
        label=_("What it exposes"), max_length=300, required=False, widget=forms.Textarea({"rows": 2})
    )
    example = forms.CharField(label=_("An example"), max_length=300, required=False)

    def __init__(self, *args: Any, others: QuerySet[Action], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["implies"] = ActionChoices(
            others,
            label=_("Whoever may do this may also"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=others.filter(name="view"),
        )


class ActionChoices(forms.ModelMultipleChoiceField):
    """Permissions by their names."""

    def label_from_instance(self, obj: Action) -> str:
        """Return the name with the key."""
        return f"{obj.label} ({obj.key})"
