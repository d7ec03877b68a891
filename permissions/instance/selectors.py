"""Reading the settings: those a screen changes, those the deployment fixed, and how long what is kept."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings as deployment
from django.db import connection
from django.utils.translation import gettext as _

from cxaccess.jobs import settings as instance
from cxaccess.jobs import tidy

# What the screen changes, by the name its form gives it.
EDITABLE: dict[str, instance.Entry[Any]] = {
    "name": instance.INSTANCE_NAME,
    "time_zone": instance.TIME_ZONE,
    "session_hours": instance.SESSION_HOURS,
    "notice_days": instance.NOTICE_DAYS,
    "usage_days": instance.USAGE_DAYS,
    "recording_days": instance.RECORDING_DAYS,
    "mail_from": instance.MAIL_FROM,
}


class Fact(NamedTuple):
    """A line that is read, not changed."""

    name: str
    value: str


def values() -> dict[str, Any]:
    """Return {name: value} of what the screen changes, in one query."""
    found = instance.get_all(EDITABLE.values())
    return {name: found[entry.key] for name, entry in EDITABLE.items()}


def seal(of: Mapping[str, Any]) -> str:
    """Return what a form carries to say which values it was opened on."""
    text = json.dumps({name: of[name] for name in EDITABLE}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fixed() -> list[Fact]:
    """Return what the environment decides; no secret is among it."""
    return [
        Fact(_("Address"), deployment.PUBLIC_URL),
        Fact(_("Way it runs"), _("Production") if deployment.PRODUCTION else _("Embedded, on one machine")),
        Fact(_("Database"), "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"),
        Fact(_("Signed in for at most"), _("%(n)d hours") % {"n": deployment.SESSION_HOURS}),
        Fact(_("Signed out when idle for"), _("%(n)d minutes") % {"n": deployment.SESSION_IDLE_MINUTES}),
    ]


def kept() -> list[Fact]:
    """Return how long what is kept."""
    days = _("%(n)d days") % {"n": tidy.KEEP.days}
    return [
        Fact(_("Audit trail"), _("For good: nobody can change or remove an event")),
        Fact(_("Grants, memberships, versions of roles"), _("For good: questions about the past need them")),
        Fact(_("When somebody last used what they hold"), _("For good")),
        Fact(_("Finished jobs and sent notices"), days),
    ]
