"""Forms on regions and departments."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.models import Node, Person
from accounts.reads import places_for
from cxaccess.choosing import RowSelect
from cxaccess.formparts import VersionedForm
from permissions import gate


class PlaceForm(forms.Form):
    """What a place is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=40, help_text=gettext_lazy("What files and other systems call it.")
    )


class NewPlaceForm(PlaceForm):
    """A new place under another."""

    def __init__(self, *args: Any, kind: str, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["code"].help_text = _("What files and other systems call it. Empty: made of the name.")
        self.fields["parent"] = _parent_field(kind, reader, at)


class EditPlaceForm(PlaceForm, VersionedForm):
    """A place that is there already."""


class MovePlaceForm(VersionedForm):
    """Where a place hangs."""

    def __init__(self, *args: Any, node: Node, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = _parent_field(node.kind, reader, at)
        field.queryset = field.queryset.exclude(lft__range=(node.lft, node.rgt))
        field.show_hidden_initial = True
        self.fields["parent"] = field


def _parent_field(kind: str, reader: Person, at: datetime) -> choices.NodeField:
    """Return a field for the place above; on top only for who may change the whole tree."""
    top = gate.may(reader, "structure.edit", at=at)
    nothing = _("No place: it stands on top") if top else ""
    return choices.NodeField(
        places_for(reader, "structure.edit", kind, at=at),
        label=_("Under"),
        required=not top,
        empty_label=nothing,
        widget=RowSelect(choices.COMBO | {"data-placeholder": nothing}),
    )
