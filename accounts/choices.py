"""Form fields that choose a place, a team or a person, within what the reader may see or use."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Node, Person, PersonState, Team
from accounts.reads import places_for
from cxaccess.choosing import RowField, RowSelect
from permissions import gate
from permissions.models import Role

INDENT = "\u2003"
COMBO = {"data-combobox": True}


class NodeField(RowField):
    """One place, in the order of the tree."""

    columns = ("name", "parent__name")

    def said(self, name: str, above: str | None) -> str:
        """Return the name and, for which of several it is, the place above."""
        return f"{name}, {above}" if above else name


class PlacesField(forms.ModelMultipleChoiceField):
    """Any number of places of one kind, in the order of the tree."""

    def __init__(self, kind: str, label: Any) -> None:
        rows = Node.objects.filter(kind=kind, archived_at=None).order_by("lft")
        super().__init__(rows, label=label, required=False, widget=forms.SelectMultiple({"size": 5}))

    def label_from_instance(self, obj: Node) -> str:  # type: ignore[override]  # its rows are places
        """Return the name, set in by its depth."""
        return INDENT * obj.depth + obj.name


class PersonField(RowField):
    """One person, with their title."""

    columns = ("name", "title")
    searched = ("name", "email")

    def said(self, name: str, title: str) -> str:
        """Return name and title."""
        return f"{name}, {title}" if title else name


class TeamField(RowField):
    """One team."""

    columns = ("principal__label",)
    searched = ("principal__label",)


def place_field(label: Any, reader: Person, action: str, kind: str, at: datetime, **more: Any) -> NodeField:
    """Return a field for the places of `kind` where `reader` may do `action`."""
    nothing = more.pop("empty_label", _("None"))
    return NodeField(
        places_for(reader, action, kind, at=at),
        label=label,
        required=False,
        empty_label=nothing,
        widget=RowSelect(COMBO | {"data-placeholder": nothing}),
        **more,
    )


def person_field(label: Any, rows: QuerySet[Person], **more: Any) -> PersonField:
    """Return a field for one of `rows`."""
    more.setdefault("required", False)
    return PersonField(
        rows.order_by("name"),
        label=label,
        empty_label=more.pop("empty_label", _("Nobody")),
        widget=RowSelect(COMBO | {"data-placeholder": _("Start typing a name")}),
        **more,
    )


def people_for(reader: Person, at: datetime) -> QuerySet[Person]:
    """Return those whom `reader` sees and who have not left: managers, owners, members to be."""
    rows = Person.objects.exclude(state=PersonState.LEFT)
    return gate.visible(reader, "person.view", rows, at=at)


def teams_for(reader: Person, at: datetime) -> QuerySet[Team]:
    """Return the standing teams that `reader` sees, by name."""
    rows = Team.objects.select_related("principal").filter(archived_at=None)
    return gate.visible(reader, "team.view", rows, at=at).order_by("principal__label")


def roles_for(reader: Person, at: datetime) -> QuerySet[Role]:
    """Return the roles in use that `reader` sees, by name."""
    return gate.visible(reader, "role.view", Role.objects.filter(retired_at=None), at=at).order_by("name")
