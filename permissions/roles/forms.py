"""What people fill in about roles."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, PersonState
from cxaccess.formparts import VersionedForm
from cxaccess.lib.models import Risk
from permissions.models import Action, Role
from permissions.roles.rows import Contents


def _owners() -> QuerySet[Person]:
    return Person.objects.filter(state__in=(PersonState.ACTIVE, PersonState.LEAVE)).order_by("name")


class RoleForm(forms.Form):
    """What a role is, apart from what it allows. `people` are those the reader may see."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What people call it: “Survey manager”."))
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One sentence. People choose by it, reviewers judge by it."),
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Nobody yet"),
        widget=forms.Select({"data-combobox": True, "data-placeholder": _("Start typing a name")}),
        help_text=_("Answers for the role and for who holds it."),
    )
    risk = forms.TypedChoiceField(
        label=_("Risk"),
        choices=Risk.choices,
        coerce=int,
        help_text=_("Never below the riskiest permission the role holds; saving permissions raises it by itself."),
    )

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = (_owners() & people).order_by("name")  # type: ignore[attr-defined]


class EditRoleForm(RoleForm, VersionedForm):
    """The same of a role that others may be editing too."""


class NewRoleForm(RoleForm):
    """A new role, perhaps begun as a copy."""

    copy_of = forms.ModelChoiceField(
        label=_("Start from"),
        queryset=Role.objects.none(),
        required=False,
        empty_label=_("Nothing: tick its permissions next"),
        widget=forms.Select({"data-combobox": True, "data-placeholder": _("A role to copy")}),
        help_text=_("Copies what that role holds today. Later changes of it do not follow."),
    )
    field_order = ["name", "purpose", "owner", "risk", "copy_of"]

    def __init__(self, *args: Any, roles: QuerySet[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copy_of"].queryset = roles  # type: ignore[attr-defined]


class DraftForm(forms.Form):
    """A role's contents as the matrix sends them. `number` is the version they started from."""

    row_version = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.IntegerField(widget=forms.HiddenInput)
    action = forms.ModelMultipleChoiceField(Action.objects.all(), to_field_name="key", required=False)
    include = forms.ModelMultipleChoiceField(Role.objects.none(), required=False)

    def __init__(self, *args: Any, role: Role, roles: QuerySet[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Q(included_in__version__role=role)
        self.fields["include"].queryset = Role.objects.filter(Q(pk__in=roles.values("pk")) | mine).distinct()  # type: ignore[attr-defined]

    @property
    def contents(self) -> Contents:
        """Return what was drafted."""
        actions = frozenset(action.key for action in self.cleaned_data["action"])
        return Contents(actions, frozenset(role.pk for role in self.cleaned_data["include"]))


class SaveForm(DraftForm):
    """A draft that becomes a version."""

    note = forms.CharField(
        label=_("Why this change"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Kept with the version and shown to reviewers."),
    )
    typed = forms.IntegerField(required=False, widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}))


class ReasonForm(forms.Form):
    """Why something is taken away."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Kept in the trail."),
    )
