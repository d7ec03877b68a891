"""What people fill in about grants."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Node, Principal, Team
from cxaccess.choosing import RowField, Select
from cxaccess.formparts import MomentField, UntilForm, WindowForm, require_near
from cxaccess.lib.clock import end_of_day
from cxaccess.lib.models import Risk, Source
from cxaccess.lib.statements import Rows
from permissions.grants.choices import Places, all_of, label_of
from permissions.models import Role, RoleGrant

LENGTHS = (
    ("1", gettext_lazy("1 day")),
    ("7", gettext_lazy("1 week")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("date", gettext_lazy("Until a date")),
    ("none", gettext_lazy("No end")),
)


def end_after(days: int, start: datetime, zone: str) -> datetime:
    """Return the end of the day that lies `days` after `start` in `zone`; of one day, exactly a day later."""
    if days == 1:
        return start + timedelta(days=1)
    return end_of_day((start + timedelta(days=days)).astimezone(ZoneInfo(zone)).date(), zone)


class RoleChoice(forms.ModelChoiceField):
    """A role with its risk beside the name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return "Analyst (high risk)"."""
        return _("%(role)s (%(risk)s risk)") % {"role": obj.name, "risk": obj.get_risk_display().lower()}


class ReasonField(forms.CharField):
    """Why: one or two sentences that reviewers will read."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Reason"))
        kwargs.setdefault("help_text", gettext_lazy("Reviewers will read it: what is it needed for?"))
        super().__init__(max_length=500, widget=forms.Textarea({"rows": 2}), **kwargs)


class LastingForm(UntilForm):
    """A form with an end that most choose as a length. `until` comes out as the moment, None for no end."""

    lasts = forms.ChoiceField(label=gettext_lazy("How long"), choices=LENGTHS, widget=forms.RadioSelect, initial="90")
    until = MomentField(
        label=gettext_lazy("Date of the end"),
        help_text=gettext_lazy("For “Until a date”. A date alone means the end of that day."),
    )

    def start(self) -> datetime:
        """Return when what lasts begins."""
        return self.at

    def clean(self) -> dict[str, Any]:
        """Turn the length into the end."""
        cleaned = self.cleaned_data
        lasts = cleaned.get("lasts")
        if lasts == "none":
            cleaned["until"] = None
        elif lasts and lasts.isdigit():
            cleaned["until"] = end_after(int(lasts), self.start(), self.zone)
            self.errors.pop("until", None)
        elif lasts == "date" and "until" in cleaned and cleaned["until"] is None:
            self.add_error("until", _("Choose the date on which it ends."))
        return super().clean() or cleaned


class GiftForm(LastingForm, WindowForm):
    """Which role, where, from when, for how long, why."""

    role = RoleChoice(
        Role.objects.none(),
        label=gettext_lazy("Role"),
        empty_label=gettext_lazy("Choose a role"),
        widget=forms.Select({"data-combobox": True, "data-placeholder": gettext_lazy("Start typing a name")}),
    )
    reason = ReasonField()

    def __init__(self, *args: Any, roles: QuerySet[Role], places: Sequence[Places], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = roles  # type: ignore[attr-defined]
        self.dimensions = [choice.dimension for choice in places]
        for choice in places:
            self.fields[choice.dimension] = _place(choice)
        self.order_fields(["to", "role", *self.dimensions, "starts_at", "lasts", "until", "reason"])

    def start(self) -> datetime:
        """Return the stated start, or now."""
        return max(self.cleaned_data.get("starts_at") or self.at, self.at)

    @property
    def terms(self) -> dict[str, int]:
        """Return the scope as {dimension: id}."""
        return {name: self.cleaned_data[name] for name in self.dimensions if self.cleaned_data.get(name)}

    @property
    def places_fields(self) -> list[forms.BoundField]:
        """Return the fields that limit where."""
        return [self[name] for name in self.dimensions]


class GiveForm(GiftForm):
    """The same for one person or team."""

    to = forms.ModelChoiceField(Principal.objects.none(), widget=forms.HiddenInput)

    def __init__(self, *args: Any, takers: QuerySet[Principal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = takers  # type: ignore[attr-defined]

    @property
    def posted(self) -> set[str]:
        """Return the names under which its values are sent."""
        moments = {f"{name}_{part}" for name in ("starts_at", "until") for part in ("date", "time")}
        return set(self.fields) | moments


def _place(choice: Places) -> forms.TypedChoiceField:
    empty = [] if choice.required else [("", all_of(choice.dimension))]
    return forms.TypedChoiceField(
        label=label_of(choice.dimension),
        choices=[*empty, *choice.options],
        coerce=int,
        empty_value=None,
        required=choice.required,
    )


class EndForm(LastingForm):
    """A new end for a grant, and why."""

    reason = ReasonField()
    field_order = ["lasts", "until", "reason"]


class ReasonForm(forms.Form):
    """Why a grant ends."""

    reason = ReasonField(help_text=gettext_lazy("Kept with the grant and in the trail."))


def _given(grants: QuerySet[RoleGrant]) -> QuerySet[Role]:
    """Return the roles of `grants`: few roles, many grants."""
    return Role.objects.filter(Exists(grants.order_by().filter(role=OuterRef("pk")))).order_by("name")


class FilterForm(forms.Form):
    """The filters of the list of grants; whatever is not understood narrows nothing."""

    role = RowField(Role.objects.none(), required=False, empty_label=gettext_lazy("Any role"))
    source = forms.ChoiceField(
        required=False, widget=Select, choices=[("", gettext_lazy("Any source")), *Source.choices]
    )
    region = RowField(Node.objects.none(), required=False, empty_label=gettext_lazy("Any region"))
    # A day of the overview's strip.
    ends = forms.DateField(required=False, widget=forms.HiddenInput, validators=[require_near])
    # What other figures of the overview lead to: the risk of the role, the people and the own grants of a team.
    risk = forms.TypedChoiceField(
        required=False, widget=forms.HiddenInput, choices=[("", ""), *Risk.choices], coerce=int, empty_value=None
    )
    team = forms.ModelChoiceField(Team.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, Any], *, grants: Rows | QuerySet[RoleGrant], regions: Rows | QuerySet[Node],
        teams: Callable[[], QuerySet[Team]],
    ) -> None:  # fmt: skip
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs["class"] = "auto"
        roles = grants.then("roles", _given) if isinstance(grants, Rows) else _given(grants)
        self.fields["role"].offer(roles)  # type: ignore[attr-defined]
        self.fields["region"].offer(regions)  # type: ignore[attr-defined]
        if data.get("team"):
            self.fields["team"].queryset = teams()  # type: ignore[attr-defined]

    @property
    def wanted(self) -> dict[str, Any]:
        """Return the filters that were understood."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in ("role", "region", "ends", "risk", "team")} | {
            "source": self.cleaned_data.get("source") or ""
        }
