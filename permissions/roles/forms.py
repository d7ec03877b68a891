"""What people fill in about roles."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from cxaccess.formparts import VersionedForm
from cxaccess.lib.listing import number_in
from cxaccess.lib.models import Risk
from permissions.models import Action, Role
from permissions.owned import OwnedForm
from permissions.roles.rows import Contents

OFFERED = 500  # people that a list holds; any other may stand in the address


class RoleForm(OwnedForm):
    """What a role is, apart from what it allows."""

    risk = forms.TypedChoiceField(
        label=_("Risk"),
        choices=Risk.choices,
        coerce=int,
        help_text=_("Never below the riskiest permission the role holds; saving permissions raises it by itself."),
    )
    field_order = ["name", "purpose", "owner", "risk"]
    told = {
        "name": _("What people call it: “Survey manager”."),
        "purpose": _("One sentence. People choose by it, reviewers judge by it."),
        "owner": _("Answers for the role and for who holds it."),
    }


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


class CloneForm(RoleForm):
    """A role that holds what another one does, under a name of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["risk"]


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
    restores = forms.IntegerField(required=False, widget=forms.HiddenInput)
    typed = forms.IntegerField(required=False, widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}))


class ReasonForm(forms.Form):
    """Why something is taken away."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Kept in the trail."),
    )


class CompareForm(forms.Form):
    """Which two to compare, in the address: roles the reader may see, people about whose access they may ask."""

    a = forms.ChoiceField(label=_("Compare"), widget=forms.Select({"data-combobox": True}))
    b = forms.ChoiceField(label=_("With"), widget=forms.Select({"data-combobox": True}))

    def __init__(self, data: Mapping[str, Any], *, roles: QuerySet[Role], people: QuerySet[Person]) -> None:
        super().__init__({name: data[name] for name in ("a", "b") if data.get(name)})
        self.asked = {name: _named(self.data.get(name)) for name in self.fields}
        self.rows = {"role": self._rows("role", roles), "person": self._rows("person", people)}
        offered: list[tuple[str, Any]] = [("", _("Choose a role or a person"))]
        offered.append((str(_("Roles")), [(f"role-{pk}", name) for pk, name in roles.values_list("pk", "name")]))
        named = dict(people.values_list("pk", "name")[:OFFERED])
        named |= {pk: person.name for pk, person in self.rows["person"].items()}  # even past what a list holds
        offered.append((str(_("People")), [(f"person-{pk}", name) for pk, name in named.items()]))
        if len(named) >= OFFERED:
            self.fields["b"].help_text = _(
                "The first %(n)d people are offered. Compare others from their Access page."
            ) % {"n": OFFERED}
        for field in self.fields.values():
            field.widget.attrs["data-placeholder"] = _("Start typing a name")
            field.choices = offered  # type: ignore[attr-defined]

    def _rows(self, kind: str, rows: QuerySet[Any]) -> Mapping[int, Any]:
        """Return what the address names of one kind, as far as the reader may see it."""
        ids = [pk for named, pk in self.asked.values() if named == kind and pk is not None]
        return rows.in_bulk(ids) if ids else {}

    def subject(self, name: str) -> Role | Person | None:
        """Return the role or person that `a` or `b` names, if the reader may see it."""
        kind, pk = self.asked[name]
        found: Role | Person | None = self.rows.get(kind, {}).get(pk)
        return found

    @property
    def pair(self) -> tuple[Role | Person, Role | Person] | None:
        """Return both, or None while one is missing; one that is not the reader's to see is told at its field."""
        found = {name: self.subject(name) for name in self.fields}
        for name, subject in found.items():
            if subject is None and self.data.get(name):
                self.add_error(name, _("There is no such role or person, or it is not yours to see."))
        left, right = found["a"], found["b"]
        if left is not None and left == right:
            self.add_error("b", _("Choose another one to compare it with."))
            return None
        return (left, right) if left is not None and right is not None else None


def _named(value: object) -> tuple[str, int | None]:
    """Return the kind and the id that an address names.

    >>> _named("role-3"), _named("person-x"), _named(None)
    (('role', 3), ('person', None), ('None', None))
    """
    kind, _dash, number = str(value).partition("-")
    return kind, number_in(number)
