"""What people fill in about policies, apart from what they say: see `draft` for that."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.choices import TeamField
from accounts.models import Group, Person, Team
from cxaccess.choosing import RowField
from cxaccess.formparts import VersionedForm
from permissions import gate
from permissions.models import Action, ResourceType, Role
from permissions.owned import OwnedForm
from permissions.policies.compiling import OUT_OF_REACH

NOT_WHOLE = {key.partition(".")[0] for key in OUT_OF_REACH}  # types of which not everything is in reach


class PolicyForm(OwnedForm):
    """What a policy is for and whose it is."""

    told = {
        "name": _("Who is blocked reads it: “Exports only from managed devices”."),
        "purpose": _("One sentence: what it protects, or what it makes possible."),
        "owner": _("Answers for it. Whoever is blocked is told to ask them."),
    }


class EditPolicyForm(PolicyForm, VersionedForm):
    """The same of a policy that others may be editing too."""


class VersionForm(forms.Form):
    """What goes with a wording when it is saved as the next version."""

    row_version = forms.IntegerField(widget=forms.HiddenInput)
    restores = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Why this change"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Kept with the version and shown to reviewers."),
    )


class StageForm(forms.Form):
    """A step of a policy's life, on the policy as it was shown."""

    row_version = forms.IntegerField(widget=forms.HiddenInput)


class ReasonForm(StageForm):
    """A step that people want to know the reason of."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Kept in the trail and shown on its page."),
    )


class WhyForm(forms.Form):
    """Why somebody does what a policy wants to know the reason of."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea({"rows": 3}))


class ConfirmForm(ReasonForm):
    """A step that concerns many people: whoever takes it types what `asked` says, if anything."""

    typed = forms.CharField(
        label="", required=False, max_length=80, widget=forms.TextInput({"autocomplete": "off", "class": "auto"})
    )

    def __init__(self, *args: Any, asked: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        if not asked:
            del self.fields["typed"]

    def clean_typed(self) -> str:
        """Refuse anything else than what is asked for."""
        typed: str = self.cleaned_data["typed"]
        if typed.strip() != self.asked:
            raise forms.ValidationError(gettext("Type “%(asked)s” to confirm.") % {"asked": self.asked})
        return typed

    @property
    def given(self) -> dict[str, Any]:
        """Return what the use case takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "typed"}


class TargetsForm(forms.Form):
    """What else a policy is to be about: whatever is chosen is added to what was chosen before."""

    types = forms.ChoiceField(label=_("Everything with"), required=False)
    permissions = forms.ChoiceField(label=_("One permission"), required=False)
    teams = TeamField(Team.objects.none(), label=_("Team"), required=False, empty_label=_("Add a team"))
    groups = TeamField(Group.objects.none(), label=_("Group"), required=False, empty_label=_("Add a group"))
    roles = RowField(queryset=Role.objects.none(), label=_("Role"), required=False, empty_label=_("Add a role"))

    prefix = "add"
    use_required_attribute = False

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept: dict[str, Any] = {"archived_at": None}
        rows: dict[str, QuerySet[Any]] = {
            "teams": gate.visible(reader, "team.view", Team.objects.filter(**kept), at=at).order_by("principal__label"),
            "groups": gate.visible(reader, "group.view", Group.objects.filter(**kept), at=at).order_by(
                "principal__label"
            ),
            "roles": gate.visible(reader, "role.view", Role.objects.filter(retired_at=None), at=at).order_by("name"),
        }
        for name, found in rows.items():
            self.fields[name].queryset = found  # type: ignore[attr-defined]
        types, actions = offered_types(), offered_actions()
        self.fields["types"].choices = [("", _("Add a type")), *types]  # type: ignore[attr-defined]
        self.fields["permissions"].choices = [("", _("Add a permission")), *actions]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            empty = str(field.empty_label if name in rows else field.choices[0][1])  # type: ignore[attr-defined]
            field.required = not self.is_bound  # nothing has to be added, so it need not be said of each
            field.widget.attrs |= {"data-combobox": True, "data-placeholder": empty, "data-redraws": True}

    @property
    def added(self) -> dict[str, str]:
        """Return {kind of target: what was chosen}, as far as it can be."""
        if not self.is_bound:
            return {}
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return {name: str(getattr(value, "pk", value)) for name, value in chosen.items()}


def offered_types() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the types that a policy can be about, by area."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in ResourceType.objects.exclude(key__in=NOT_WHOLE):
        found.setdefault(row.area, []).append((row.key, row.plural))
    return list(found.items())


def offered_actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the permissions that a policy can be about, by type."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in Action.objects.exclude(key__in=OUT_OF_REACH).select_related("type"):
        found.setdefault(row.type.plural, []).append((row.key, f"{row.type.label}: {row.label}"))
    return list(found.items())
