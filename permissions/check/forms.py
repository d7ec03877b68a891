"""The question as a form: sent by GET, so that the address of an answer can be shared."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from cxaccess.choosing import FIND, RowField, RowSelect
from cxaccess.formparts import require_near
from cxaccess.lib.listing import number_in
from permissions.check.questions import Question, people_to_check, things_to_check
from permissions.models import Action

OFFERED = 500  # things that a select holds; more are found by search
COMBOBOX = {"data-combobox": "", "data-placeholder": _("Start typing a name")}


class QuestionForm(forms.Form):
    """Person, permission, thing, moment. What a reader may not ask about is no choice."""

    person = RowField(
        label=_("Person"), queryset=Person.objects.none(), empty_label=_("Choose a person"),
        widget=RowSelect(attrs=COMBOBOX),
    )  # fmt: skip
    action = forms.ModelChoiceField(
        label=_("Permission"), queryset=Action.objects.none(), to_field_name="key",
        empty_label=_("Choose a permission"), widget=forms.Select(attrs=COMBOBOX),
    )  # fmt: skip
    resource = forms.ModelChoiceField(
        label=_("On"), queryset=Person.objects.none(), required=False, empty_label=_("Anything of this kind"),
        widget=forms.Select(attrs=COMBOBOX),
    )  # fmt: skip
    at = forms.DateTimeField(
        label=_("As of"), required=False, help_text=_("Empty: now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        validators=[require_near],
    )  # fmt: skip

    def __init__(self, reader: Person, now: datetime, data: Any) -> None:
        super().__init__(
            data if (data.get("person") or data.get(f"person{FIND}")) and data.get("action") else None,
            initial=data.dict(),
        )
        self.now = now
        actions = Action.objects.select_related("type")
        type_ = data.get("action", "").partition(".")[0]
        self.fields["person"].queryset = people_to_check(reader, at=now)  # type: ignore[attr-defined]
        self.fields["action"].queryset = actions  # type: ignore[attr-defined]
        self.fields["action"].choices = list(_grouped(actions))  # type: ignore[attr-defined]
        if type_:
            self._offer_things(reader, type_)

    def _offer_things(self, reader: Person, type_: str) -> None:
        """Offer the first things of the type; any other may stand in the address."""
        things = things_to_check(reader, type_, at=self.now)
        field = self.fields["resource"]
        field.queryset = things  # type: ignore[attr-defined]
        offered = [(thing.pk, str(thing)) for thing in things[:OFFERED]]
        asked = number_in(self.data.get("resource"))
        if asked is not None and not any(pk == asked for pk, _name in offered):
            offered += [(thing.pk, str(thing)) for thing in things.filter(pk=asked)[:1]]
        field.choices = [("", field.empty_label), *offered]  # type: ignore[attr-defined]

    def question(self) -> Question | None:
        """Return what is asked, or None while something is missing or wrong."""
        if not self.is_bound or not self.is_valid():
            return None
        asked = self.cleaned_data
        return Question(asked["person"], asked["action"], asked["resource"], asked["at"] or self.now)


def _grouped(actions: Any) -> Any:
    """Yield the choices of permissions under the names of their types."""
    yield "", _("Choose a permission")
    for type_, of_type in groupby(actions, key=lambda action: action.type):
        yield type_.plural, [(action.key, f"{type_.label}: {action.label}") for action in of_type]
