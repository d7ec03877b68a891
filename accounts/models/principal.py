"""Principals: what a grant can go to."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class PrincipalKind(models.TextChoices):
    """The kinds of principal."""

    PERSON = "person", _("Person")
    TEAM = "team", _("Team")
    GROUP = "group", _("Group")
    INTEGRATION = "integration", _("Integration")


class Principal(models.Model):
    """One who can hold grants. `label` is its name as lists show it, kept by the owner's service."""

    kind = models.CharField(max_length=12, choices=PrincipalKind.choices)
    label = models.CharField(max_length=200)
    # Guardian's column for group rights points at auth.Group; the group stays empty of users.
    auth_group = models.OneToOneField("auth.Group", models.PROTECT, null=True, blank=True, related_name="principal")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="person", auth_group__isnull=True) | (~Q(kind="person") & Q(auth_group__isnull=False)),
                name="principal_group_unless_person",
            ),
            models.UniqueConstraint(Lower("label"), "kind", condition=~Q(kind="person"), name="principal_label_unique"),
        ]
        indexes = [
            models.Index(fields=["kind", "label"], name="principal_kind_label"),
            models.Index(fields=["label", "id"], name="principal_label"),
        ]

    def __str__(self) -> str:
        return self.label

    def get_kind_display(self) -> str:  # type: ignore[no-redef]  # in place of the one that Django makes
        """Return the kind in words. Django's own way goes through all choices for each row of a page."""
        return str(PrincipalKind(self.kind).label)
