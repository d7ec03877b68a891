"""What people fill in about custom attributes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cxaccess.formparts import VersionedForm
from permissions.models import AttributeType, Entity, ResourceType


class ChoicesField(forms.CharField):
    """Values to choose from, one on a line: ``short = Kept a month``, or just ``short``."""

    def __init__(self, **kwargs: Any) -> None:
        help_text = _("For lists: one on a line, as value = name, such as short = Kept a month.")
        super().__init__(required=False, widget=forms.Textarea({"rows": 4}), help_text=help_text, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the lines of the choices that are there."""
        if isinstance(value, list):
            return "\n".join(f"{row['value']} = {row['label']}" for row in value)
        return value

    def to_python(self, value: Any) -> Any:
        """Return [{value, label}] of the lines."""
        lines = [line for line in str(value or "").splitlines() if line.strip()]
        pairs = [line.partition("=") for line in lines]
        return [{"value": left.strip(), "label": (right or left).strip()} for left, _sign, right in pairs]

    def validate(self, value: Any) -> None:
        """Leave it to the use case, which knows the type."""

    def run_validators(self, value: Any) -> None:
        """Nothing: it is a list by now."""


class AttributeForm(forms.Form):
    """How an attribute reads and what it offers."""

    label = forms.CharField(label=_("Name"), max_length=80)
    help = forms.CharField(label=_("Help"), max_length=200, required=False, help_text=_("Stands below the field."))
    choices = ChoicesField(label=_("Values"))
    types = forms.ModelMultipleChoiceField(
        ResourceType.objects.none(),
        label=_("For resources: only of these types"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: of every type."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["types"].queryset = ResourceType.objects.filter(console=False)  # type: ignore[attr-defined]


class NewAttributeForm(AttributeForm):
    """A new attribute."""

    entity = forms.ChoiceField(
        label=_("Whose"), choices=[(Entity.RESOURCE, _("Resources")), (Entity.SUBJECT, _("People"))],
        widget=forms.RadioSelect, initial=Entity.RESOURCE,
    )  # fmt: skip
    name = forms.CharField(
        label=_("Key"), max_length=40, help_text=_("As imports and rules know it: cost_centre. It stays.")
    )
    type = forms.ChoiceField(label=_("Type"), choices=AttributeType.choices)
    field_order = ["entity", "label", "name", "type", "choices", "help", "types"]


class EditAttributeForm(AttributeForm, VersionedForm):
    """An attribute that is there already; its type stays."""

    def __init__(self, *args: Any, entity: str, has_choices: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_choices:
            del self.fields["choices"]
        if entity != Entity.RESOURCE:
            del self.fields["types"]
        for name, field in self.fields.items():
            field.show_hidden_initial = name in ("label", "help")
