"""Notices: one message to one person, sent once, in their language and their time zone."""

import hashlib
import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from cxaccess.jobs import settings as instance
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.services import enqueue

UNREACHABLE = "none"  # the channel of a notice to somebody without an address, or who has left: settled, never sent


def notify(person_id: int, kind: str, *, facts: Mapping[str, Any], once: str, at: datetime) -> bool:
    """Have `person_id` told of `kind` at `at`, if the caller's transaction, which must be open, commits.

    The words are ``notices/<kind>.subject.txt`` and ``notices/<kind>.txt``; `facts` (JSON) fill them. The same `once`
    is told only once, ever; the answer says whether this was that once.
    """
    if Notice.objects.filter(once=once).exists():
        return False
    notice = Notice(person_id=person_id, kind=kind, facts=dict(facts), once=once, due_at=at)
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    return enqueue("notice.send", slot=once, at=at, payload={"once": once})


def send(job: Job, at: datetime) -> None:
    """Send the notice of `job`, unless it is sent.

    A crash between the mail and its mark sends the mail again, with the same Message-ID, by which mailboxes
    recognise it; the file mailbox keeps one.
    """
    notice = Notice.objects.select_related("person").filter(once=job.payload["once"], sent_at=None).first()
    if notice is None:
        return
    channel = notice.channel
    if notice.person.email and not notice.person.has_left(at):
        message(notice).send()
    else:
        channel = UNREACHABLE
    Notice.objects.filter(pk=notice.pk, sent_at=None).update(sent_at=at, channel=channel)


def message(notice: Notice) -> EmailMessage:
    """Return the mail that `notice` is."""
    person = notice.person
    facts = {**notice.facts, "person": person, "public_url": settings.PUBLIC_URL}
    with translation.override(person.language), timezone.override(_zone(person.time_zone)):
        subject = _text(f"notices/{notice.kind}.subject.txt", facts)
        body = _text(f"notices/{notice.kind}.txt", facts)
    host = urlsplit(settings.PUBLIC_URL).hostname
    digest = hashlib.sha256(f"{settings.PUBLIC_URL} {notice.once}".encode()).hexdigest()[:32]
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        from_email=instance.get(instance.MAIL_FROM),
        to=[person.email],
        headers={
            "Message-ID": f"<{digest}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _text(template: str, facts: dict[str, Any]) -> str:
    """Render plain text: nothing is escaped, for nothing here is HTML."""
    return str(get_template(template).template.render(Context(facts, autoescape=False)))  # type: ignore[attr-defined]


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
