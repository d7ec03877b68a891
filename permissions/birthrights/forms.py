"""What people fill in about birthright rules, apart from the condition."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.choices import TeamField
from accounts.models import Group, Node, Person, Team
from cxaccess.choosing import RowField, Select
from cxaccess.formparts import VersionedForm
from permissions import gate
from permissions.birthrights.gifts import GROUP, OWN, ROLE, TEAM, Gift
from permissions.models import Role
from permissions.owned import OwnedForm

INDENT = "\u2003"


class BirthrightForm(OwnedForm):
    """What a rule is for and whose it is."""

    told = {
        "name": _("Whoever has something by it reads it: “Agents of EMEA”."),
        "purpose": _("One sentence: whose job needs what."),
        "owner": _("Answers for it."),
    }


class EditBirthrightForm(BirthrightForm, VersionedForm):
    """The same of a rule that others may be editing too."""


class GiftForm(forms.Form):
    """What else a rule is to give: whatever is chosen is added to what was chosen before."""

    role = RowField(queryset=Role.objects.none(), label=_("Role"), required=False, empty_label=_("Add a role"))
    region = forms.ChoiceField(label=_("In which region"), required=False, widget=Select())
    department = forms.ChoiceField(label=_("In which department"), required=False, widget=Select())
    team = TeamField(Team.objects.none(), label=_("Team"), required=False, empty_label=_("Add a team"))
    group = TeamField(Group.objects.none(), label=_("Group by hand"), required=False, empty_label=_("Add a group"))

    prefix = "add"
    use_required_attribute = False

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept: dict[str, Any] = {"archived_at": None}
        roles = Role.objects.filter(retired_at=None, current__isnull=False)
        teams = gate.visible(reader, "team.view", Team.objects.filter(**kept), at=at)
        groups = gate.visible(reader, "group.view", Group.objects.filter(**kept, rule__isnull=True), at=at)
        for name, found in (
            ("role", gate.visible(reader, "role.view", roles, at=at).order_by("name")),
            ("team", teams.order_by("principal__label")),
            ("group", groups.order_by("principal__label")),
        ):
            self.fields[name].queryset = found  # type: ignore[attr-defined]
            self.fields[name].widget.attrs |= {"data-combobox": True, "data-placeholder": self.fields[name].empty_label}  # type: ignore[attr-defined]
        for kind, everywhere, own in (
            ("region", _("Everywhere"), _("Their own region")),
            ("department", _("Every department"), _("Their own department")),
        ):
            rows = Node.objects.filter(kind=kind, archived_at=None).order_by("lft", "pk")
            places = [(str(pk), INDENT * depth + name) for pk, depth, name in rows.values_list("pk", "depth", "name")]
            self.fields[kind].choices = [("", everywhere), ("own", own), *places]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.required = not self.is_bound  # nothing has to be added, so it need not be said of each

    def clean(self) -> dict[str, Any]:
        """Refuse two own places: a rule limits a role by one of them."""
        cleaned = self.cleaned_data
        if all(cleaned.get(kind) == "own" for kind in OWN):
            self.add_error("department", _("Choose one own place: the region or the department."))
        return cleaned

    @property
    def added(self) -> list[Gift]:
        """Return what was chosen, as far as it can be given."""
        if not self.is_bound or not self.is_valid():
            return []
        chosen, found = self.cleaned_data, []
        if chosen["role"] is not None:
            own = next((kind for kind in OWN if chosen[kind] == "own"), "")
            terms = tuple((kind, int(chosen[kind])) for kind in sorted(OWN) if chosen[kind] not in ("", "own"))
            found.append(Gift(ROLE, chosen["role"].pk, terms, own))
        return found + [Gift(kind, chosen[kind].pk) for kind in (TEAM, GROUP) if chosen[kind] is not None]
