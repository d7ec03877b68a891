"""Custom attributes: what an instance knows of people and resources beyond the built-in columns."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Versioned


class Entity(models.TextChoices):
    """Whose attribute it is."""

    SUBJECT = "subject", _("People")
    RESOURCE = "resource", _("Resources")
    CONTEXT = "context", _("The moment of asking")


class AttributeType(models.TextChoices):
    """What values it takes."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")
    CHOICE = "choice", _("One of a list")
    SET = "set", _("Several of a list")


class AttributeDefinition(Versioned):
    """One custom attribute. Its values stand in the `custom` column of people and resources, under `name`.

    `choices` lists the values that a choice or a set may have, as [{"value", "label"}].
    """

    entity = models.CharField(max_length=8, choices=Entity.choices)
    name = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    type = models.CharField(max_length=8, choices=AttributeType.choices)
    choices = models.JSONField(default=list, blank=True)
    help = models.CharField(max_length=200, blank=True)
    types = models.ManyToManyField("permissions.ResourceType", blank=True, related_name="attributes")
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["entity", "position", "name"]
        constraints = [models.UniqueConstraint("entity", "name", name="attribute_name_unique")]

    def __str__(self) -> str:
        return self.label
