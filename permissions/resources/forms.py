"""Forms on resources. Which fields there are depends on the type: its attributes, its content for whom may edit it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.models import NodeKind, Person
from cxaccess.formparts import VersionedForm
from permissions import gate
from permissions.attributes import values as attributes
from permissions.models import Resource, ResourceType, Sensitivity
from permissions.resources import fields
from permissions.resources.export import Column
from permissions.resources.opening import CREATE, EDIT, Opening, content_decision
from permissions.resources.rules import LONGEST_CONTENT
from permissions.resources.selectors import CONTENT

PLACES = {
    NodeKind.REGION: gettext_lazy("Region"),
    NodeKind.DEPARTMENT: gettext_lazy("Department"),
    NodeKind.PRODUCT_LINE: gettext_lazy("Product line"),
    NodeKind.SEGMENT: gettext_lazy("Segment"),
}
LONG = frozenset({fields.DataClass.FREE_TEXT, fields.DataClass.ADDRESS})


class ResourceForm(forms.Form):
    """What is known of a resource of one type. `action` is the permission that the places offered need."""

    action = CREATE

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    channel = forms.CharField(
        label=gettext_lazy("Channel"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Mail, chat, phone, app, store"),
    )
    sensitivity = forms.TypedChoiceField(
        label=gettext_lazy("Sensitivity"),
        choices=Sensitivity.choices,
        coerce=int,
        initial=Sensitivity.INTERNAL,
        help_text=gettext_lazy("Whoever opens something confidential or restricted leaves an event in the trail."),
    )

    def __init__(self, *args: Any, type_: ResourceType, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in PLACES.items():
            self.fields[kind] = choices.place_field(label, reader, self.action, kind, at)
        self.fields["owner_team"] = forms.ModelChoiceField(
            choices.teams_for(reader, at),
            label=_("Owner team"),
            required=False,
            empty_label=_("None"),
            widget=forms.Select(choices.COMBO | {"data-placeholder": _("None")}),
        )
        self.fields["owner"] = choices.person_field(
            _("Owner"), choices.people_for(reader, at), help_text=_("Answers for it; requests and reviews go there.")
        )
        self.fields |= attributes.form_fields(attributes.of_type(type_))

    def offer_content(self, type_: ResourceType) -> None:
        """Add the fields of the type's content."""
        for row in type_.fields:
            long = row["data_class"] in LONG
            self.fields[f"{CONTENT}{row['name']}"] = forms.CharField(
                label=row["label"],
                max_length=LONGEST_CONTENT,
                required=False,
                help_text=fields.class_label(row["data_class"]),
                widget=forms.Textarea({"rows": 3}) if long else forms.TextInput(),
            )

    @property
    def custom(self) -> list[forms.BoundField]:
        """Return the fields of the custom attributes."""
        return [self[name] for name in self.fields if name.startswith(attributes.PREFIX)]

    @property
    def content(self) -> list[forms.BoundField]:
        """Return the fields of the content."""
        return [self[name] for name in self.fields if name.startswith(CONTENT)]


class NewResourceForm(ResourceForm):
    """A resource to register. Content is offered to whom may edit it somewhere; where, the use case asks."""

    system = forms.CharField(
        label=gettext_lazy("System"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("The connected system it lives in. Empty: only this console knows it."),
    )
    external_id = forms.CharField(
        label=gettext_lazy("Its id there"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Imports find it by this id; it cannot be changed later."),
    )

    def __init__(self, *args: Any, type_: ResourceType, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, type_=type_, reader=reader, at=at, **kwargs)
        if gate.may_somewhere(reader, f"{type_.key}.edit", at=at):
            self.offer_content(type_)


class EditResourceForm(ResourceForm, VersionedForm):
    """A resource that is there already. What of its content the reader sees only masked is not offered."""

    action = EDIT

    def __init__(self, *args: Any, opening: Opening, at: datetime, **kwargs: Any) -> None:
        row = opening.resource
        super().__init__(*args, type_=row.type, reader=opening.reader, at=at, **kwargs)
        for name in (*PLACES, "owner_team", "owner"):
            self._keep(name, row)
        if opening.content.allowed and content_decision(opening.reader, row, "edit", at=at).allowed:
            self.offer_content(row.type)
            for value in fields.values(row, row.type.fields, opening.content):
                if value.masked:
                    del self.fields[f"{CONTENT}{value.name}"]
        for name, field in self.fields.items():
            field.show_hidden_initial = name != "row_version"

    def _keep(self, name: str, row: Resource) -> None:
        """Let what stands there stay, although the reader could not choose it anew."""
        kept = getattr(row, f"{name}_id")
        field = self.fields[name]
        if kept is not None and isinstance(field, forms.ModelChoiceField):
            field.queryset = field.queryset | field.queryset.model._default_manager.filter(pk=kept)  # type: ignore[union-attr]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Kept in the trail with your name."),
    )


class OwnerForm(forms.Form):
    """Whose many resources shall be."""

    def __init__(self, *args: Any, reader: Person, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = choices.person_field(
            _("New owner"), choices.people_for(reader, at), empty_label=_("Nobody: it waits for one")
        )  # fmt: skip


class ExportForm(forms.Form):
    """The columns of a file."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one column.")},
    )
    STANDARD = ("type", "name", "region", "department", "sensitivity", "owner_team", "owner", "system", "external_id")

    def __init__(self, *args: Any, columns: Sequence[Column], **kwargs: Any) -> None:
        super().__init__(*args, initial={"columns": list(self.STANDARD)}, **kwargs)
        self.offered = columns
        self.fields["columns"].choices = [(column.key, column.label) for column in columns]  # type: ignore[attr-defined]

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """Return the choices as (heading, ticks), in the order the file has them."""
        group = {column.key: column.group for column in self.offered}
        headings = {"plain": _("Attributes"), "custom": _("Your own attributes"), "content": _("What they hold")}
        ticks = list(self["columns"])
        found = [
            (label, [tick for tick in ticks if group[tick.data["value"]] == key]) for key, label in headings.items()
        ]
        return [(label, members) for label, members in found if members]
