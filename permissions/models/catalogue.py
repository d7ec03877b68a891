"""The catalogue: types of resource, what can be done with them, and why anybody should."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Risk, Versioned


class ResourceType(Versioned):
    """A type of protected thing. `fields` is a list of {"name", "label", "data_class"}.

    `unregistered`: what connected systems ask about without its being registered is decided on what they say of it.
    """

    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    plural = models.CharField(max_length=80)
    area = models.CharField(max_length=40)
    summary = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=list, blank=True)
    console = models.BooleanField(default=False)
    requestable = models.BooleanField(default=False)
    unregistered = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.label


class Action(Versioned):
    """One permission: `key` is ``type.name``. Its why card says what it is for and what it exposes."""

    type = models.ForeignKey(ResourceType, models.PROTECT, related_name="actions")
    name = models.SlugField(max_length=40)
    key = models.CharField(max_length=81, unique=True)
    label = models.CharField(max_length=80)
    risk = models.PositiveSmallIntegerField(choices=Risk.choices, default=Risk.LOW)
    purpose = models.CharField(max_length=300, blank=True)
    exposes = models.CharField(max_length=300, blank=True)
    example = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    # Its twin in Django's table, ``type_name``: guardian's columns point there.
    auth_permission = models.OneToOneField(
        "auth.Permission", models.PROTECT, null=True, blank=True, related_name="catalogue_action"
    )

    class Meta:
        ordering = ["type__position", "type__key", "position", "name"]
        constraints = [models.UniqueConstraint("type", "name", name="action_name_unique")]

    def __str__(self) -> str:
        return self.key


class Implication(models.Model):
    """Who may do `action` may also do `implies`."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="implications")
    implies = models.ForeignKey(Action, models.CASCADE, related_name="implied_by")

    class Meta:
        constraints = [
            models.UniqueConstraint("action", "implies", name="implication_unique"),
            models.CheckConstraint(condition=~models.Q(action=models.F("implies")), name="implication_not_itself"),
        ]

    def __str__(self) -> str:
        return _("%(action)s implies %(implies)s") % {"action": self.action, "implies": self.implies}
