"""What people fill in about anything that somebody answers for: what it is called, what it is for, whose it is."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, PersonState
from cxaccess.choosing import RowField, RowSelect

ANSWERING = (PersonState.ACTIVE, PersonState.LEAVE)


class OwnerForm(forms.Form):
    """Whose it is: one of `people`, those the reader may see, who works here; whose it was till now stays on offer."""

    owner = RowField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Nobody yet"),
        widget=RowSelect({"data-combobox": True, "data-placeholder": _("Start typing a name")}),
    )

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows, owner = people.filter(state__in=ANSWERING), self.initial.get("owner")
        if owner is not None:
            rows |= Person.objects.filter(pk=getattr(owner, "pk", owner))
        self.fields["owner"].queryset = rows.order_by("name")  # type: ignore[attr-defined]


class OwnedForm(OwnerForm):
    """The same with a name and a purpose."""

    name = forms.CharField(label=_("Name"), max_length=80)
    purpose = forms.CharField(label=_("Purpose"), max_length=300, widget=forms.Textarea({"rows": 2}))

    field_order = ["name", "purpose", "owner"]
    told: dict[str, Any] = {}  # what a form says of each, below it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in self.told.items():
            self.fields[name].help_text = text
