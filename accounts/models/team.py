"""Teams and memberships."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Versioned, Windowed


class Part(models.TextChoices):
    """The part somebody plays in a team or group."""

    MEMBER = "member", _("Member")
    LEAD = "lead", _("Lead")


class Team(Versioned):
    """People who work together. What is granted to a team reaches the teams under it.

    Its region and department stand on its `resource`, where decisions read them.
    """

    principal = models.OneToOneField("accounts.Principal", models.PROTECT, related_name="team")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    purpose = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_teams")
    resource = models.OneToOneField("permissions.Resource", models.PROTECT, related_name="team")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(parent=models.F("id")), name="team_not_own_parent")]

    def __str__(self) -> str:
        return self.principal.label

    @property
    def name(self) -> str:
        """Return the name, which is the principal's label."""
        return self.principal.label


class Membership(Windowed):
    """A person in a team or group, for a window."""

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="memberships")
    principal = models.ForeignKey("accounts.Principal", models.PROTECT, related_name="memberships")
    part = models.CharField(max_length=8, choices=Part.choices, default=Part.MEMBER)

    class Meta:
        constraints = [Windowed.window_constraint("membership_window")]
        indexes = [
            models.Index(fields=["person", "until"], name="membership_person_until"),
            models.Index(fields=["principal", "until"], name="membership_principal_until"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.principal}"
