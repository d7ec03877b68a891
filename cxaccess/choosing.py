"""Choosing one row of a table in a form: a select that is drawn in one go, from columns instead of whole rows."""

from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from html import escape
from operator import or_
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cxaccess.lib import statements
from cxaccess.lib.listing import LONGEST_QUERY, number_in

MOST = 500  # rows that a select holds
FIND = "_find"


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


class Named(str):
    """What somebody typed instead of choosing: a part of the name of the row they mean."""


class RowSelect(Select):
    """A select of rows. Where there are more than MOST, it holds the first ones, with a field to name any other in."""

    narrowed = ""  # what was typed and fits several rows: only they are offered

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """Draw the select and, if it does not hold all rows, the field beside it."""
        if not isinstance(self.choices, Rows):
            return super().render(name, value, attrs, renderer)
        chosen = set(self.format_value(value))
        found, more = self.choices.shown(chosen, self.narrowed)
        shown = self.build_attrs(self.attrs, attrs) | ({"data-find": f"{name}{FIND}"} if more else {})
        select = format_html('<select name="{}"{}>{}</select>', name, flatatt(shown), drawn(found, chosen))
        if not more:
            return select
        other = '{}<input class="input" name="{}{}" value="{}" placeholder="{}" aria-label="{}" autocomplete="off">'
        told = _("Or type a part of the name")
        return format_html(other, select, name, FIND, value if isinstance(value, Named) else "", told, told)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the id that was chosen; what was typed goes before it."""
        typed = " ".join(str(data.get(f"{name}{FIND}", "")).replace("\x00", "").split())
        return Named(typed[:LONGEST_QUERY]) if typed else super().value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether neither was sent."""
        return super().value_omitted_from_data(data, files, name) and f"{name}{FIND}" not in data


class Rows(ModelChoiceIterator):
    """The choices of a RowField, read as columns."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        """Yield the empty choice, then (id, label) of each row."""
        yield from self._nothing()
        yield from self._labelled(self.queryset)

    def shown(self, chosen: Collection[str], narrowed: str) -> tuple[list[tuple[Any, str]], bool]:
        """Return the first MOST choices, with those `chosen` in any case, and whether there are more."""
        if narrowed or self.field.rows is None:
            rows = self.field.named(narrowed) if narrowed else self.queryset
            found = list(self._labelled(rows[: MOST + 1]))
        else:
            found = self._kept(self.field.rows)
        more, found = len(found) > MOST, found[:MOST]
        missing = {pk for pk in chosen if number_in(pk) is not None} - {str(pk) for pk, _said in found}
        beside = self._labelled(self.queryset.filter(pk__in=missing)) if more and missing else ()
        return [*self._nothing(), *beside, *found], more or bool(narrowed)

    def _kept(self, rows: statements.Rows) -> list[tuple[Any, str]]:
        """Return the first choices, by a statement that is kept."""
        columns = tuple(self.field.columns)
        found = rows.ask(("choices", columns), lambda rows: rows.values_list("pk", *columns)[: MOST + 1])
        return [(pk, self.field.said(*held)) for pk, *held in found]

    def _nothing(self) -> Iterator[tuple[str, str]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label

    def _labelled(self, rows: QuerySet[Any]) -> Iterator[tuple[Any, str]]:
        for pk, *columns in rows.values_list("pk", *self.field.columns):
            yield pk, self.field.said(*columns)


class RowField(forms.ModelChoiceField):
    """One row of a table. A subclass names the `columns` that its label is made of, and makes it in `said`.

    Any row can be chosen however many there are: from the select, or by a part of its name in one of `searched`.
    """

    iterator = Rows
    widget = RowSelect
    rows: statements.Rows | None = None
    columns: ClassVar[Sequence[str]] = ("name",)
    searched: ClassVar[Sequence[str]] = ("name",)

    def offer(self, rows: statements.Rows | QuerySet[Any]) -> None:
        """Offer `rows`; best as some whose statement is kept."""
        if isinstance(rows, QuerySet):
            self.queryset = rows
            return
        self.rows, self._queryset = rows, SimpleLazyObject(rows.all)
        self.widget.choices = self.choices  # type: ignore[assignment]  # as Django does where rows are set

    def said(self, *columns: Any) -> str:
        """Return the label of the row with these columns."""
        return str(columns[0])

    def named(self, text: str) -> QuerySet[Any]:
        """Return the rows that every word of `text` fits."""
        rows: QuerySet[Any] = self.queryset  # type: ignore[assignment]  # a field that is shown has one
        for word in text.split():
            rows = rows.filter(reduce(or_, (Q(**{f"{column}__icontains": word}) for column in self.searched)))
        return rows

    def to_python(self, value: Any) -> Any:
        """Return the row that was chosen or named. Raises ValidationError where what was typed fits none or several."""
        if not isinstance(value, Named):
            return super().to_python(value)
        found = list(self.named(value)[:2])
        if not found:
            raise ValidationError(_("Nothing here has a name with “%(text)s” in it."), params={"text": value})
        if len(found) > 1:
            self.widget.narrowed = value
            raise ValidationError(_("“%(text)s” fits several. Choose one of them."), params={"text": value})
        return found[0]
