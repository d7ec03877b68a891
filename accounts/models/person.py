"""People."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models.structure import NodeKind
from cxaccess.lib import clock
from cxaccess.lib.models import Versioned


class PersonState(models.TextChoices):
    """Where somebody stands; only the active are ever allowed anything."""

    PREHIRE = "prehire", _("Pre-hire")
    ACTIVE = "active", _("Active")
    LEAVE = "leave", _("On leave")
    SUSPENDED = "suspended", _("Suspended")
    LEFT = "left", _("Left")


def here(at: datetime, prefix: str = "") -> Q:
    """Return the condition that a person, reached by `prefix`, is active at `at` and has not left by then."""
    leaves = f"{prefix}leaves_at"
    return Q(**{f"{prefix}state": PersonState.ACTIVE}) & (Q(**{f"{leaves}__isnull": True}) | Q(**{f"{leaves}__gt": at}))


class PersonManager(BaseUserManager["Person"]):
    """Finds people the way sign-in names them: by mail, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person with that mail address. Raises Person.DoesNotExist."""
        return self.get(email__iexact=username or "\x00")


class Person(Versioned, AbstractBaseUser):
    """Somebody who works with the platform. Nothing here opens anything: there is no superuser.

    Whether they can sign in (`claimed_at`) is apart from `state`: an imported person is active and unclaimed.
    """

    principal = models.OneToOneField("accounts.Principal", models.PROTECT, related_name="person")
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("work mail"), blank=True)
    state = models.CharField(max_length=10, choices=PersonState.choices, default=PersonState.ACTIVE)
    claimed_at = models.DateTimeField(null=True, blank=True)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.ForeignKey(
        "accounts.Node", models.PROTECT, null=True, blank=True, related_name="department_people",
        limit_choices_to={"kind": NodeKind.DEPARTMENT},
    )  # fmt: skip
    region = models.ForeignKey(
        "accounts.Node", models.PROTECT, null=True, blank=True, related_name="region_people",
        limit_choices_to={"kind": NodeKind.REGION},
    )  # fmt: skip
    manager = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reports")
    employed_from = models.DateField(null=True, blank=True)
    employed_until = models.DateField(null=True, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    language = models.CharField(max_length=8, default="en")
    # How sensitive the resources are that they were cleared for (permissions.Sensitivity); None: nobody said.
    clearance = models.PositiveSmallIntegerField(_("clearance"), null=True, blank=True)
    # When they leave, or left: the clock alone ends their access then. What `state` says follows by a job.
    leaves_at = models.DateTimeField(null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)  # values of the custom attributes of people, by name
    created_at = models.DateTimeField()
    demo = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = PersonManager()

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="person_email_unique"),
            models.CheckConstraint(condition=~Q(manager=models.F("id")), name="person_not_own_manager"),
        ]
        indexes = [
            models.Index(fields=["state", "name", "id"], name="person_state_name"),
            models.Index(fields=["name", "id"], name="person_name"),
            models.Index(fields=["leaves_at"], name="person_leaves_at"),
            # How many are at each place, read from the index alone.
            models.Index(fields=["region", "state"], name="person_region_state"),
            models.Index(fields=["department", "state"], name="person_department_state"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Return whether Django and its libraries may let them sign in."""
        return self.is_here(clock.now())

    def is_here(self, at: datetime) -> bool:
        """Return whether they are active at `at` and have not left by then."""
        return self.state == PersonState.ACTIVE and not self.has_left(at)

    def has_left(self, at: datetime) -> bool:
        """Return whether they have left by `at`, also where no job has written that yet."""
        return self.state == PersonState.LEFT or (self.leaves_at is not None and self.leaves_at <= at)

    def get_full_name(self) -> str:
        """Return the name; some libraries ask for it."""
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return what the backends say; of those only the one that asks the gate ever says yes."""
        return any(backend.has_perm(self, perm, obj) for backend in get_backends())
