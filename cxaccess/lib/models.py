"""Patterns that several apps' tables share. Abstract; no table of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.base import ModelState
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model)


class Risk(models.IntegerChoices):
    """How much harm a wrong use can do; ordered, so that the highest of several is `max`."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    CRITICAL = 4, _("Critical")


class Source(models.TextChoices):
    """Where a grant or membership came from."""

    MANUAL = "manual", _("By hand")
    BIRTHRIGHT = "birthright", _("Birthright")
    REQUEST = "request", _("Request")
    BREAK_GLASS = "break_glass", _("Break-glass")
    PROVISIONING = "provisioning", _("Provisioning")
    IMPORT = "import", _("Import")
    PROJECT = "project", _("Project")
    SETUP = "setup", _("Set-up")
    RULE = "rule", _("By rule")
    LEAD = "lead", _("Lead of a team")
    OWNER = "owner", _("Owner")


def in_force(at: datetime, prefix: str = "") -> Q:
    """Return the condition that a windowed row, reached by `prefix`, is in force at `at`."""
    starts, until = f"{prefix}starts_at", f"{prefix}until"
    return Q(**{f"{starts}__lte": at}) & (Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gt": at}))


def longest(model: type[models.Model], field: str) -> int:
    """Return how many characters the text `field` of `model` holds."""
    return int(getattr(model._meta.get_field(field), "max_length", None) or 0)


class WindowQuerySet(models.QuerySet[Any]):
    """Rows with a window."""

    def in_force(self, at: datetime) -> Self:
        """Keep what is in force at `at`."""
        return self.filter(in_force(at))

    def not_over(self, at: datetime) -> Self:
        """Keep what is in force at `at` or starts later."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=at))


class Windowed(models.Model):
    """A row in force while ``starts_at <= t < until``. There is no status: ending early sets `until` to now."""

    starts_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, db_index=True)
    stated_from = models.DateTimeField(null=True, blank=True)
    stated_until = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.MANUAL)
    source_ref = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    given_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    ended_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.CharField(max_length=500, blank=True)

    objects = WindowQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def source_said(self) -> str:
        """Return its source in words. Django's own way goes through all choices for each row of a page."""
        return str(Source(self.source).label)

    @classmethod
    def window_constraint(cls, name: str) -> models.CheckConstraint:
        """Return the constraint that a window never ends before it starts; an empty one was revoked before it began."""
        return models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=models.F("starts_at")), name=name)


class Versioned(models.Model):
    """An editable row whose forms carry `row_version`; the loser of a race gets 409."""

    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


def made(model: type[M], names: Sequence[str], values: Iterable[Any], alias: str) -> M:
    """Return a row of `names` (attnames) with `values`, as `from_db` does in five times as long, column by column.

    A column that is not among them is read once it is asked for. No signal is sent.
    """
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True))
    row._state = ModelState()
    row._state.adding, row._state.db = False, alias
    return row
