"""PROOF: the trail's one table."""

from typing import ClassVar

from auditlog.models import AbstractLogEntry
from django.db import models


class Event(AbstractLogEntry):
    """One row of the trail, written once by `audits.trail.record` and never changed: triggers refuse it.

    It holds ids, never names or mails; they are resolved when shown. `timestamp` is UTC.
    """

    content_type = models.ForeignKey(
        "contenttypes.ContentType", models.PROTECT, null=True, related_name="+", db_index=False
    )
    object_pk = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True)
    action = models.PositiveSmallIntegerField(choices=AbstractLogEntry.Action.choices)
    actor = models.ForeignKey(
        "accounts.Person", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    cid = models.CharField(max_length=40, blank=True, default="")
    timestamp = models.DateTimeField()
    object_repr = None
    serialized_data = None
    changes_text = None
    actor_email = None
    remote_port = None

    tag = models.CharField(max_length=60)
    system = models.CharField(max_length=40, blank=True)  # the job or command that acted where no person did
    once = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - NULL: most events have no key
    about_person_id = models.BigIntegerField(null=True)
    decision = models.JSONField(null=True)
    versions = models.JSONField(null=True)

    objects: ClassVar[models.Manager["Event"]] = models.Manager()

    class Meta:
        ordering = ["-id"]
        get_latest_by = "id"
        indexes = [
            models.Index(fields=["content_type", "object_id", "-id"], name="event_object"),
            models.Index(fields=["actor", "-id"], name="event_actor"),
            models.Index(fields=["timestamp"], name="event_timestamp"),
            models.Index(fields=["about_person_id", "-id"], name="event_about"),
            models.Index(fields=["tag", "-id"], name="event_tag"),
            models.Index(fields=["cid"], name="event_cid"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} #{self.pk}"
