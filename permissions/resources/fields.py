"""The content of a resource: the values of its type's fields. This is the one place they leave the database by.

A decision on ``type.view`` says whether anybody sees them, and its obligations which are masked: a masked value never
leaves the server. An obligation that is not understood here cannot be met, so it masks everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from permissions.engine import Decision
from permissions.models import Resource, ResourceType

MASK = "•••••"


class DataClass(models.TextChoices):
    """What kind of data a field holds; masking and reviews go by it."""

    NAME = "name", _("Name")
    EMAIL = "email", _("Mail")
    PHONE = "phone", _("Phone")
    ADDRESS = "address", _("Postal address")
    IDENTIFIER = "identifier", _("Number or code of a person")
    FREE_TEXT = "free_text", _("Free text")
    SCORE = "score", _("Score")
    OTHER = "other", _("Other")


PERSONAL = frozenset(
    {DataClass.NAME, DataClass.EMAIL, DataClass.PHONE, DataClass.ADDRESS, DataClass.IDENTIFIER, DataClass.FREE_TEXT}
)


@dataclass(frozen=True, slots=True)
class Mask:
    """The obligation to show no value of these data classes, nor of the fields with these names."""

    data_classes: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)

    def hides(self, name: str, data_class: str) -> bool:
        """Return whether the field is masked."""
        return data_class in self.data_classes or name in self.names


@dataclass(frozen=True, slots=True)
class Value:
    """One field of one resource as a reader may see it; `text` is MASK where it is masked."""

    name: str
    label: str
    data_class: str
    text: str
    masked: bool

    @property
    def class_label(self) -> str:
        """Return the data class in words."""
        return class_label(self.data_class)


def class_label(data_class: str) -> str:
    """Return a data class in words."""
    return str(DataClass(data_class).label) if data_class in DataClass.values else data_class


def of_type(type_: ResourceType) -> list[dict[str, str]]:
    """Return the fields that a type declares: name, label, data_class."""
    return [dict(row) for row in type_.fields]


def values(resource: Resource, fields: Sequence[Mapping[str, str]], decision: Decision) -> list[Value]:
    """Return the values of `fields` that `decision` (on ``type.view``) lets its person see: none where it is a no."""
    if not decision.allowed:
        return []
    content = resource.content or {}
    return [_value(row, content.get(row["name"]), decision.obligations) for row in fields]


def _value(row: Mapping[str, str], value: Any, obligations: Iterable[object]) -> Value:
    empty = value is None or value == ""
    masked = not empty and is_masked(row["name"], row["data_class"], obligations)
    text = "" if empty else MASK if masked else str(value)
    return Value(row["name"], row["label"], row["data_class"], text, masked)


def is_masked(name: str, data_class: str, obligations: Iterable[object]) -> bool:
    """Return whether the obligations keep a field from being shown."""
    return any(not isinstance(duty, Mask) or duty.hides(name, data_class) for duty in obligations)
