"""Forms on teams."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.models import NodeKind, Part, Person, Team
from accounts.people.lookups import nobody
from cxaccess.choosing import RowSelect
from cxaccess.formparts import UntilForm, VersionedForm, WindowForm
from cxaccess.lib.errors import Refused
from permissions import gate


class TeamForm(forms.Form):
    """What a team is for and where it belongs. `action` is the permission that the places offered need."""

    action = "team.create"

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("What they do together, in a sentence."),
    )
    field_order = ["name", "purpose", "parent", "region", "department", "owner"]

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = (reader, self.action)
        self.fields["region"] = choices.place_field(_("Region"), *where, NodeKind.REGION, at)
        self.fields["department"] = choices.place_field(_("Department"), *where, NodeKind.DEPARTMENT, at)
        self.fields["owner"] = choices.person_field(
            _("Owner"), choices.people_for(reader, at), help_text=_("Answers for the team. Leads run it.")
        )
        self.order_fields(self.field_order)


class NewTeamForm(TeamForm):
    """A new team."""

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, reader=reader, at=at, **kwargs)
        self.fields["parent"] = parent_field(choices.teams_for(reader, at))
        self.order_fields(self.field_order)


class EditTeamForm(TeamForm, VersionedForm):
    """A team that is there already; where it hangs is moved on a page of its own."""

    action = "team.edit"

    def __init__(self, *args: Any, team: Team, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, reader=reader, at=at, **kwargs)
        kept = {"region": team.resource.region_id, "department": team.resource.department_id, "owner": team.owner_id}
        for name, pk in kept.items():
            field = self.fields[name]
            field.show_hidden_initial = True
            if pk is not None:
                field.queryset |= field.queryset.model._default_manager.filter(pk=pk)


class MoveTeamForm(VersionedForm):
    """Where a team hangs."""

    def __init__(self, *args: Any, team: Team, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = parent_field(choices.teams_for(reader, at).exclude(pk=team.pk))
        self.fields["parent"].show_hidden_initial = True


def parent_field(teams: Any) -> choices.TeamField:
    """Return a field for the team above."""
    return choices.TeamField(
        teams,
        label=_("Under"),
        required=False,
        empty_label=_("No team: it stands on top"),
        widget=RowSelect(choices.COMBO | {"data-placeholder": _("No team: it stands on top")}),
        help_text=_("Members gain what the team above holds."),
    )


class AddMemberForm(WindowForm):
    """Somebody, the part they play, and for how long.

    Who keeps one team may see hardly anybody; a colleague is found by their whole mail address, which takes no right
    to look through everybody. `lead`: whether leads may be made here. `find` returns who has an address, or None.
    """

    mail = forms.EmailField(
        label=gettext_lazy("Mail address"),
        required=False,
        help_text=gettext_lazy("Of somebody who is not in the list: the whole address."),
    )
    part = forms.ChoiceField(label=gettext_lazy("As"), choices=Part.choices, initial=Part.MEMBER)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)
    field_order = ["person", "mail", "part", "starts_at", "until", "reason"]

    def __init__(
        self,
        *args: Any,
        reader: Person,
        at: datetime,
        zone: str,
        lead: bool,
        find: Callable[[str], Person | None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, at=at, zone=zone, **kwargs)
        self.find = find
        if gate.may_somewhere(reader, "person.view", at=at):
            self.fields["person"] = choices.person_field(_("Person"), choices.people_for(reader, at), empty_label="")
        else:
            self.fields["mail"].required = True
            self.fields["mail"].help_text = _("The whole address of whom you want to add.")
        if not lead:
            del self.fields["part"]
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """Find who it is by the address, if that is how they are named."""
        cleaned = super().clean()
        mail = cleaned.get("mail")
        if mail and not cleaned.get("person") and not self.errors:
            try:
                cleaned["person"] = self.find(mail)
            except Refused as refusal:
                self.add_error("mail", refusal.message)
                return cleaned
            if cleaned["person"] is None:
                self.add_error("mail", nobody())
        elif not cleaned.get("person") and not self.errors:
            self.add_error("person", _("Choose somebody, or type their mail address."))
        return cleaned


class MembershipEndForm(UntilForm):
    """Until when somebody stays."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)
    field_order = ["until", "reason"]


class WhyForm(forms.Form):
    """Why, if one wants to say."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Kept in the trail with your name."),
    )
