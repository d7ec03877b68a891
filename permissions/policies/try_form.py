"""The question that tries a policy: who, what, on which thing, and what is known of the moment as far as it is read."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.choices import PersonField
from accounts.models import Person
from cxaccess.choosing import RowField, RowSelect
from cxaccess.formparts import require_near
from permissions import gate
from permissions.check.questions import ORDER, people_to_check, things_to_check
from permissions.engine.policies import REASON, SECOND_FACTOR
from permissions.models import Action, Resource
from permissions.policies.trying import Trying

COMBO = {"data-combobox": True, "data-placeholder": _("Start typing a name")}
AT = "context.at"
# What may be said of the moment of asking, by attribute; a policy that reads none of it asks for none of it.
MOMENT: dict[str, Any] = {
    "context.managed_device": lambda: forms.TypedChoiceField(
        label=_("Managed device"), required=False, empty_value=None, coerce=lambda value: value == "yes",
        choices=(("", _("Unknown")), ("yes", _("Yes")), ("no", _("No"))),
    ),
    SECOND_FACTOR: lambda: forms.FloatField(
        label=_("Second factor, minutes ago"), required=False, min_value=0, max_value=100_000,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    ),
    "context.address": lambda: forms.GenericIPAddressField(label=_("Network address"), required=False),
    "context.country": lambda: forms.CharField(label=_("Country they are in"), required=False, max_length=60),
    "context.purpose": lambda: forms.CharField(label=_("Purpose"), required=False, max_length=200),
    REASON: lambda: forms.CharField(label=_("Reason they give"), required=False, max_length=200),
    AT: lambda: forms.DateTimeField(
        label=_("Time of asking"), required=False, help_text=_("Empty: now."), validators=[require_near],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    ),
}  # fmt: skip
NAMES = {key: key.partition(".")[2] for key in MOMENT}


class TryForm(forms.Form):
    """Whom to try it with. `actions` are those that the policy is about, `reads` is what it reads of the moment.

    Without `bound` it only shows what `data` has: nobody asks yet.
    """

    person = PersonField(
        queryset=Person.objects.none(), label=_("Who"), empty_label=_("Choose a person"), widget=RowSelect(COMBO)
    )
    action = forms.ModelChoiceField(
        queryset=Action.objects.none(), to_field_name="key", label=_("May do"), empty_label=_("Choose a permission"),
        widget=forms.Select({**COMBO, "data-redraws": True}),
    )  # fmt: skip
    thing = RowField(
        queryset=Resource.objects.none(), label=_("On"), required=False, empty_label=_("Anything of this kind"),
        widget=RowSelect(COMBO),
    )  # fmt: skip

    prefix = "try"

    def __init__(
        self, data: Mapping[str, Any], *, bound: bool, reader: Person, actions: Collection[str],
        reads: Collection[str], at: datetime,
    ) -> None:  # fmt: skip
        shown = {name.removeprefix("try-"): value for name, value in data.items() if name.startswith("try-")}
        super().__init__(data if bound else None, initial=shown)
        self.at = at
        seen = gate.visible(reader, "person.view", people_to_check(reader, at=at), at=at)
        self.fields["person"].queryset = seen  # type: ignore[attr-defined]
        named = Action.objects.filter(key__in=actions).select_related("type")
        self.fields["action"].queryset = named  # type: ignore[attr-defined]
        self.fields["action"].label_from_instance = lambda row: f"{row.type.label}: {row.label}"  # type: ignore[attr-defined]
        self._offer_things(reader, self["action"].value() or "", actions)
        for key, made in MOMENT.items():
            if key in reads:
                self.fields[NAMES[key]] = made()

    def _offer_things(self, reader: Person, action: str, actions: Collection[str]) -> None:
        """Offer the things of the chosen permission's type; where there is only one type, of that."""
        types = {key.partition(".")[0] for key in ([action] if action in actions else actions)}
        if len(types) != 1:
            return
        rows = things_to_check(reader, types.pop(), at=self.at)
        if rows.model is Resource:
            rows = gate.visible(reader, "resource.view", rows, at=self.at, as_type="resource")
        field: RowField = self.fields["thing"]  # type: ignore[assignment]
        column = ORDER[rows.model].removeprefix("-")
        field.columns = field.searched = (column,)  # type: ignore[misc]  # of this one field alone
        field.queryset = rows

    @property
    def asked(self) -> Trying | None:
        """Return what is asked, or None while something is missing or wrong."""
        if not self.is_bound or not self.is_valid():
            return None
        given = self.cleaned_data
        known = {key: given[name] for key, name in NAMES.items() if given.get(name) not in (None, "") and key != AT}
        thing: Model | None = given["thing"]
        return Trying(given["person"], given["action"], thing, known, given.get(NAMES[AT]) or self.at)


ASSUMED: dict[str, object] = {
    "context.managed_device": True,
    SECOND_FACTOR: 0.0,
}  # the best that can be said of a moment


class AssumeForm(forms.Form):
    """What is taken to be known of the moment in which people ask, of what the policy reads of it: at first the best.

    It is sent by GET, so that the address of what follows from it can be shared.
    """

    def __init__(self, data: QueryDict, *, reads: Collection[str]) -> None:
        chosen = "assume" in data
        super().__init__(data if chosen else None)
        self.reads = [key for key in MOMENT if key in reads and key != REASON]
        for key in self.reads:
            self.fields[NAMES[key]] = MOMENT[key]()
            self.fields[NAMES[key]].widget.attrs["class"] = "auto"
            self.fields[NAMES[key]].initial = {True: "yes", 0.0: "0"}.get(ASSUMED.get(key, ""), "")  # type: ignore[call-overload]

    @property
    def known(self) -> dict[str, object]:
        """Return what is known, by attribute, as JSON has it; what is not said is not known."""
        if not self.is_bound:
            return {key: ASSUMED[key] for key in self.reads if key in ASSUMED}
        given = self.cleaned_data if self.is_valid() else {}
        found = {key: given.get(NAMES[key]) for key in self.reads}
        said = {key: value for key, value in found.items() if value not in (None, "")}
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in said.items()}
