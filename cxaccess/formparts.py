"""Form parts that several features share: moments in the reader's zone, windows, and rows that two may edit at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cxaccess.choosing import Named
from cxaccess.lib.clock import end_of_day, start_of_day
from cxaccess.lib.errors import Refused
from cxaccess.lib.windows import require_end, settle


def require_near(day: date) -> None:
    """Pass a day or moment that is one in every zone, also some months on. Raises ValidationError."""
    if not date.min.year < day.year < date.max.year:
        raise ValidationError(_("This date is too far away."), code="date")


class MomentWidget(forms.MultiWidget):
    """A date and, beside it, a time that may stay empty; posted as ``<name>_date`` and ``<name>_time``."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            "date": forms.DateInput(
                {"type": "date", "class": "input", "aria-label": gettext_lazy("Date")}, format="%Y-%m-%d"
            ),
            "time": forms.TimeInput(
                {"type": "time", "class": "input", "aria-label": gettext_lazy("Time, optional")}, format="%H:%M"
            ),
        }
        super().__init__(widgets, dict(attrs or {}))
        self.zone = "UTC"

    def decompress(self, value: Any) -> list[Any]:
        """Return date and time in the reader's zone."""
        if not isinstance(value, datetime):
            return [None, None]
        local = value.astimezone(ZoneInfo(self.zone))
        return [local.date(), local.time()]


class MomentField(forms.MultiValueField):
    """An aware moment in UTC. A date alone is the end of that day in the reader's zone, or its start with `opens`."""

    def __init__(self, *, opens: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        fields = (forms.DateField(required=False, validators=[require_near]), forms.TimeField(required=False))
        super().__init__(fields, widget=MomentWidget(), require_all_fields=False, **kwargs)
        self.opens = opens
        self.zone = "UTC"

    def in_zone(self, zone: str) -> None:
        """Read and show in `zone`, an IANA name; one that nobody knows is UTC."""
        self.zone = zone if zone in available_timezones() else "UTC"
        self.widget.zone = self.zone

    def compress(self, data_list: list[Any]) -> datetime | None:
        """Return the moment, or None where no date is given."""
        day, hour = (data_list or [None, None])[:2]
        if day is None:
            if hour is not None:
                raise ValidationError(_("Give a date with the time."), code="date")
            return None
        return _moment(day, hour, self.zone, opens=self.opens)


def _moment(day: date, hour: time | None, zone: str, *, opens: bool) -> datetime:
    if hour is None:
        return start_of_day(day, zone) if opens else end_of_day(day, zone)
    return datetime.combine(day, hour, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


class ZonedForm(forms.Form):
    """A form whose moments are read in the reader's `zone` and judged at `at`."""

    def __init__(self, *args: Any, zone: str, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.at = zone, at
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.in_zone(zone)


class UntilForm(ZonedForm):
    """A form with an end that lies ahead, or none."""

    until = MomentField(
        label=gettext_lazy("Until"), help_text=gettext_lazy("A date alone means the end of that day. Empty: no end.")
    )

    def clean_until(self) -> datetime | None:
        """Return the end. An end that is over is an error."""
        until: datetime | None = self.cleaned_data["until"]
        _as_error(require_end, until, starts_at=self.at, at=self.at)
        return until


class WindowForm(UntilForm):
    """A form with a window: `starts_at` now or later, `until` after it. Both come out in UTC, or None."""

    starts_at = MomentField(
        label=gettext_lazy("From"), opens=True, help_text=gettext_lazy("Empty or past: from now on.")
    )
    field_order = ["starts_at", "until"]

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the start."""
        cleaned = super().clean() or self.cleaned_data
        if "starts_at" in cleaned and "until" in cleaned:
            try:
                settle(cleaned["starts_at"], cleaned["until"], at=self.at)
            except Refused as refusal:
                self.add_error(refusal.field, refusal.message)
        return cleaned


def _as_error(rule: Any, *args: Any, **kwargs: Any) -> None:
    try:
        rule(*args, **kwargs)
    except Refused as refusal:
        raise ValidationError(refusal.message) from refusal


def add_refusal(form: forms.Form, refusal: Refused) -> None:
    """Put what a use case refused beside its field, or on top of the form if it has none there."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, refusal.message)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that somebody else changed meanwhile, in words: as it was shown, as it is now, as it was typed."""

    label: str
    seen: str
    now: str
    typed: str


class VersionedForm(forms.Form):
    """A form on a row that others edit too: it carries the version and the values that were shown.

    `conflicts(now)` is the difference for the 409 page; `rebased(now, version)` the same form on the row as it is now.
    """

    row_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.show_hidden_initial = name != "row_version"

    @property
    def changes(self) -> dict[str, Any]:
        """Return every cleaned value but the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "row_version"}

    def conflicts(self, now: Mapping[str, Any]) -> list[Conflict]:
        """Return what changed since the form was shown; `now` maps field names to the row's present values."""
        found = []
        for name, value in now.items():
            bound = self[name]
            was, is_ = self.data.get(bound.html_initial_name), bound.field.prepare_value(value)
            if str(is_ if is_ is not None else "") == str(was or ""):
                continue
            seen, theirs = self._words(name, was), self._words(name, is_, of_form=False)
            if seen != theirs:
                found.append(Conflict(str(bound.label), seen, theirs, self._words(name, bound.data)))
        return found

    def rebased(self, now: Mapping[str, Any], version: int) -> dict[str, Any]:
        """Return the posted data as if the form had been opened now: what was typed stays."""
        data = {name: self.data.get(name) for name in self.data}
        data[self.add_prefix("row_version")] = version
        for name, value in now.items():
            data[self[name].html_initial_name] = self.fields[name].prepare_value(value)
        return data

    def _words(self, name: str, raw: Any, *, of_form: bool = True) -> str:
        """Return a raw value as people read it: a choice by its label. What a form sent is named if it is on offer."""
        field = self.fields[name]
        if raw in (None, ""):
            return ""
        if isinstance(raw, Named):
            return str(raw)
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
            return _named(field, raw, field.queryset if of_form else field.queryset.model._default_manager.all())
        if isinstance(field, forms.ChoiceField):
            labels: dict[Any, Any] = dict(field.choices)  # type: ignore[arg-type]  # a form's own are pairs by now
            return str(labels.get(str(raw), raw))
        return str(raw)


def _named(field: forms.ModelChoiceField, raw: Any, rows: QuerySet[Any]) -> str:
    """Return the name of the row that is meant, if it is one of `rows`."""
    try:
        row = rows.filter(**{field.to_field_name or "pk": raw}).first()
    except (TypeError, ValueError):
        return ""
    return str(row) if row is not None else ""
