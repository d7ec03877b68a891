"""How Django's forms become our markup: every form, field and control of the console, allauth's included."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "check"),
    (forms.RadioSelect, "radio"),
    (forms.CheckboxInput, "check"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.widgets.Input, "input"),
)

INPUTS = {
    f"django/forms/widgets/{kind}.html"
    for kind in ("text", "email", "number", "date", "hidden", "password", "checkbox")
}


def css_class(widget: forms.Widget) -> str:
    """Return the class of the look for `widget`; none for what is not drawn."""
    if widget.is_hidden:
        return ""
    return next((name for kind, name in CLASSES if isinstance(widget, kind)), "")


class ConsoleField(BoundField):
    """A field whose control carries the look's class, with whatever classes the widget names itself."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Add the class."""
        widget = widget or self.field.widget
        built = super().build_widget_attrs(attrs, widget)
        own = f"{css_class(widget)} {built.get('class') or widget.attrs.get('class', '')}".strip()
        return {**built, "class": own} if own else built

    @property
    def control(self) -> str:
        """Return how the field template lays this field out: `parts`, `group`, `tick` or `input`."""
        if isinstance(self.field.widget, forms.MultiWidget):
            return "parts"
        if self.use_fieldset:
            return "group"
        return "tick" if isinstance(self.field.widget, forms.CheckboxInput) else "input"


class ConsoleRenderer(TemplatesSetting):
    """Draws forms with the templates of `components/`."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = ConsoleField

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Draw a template; plain inputs and their fields, of which filters have many, without walking one for each."""
        if template_name in INPUTS:
            return _input(context["widget"])
        if template_name == self.field_template_name and context["field"].control == "input":
            return self._field(context["field"])
        return super().render(template_name, context, request)

    def _field(self, field: ConsoleField) -> SafeString:
        """Draw label, control, help and error of a field that is one control."""
        optional = SafeString("")
        if not field.field.required:
            optional = format_html(' <span class="opt">{}</span>', _("optional"))
        notes = SafeString("")
        if field.help_text or field.errors:
            notes = SafeString(super().render("components/field_notes.html", {"field": field}))
        found = '<div class="field"><label for="{}">{}{}</label>{}{}</div>'
        return format_html(found, field.id_for_label, field.label, optional, field, notes)


def _input(widget: dict[str, Any]) -> SafeString:
    """Draw an input with the same markup as Django's template."""
    value = format_html(' value="{}"', str(widget["value"])) if widget["value"] is not None else ""
    found = '<input type="{}" name="{}"{}{}>'
    return format_html(found, widget["type"], widget["name"], value, flatatt(widget["attrs"]))
