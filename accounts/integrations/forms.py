"""What people fill in about integrations."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import choices
from accounts.integrations import selectors
from accounts.models import Person
from cxaccess.formparts import UntilForm, VersionedForm
from permissions.models import Action, ResourceType


class IntegrationForm(forms.Form):
    """What a connected system is for, whose it is, and whose ids it speaks."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("As people know the system: Ticket gateway"))
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("In a sentence: what it asks for, and what it does with the answer."),
    )
    system = forms.CharField(
        label=_("System"),
        max_length=40,
        initial="cxaccess",
        help_text=_("Whose ids it speaks: as resources and people were imported from there."),
    )
    reports_use = forms.BooleanField(
        label=_("It may report what was used"), required=False,
        help_text=_("Batches of use, as a file on the import page would bring them."),
    )  # fmt: skip
    field_order = ["name", "purpose", "owner", "system", "reports_use"]

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = choices.people_for(reader, at)
        self.fields["owner"] = choices.person_field(_("Owner"), people, help_text=_("Answers for the system."))
        self.order_fields(self.field_order)


class EditIntegrationForm(IntegrationForm, VersionedForm):
    """The same of one that others may be editing too."""

    def __init__(self, *args: Any, owner_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        field.show_hidden_initial = True
        if owner_id is not None:
            field.queryset |= Person.objects.filter(pk=owner_id)


class AskingForm(UntilForm):
    """What an integration may ask about, and until when."""

    asked = forms.ChoiceField(
        label=_("About"),
        widget=forms.Select({"data-combobox": True, "data-placeholder": _("A type or a permission")}),
        help_text=_("Everything of a type, or a single permission."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    field_order = ["asked", "until", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["asked"].choices = [("", ""), *offered()]  # type: ignore[attr-defined]

    def clean_asked(self) -> tuple[ResourceType, Action | None]:
        """Return the type and, of a single permission, that."""
        key = self.cleaned_data["asked"]
        type_ = ResourceType.objects.get(key=key.partition(".")[0])
        return type_, None if key.endswith(".*") else Action.objects.get(key=key)


def offered() -> list[tuple[str, list[tuple[str, Any]]]]:
    """Return what a connected system can be let ask about, by type."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for row in Action.objects.filter(type__console=False).select_related("type"):
        of_type = found.setdefault(row.type.plural, [])
        if not of_type:
            of_type.append((f"{row.type.key}.*", selectors.in_words(row.type, None)))
        of_type.append((row.key, selectors.in_words(row.type, row)))
    return list(found.items())


class DaysForm(forms.Form):
    """How long a token lasts."""

    days = forms.IntegerField(
        label=_("Days that it lasts"),
        min_value=1,
        max_value=366,
        initial=180,
        widget=forms.NumberInput({"class": "auto"}),
        help_text=_("At most a year. Its owner hears before it runs out."),
    )


class RotateForm(DaysForm):
    """A new token in the place of another."""

    hours = forms.IntegerField(
        label=_("Hours that the old one stays open"), min_value=0, max_value=720, initial=48,
        widget=forms.NumberInput({"class": "auto"}),
        help_text=_("Time to put the new one where the system reads it. 0: the old one ends now."),
    )  # fmt: skip
    field_order = ["hours", "days"]
