"""Resources: the things that are protected."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Versioned


class Sensitivity(models.IntegerChoices):
    """How much care its content needs; ordered."""

    PUBLIC = 1, _("Public")
    INTERNAL = 2, _("Internal")
    CONFIDENTIAL = 3, _("Confidential")
    RESTRICTED = 4, _("Restricted")


class Resource(Versioned):
    """One protected thing of the platform, or the console object (`object_kind`, `object_id`) it stands for."""

    type = models.ForeignKey("permissions.ResourceType", models.PROTECT, related_name="resources")
    system = models.CharField(max_length=40, default="cxaccess")
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    region = models.ForeignKey("accounts.Node", models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey("accounts.Node", models.PROTECT, null=True, blank=True, related_name="+")
    product_line = models.ForeignKey("accounts.Node", models.PROTECT, null=True, blank=True, related_name="+")
    segment = models.ForeignKey("accounts.Node", models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=40, blank=True)
    sensitivity = models.PositiveSmallIntegerField(choices=Sensitivity.choices, default=Sensitivity.INTERNAL)
    guarded_until = models.DateTimeField(null=True, blank=True)  # so long reading stays on record after a lowering
    owner = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_resources")
    owner_team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, blank=True, related_name="+")
    custom = models.JSONField(default=dict, blank=True)  # values of the custom attributes of resources, by name
    content = models.JSONField(null=True, blank=True)  # values of the type's fields, by name
    object_kind = models.CharField(max_length=16, null=True, blank=True)  # noqa: DJ001 - NULL keeps the unique constraint to console objects
    object_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("system", "external_id", name="resource_external_unique"),
            models.UniqueConstraint("object_kind", "object_id", name="resource_object_unique"),
            models.CheckConstraint(
                condition=Q(object_kind__isnull=True, object_id__isnull=True)
                | Q(object_kind__isnull=False, object_id__isnull=False),
                name="resource_object_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["type", "-created_at", "-id"], name="resource_type_created"),
            models.Index(fields=["type", "region", "id"], name="resource_type_region"),
            models.Index(fields=["type", "owner_team", "id"], name="resource_type_team"),
            models.Index(fields=["type", "sensitivity", "id"], name="resource_type_sensitivity"),
            models.Index(fields=["type", "name", "id"], name="resource_type_name"),
            models.Index(fields=["name", "id"], name="resource_name"),
            models.Index(fields=["created_at", "id"], name="resource_created"),
            # Few rows beside very many: without an index of just these, a planner reads all to count none.
            models.Index(
                fields=["object_kind", "name", "id"], name="resource_put_away", condition=Q(archived_at__isnull=False)
            ),
            models.Index(fields=["name", "id"], name="resource_console", condition=Q(object_kind__isnull=False)),
            models.Index(fields=["sensitivity", "name", "id"], name="resource_sensitivity"),
        ]

    def __str__(self) -> str:
        return self.name
