"""The organisation's trees: regions, departments, product lines, segments."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class NodeKind(models.TextChoices):
    """The dimensions; each is one tree (or several)."""

    REGION = "region", _("Region")
    DEPARTMENT = "department", _("Department")
    PRODUCT_LINE = "product_line", _("Product line")
    SEGMENT = "segment", _("Segment")


class Node(models.Model):
    """One place in a tree. `lft`, `rgt` and `depth` number the tree as it is now; history is ParentHistory."""

    kind = models.CharField(max_length=12, choices=NodeKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    lft = models.PositiveIntegerField(default=0)
    rgt = models.PositiveIntegerField(default=0)
    depth = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["kind", "lft"]
        constraints = [
            models.UniqueConstraint("kind", "code", name="node_code_unique"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="node_not_own_parent"),
        ]
        indexes = [models.Index(fields=["kind", "lft"], name="node_kind_lft")]

    def __str__(self) -> str:
        return self.name
