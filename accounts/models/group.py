"""Groups: people across teams, by hand or by rule."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Versioned


class Group(Versioned):
    """People across teams. With a `rule` (a condition over people) the rule alone says who is in it.

    Memberships are rows of `Membership` under the group's principal, as those of teams are.
    """

    principal = models.OneToOneField("accounts.Principal", models.PROTECT, related_name="group")
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    rule = models.JSONField(null=True, blank=True)
    owner = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_groups")
    resource = models.OneToOneField("permissions.Resource", models.PROTECT, related_name="group")
    archived_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.principal.label

    @property
    def name(self) -> str:
        """Return the name, which is the principal's label."""
        return self.principal.label
