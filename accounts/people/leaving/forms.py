"""Forms of leaving, of calling it off, and of coming back."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.models import NodeKind, Person, PersonState
from accounts.people.forms import ZONES, ReasonForm
from cxaccess.choosing import Select
from cxaccess.formparts import MomentField, ZonedForm

NOW, LATER = "now", "later"


class LeaveForm(ReasonForm, ZonedForm):
    """When somebody leaves and in which zone that is meant, who takes over, why; and their name, typed."""

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.RadioSelect,
        choices=[(NOW, gettext_lazy("At once")), (LATER, gettext_lazy("At a moment ahead"))],
        initial=LATER,
    )
    leaves_at = MomentField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("For a moment ahead. A date alone means the end of that day."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=ZONES,
        widget=Select(choices.COMBO),
        help_text=gettext_lazy("Where that day and time are meant."),
    )
    typed = forms.CharField(required=False, widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}))
    field_order = ["when", "leaves_at", "time_zone", "heir", "reason", "typed"]

    def __init__(self, *args: Any, person: Person, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, at=at, zone=person.time_zone, **kwargs)
        self.person = person
        rows = choices.people_for(reader, at).filter(state=PersonState.ACTIVE).exclude(pk=person.pk)
        self.fields["heir"] = choices.person_field(
            _("Who takes over what they own"), rows, empty_label=_("Their manager"),
            help_text=_("Empty: their manager, or the next one above who is here."),
        )  # fmt: skip
        self.order_fields(self.field_order)
        zone = self.data.get(self.add_prefix("time_zone")) if self.is_bound else None
        if zone:
            self.fields["leaves_at"].in_zone(zone)  # type: ignore[attr-defined]

    def clean_typed(self) -> str:
        """Compare what was typed with the name."""
        typed: str = self.cleaned_data["typed"]
        if typed.strip().casefold() != self.person.name.strip().casefold():
            raise forms.ValidationError(_("Type %(name)s to confirm.") % {"name": self.person.name})
        return typed

    def clean(self) -> dict[str, Any]:
        """Ask for the moment where it is ahead."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == LATER and "leaves_at" in cleaned:
            if cleaned["leaves_at"] is None:
                self.add_error("leaves_at", _("Choose the last day."))
            elif cleaned["leaves_at"] <= self.at:
                self.add_error("leaves_at", _("That is over. Choose a moment ahead, or “At once”."))
        return cleaned


class ReturnForm(ReasonForm):
    """Where somebody who has left begins anew."""

    state = forms.ChoiceField(
        label=gettext_lazy("Starts"),
        widget=forms.RadioSelect,
        choices=[
            (PersonState.ACTIVE, gettext_lazy("Now: what they are given works at once")),
            (PersonState.PREHIRE, gettext_lazy("Later: nothing works until somebody activates them")),
        ],
        initial=PersonState.ACTIVE,
    )
    title = forms.CharField(label=gettext_lazy("Job title"), max_length=120, required=False)
    employed_from = forms.DateField(
        label=gettext_lazy("First day"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ["state", "title", "department", "region", "manager", "employed_from", "reason"]

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = (reader, "person.create")
        self.fields["department"] = choices.place_field(_("Department"), *where, NodeKind.DEPARTMENT, at)
        self.fields["region"] = choices.place_field(_("Region"), *where, NodeKind.REGION, at)
        self.fields["manager"] = choices.person_field(_("Manager"), choices.people_for(reader, at))
        self.order_fields(self.field_order)
