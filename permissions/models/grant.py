"""Role grants: principal x role x scope x window."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Windowed


class Scope(models.Model):
    """Where a grant reaches: a conjunction of terms, interned by `digest`; the empty digest is everywhere."""

    digest = models.CharField(max_length=200, unique=True, blank=True)

    def __str__(self) -> str:
        return self.digest or "everywhere"

    @staticmethod
    def digest_of(terms: Mapping[str, int]) -> str:
        """Return the key under which the scope with these terms is kept.

        >>> Scope.digest_of({"region": 3, "department": 9})
        'department=9;region=3'
        """
        return ";".join(f"{dimension}={ref}" for dimension, ref in sorted(terms.items()))


class ScopeTerm(models.Model):
    """One term: `dimension` (region, department, product_line, segment, team) is `ref_id` or below."""

    scope = models.ForeignKey(Scope, models.CASCADE, related_name="terms")
    dimension = models.CharField(max_length=16)
    ref_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("scope", "dimension", name="scope_term_unique")]
        indexes = [models.Index(fields=["dimension", "ref_id"], name="scope_term_ref")]

    def __str__(self) -> str:
        return f"{self.dimension}={self.ref_id}"


class Mode(models.TextChoices):
    """Active grants decide; eligible ones may be activated (just-in-time access)."""

    ACTIVE = "active", _("Active")
    ELIGIBLE = "eligible", _("Eligible")


class RoleGrant(Windowed):
    """A role given to a principal within a scope, for a window."""

    principal = models.ForeignKey("accounts.Principal", models.PROTECT, related_name="role_grants")
    role = models.ForeignKey("permissions.Role", models.PROTECT, related_name="grants")
    scope = models.ForeignKey(Scope, models.PROTECT, related_name="grants")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.ACTIVE)
    confirm_by = models.DateTimeField(null=True, blank=True)
    given_at = models.DateTimeField()
    # When anybody last did something that it let them do, to the hour; UsageGrant says who.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [Windowed.window_constraint("role_grant_window")]
        indexes = [
            models.Index(fields=["principal", "until"], name="role_grant_principal_until"),
            models.Index(fields=["role", "until"], name="role_grant_role_until"),
            models.Index(fields=["source", "source_ref"], name="role_grant_source"),
            models.Index(fields=["last_used_at", "starts_at"], name="role_grant_last_used"),
            models.Index(fields=["role", "last_used_at"], name="role_grant_role_used"),
        ]

    def __str__(self) -> str:
        return f"{self.role} to {self.principal}"
