"""Forms on groups."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.models import Group, NodeKind, Person
from cxaccess.formparts import VersionedForm


class GroupForm(forms.Form):
    """What a group is for and whose it is. `action` is the permission that the places offered need."""

    action = "group.create"

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("What they have in common, in a sentence."),
    )
    field_order = ["name", "purpose", "owner", "region", "department"]

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = (reader, self.action)
        self.fields["owner"] = choices.person_field(
            _("Owner"), choices.people_for(reader, at), help_text=_("Answers for who is in it and what it holds.")
        )
        self.fields["region"] = choices.place_field(_("Region"), *where, NodeKind.REGION, at)
        self.fields["department"] = choices.place_field(_("Department"), *where, NodeKind.DEPARTMENT, at)
        self.fields["region"].help_text = _("Where the group itself belongs: who there edits groups may edit it.")
        self.order_fields(self.field_order)


class EditGroupForm(GroupForm, VersionedForm):
    """A group that is there already."""

    action = "group.edit"

    def __init__(self, *args: Any, group: Group, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, reader=reader, at=at, **kwargs)
        kept = {"region": group.resource.region_id, "department": group.resource.department_id, "owner": group.owner_id}
        for name, pk in kept.items():
            field = self.fields[name]
            field.show_hidden_initial = True
            if pk is not None:
                field.queryset |= field.queryset.model._default_manager.filter(pk=pk)


class RuleForm(forms.Form):
    """What goes with a rule when it is saved: the version it was opened on, and what was previewed."""

    row_version = forms.IntegerField(widget=forms.HiddenInput)
