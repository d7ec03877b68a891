"""Forms on people."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.attributes.schema import DIMENSIONS
from accounts.models import Node, NodeKind, Part, Person, PersonState
from accounts.people.selectors import NO_FACTOR, Criteria, may_see_factors
from cxaccess.choosing import FIND, RowField, RowSelect, Select
from cxaccess.formparts import VersionedForm, WindowForm
from cxaccess.lib.listing import search_text
from cxaccess.lib.models import Risk
from permissions import gate
from permissions.attributes import values as attributes
from permissions.models import Sensitivity

ZONES = [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class ProfileForm(forms.Form):
    """Who somebody is and where they belong. `action` is the permission that the places offered need."""

    action = "person.create"

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(
        label=gettext_lazy("Work mail"), required=False, help_text=gettext_lazy("They sign in with it.")
    )
    title = forms.CharField(label=gettext_lazy("Job title"), max_length=120, required=False)
    employed_from = forms.DateField(
        label=gettext_lazy("First day"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    employed_until = forms.DateField(
        label=gettext_lazy("Last day"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=ZONES,
        widget=Select(choices.COMBO),
        help_text=gettext_lazy("Dates without a time end with the day there."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    field_order = [
        "name", "email", "title", "department", "region", "manager", "state",
        "employed_from", "employed_until", "time_zone", "language",
    ]  # fmt: skip

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = (reader, self.action)
        self.fields["department"] = choices.place_field(_("Department"), *where, NodeKind.DEPARTMENT, at)
        self.fields["region"] = choices.place_field(_("Region"), *where, NodeKind.REGION, at)
        self.fields["manager"] = choices.person_field(_("Manager"), choices.people_for(reader, at))
        self.order_fields(self.field_order)


class NewPersonForm(ProfileForm):
    """Somebody new."""

    state = forms.ChoiceField(
        label=gettext_lazy("Starts"),
        widget=forms.RadioSelect,
        choices=[
            (PersonState.ACTIVE, gettext_lazy("Now: what they are given works at once")),
            (PersonState.PREHIRE, gettext_lazy("Later: nothing works until somebody activates them")),
        ],
        initial=PersonState.ACTIVE,
    )


class EditPersonForm(ProfileForm, VersionedForm):
    """Somebody who is there already; one's own place cannot be chosen."""

    action = "person.edit"
    locked = ("department", "region", "manager")
    clearance = forms.TypedChoiceField(
        label=gettext_lazy("Clearance"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", gettext_lazy("None")), *Sensitivity.choices],
        help_text=gettext_lazy("How sensitive the things are that they were cleared for."),
    )

    def __init__(self, *args: Any, person: Person, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, reader=reader, at=at, **kwargs)
        for name in self.locked:
            field = self.fields[name]
            field.show_hidden_initial = True
            kept = getattr(person, f"{name}_id")
            if kept is not None:
                field.queryset |= field.queryset.model._default_manager.filter(pk=kept)
        definitions = attributes.of_people()
        self.fields |= attributes.form_fields(definitions)
        self.initial = {**self.initial, **attributes.initial(person.custom, definitions)}
        if reader.pk == person.pk:
            for name in (*self.locked, "clearance", *self.custom):
                del self.fields[name]

    @property
    def custom(self) -> list[str]:
        """Return the names of the fields of this instance's own attributes."""
        return [name for name in self.fields if name.startswith(attributes.PREFIX)]

    @property
    def custom_fields(self) -> list[forms.BoundField]:
        """Return the fields of this instance's own attributes."""
        return [self[name] for name in self.custom]

    @property
    def changes(self) -> dict[str, Any]:
        """Return every cleaned value but the version, those of custom attributes together."""
        given = super().changes
        own = {name.removeprefix(attributes.PREFIX): given.pop(name) for name in self.custom}
        return given | ({"custom": own} if own else {})


class RangeForm(WindowForm):
    """Territories, product lines and segments, for a window."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, at: datetime, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, at=at, zone=zone, **kwargs)
        for kind, (_key, label, _domain) in DIMENSIONS.items():
            self.fields[kind] = choices.PlacesField(kind, label)
        self.order_fields([*DIMENSIONS, "starts_at", "until", "reason"])

    @property
    def places(self) -> list[Node]:
        """Return all that was chosen."""
        return [node for kind in DIMENSIONS for node in self.cleaned_data.get(kind, ())]


class JoinForm(WindowForm):
    """A team, the part in it, and for how long."""

    part = forms.ChoiceField(label=gettext_lazy("As"), choices=Part.choices, initial=Part.MEMBER)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)
    field_order = ["team", "part", "starts_at", "until", "reason"]

    def __init__(self, *args: Any, reader: Person, at: datetime, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, at=at, zone=zone, **kwargs)
        rows = gate.visible(reader, "team.manage_members", choices.teams_for(reader, at), at=at)
        widget = RowSelect(choices.COMBO | {"data-placeholder": _("Start typing a name")})
        self.fields["team"] = choices.TeamField(rows, label=_("Team"), widget=widget)
        self.order_fields(self.field_order)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept in the trail with your name."),
    )


class PeopleFilter(forms.Form):
    """What narrows the list, read from the address; whatever does not fit is left out."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        widget=Select,
        choices=[("", gettext_lazy("Any")), *PersonState.choices],
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("Risk, at least"),
        required=False,
        widget=Select,
        choices=[("", gettext_lazy("Any")), *Risk.choices],
    )
    sign_in = forms.ChoiceField(
        label=gettext_lazy("Sign-in"),
        required=False,
        widget=Select,
        choices=[
            ("", gettext_lazy("Any")),
            ("claimed", gettext_lazy("Claimed their account")),
            ("unclaimed", gettext_lazy("Has no way to sign in yet")),
            (NO_FACTOR, gettext_lazy("Signs in without a second factor")),
        ],
    )
    # Whoever answers for a place: by links of the structure pages, not by a control.
    answers = choices.NodeField(
        Node.objects.filter(kind__in=DIMENSIONS), label=gettext_lazy("Answers for"), required=False,
        widget=forms.HiddenInput,
    )  # fmt: skip
    field_order = ["department", "region", "team", "role", "state", "risk", "sign_in", "answers"]
    ROWS = ("department", "region", "team", "role", "answers")

    def __init__(self, *args: Any, reader: Person, at: datetime, panel: bool = False, **kwargs: Any) -> None:
        """`panel`: with all its choices to be shown, not only those that the address has made."""
        super().__init__(*args, **kwargs)
        view, any_ = (reader, "person.view"), _("Any")
        offered: dict[str, Callable[[], forms.Field]] = {
            "department": lambda: choices.place_field(
                _("Department"), *view, NodeKind.DEPARTMENT, at, empty_label=any_
            ),
            "region": lambda: choices.place_field(_("Region"), *view, NodeKind.REGION, at, empty_label=any_),
            "team": lambda: choices.TeamField(
                choices.teams_for(reader, at), label=_("Team"), required=False, empty_label=any_
            ),
            "role": lambda: RowField(
                choices.roles_for(reader, at), label=_("Role"), required=False, empty_label=any_
            ),
        }  # fmt: skip
        for name, field in offered.items():
            if panel or name in self.data or f"{name}{FIND}" in self.data:
                self.fields[name] = field()
        if not may_see_factors(reader, at):
            self.fields["sign_in"].choices = self.fields["sign_in"].choices[:-1]  # type: ignore[attr-defined]
        self.order_fields(self.field_order)

    def criteria(self) -> Criteria:
        """Return what the address asks for."""
        self.is_valid()
        given = self.cleaned_data
        return Criteria(
            q=search_text(self.data),
            state=given.get("state", ""),
            risk=int(given["risk"]) if given.get("risk") else None,
            sign_in=given.get("sign_in", ""),
            view=self.data.get("view", "")[:20],
            **{name: given[name].pk for name in self.ROWS if given.get(name)},
        )

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what the address says of the filters, for a form that does not show them."""
        return [(name, value) for name, value in self.data.items() if value and name.removesuffix(FIND) in self.fields]

    def chips(self) -> list[tuple[str, str, str]]:
        """Return (label, value, parameter) of each filter in force."""
        found = []
        for name, value in self.cleaned_data.items():
            if value:
                field = self.fields[name]
                shown = (
                    str(value) if name in self.ROWS else str({str(key): label for key, label in field.choices}[value])
                )
                found.append((str(field.label), shown.strip(), name))
        return found
