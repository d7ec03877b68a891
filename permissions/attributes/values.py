"""Values of custom attributes: the form fields to fill them in, what may stand in the column, and how they read.

A value is JSON: text, a number, a boolean, a date in ISO form, a choice's value, or a list of those. No value: no key.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cxaccess.lib.errors import Refused
from permissions.models import AttributeDefinition, AttributeType, Entity, ResourceType

PREFIX = "custom_"
LONGEST = 500
Value = str | int | float | bool | list[str]


def of_people() -> QuerySet[AttributeDefinition]:
    """Return the attributes in use that people have."""
    return AttributeDefinition.objects.filter(entity=Entity.SUBJECT, archived_at=None)


def of_type(type_: ResourceType) -> QuerySet[AttributeDefinition]:
    """Return the attributes in use that resources of `type_` have: those of every type, and its own."""
    rows = AttributeDefinition.objects.filter(entity=Entity.RESOURCE, archived_at=None)
    return rows.filter(Q(types=None) | Q(types=type_)).distinct()


def form_fields(definitions: Iterable[AttributeDefinition]) -> dict[str, forms.Field]:
    """Return a form field for each attribute, under PREFIX and its name; none is required."""
    return {f"{PREFIX}{definition.name}": _form_field(definition) for definition in definitions}


def _form_field(definition: AttributeDefinition) -> forms.Field:
    words: dict[str, Any] = {"label": definition.label, "help_text": definition.help, "required": False}
    pairs = [(choice["value"], choice["label"]) for choice in definition.choices]
    match definition.type:
        case AttributeType.NUMBER:
            return forms.FloatField(**words)
        case AttributeType.BOOLEAN:
            choices = [("", _("Not stated")), ("yes", _("Yes")), ("no", _("No"))]
            return forms.TypedChoiceField(
                choices=choices, coerce=lambda said: said == "yes", empty_value=None, **words
            )  # fmt: skip
        case AttributeType.DATE:
            return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **words)
        case AttributeType.CHOICE:
            return forms.ChoiceField(choices=[("", _("Not stated")), *pairs], **words)
        case AttributeType.SET:
            return forms.MultipleChoiceField(choices=pairs, widget=forms.CheckboxSelectMultiple, **words)
        case _:
            return forms.CharField(max_length=LONGEST, **words)


def initial(custom: Mapping[str, Any], definitions: Iterable[AttributeDefinition]) -> dict[str, Any]:
    """Return what the form fields show for the values of `custom`."""
    return {f"{PREFIX}{definition.name}": _shown(definition, custom.get(definition.name)) for definition in definitions}


def _shown(definition: AttributeDefinition, value: Any) -> Any:
    if definition.type == AttributeType.BOOLEAN and value is not None:
        return "yes" if value else "no"
    if definition.type == AttributeType.DATE and value:
        return parse_date(str(value))
    return value


def cleaned(
    definitions: Iterable[AttributeDefinition], before: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Value]:
    """Return `before` with what `wanted` ({name: value, None or empty for none}) changes. Raises Refused.

    What stands under a name that no attribute in use has stays as it is.
    """
    known = {definition.name: definition for definition in definitions}
    after = dict(before)
    for name, value in wanted.items():
        if name not in known:
            raise Refused(_("There is no attribute “%(name)s” here.") % {"name": name}, field=f"{PREFIX}{name}")
        if value is None or value in ("", []):
            after.pop(name, None)
        else:
            after[name] = _sound(known[name], value, before.get(name))
    return after


def _sound(definition: AttributeDefinition, value: Any, before: Any) -> Value:
    """Return the value as the column holds it. One that stands there already may stay, although its choice is gone."""
    plain = value.isoformat() if isinstance(value, date) else value
    if isinstance(plain, str):
        plain = plain.strip()
    if not _fits(definition, plain) and plain != before:
        said = {"label": definition.label, "value": plain}
        raise Refused(_("%(label)s cannot be “%(value)s”.") % said, field=f"{PREFIX}{definition.name}")
    return plain  # type: ignore[no-any-return]  # it fits its type


def _fits(definition: AttributeDefinition, value: Any) -> bool:
    allowed = {choice["value"] for choice in definition.choices}
    match definition.type:
        case AttributeType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
        case AttributeType.BOOLEAN:
            return isinstance(value, bool)
        case AttributeType.DATE:
            return _is_date(value)
        case AttributeType.CHOICE:
            return value in allowed
        case AttributeType.SET:
            return isinstance(value, list) and all(each in allowed for each in value)
        case _:
            return isinstance(value, str) and len(value) <= LONGEST


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_date(value) is not None
    except ValueError:
        return False


def in_words(definition: AttributeDefinition, value: Any) -> str:
    """Return a value as people read it; nothing for none."""
    if value is None or value in ("", []):
        return ""
    labels = {choice["value"]: choice["label"] for choice in definition.choices}
    if isinstance(value, list):
        return ", ".join(str(labels.get(each, each)) for each in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if definition.type == AttributeType.DATE and _is_date(value):
        return date_format(parse_date(value), "j M Y")  # type: ignore[arg-type]  # it is one
    if isinstance(value, float):
        return f"{value:g}"
    return str(labels.get(value, value))


def told(
    definitions: Iterable[AttributeDefinition], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Return what changed, as the trail may hold it. Free text can name somebody, so of that only that it changed."""
    kinds = {definition.name: definition.type for definition in definitions}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        f"custom.{name}": ("", "changed")
        if kinds.get(name, AttributeType.TEXT) == AttributeType.TEXT
        else (before.get(name), after.get(name))
        for name in sorted(changed)
    }
