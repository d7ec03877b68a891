"""Choosing one row of a table in a form: a select that is drawn in one go, from columns instead of whole rows."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


class Select(forms.Select):
    """Django's select with the same markup; without a dictionary, a copy and two templates for each option."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """Draw it."""
        chosen = set(self.format_value(value))
        shown = self.build_attrs(self.attrs, attrs)
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(shown), drawn(self.choices, chosen))


def drawn(choices: Any, chosen: set[str]) -> SafeString:
    """Draw options and groups of options; those whose value is in `chosen` are selected."""
    parts = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            parts.append(f'<optgroup label="{_text(value)}">{drawn(label, chosen)}</optgroup>')
            continue
        said = "" if value is None else str(value)
        selected = " selected" if said in chosen else ""
        parts.append(f'<option value="{escape(said)}"{selected}>{_text(label)}</option>')
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped


def _text(label: Any) -> str:
    """Return a label for HTML. Django's own way of escaping costs more than all the rest of an option."""
    return label.__html__() if hasattr(label, "__html__") else escape(str(label))


class Rows(ModelChoiceIterator):
    """The choices of a RowField, read as columns."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        """Yield the empty choice, then (id, label) of each row."""
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for pk, *columns in self.queryset.values_list("pk", *self.field.columns).iterator():
            yield pk, self.field.said(*columns)


class RowField(forms.ModelChoiceField):
    """One row of a table. A subclass names the `columns` that its label is made of, and makes it in `said`."""

    iterator = Rows
    widget = Select
    columns: ClassVar[Sequence[str]] = ("name",)

    def __init__(self, queryset: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)

    def said(self, *columns: Any) -> str:
        """Return the label of the row with these columns."""
        return str(columns[0])
