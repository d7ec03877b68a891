"""What people fill in about many grants: who, and the last word before they are given or ended."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Person
from permissions.grants.forms import ReasonField

MAIL = re.compile(r"[^\s<>()\"']+@[^\s<>()\"']+")
NAMED = 8  # how many mails that nobody has are named


class PeopleForm(forms.Form):
    """Who: ids ticked in a list, and mails pasted in any shape. `people` are those the reader may see."""

    mails = forms.CharField(
        label=gettext_lazy("Work mails"),
        required=False,
        max_length=60_000,
        widget=forms.Textarea({"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, or with commas between. A name around a mail does no harm."),
    )
    person = forms.ModelMultipleChoiceField(Person.objects.none(), required=False)

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.found: list[Person] = []

    def clean_mails(self) -> str:
        """Find whom the mails belong to; one that nobody has is an error that names it."""
        text: str = self.cleaned_data["mails"]
        parts = [part.strip() for part in re.split(r"[\n\r,;]+", text) if part.strip()]
        matches = {part: MAIL.search(part) for part in parts}
        wanted = {found.group().casefold() for found in matches.values() if found}
        rows = self.fields["person"].queryset.annotate(mail=Lower("email")).filter(mail__in=wanted)  # type: ignore[attr-defined]
        self.found = list(rows)
        known = {person.email.casefold() for person in self.found}
        unknown = [part for part, found in matches.items() if not found or found.group().casefold() not in known]
        if unknown:
            raise ValidationError(_nobody(unknown))
        return text

    def clean(self) -> dict[str, Any]:
        """Ask for somebody at all."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.people:
            self.add_error("mails", _("Choose at least one person."))
        return cleaned

    @property
    def people(self) -> set[Person]:
        """Return everybody chosen."""
        return {*self.found, *self.cleaned_data.get("person", ())}


def _nobody(mails: list[str]) -> str:
    names = ", ".join(mails[:NAMED])
    if len(mails) > NAMED:
        names = _("%(names)s and %(more)d more") % {"names": names, "more": len(mails) - NAMED}
    text = ngettext("Nobody whom you may see has this mail: %(names)s.",
                    "Nobody whom you may see has these mails: %(names)s.", len(mails))  # fmt: skip
    return text % {"names": names}


class TypedForm(forms.Form):
    """The last word. `number` is what must be typed; None where nothing must."""

    typed = forms.CharField(required=False, widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}))

    def __init__(self, *args: Any, number: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number

    def clean_typed(self) -> str:
        """Compare what was typed."""
        typed: str = self.cleaned_data["typed"]
        if self.number is not None and typed.strip() != str(self.number):
            raise ValidationError(_("Type %(n)d to confirm.") % {"n": self.number})
        return typed


class GiveManyForm(TypedForm):
    """What was seen, so that exactly this is given."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class UndoForm(forms.Form):
    """Why something given to many is taken back; the notice of what just happened asks for none."""

    reason = ReasonField(required=False, help_text=gettext_lazy("Kept with the grants and in the trail."))


class EndManyForm(TypedForm):
    """Why many grants end. Which ones is sent beside it, as they were shown."""

    reason = ReasonField(help_text=gettext_lazy("Kept with each grant and in the trail."))
    field_order = ["reason", "typed"]
