"""What people fill in about grants on one resource."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person, Principal
from cxaccess.choosing import RowField, Select
from cxaccess.formparts import WindowForm, require_near
from cxaccess.lib.models import Source
from permissions import gate
from permissions.grants.forms import LastingForm, ReasonField
from permissions.models import Action, Resource, ResourceType


class ActionChoice(forms.ModelChoiceField):
    """A permission with what it is for and its risk."""

    def label_from_instance(self, obj: Any) -> str:
        """Return "View (low risk): Read what customers say"."""
        words = {"action": obj.label, "risk": obj.get_risk_display().lower(), "purpose": obj.purpose}
        named = _("%(action)s (%(risk)s risk): %(purpose)s") % words
        return _("The resource itself: %(what)s") % {"what": named} if obj.type.key == "resource" else named


class GiveOnForm(LastingForm, WindowForm):
    """Who gets which permission on exactly this thing, from when, for how long, why."""

    to = forms.ModelChoiceField(Principal.objects.none(), widget=forms.HiddenInput)
    on = forms.ModelChoiceField(Resource.objects.none(), widget=forms.HiddenInput)
    found = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    action = ActionChoice(
        Action.objects.none(), label=gettext_lazy("Permission"), empty_label=gettext_lazy("Choose a permission"),
        widget=forms.Select({"data-combobox": True, "data-placeholder": gettext_lazy("Start typing a name")}),
    )  # fmt: skip
    reason = ReasonField()
    field_order = ["to", "on", "found", "action", "starts_at", "lasts", "until", "reason"]

    def __init__(
        self,
        *args: Any,
        takers: QuerySet[Principal],
        things: QuerySet[Resource],
        actions: QuerySet[Action],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = takers  # type: ignore[attr-defined]
        self.fields["on"].queryset = things  # type: ignore[attr-defined]
        self.fields["action"].queryset = actions  # type: ignore[attr-defined]

    def start(self) -> datetime:
        """Return the stated start, or now."""
        return max(self.cleaned_data.get("starts_at") or self.at, self.at)

    @property
    def posted(self) -> set[str]:
        """Return the names under which its values are sent."""
        moments = {f"{name}_{part}" for name in ("starts_at", "until") for part in ("date", "time")}
        return set(self.fields) | moments

    @property
    def stated(self) -> dict[str, Any]:
        """Return what the use case takes."""
        data = self.cleaned_data
        return {"principal": data["to"], "resource": data["on"]} | {
            name: data[name] for name in ("action", "starts_at", "until", "reason")
        }


class FindForm(forms.Form):
    """The whole mail address of somebody whom its writer does not see, to be given something on a thing."""

    on = forms.IntegerField(widget=forms.HiddenInput)
    mail = forms.EmailField(label=gettext_lazy("Mail address"), help_text=gettext_lazy("The whole address."))


class TypeField(RowField):
    """One type of resource."""

    columns = ("label",)


class FilterForm(forms.Form):
    """The filters of the list; whatever is not understood, or not the reader's to see, narrows nothing."""

    type = TypeField(ResourceType.objects.none(), required=False, empty_label=gettext_lazy("Any type"))
    source = forms.ChoiceField(
        required=False, widget=Select, choices=[("", gettext_lazy("Any source")), *Source.choices]
    )
    holder = forms.ModelChoiceField(Principal.objects.none(), required=False, widget=forms.HiddenInput)
    thing = forms.ModelChoiceField(Resource.objects.none(), required=False, widget=forms.HiddenInput)
    # A day of the overview's strip.
    ends = forms.DateField(required=False, widget=forms.HiddenInput, validators=[require_near])

    def __init__(self, data: Mapping[str, Any], *, found: QuerySet[Any], holder: str) -> None:
        super().__init__(data)
        for name in ("type", "source"):
            self.fields[name].widget.attrs["class"] = "auto"
        bare = found.order_by().select_related(None)
        self.fields["type"].queryset = ResourceType.objects.all()  # type: ignore[attr-defined]
        self.fields["holder"].queryset = Principal.objects.filter(pk__in=bare.values(holder))  # type: ignore[attr-defined]
        self.fields["thing"].queryset = Resource.objects.filter(pk__in=bare.values("content_object"))  # type: ignore[attr-defined]

    @property
    def wanted(self) -> dict[str, Any]:
        """Return the filters that were understood."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in ("type", "holder", "thing", "ends")} | {
            "source": self.cleaned_data.get("source") or ""
        }


def may_open_list(reader: Person, *, at: datetime) -> bool:
    """Return whether the list of these grants is open to `reader`: for links to it."""
    return gate.may_somewhere(reader, "grant.view", at=at)
