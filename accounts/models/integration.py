"""Integrations: connected systems that ask for decisions, what each may ask about, and the tokens they show."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Versioned, Windowed


class Integration(Versioned):
    """A connected system. Its id is that of its `resource`, under which decisions know it.

    `system` is whose ids it speaks: of people (`Identity`) and of resources. `reports_use`: it may send what was used.
    """

    resource = models.OneToOneField(
        "permissions.Resource", models.PROTECT, primary_key=True, related_name="integration"
    )
    principal = models.OneToOneField("accounts.Principal", models.PROTECT, related_name="integration")
    purpose = models.CharField(_("purpose"), max_length=300)
    owner = models.ForeignKey(
        "accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_integrations"
    )
    system = models.CharField(_("system"), max_length=40, default="cxaccess")
    reports_use = models.BooleanField(_("reports use"), default=False)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.principal.label

    @property
    def name(self) -> str:
        """Return the name, which is the principal's label."""
        return self.principal.label


class IntegrationGrant(Windowed):
    """What an integration may ask about, for a window: one permission, or with no `action` everything of a `type`."""

    integration = models.ForeignKey(Integration, models.PROTECT, related_name="grants")
    type = models.ForeignKey("permissions.ResourceType", models.PROTECT, related_name="+")
    action = models.ForeignKey("permissions.Action", models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [Windowed.window_constraint("integration_grant_window")]
        indexes = [models.Index(fields=["integration", "until"], name="integration_grant_until")]

    def __str__(self) -> str:
        return f"{self.integration_id} may ask about {self.action_id or self.type_id}"


class IntegrationToken(models.Model):
    """A token of an integration. Only its digest is kept; `prefix` recognises it, in a list or in a leaked file.

    It opens while it is neither revoked nor expired. `last_used_at` is written at most once an hour.
    """

    integration = models.ForeignKey(Integration, models.PROTECT, related_name="tokens")
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="integration_token_ends")
        ]

    def __str__(self) -> str:
        return self.prefix
